//! Images: how operations on them are done, and what is said of them.

use crate::{
    Timestamp,
    data::{data, words},
    filters::Filters,
    types::{Credentials, Env, HealthCheck, ImageId, Platform, Protocol, Signal},
};
use std::collections::BTreeMap;

data! {
    /// How to pull an image.
    #[derive(Default, Eq)]
    pub struct PullOptions {
        /// Which variant of a multi-platform image; else the engine's own platform.
        pub platform: Option<Platform>,
        /// What to say to the registry; else what a login or the configuration has for it.
        pub credentials: Option<Credentials>,
    }
}

words! {
    /// Where a layer, or the whole pull, is.
    pub enum PullPhase {
        /// The pull itself: which image is asked for.
        Resolving = "resolving",
        /// A layer is known and will be fetched.
        Preparing = "preparing",
        /// It waits for others.
        Waiting = "waiting",
        /// Its bytes come in; `current` and `total` count them.
        Downloading = "downloading",
        /// Its bytes are checked.
        Verifying = "verifying",
        /// It is here, packed.
        Downloaded = "downloaded",
        /// It is unpacked; `current` and `total` count its bytes.
        Extracting = "extracting",
        /// The layer is done.
        Complete = "complete",
        /// The layer was here already.
        Exists = "exists",
        /// The pull itself: the digest that was found.
        Digest = "digest",
        /// The pull itself: done, and whether it brought something new.
        Done = "done",
    }
}

data! {
    /// A step of a pull.
    #[derive(Eq)]
    pub struct PullProgress {
        required {
            /// Where the layer, or the pull, is.
            pub phase: PullPhase,
            /// The same for people, in the engine's words.
            pub message: String,
        }
        /// The layer, by short id; none where it is about the pull itself.
        pub layer: Option<String>,
        /// Bytes done.
        pub current: Option<u64>,
        /// Bytes in all.
        pub total: Option<u64>,
    }
}

data! {
    /// What to look at in an image. There is nothing to choose yet.
    #[derive(Default, Eq)]
    pub struct InspectImageOptions {}
}

data! {
    /// What an image gives to the containers made from it.
    #[derive(Default)]
    pub struct ImageConfig {
        /// The command.
        pub command: Vec<String>,
        /// The entrypoint.
        pub entrypoint: Vec<String>,
        /// Environment variables.
        pub env: Env,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// The working directory.
        pub working_dir: Option<String>,
        /// User or uid, and optionally `:group`.
        pub user: Option<String>,
        /// Ports that it listens on.
        pub exposed_ports: Vec<ExposedPort>,
        /// Paths that are volumes by themselves.
        pub volumes: Vec<String>,
        /// What a stop sends.
        pub stop_signal: Option<Signal>,
        /// How its containers' health is probed.
        pub health_check: Option<HealthCheck>,
    }
}

data! {
    /// A port that an image's containers listen on.
    #[derive(Eq)]
    pub struct ExposedPort {
        required {
            /// The port.
            pub port: u16,
            /// Its protocol.
            pub protocol: Protocol,
        }
    }
}

data! {
    /// Everything about one image.
    pub struct ImageInfo {
        required {
            /// Its id.
            pub id: ImageId,
        }
        /// Its names, as people write them: `busybox:latest`.
        pub tags: Vec<String>,
        /// Its names with digests, as the registries know it.
        pub digests: Vec<String>,
        /// The image it was made from, where it is still here.
        pub parent: Option<ImageId>,
        /// When it was made.
        pub created: Option<Timestamp>,
        /// Bytes of all its layers.
        pub size: u64,
        /// Its platform.
        pub platform: Option<Platform>,
        /// Who made it.
        pub author: Option<String>,
        /// A word on what changed.
        pub comment: Option<String>,
        /// What it gives to containers.
        pub config: ImageConfig,
        /// Its layers, the lowest first.
        pub layers: Vec<String>,
    }
}

