//! Networks.

use crate::{DriverOptions, Timestamp, data::data, filters::Filters};
use std::{collections::BTreeMap, net::IpAddr};

data! {
    /// What a network is made from.
    #[derive(Eq)]
    pub struct NetworkConfig {
        required {
            /// Its name.
            pub name: String,
        }
        /// Its driver; else `bridge`.
        pub driver: Option<String>,
        /// Options for the driver.
        pub driver_opts: DriverOptions,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// Has no way out.
        pub internal: bool,
        /// Also has IPv6.
        pub ipv6: bool,
        /// Its address ranges; else the engine picks one.
        pub subnets: Vec<Subnet>,
    }
}

data! {
    /// An address range of a network.
    #[derive(Eq)]
    pub struct Subnet {
        required {
            /// The range: `10.5.0.0/16`.
            pub subnet: String,
        }
        /// Its gateway; else the engine picks one.
        pub gateway: Option<IpAddr>,
    }
}

data! {
    /// A network.
    #[derive(Eq)]
    pub struct NetworkInfo {
        required {
            /// Its id.
            pub id: String,
            /// Its name.
            pub name: String,
        }
        /// Its driver.
        pub driver: String,
        /// When it was made.
        pub created: Option<Timestamp>,
        /// How far it reaches: `local`.
        pub scope: Option<String>,
        /// Has no way out.
        pub internal: bool,
        /// Also has IPv6.
        pub ipv6: bool,
        /// Its address ranges.
        pub subnets: Vec<Subnet>,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// Options of the driver.
        pub options: DriverOptions,
        /// The running containers in it, by id.
        pub containers: BTreeMap<String, String>,
    }
}

data! {
    /// Which networks to list.
    #[derive(Default, Eq)]
    pub struct ListNetworksOptions {
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// Which unused networks to remove: all, or those that match.
    #[derive(Default, Eq)]
    pub struct PruneNetworksOptions {
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// How a container joins a network.
    #[derive(Default, Eq)]
    pub struct ConnectOptions {
        /// Further names it has there.
        pub aliases: Vec<String>,
        /// Its IPv4 address; else the engine picks one.
        pub ip_address: Option<IpAddr>,
        /// Its IPv6 address; else the engine picks one.
        pub ipv6_address: Option<IpAddr>,
    }
}

data! {
    /// How a container leaves a network.
    #[derive(Default, Eq)]
    pub struct DisconnectOptions {
        /// Also where the container is gone or broken.
        pub force: bool,
    }
}
