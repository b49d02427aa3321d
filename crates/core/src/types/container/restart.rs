//! Restart policies.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32, str::FromStr};

/// What an engine does when a container exits. Parsed and shown as for `docker run --restart`: `no`, `always`,
/// `unless-stopped`, `on-failure[:MAX]`.
///
/// ```
/// use wharf_core::RestartPolicy;
/// let policy: RestartPolicy = "on-failure:3".parse()?;
/// assert_eq!(policy, RestartPolicy::on_failure(3));
/// assert!("on-failure:x".parse::<RestartPolicy>().is_err());
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// Starts it again, also when the engine starts.
    Always,
    /// Starts it again, unless somebody stopped it.
    UnlessStopped,
    /// Starts it again when it failed.
    OnFailure {
        /// At most so often; else without end.
        max_retries: Option<NonZeroU32>,
    },
    /// A policy that this version of wharf does not know: it is shown, but a container cannot be made with it.
    Other(String),
}

impl RestartPolicy {
    /// [`OnFailure`](Self::OnFailure), at most so often; 0 means without end.
    pub fn on_failure(max_retries: u32) -> Self {
        Self::OnFailure {
            max_retries: NonZeroU32::new(max_retries),
        }
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Always => f.write_str("always"),
            Self::UnlessStopped => f.write_str("unless-stopped"),
            Self::OnFailure { max_retries: None } => f.write_str("on-failure"),
            Self::OnFailure {
                max_retries: Some(max),
            } => write!(f, "on-failure:{max}"),
            Self::Other(policy) => f.write_str(policy),
        }
    }
}

impl FromStr for RestartPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, max) = match text.split_once(':') {
            Some((name, max)) => (name, Some(max)),
            None => (text, None),
        };
        Ok(match (name, max) {
            ("no" | "", None) => Self::No,
            ("always", None) => Self::Always,
            ("unless-stopped", None) => Self::UnlessStopped,
            ("on-failure", None) => Self::on_failure(0),
            ("on-failure", Some(max)) => Self::on_failure(max.parse().map_err(|_| {
                Error::invalid("restart", format_args!("{max:?} is no number of retries"))
            })?),
            _ => {
                let known = "use no, always, unless-stopped or on-failure[:MAX]";
                return Err(Error::invalid(
                    "restart",
                    format_args!("{text:?} is no policy; {known}"),
                ));
            }
        })
    }
}

impl From<String> for RestartPolicy {
    fn from(text: String) -> Self {
        text.parse().unwrap_or(Self::Other(text))
    }
}

impl From<RestartPolicy> for String {
    fn from(policy: RestartPolicy) -> Self {
        policy.to_string()
    }
}