data! {
    /// Which images to list.
    #[derive(Default, Eq)]
    pub struct ListImagesOptions {
        /// Also those that only stand between two others.
        pub all: bool,
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// An image in a list.
    #[derive(Eq)]
    pub struct ImageSummary {
        required {
            /// Its id.
            pub id: ImageId,
        }
        /// Its names, as people write them: `busybox:latest`.
        pub tags: Vec<String>,
        /// Its names with digests, as the registries know it.
        pub digests: Vec<String>,
        /// The image it was made from, where it is still here.
        pub parent: Option<ImageId>,
        /// When it was made.
        pub created: Option<Timestamp>,
        /// Bytes of all its layers.
        pub size: u64,
        /// Its labels.
        pub labels: BTreeMap<String, String>,
        /// How many containers use it, where the engine counts.
        pub containers: Option<u64>,
    }
}

data! {
    /// How to remove an image.
    #[derive(Default, Eq)]
    pub struct RemoveImageOptions {
        /// Also where a stopped container uses it or several names lead to it.
        pub force: bool,
        /// Leaves its untagged parents.
        pub no_prune: bool,
    }
}

data! {
    /// What a removal removed.
    #[derive(Default, Eq)]
    pub struct RemovedImages {
        /// Names that are gone.
        pub untagged: Vec<String>,
        /// Images and layers that are gone.
        pub deleted: Vec<ImageId>,
    }
}

data! {
    /// Which unused images to remove: those without a name, unless the filters say `dangling=false`.
    #[derive(Default, Eq)]
    pub struct PruneImagesOptions {
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// How to push an image.
    #[derive(Default, Eq)]
    pub struct PushOptions {
        /// What to say to the registry; else what a login or the configuration has for it.
        pub credentials: Option<Credentials>,
    }
}

data! {
    /// A step of a push.
    #[derive(Eq)]
    pub struct PushProgress {
        required {
            /// What happens, in the engine's words.
            pub message: String,
        }
        /// The layer, by short id; none where it is about the push itself.
        pub layer: Option<String>,
        /// Bytes done.
        pub current: Option<u64>,
        /// Bytes in all.
        pub total: Option<u64>,
    }
}

data! {
    /// How to build an image.
    #[derive(Default, Eq)]
    pub struct BuildOptions {
        /// Its names.
        pub tags: Vec<String>,
        /// The path of the build file in the context; else `Dockerfile`.
        pub dockerfile: Option<String>,
        /// The stage to build; else the last one.
        pub target: Option<String>,
        /// Build arguments.
        pub args: Env,
        /// Labels for the image.
        pub labels: BTreeMap<String, String>,
        /// Its platform.
        pub platform: Option<Platform>,
        /// Builds every step anew.
        pub no_cache: bool,
        /// Looks for newer base images.
        pub pull: bool,
    }
}

data! {
    /// A step of a build.
    #[derive(Default, Eq)]
    pub struct BuildProgress {
        /// What the build says.
        pub message: Option<String>,
        /// The image that was made.
        pub image_id: Option<ImageId>,
    }
}

data! {
    /// A step of an image's making.
    #[derive(Default, Eq)]
    pub struct HistoryEntry {
        /// The image after this step, where it is here.
        pub id: Option<ImageId>,
        /// When.
        pub created: Option<Timestamp>,
        /// The command.
        pub created_by: String,
        /// Names of the image after this step.
        pub tags: Vec<String>,
        /// Bytes that the step added.
        pub size: u64,
        /// A word on it.
        pub comment: Option<String>,
    }
}

data! {
    /// How to load images from an archive. There is nothing to choose yet.
    #[derive(Default, Eq)]
    pub struct LoadOptions {}
}

data! {
    /// A step of a load.
    #[derive(Eq)]
    pub struct LoadProgress {
        required {
            /// What happens, in the engine's words.
            pub message: String,
        }
        /// The name or id of an image that is loaded.
        pub image: Option<String>,
    }
}

data! {
    /// How to make an image of an archive of files.
    #[derive(Default, Eq)]
    pub struct ImportOptions {
        /// A word on it.
        pub message: Option<String>,
        /// Its platform.
        pub platform: Option<Platform>,
        /// Build instructions that set its configuration: `CMD ["sh"]`.
        pub changes: Vec<String>,
    }
}

data! {
    /// How to search.
    #[derive(Default, Eq)]
    pub struct SearchOptions {
        /// At most so many, 1 to 100; else 25.
        pub limit: Option<u32>,
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// An image that a search found.
    #[derive(Eq)]
    pub struct SearchResult {
        required {
            /// Its name.
            pub name: String,
        }
        /// What it is.
        pub description: String,
        /// How many like it.
        pub stars: u32,
        /// Whether the registry vouches for it.
        pub official: bool,
    }
}
