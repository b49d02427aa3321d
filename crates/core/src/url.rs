//! URLs, as they may be shown.

use std::borrow::Cow;

/// A URL as it may stand in a log, a message or on a screen: what comes before an `@`, a user and a password, is `…`.
///
/// It is for text that is no URL, too, as that is what messages are most often about. Where it is unclear how far a
/// password goes, rather more than less is hidden; a path alone is shown whole.
///
/// ```
/// use wharf_core::show_url;
///
/// assert_eq!(show_url("tcp://alice:hunter2@engine:2375"), "tcp://…@engine:2375");
/// assert_eq!(show_url("unix:///run/user@1000/docker.sock"), "unix:///run/user@1000/docker.sock");
/// ```
pub fn show_url(url: &str) -> Cow<'_, str> {
    let begin = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let (scheme, rest) = url.split_at(begin);
    match rest.rsplit_once('@') {
        Some((_, shown)) if !rest.starts_with('/') => Cow::Owned(format!("{scheme}…@{shown}")),
        _ => Cow::Borrowed(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_a_password_is_hidden() {
        for (url, shown) in [
            ("tcp://u:hunter2@h:1", "tcp://…@h:1"),
            ("tcp://u:p@hunter2@h/x?y", "tcp://…@h/x?y"),
            ("tcp://u:hun/ter2@h", "tcp://…@h"),
            ("ctr://hunter2@", "ctr://…@"),
            ("u:hunter2@h", "…@h"),
            ("://u:hunter2@h", "://…@h"),
        ] {
            assert_eq!(show_url(url), shown);
        }
        for url in [
            "",
            "/run/a@b.sock",
            "unix:///run/a@b.sock",
            "fake:?seed=7",
            "tcp://h:1",
        ] {
            assert_eq!(show_url(url), *url);
        }
    }
}
