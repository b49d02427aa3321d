//! What engines of the same API do differently. All of it is here.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use wharf_core::{
    ContainerState, ContainerSummary, ErrorKind, Filters, ImageId, ImageRef, ListOptions,
};

use crate::error::Failure;
use crate::version::ApiVersion;

/// Whose words and ways these are. Found from what the engine answers, never from its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Docker,
    Podman,
}

impl Dialect {
    /// By the names of the components that the engine says it is made of.
    pub(crate) fn of<'a>(mut components: impl Iterator<Item = &'a str>) -> Self {
        if components.any(|name| name == "Podman Engine") {
            Self::Podman
        } else {
            Self::Docker
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    pub(crate) fn state(self, word: &str) -> ContainerState {
        match (self, word) {
            (Self::Podman, "stopped") => ContainerState::Exited,
            (Self::Podman, "stopping") => ContainerState::Running,
            (Self::Podman, "initialized" | "configured") => ContainerState::Created,
            (_, word) => word.into(),
        }
    }

    /// An image's name as people write it: Podman puts the registry before each.
    pub(crate) fn image_name(self, name: &str) -> &str {
        const ADDED: [&str; 3] = ["docker.io/library/", "docker.io/", "localhost/"];
        match self {
            Self::Podman => ADDED
                .iter()
                .find_map(|added| name.strip_prefix(added))
                .unwrap_or(name),
            Self::Docker => name,
        }
    }

    /// The name by which filters know an image. An id is an id to all.
    pub(crate) fn filter_image(self, name: &str) -> String {
        // As short as engines show ids; less is a name: `cafe`.
        let is_id = name.starts_with("sha256:")
            || name.len() >= SHORT_ID && name.bytes().all(|b| b.is_ascii_hexdigit());
        match (self, name.parse::<ImageRef>()) {
            (Self::Podman, Ok(reference)) if !is_id => reference.as_str().to_owned(),
            _ => name.to_owned(),
        }
    }

    /// An image's id with the name of its hash, which Podman leaves out here and there.
    pub(crate) fn image_id(self, id: &str) -> ImageId {
        match self {
            Self::Podman if !id.is_empty() && !id.contains(':') => format!("sha256:{id}").into(),
            _ => id.into(),
        }
    }

    /// The code of a start that failed. Podman keeps the reason and forgets the code.
    pub(crate) fn failed_start_code(self, code: i64, reason: &str) -> i64 {
        match self {
            Self::Docker => code,
            Self::Podman if reason.contains("not found") => 127,
            Self::Podman if reason.contains("permission denied") => 126,
            Self::Podman => 128,
        }
    }
}

impl Dialect {
    /// What Docker calls an event; none where it tells nothing.
    pub(crate) fn event_action<'a>(self, kind: &str, action: &'a str) -> Option<&'a str> {
        if self == Self::Docker {
            return Some(action);
        }
        match (kind, action) {
            (_, "init" | "cleanup" | "sync" | "pull-error")
            | ("container", "mount" | "unmount") => None,
            ("image", "loadfromarchive") => Some("load"),
            ("image", "remove") => Some("delete"),
            _ => Some(
                EVENTS
                    .iter()
                    .find(|(own, _)| *own == action)
                    .map_or(action, |(_, name)| name),
            ),
        }
    }

    /// The word of this engine for an event, as its filters want it.
    pub(crate) fn filter_event(self, action: &str) -> String {
        match self {
            Self::Docker => action,
            Self::Podman => EVENTS
                .iter()
                .find(|(_, name)| *name == action)
                .map_or(action, |(own, _)| own),
        }
        .to_owned()
    }

    /// Brings an event's attributes to Docker's, and gives the id of what it is about.
    pub(crate) fn event_attributes(
        self,
        kind: &str,
        action: &str,
        id: String,
        attributes: &mut BTreeMap<String, String>,
    ) -> String {
        if self == Self::Docker {
            return id;
        }
        let code = attributes.remove("containerExitCode");
        if let (Some(code), "die" | "exec_die") = (code, action) {
            attributes.entry("exitCode".to_owned()).or_insert(code);
        }
        attributes.remove("podId");
        if attributes.get("image").is_some_and(String::is_empty) {
            attributes.remove("image");
        }
        let image = if kind == "image" { "name" } else { "image" };
        if let Some(name) = attributes.get_mut(image) {
            *name = self.image_name(name).to_owned();
        }
        match (kind, action, attributes.get("name")) {
            // A pull is of a name. Volumes are known by theirs, and their events have nothing else.
            ("image", "pull", Some(name)) | ("volume", _, Some(name)) => name.clone(),
            ("image", ..) => String::from(self.image_id(&id)),
            _ => id,
        }
    }
}

