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
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    let scheme = scheme.filter(|scheme| is_scheme(scheme));
    let (begin, rest) = url.split_at(scheme.map_or(0, |scheme| scheme.len() + "://".len()));
    let is_path = match scheme {
        Some(scheme) => rest.starts_with('/') && names_a_path(scheme),
        None => rest.starts_with('/') && !rest.starts_with("//"),
    };
    match rest.rsplit_once('@') {
        Some((_, shown)) if !is_path => Cow::Owned(format!("{begin}…@{shown}")),
        _ => Cow::Borrowed(url),
    }
}

/// Whether it can be a scheme at all: a user and a password before a `://` are none.
fn is_scheme(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

/// Whether what follows the scheme is a path, in which an `@` is a letter like others.
fn names_a_path(scheme: &str) -> bool {
    ["npipe", "unix"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it))
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
            ("://u:hunter2@h", "…@h"),
            ("tcp:///u:hunter2@h", "tcp://…@h"),
            ("//u:hunter2@h:2375", "…@h:2375"),
            ("alice:hunter2@tcp://h:1", "…@tcp://h:1"),
            ("alice:hun://ter2@h", "…@h"),
            ("unix://u:hunter2@h", "unix://…@h"),
        ] {
            assert_eq!(show_url(url), shown);
        }
        for url in [
            "",
            "/run/a@b.sock",
            "unix:///run/a@b.sock",
            "UNIX:///run/a@b.sock",
            "npipe:////./pipe/a@b",
            "fake:?seed=7",
            "tcp://h:1",
        ] {
            assert_eq!(show_url(url), *url);
        }
    }
}
