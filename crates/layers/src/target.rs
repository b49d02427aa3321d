//! Whether a call is about what a pattern names.

use crate::names::{Known, begins, is_whole};
use std::borrow::Cow;
use wharf_core::{ImageRef, Resource, ResourceKind};

/// Whether the pattern names this target: see "What a call is to" in the crate's docs. `known` is the container that
/// the target was found to be. An image answers to each of its forms, since a pull is told the full one and people write
/// the short one.
pub(crate) fn is_named(pattern: &str, target: Option<&Resource>, known: Option<&Known>) -> bool {
    let Some(target) = target else { return false };
    let name = known.and_then(Known::name);
    if is_any(pattern) || name.is_some_and(|name| fits(pattern, name)) {
        return true;
    }
    if is_pattern(pattern) && is_id(&target.id, known) {
        // The digits of an id are random: what fits them does so by chance.
        return false;
    }
    if fits(pattern, &target.id) {
        return true;
    }
    match (known, target.kind) {
        (Some(known), _) => known.has_id(pattern),
        (None, ResourceKind::Image) => is_image(pattern, &target.id),
        (None, _) => is_same_id(pattern, &target.id),
    }
}

/// Whether a call says an id, or the beginning of one, and no name.
fn is_id(text: &str, known: Option<&Known>) -> bool {
    is_whole(bare(text)) || known.is_some_and(|known| known.has_id(text))
}

fn is_image(pattern: &str, target: &str) -> bool {
    let forms = target.parse::<ImageRef>().is_ok_and(|image| {
        let familiar = image.familiar();
        let short = familiar.strip_suffix(":latest");
        fits(pattern, image.as_str())
            || fits(pattern, &familiar)
            || short.is_some_and(|short| fits(pattern, short))
    });
    forms || is_same_id(bare(pattern), bare(target))
}

/// Whether one is a whole id, and the other a beginning of it.
fn is_same_id(a: &str, b: &str) -> bool {
    (is_whole(a) && begins(b, a)) || (is_whole(b) && begins(a, b))
}

/// An image's id without its algorithm.
fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// The target as people read it: ids in twelve characters, and the name of what is called by its id.
pub(crate) fn shown<'a>(target: &'a str, known: Option<&Known>) -> Cow<'a, str> {
    let hash = bare(target);
    let text = if is_whole(hash) {
        &target[..target.len() - hash.len() + 12]
    } else {
        target
    };
    match known.and_then(Known::name) {
        Some(name) if name != text => format!("{text} ({name})").into(),
        _ => text.into(),
    }
}

/// Whether a text is what the pattern says: `*` is any text, `?` any character.
fn fits(pattern: &str, text: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == text;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Behind the last star: where to go on when what follows it does not fit, and with which character.
    let mut retry = None;
    while t < text.len() {
        match (pattern.get(p), retry) {
            (Some('*'), _) => {
                p += 1;
                retry = Some((p, t));
            }
            (Some(&c), _) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            (_, Some((behind, from))) => {
                (p, t) = (behind, from + 1);
                retry = Some((p, t));
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// Whether it stands for whatever there is.
fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|b| b == b'*')
}

/// Whether it stands for more than itself.
pub(crate) fn is_pattern(target: &str) -> bool {
    target.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        for (pattern, text, expected) in [
            ("web", "web", true),
            ("web", "web-1", false),
            ("web-*", "web-1", true),
            ("web-*", "web-", true),
            ("web-*", "old-web-1", false),
            ("*-1", "web-1-1", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("w?b", "wéb", true),
            ("w?b", "wb", false),
            ("*", "", true),
            ("", "", true),
            ("", "web", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn an_image_answers_to_all_its_forms_and_nothing_else_does() {
        let full = "docker.io/library/busybox:latest";
        let image = Resource::new(ResourceKind::Image, full);
        for name in [full, "busybox:latest", "busybox", "busy*"] {
            assert!(is_named(name, Some(&image), None), "{name}");
        }
        assert!(!is_named("busybox:1", Some(&image), None));
        let container = Resource::new(ResourceKind::Container, full);
        assert!(!is_named("busybox", Some(&container), None));
        assert!(!is_named("*", None, None));
    }

    #[test]
    fn a_pattern_is_never_about_the_digits_of_an_id() {
        let hash = "db".repeat(32);
        for (kind, id) in [
            (ResourceKind::Container, hash.clone()),
            (ResourceKind::Network, hash.clone()),
            (ResourceKind::Image, format!("sha256:{hash}")),
        ] {
            let target = Resource::new(kind, id);
            for (pattern, expected) in [
                ("*", true),
                ("*db*", false),
                ("db*", false),
                ("?b*", false),
                (&*hash, true),
                (&hash[..12], true),
            ] {
                let is_named = is_named(pattern, Some(&target), None);
                assert_eq!(is_named, expected, "{pattern} on {target:?}");
            }
        }
    }
}