/// The length of the ids that engines show to people.
const SHORT_ID: usize = 12;

/// How runc says that there is no such program.
const NOT_FOUND: [&str; 2] = ["executable file not found", "no such file or directory"];

/// Podman's words for events, and Docker's.
const EVENTS: &[(&str, &str)] = &[
    ("died", "die"),
    ("exec", "exec_start"),
    ("exec_died", "exec_die"),
    ("remove", "destroy"),
];

impl Dialect {
    /// The code of a program that could not be run. Docker before 26 has one code for all reasons, an
    /// unknown user among them, and tells them in the program's output.
    pub(crate) fn exec_refusal(self, code: i64, output: &[u8]) -> Result<i64, Failure> {
        let told = String::from_utf8_lossy(output);
        match self {
            Self::Docker if told.contains("unable to find user") => {
                Err(Failure::known(ErrorKind::InvalidInput, told.trim()))
            }
            Self::Docker if NOT_FOUND.iter().any(|words| told.contains(words)) => Ok(127),
            _ => Ok(code),
        }
    }

    /// Options that this engine takes and ignores.
    pub(crate) fn missing_options(self, api: ApiVersion) -> &'static [&'static str] {
        match self {
            Self::Docker if api < ApiVersion::new(1, 41) => &[
                "create_container.platform",
                "restart_container.signal",
                "stop_container.signal",
            ],
            Self::Docker if api < ApiVersion::new(1, 42) => {
                &["restart_container.signal", "stop_container.signal"]
            }
            Self::Docker => &[],
            Self::Podman => &["restart_container.signal", "stop_container.signal"],
        }
    }

    /// A stop, restart or kill of a paused container fails, or leaves it paused.
    pub(crate) fn leaves_paused(self) -> bool {
        self == Self::Podman
    }

    /// A forced removal first gives the container the whole grace of a stop.
    pub(crate) fn stops_before_removal(self) -> bool {
        self == Self::Podman
    }

    /// A forced removal of an image removes the containers that use it.
    pub(crate) fn removes_containers_with_images(self) -> bool {
        self == Self::Podman
    }

    /// A pull says nothing at its end.
    pub(crate) fn pulls_without_a_word(self) -> bool {
        self == Self::Podman
    }

    /// A rename to the name that it has is Ok, where it should be refused.
    pub(crate) fn renames_to_itself(self) -> bool {
        self == Self::Podman
    }

    /// A wait on a container that never ran answers anything.
    pub(crate) fn makes_up_exit_codes(self) -> bool {
        self == Self::Podman
    }

    /// `until` ends the stream before, or long after, all was told.
    pub(crate) fn ends_events_at_random(self) -> bool {
        self == Self::Podman
    }

    /// A prune of volumes takes those with names too. Docker has learned not to.
    pub(crate) fn prunes_all_volumes(self, api: ApiVersion) -> bool {
        self == Self::Podman || api < ApiVersion::new(1, 42)
    }

    /// The seconds of a grace. Podman knows no "for ever", but a number that is as good.
    pub(crate) fn grace(self, seconds: i64) -> i32 {
        let forever = match self {
            Self::Docker => -1,
            Self::Podman => i32::MAX,
        };
        if seconds < 0 {
            forever
        } else {
            i32::try_from(seconds).unwrap_or(i32::MAX)
        }
    }

    /// Filters in the engine's own words.
    pub(crate) fn filters(self, filters: &Filters) -> Filters {
        let word = |key: &str, value: &String| match key {
            "event" => self.filter_event(value),
            "ancestor" | "image" => self.filter_image(value),
            _ => value.clone(),
        };
        filters
            .iter()
            .flat_map(|(key, values)| values.iter().map(move |value| (key, word(key, value))))
            .collect()
    }

    /// What to ask for, for a list as the contract has it.
    pub(crate) fn list_request(self, options: &ListOptions) -> ListOptions {
        let has = |key: &str| !options.filters.values(key).is_empty();
        let mut asked = options.clone();
        asked.filters = self.filters(&options.filters);
        // Docker looks for exit codes only among what it lists anyway.
        asked.all |= has("exited") || options.limit.is_some_and(|limit| limit > 0);
        if self == Self::Podman {
            // It counts before it sorts, and leaves out paused containers.
            asked.limit = None;
            if !asked.all && !has("status") {
                asked.filters = asked
                    .filters
                    .with("status", "running")
                    .with("status", "paused");
            }
        }
        asked
    }

    /// The list in Docker's order, and as long as it was asked for.
    pub(crate) fn list_reply(
        self,
        mut listed: Vec<ContainerSummary>,
        options: &ListOptions,
    ) -> Vec<ContainerSummary> {
        if self == Self::Podman {
            listed.reverse();
            listed.sort_by_key(|container| Reverse(container.created));
            if let Some(limit) = options.limit.filter(|limit| *limit > 0) {
                listed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect::{Docker, Podman};
    use super::*;

    #[test]
    fn podman_is_known_by_one_of_its_components() {
        assert_eq!(Dialect::of(["Podman Engine", "Conmon"].into_iter()), Podman);
        assert_eq!(Dialect::of(["Engine", "containerd"].into_iter()), Docker);
    }

    #[test]
    fn names_of_images_are_those_that_people_write() {
        for (full, familiar) in [
            ("docker.io/library/busybox:latest", "busybox:latest"),
            ("docker.io/team/app:1", "team/app:1"),
            ("localhost/mine:1", "mine:1"),
            ("quay.io/a/b:1", "quay.io/a/b:1"),
        ] {
            assert_eq!(Podman.image_name(full), familiar);
            assert_eq!(Docker.image_name(full), full);
        }
        assert_eq!(
            Podman.filter_image("busybox"),
            "docker.io/library/busybox:latest"
        );
        assert_eq!(Podman.filter_image("sha256:0cf5"), "sha256:0cf5");
        assert_eq!(Podman.filter_image("0cf5a1b2c3d4"), "0cf5a1b2c3d4");
        assert_eq!(Podman.filter_image("cafe"), "docker.io/library/cafe:latest");
        assert_eq!(Docker.filter_image("busybox"), "busybox");
    }

    #[test]
    fn states_that_docker_does_not_know_are_its_own() {
        assert_eq!(Podman.state("stopped"), ContainerState::Exited);
        assert_eq!(Podman.state("stopping"), ContainerState::Running);
        assert_eq!(Podman.state("configured"), ContainerState::Created);
        assert_eq!(
            Docker.state("stopped"),
            ContainerState::Other("stopped".to_owned())
        );
    }

    #[test]
    fn an_image_id_names_its_hash() {
        assert_eq!(Podman.image_id("0cf5"), "sha256:0cf5");
        assert_eq!(Podman.image_id("sha256:0cf5"), "sha256:0cf5");
        assert_eq!(Podman.image_id(""), "");
    }

    #[test]
    fn a_program_that_cannot_be_run_has_the_code_of_the_newest_docker() {
        let not_found =
            b"OCI runtime exec failed: exec: \"x\": executable file not found in $PATH\r\n";
        let forbidden =
            b"OCI runtime exec failed: exec: \"/etc/passwd\": permission denied: unknown\r\n";
        assert_eq!(Docker.exec_refusal(126, not_found).unwrap(), 127);
        assert_eq!(Docker.exec_refusal(126, forbidden).unwrap(), 126);
        assert_eq!(Podman.exec_refusal(126, not_found).unwrap(), 126);
        let user = b"unable to find user x: no matching entries in passwd file\r\n";
        assert!(matches!(
            Docker.exec_refusal(126, user),
            Err(Failure::Known {
                kind: ErrorKind::InvalidInput,
                ..
            })
        ));
    }

    #[test]
    fn a_list_is_asked_for_so_that_it_comes_as_the_contract_has_it() {
        let limited = ListOptions::default().with_limit(2);
        assert_eq!(Docker.list_request(&limited).limit, Some(2));
        assert_eq!(
            Podman.list_request(&limited),
            ListOptions::default().with_all(true)
        );
        let exited = ListOptions::default().with_filters(Filters::new().exited(1));
        assert!(Docker.list_request(&exited).all);
        let plain = Podman.list_request(&ListOptions::default());
        assert_eq!(plain.filters.values("status"), ["running", "paused"]);
        assert!(
            Docker
                .list_request(&ListOptions::default())
                .filters
                .is_empty()
        );
    }

    #[test]
    fn an_option_that_would_be_ignored_is_known() {
        let signal = "stop_container.signal";
        assert!(
            Docker
                .missing_options(ApiVersion::new(1, 41))
                .contains(&signal)
        );
        assert!(
            !Docker
                .missing_options(ApiVersion::new(1, 42))
                .contains(&signal)
        );
        assert!(
            Podman
                .missing_options(ApiVersion::new(1, 44))
                .contains(&signal)
        );
    }

    #[test]
    fn for_ever_is_what_the_engine_understands() {
        assert_eq!((Docker.grace(-1), Podman.grace(-1)), (-1, i32::MAX));
        assert_eq!((Docker.grace(3), Podman.grace(i64::MAX)), (3, i32::MAX));
    }
}
