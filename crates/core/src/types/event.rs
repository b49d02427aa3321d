//! What happens in an engine.

use crate::{
    Timestamp,
    data::{data, words},
    filters::Filters,
};
use std::collections::BTreeMap;

data! {
    /// Which events to be told. By default all from now on, without end.
    #[derive(Default, Eq)]
    pub struct EventsOptions {
        /// Also those since then, as far as the engine remembers: Docker keeps the last 256.
        pub since: Option<Timestamp>,
        /// Ends then.
        pub until: Option<Timestamp>,
        /// Only those that match.
        pub filters: Filters,
    }
}

words! {
    /// What kind of thing an event is about.
    pub enum EventKind {
        /// A container.
        Container = "container",
        /// An image.
        Image = "image",
        /// A volume.
        Volume = "volume",
        /// A network.
        Network = "network",
        /// The engine.
        Daemon = "daemon",
        /// The build cache.
        Builder = "builder",
    }
}

words! {
    /// What happened.
    pub enum EventAction {
        /// It was made.
        Create = "create",
        /// A container was started.
        Start = "start",
        /// A container's main process ended; `exitCode` among the attributes.
        Die = "die",
        /// A container was stopped.
        Stop = "stop",
        /// A signal was sent; `signal` among the attributes.
        Kill = "kill",
        /// A container was restarted.
        Restart = "restart",
        /// A container's processes were frozen.
        Pause = "pause",
        /// A container's processes go on.
        Unpause = "unpause",
        /// A container has another name; `oldName` among the attributes.
        Rename = "rename",
        /// A container's limits were changed.
        Update = "update",
        /// A container or a volume was removed.
        Destroy = "destroy",
        /// The kernel killed a process for want of memory.
        Oom = "oom",
        /// A program is about to run in a container; the command line is the detail.
        ExecCreate = "exec_create",
        /// It was started; the command line is the detail.
        ExecStart = "exec_start",
        /// It ended; `execID` and `exitCode` among the attributes.
        ExecDie = "exec_die",
        /// A container's health changed; the detail says to what.
        HealthStatus = "health_status",
        /// Somebody attached.
        Attach = "attach",
        /// Somebody detached.
        Detach = "detach",
        /// A terminal has another size.
        Resize = "resize",
        /// Processes were listed.
        Top = "top",
        /// A container's files were exported.
        Export = "export",
        /// An image was made from a container.
        Commit = "commit",
        /// An image was pulled.
        Pull = "pull",
        /// An image was pushed.
        Push = "push",
        /// An image was given a name.
        Tag = "tag",
        /// An image lost a name.
        Untag = "untag",
        /// An image was removed.
        Delete = "delete",
        /// Images were loaded from an archive.
        Load = "load",
        /// Images were saved to an archive.
        Save = "save",
        /// An image was made of an archive of files.
        Import = "import",
        /// A volume was mounted.
        Mount = "mount",
        /// A volume was unmounted.
        Unmount = "unmount",
        /// A container joined a network.
        Connect = "connect",
        /// A container left a network.
        Disconnect = "disconnect",
        /// A network was removed.
        Remove = "remove",
        /// What was unused was removed.
        Prune = "prune",
    }
}

data! {
    /// Something that happened.
    #[derive(Eq)]
    pub struct Event {
        required {
            /// When, by the engine's clock, to the nanosecond.
            pub time: Timestamp,
            /// What kind of thing it is about.
            pub kind: EventKind,
            /// What happened.
            pub action: EventAction,
            /// The thing: a container's or image's id, a volume's name, a network's id.
            pub id: String,
        }
        /// More on the action: an exec's command line, a health status.
        pub detail: Option<String>,
        /// What else is known: of a container its name, its image and its labels.
        pub attributes: BTreeMap<String, String>,
    }
}
