//! Versions of the API, and the one that both sides speak.

use std::fmt;
use std::str::FromStr;

use wharf_core::Error;

/// A version of the Engine API: `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion(u16, u16);

impl ApiVersion {
    /// The oldest that does what it is told, or where the dialect knows what it ignores.
    const OLDEST: Self = Self(1, 35);
    /// The newest that was tried. Newer engines still speak it.
    const NEWEST: Self = Self(1, 51);

    pub(crate) const fn new(major: u16, minor: u16) -> Self {
        Self(major, minor)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for ApiVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = text.strip_prefix('v').unwrap_or(text).split_once('.');
        let number =
            number.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let bad = || {
            Error::invalid(
                "api_version",
                format_args!("{text:?} is none, such as 1.41"),
            )
        };
        number
            .map(|(major, minor)| Self(major, minor))
            .ok_or_else(bad)
    }
}

/// The newest version that both sides speak, or the one that is wanted.
pub(crate) fn negotiate(
    oldest: &str,
    newest: &str,
    pinned: Option<ApiVersion>,
) -> Result<ApiVersion, String> {
    let newest: ApiVersion = newest.parse().map_err(|error: Error| error.to_string())?;
    // Engines from before this was told spoke one version alone.
    let oldest = oldest.parse().unwrap_or(newest);
    let theirs = format!("the engine speaks versions {oldest} to {newest} of the API");
    match pinned {
        Some(pinned) if !(oldest..=newest).contains(&pinned) => {
            Err(format!("{theirs}, not {pinned}"))
        }
        Some(pinned) if pinned >= ApiVersion::OLDEST => Ok(pinned),
        None if newest >= ApiVersion::OLDEST && oldest <= ApiVersion::NEWEST => {
            Ok(newest.min(ApiVersion::NEWEST))
        }
        _ => Err(format!(
            "{theirs}, we speak {} to {}",
            ApiVersion::OLDEST,
            ApiVersion::NEWEST
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(oldest: &str, newest: &str, pinned: Option<&str>) -> Result<String, String> {
        let pinned = pinned.map(|version| version.parse().unwrap());
        negotiate(oldest, newest, pinned).map(|version| version.to_string())
    }

    #[test]
    fn the_newest_that_both_speak_is_taken() {
        assert_eq!(agreed("1.12", "1.41", None).unwrap(), "1.41");
        assert_eq!(agreed("1.44", "1.99", None).unwrap(), "1.51");
        // Numbers, not texts.
        assert_eq!(agreed("1.9", "1.35", None).unwrap(), "1.35");
    }

    #[test]
    fn where_none_fits_both_ranges_are_named() {
        for (oldest, newest) in [("1.60", "1.70"), ("1.12", "1.34"), ("", "1.20")] {
            let why = agreed(oldest, newest, None).unwrap_err();
            assert!(
                why.contains(newest) && why.contains("1.35 to 1.51"),
                "{why}"
            );
        }
    }

    #[test]
    fn a_pinned_version_is_taken_or_refused() {
        assert_eq!(agreed("1.24", "1.51", Some("1.40")).unwrap(), "1.40");
        assert_eq!(agreed("1.24", "1.60", Some("v1.55")).unwrap(), "1.55");
        assert!(
            agreed("1.24", "1.41", Some("1.42"))
                .unwrap_err()
                .contains("not 1.42")
        );
        assert!(
            agreed("1.24", "1.51", Some("1.30"))
                .unwrap_err()
                .contains("1.35 to 1.51")
        );
        assert!("1".parse::<ApiVersion>().is_err());
    }
}
