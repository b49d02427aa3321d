//! Volumes.

use crate::{DriverOptions, Timestamp, data::data, filters::Filters};
use std::collections::BTreeMap;

data! {
    /// What a volume is made from.
    #[derive(Eq)]
    pub struct VolumeConfig {
        required {
            /// Its name: two characters or more of `[a-zA-Z0-9_.-]`, the first a letter or digit.
            pub name: String,
        }
        /// Its driver; else `local`.
        pub driver: Option<String>,
        /// Options for the driver.
        pub driver_opts: DriverOptions,
        /// Labels.
        pub labels: BTreeMap<String, String>,
    }
}

data! {
    /// A volume.
    #[derive(Eq)]
    pub struct VolumeInfo {
        required {
            /// Its name.
            pub name: String,
        }
        /// Its driver.
        pub driver: String,
        /// Where it is on the host.
        pub mountpoint: Option<String>,
        /// When it was made.
        pub created: Option<Timestamp>,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// Options of the driver.
        pub options: DriverOptions,
        /// How far it reaches: `local`.
        pub scope: Option<String>,
    }
}

data! {
    /// Which volumes to list.
    #[derive(Default, Eq)]
    pub struct ListVolumesOptions {
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// How to remove a volume.
    #[derive(Default, Eq)]
    pub struct RemoveVolumeOptions {
        /// A missing one is Ok. One that is in use stays in use.
        pub force: bool,
    }
}

data! {
    /// Which unused volumes to remove: the anonymous ones, unless `all`.
    #[derive(Default, Eq)]
    pub struct PruneVolumesOptions {
        /// Also those with a name.
        pub all: bool,
        /// Only those that match.
        pub filters: Filters,
    }
}
