//! Whether a call is about what a pattern names.

use wharf_core::{ImageRef, Resource, ResourceKind};

/// Whether the pattern names this target, or nothing in particular. An image answers to each of its forms, since a pull
/// is told the full one and people write the short one.
pub(crate) fn is_named(pattern: &str, target: Option<&Resource>) -> bool {
    let Some(target) = target else { return false };
    if fits(pattern, &target.id) {
        return true;
    }
    let image = match target.kind {
        ResourceKind::Image => target.id.parse::<ImageRef>().ok(),
        _ => None,
    };
    image.is_some_and(|image| {
        let familiar = image.familiar();
        let short = familiar.strip_suffix(":latest");
        fits(pattern, image.as_str())
            || fits(pattern, &familiar)
            || short.is_some_and(|short| fits(pattern, short))
    })
}

/// Whether a text is what the pattern says: `*` is any text, `?` any character.
fn fits(pattern: &str, text: &str) -> bool {
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
            assert!(is_named(name, Some(&image)), "{name}");
        }
        assert!(!is_named("busybox:1", Some(&image)));
        let container = Resource::new(ResourceKind::Container, full);
        assert!(!is_named("busybox", Some(&container)));
        assert!(!is_named("*", None));
    }
}
