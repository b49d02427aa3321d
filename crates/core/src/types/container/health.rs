//! Health: how it is probed, and what was found.

use crate::{
    Timestamp,
    data::{data, words},
    serde_with::seconds,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

data! {
    /// How a container's health is probed.
    pub struct HealthCheck {
        required {
            /// What is run inside the container: exit 0 means healthy.
            pub test: HealthTest,
        }
        /// The time between two probes, at least 1 ms; else 30 s.
        #[serde(with = "seconds::option")]
        pub interval: Option<Duration>,
        /// A probe that takes longer has failed, at least 1 ms; else 30 s.
        #[serde(with = "seconds::option")]
        pub timeout: Option<Duration>,
        /// So many failures in a row make it unhealthy; else 3.
        pub retries: Option<u32>,
        /// While it starts, failures do not count; else 0.
        #[serde(with = "seconds::option")]
        pub start_period: Option<Duration>,
    }
}

/// What a health check runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthTest {
    /// Nothing: switches the image's check off.
    None,
    /// A program and its arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
}

words! {
    /// What a health check has found.
    pub enum HealthStatus {
        /// Nothing yet.
        Starting = "starting",
        /// The last probe succeeded.
        Healthy = "healthy",
        /// Too many probes failed in a row.
        Unhealthy = "unhealthy",
        /// There is no health check.
        None = "none",
    }
}

data! {
    /// A container's health.
    #[derive(Eq)]
    pub struct Health {
        required {
            /// What was found.
            pub status: HealthStatus,
        }
        /// How many probes in a row have failed.
        pub failing_streak: u32,
        /// The last probes, oldest first.
        pub log: Vec<HealthProbe>,
    }
}

data! {
    /// One probe of a container's health.
    #[derive(Eq)]
    pub struct HealthProbe {
        required {
            /// What it exited with; 0 is healthy, -1 a probe that took too long.
            pub exit_code: i64,
            /// What it wrote.
            pub output: String,
        }
        /// When it was started.
        pub started_at: Option<Timestamp>,
        /// When it ended.
        pub finished_at: Option<Timestamp>,
    }
}
