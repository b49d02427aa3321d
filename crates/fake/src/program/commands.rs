//! Which commands a rule is about.

use crate::state::glob;
use serde::{Deserialize, Serialize};
use std::fmt;
use wharf_core::{ImageRef, Result};

/// Which commands a program stands for: by their first words, by the image of the container, by who starts them.
///
/// A rule is about a command where all that it says fits:
///
/// - **The first words** of the command, each whole: `["app", "migrate"]` is about `app migrate --all` but not about
///   `app serve`. The first fits the name of a program wherever it lies (`app` also fits `/usr/bin/app`); with a slash in
///   it, that path alone. A container's command is its entrypoint and what follows it.
/// - **The image**: the name that the container was created with, in any of its forms, or an id where it was an id:
///   `postgres` is `docker.io/library/postgres:latest`. It is a pattern, as the engine's `reference` filter has them:
///   `*` stands for any characters but slashes, so that `postgres:*` is every tag; `?` for one of these; `[a-c]` for one
///   of its characters, `[^a-c]` for one of all others; after a `\` the next is as it is.
/// - **Who starts it**: [main programs](Self::main_only) of containers, [execs](Self::exec_only), or both. What is
///   neither, since a shell in the container has started it, is found by rules that say words and not who.
/// - **That nothing else would run**: [`unknown`](Self::unknown) is about commands that the container does not have,
///   which would otherwise fail with 127.
///
/// Where several are about one command the most specific decides: the one with more words, then one with an image, then
/// one that says who; among equals the one that was added last. The programs that
/// [an image brings](crate::ImageFixture::with_program) come after those of the fake, the container's files after both,
/// and what is for unknown commands after all.
///
/// A name is a rule already: `"app"`, `["app", "migrate"]`. As data:
///
/// ```
/// use wharf_fake::Commands;
///
/// let commands = Commands::from(["app", "migrate"]).in_image("app:*").exec_only();
/// let json = r#"{"words": ["app", "migrate"], "image": "app:*", "role": "exec"}"#;
/// assert_eq!(serde_json::from_str::<Commands>(json)?, commands);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commands {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unknown: bool,
}

/// As what the engine starts a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// As the one that the container is there for.
    Main,
    /// Beside it.
    Exec,
}

impl Commands {
    /// All that the engine starts, whatever the command.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// All that the container does not have, and that would fail with 127 for it; what a shell in the container starts
    /// too.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    /// Only in containers of that image.
    #[must_use]
    pub fn in_image(mut self, image: impl Into<String>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// Only the programs that containers are there for.
    #[must_use]
    pub fn main_only(mut self) -> Self {
        self.role = Some(Role::Main);
        self
    }

    /// Only execs: what is run in a container beside its main program.
    #[must_use]
    pub fn exec_only(mut self) -> Self {
        self.role = Some(Role::Exec);
        self
    }

    /// Refuses what can never be about any command.
    pub(super) fn check(&self) -> Result<()> {
        match self.words.as_slice() {
            [first, ..] if first.is_empty() => {
                return Err(super::invalid("no command has an empty name"));
            }
            // It could be one, but hardly ever is.
            [only] if only.contains(char::is_whitespace) => {
                let words: Vec<_> = only.split_whitespace().collect();
                return Err(super::invalid(format_args!(
                    "{only:?} is one word; give each on its own: {words:?}"
                )));
            }
            _ => {}
        }
        self.image.as_deref().map_or(Ok(()), check_image)
    }

    /// Those of one image need not, and cannot, say which.
    pub(crate) fn check_of_image(&self) -> Result<()> {
        match &self.image {
            Some(image) => Err(super::invalid(format_args!(
                "a program of an image is not for another: leave out {image:?}"
            ))),
            None => self.check(),
        }
    }

    /// Whether it is about that command. Who starts it is none where that is not the engine.
    pub(super) fn fit(
        &self,
        argv: &[String],
        image: &str,
        role: Option<Role>,
        unknown: bool,
    ) -> bool {
        let asked = match role {
            Some(role) => self.role.is_none_or(|own| own == role),
            None => self.role.is_none() && (self.unknown || !self.words.is_empty()),
        };
        asked
            && (unknown || !self.unknown)
            && self.fit_words(argv)
            && self.image.as_deref().is_none_or(|own| is_image(own, image))
    }

    fn fit_words(&self, argv: &[String]) -> bool {
        let Some((first, rest)) = self.words.split_first() else {
            return true;
        };
        let Some((command, arguments)) = argv.split_first() else {
            return false;
        };
        let name = command.rsplit('/').next();
        (first == command || name.is_some_and(|name| first == name)) && arguments.starts_with(rest)
    }

    /// By which one rule goes before another.
    pub(super) fn specificity(&self) -> impl Ord + use<> {
        let said = (self.image.is_some(), self.role.is_some());
        (!self.unknown, self.words.len(), said)
    }
}

/// Refuses a pattern that no image's name fits, whatever stands for its signs.
fn check_image(pattern: &str) -> Result<()> {
    if pattern.is_empty() {
        return Err(super::invalid("no image has an empty name"));
    }
    if !glob::is_pattern(pattern) {
        return Err(super::invalid(format_args!(
            "{pattern:?} fits no image: a `[` or a `\\` in it has no end"
        )));
    }
    // Where a class may be a slash nobody knows which is the last.
    if pattern.contains(['[', '\\']) {
        return Ok(());
    }
    if !pattern.contains(['*', '?']) {
        return check_name(pattern);
    }
    let last = pattern.rsplit('/').next().unwrap_or(pattern);
    let repository = last.split([':', '@', '*', '?']).next().unwrap_or(last);
    if repository.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(super::invalid(format_args!(
            "{pattern:?} fits no image: a repository's name is in lower case"
        )));
    }
    Ok(())
}

fn check_name(image: &str) -> Result<()> {
    let is_id = image.len() == 64 && image.chars().all(|c| c.is_ascii_hexdigit());
    match image.parse::<ImageRef>() {
        Err(error) if !is_id => {
            let why = error.message();
            Err(super::invalid(
                why.strip_prefix("reference: ").unwrap_or(why),
            ))
        }
        _ => Ok(()),
    }
}

/// Whether the image that a container was created with is one of those.
fn is_image(pattern: &str, image: &str) -> bool {
    let Ok(name) = image.parse::<ImageRef>() else {
        return glob::fits(pattern, image);
    };
    let latest = (name.tag() == Some("latest")).then(|| name.familiar_name());
    let forms = [image.to_owned(), name.familiar(), name.as_str().to_owned()];
    let mut forms = forms.into_iter().chain(latest);
    forms.any(|form| glob::fits(pattern, &form))
}

/// `app migrate, in images app:*, as exec`
impl fmt::Display for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.words.as_slice(), self.unknown) {
            ([], false) => f.write_str("any command")?,
            ([], true) => f.write_str("any unknown command")?,
            (words, false) => f.write_str(&words.join(" "))?,
            (words, true) => write!(f, "{}, where it is unknown", words.join(" "))?,
        }
        if let Some(image) = &self.image {
            write!(f, ", in images {image}")?;
        }
        match self.role {
            None => Ok(()),
            Some(Role::Main) => f.write_str(", as main program"),
            Some(Role::Exec) => f.write_str(", as exec"),
        }
    }
}

impl From<&str> for Commands {
    fn from(name: &str) -> Self {
        [name].into()
    }
}

impl From<String> for Commands {
    fn from(name: String) -> Self {
        vec![name].into()
    }
}

impl From<Vec<String>> for Commands {
    fn from(words: Vec<String>) -> Self {
        Self {
            words,
            ..Self::default()
        }
    }
}

impl<const N: usize> From<[&str; N]> for Commands {
    fn from(words: [&str; N]) -> Self {
        words.map(str::to_owned).to_vec().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn they_show_what_they_are_about() {
        let app = Commands::from(["app", "migrate"]);
        assert_eq!(app.to_string(), "app migrate");
        let narrow = app.in_image("app:*").exec_only().to_string();
        assert_eq!(narrow, "app migrate, in images app:*, as exec");
        let all = Commands::any().main_only().to_string();
        assert_eq!(all, "any command, as main program");
        assert_eq!(Commands::unknown().to_string(), "any unknown command");
    }

    #[test]
    fn words_fit_from_the_first_and_whole() {
        let of = |words: &str| Commands::from(argv(words));
        for (words, command, expected) in [
            ("app", "app", true),
            ("app", "app serve", true),
            ("app", "/usr/bin/app serve", true),
            ("app", "apps", false),
            ("/usr/bin/app", "/usr/bin/app", true),
            ("/usr/bin/app", "app", false),
            ("bin/app", "/usr/bin/app", false),
            ("app migrate", "app migrate --all", true),
            ("app migrate", "app", false),
            ("app migrate", "app migrates", false),
        ] {
            let fits = of(words).fit(&argv(command), "busybox", Some(Role::Main), false);
            assert_eq!(fits, expected, "{words:?} on {command:?}");
        }
    }

    #[test]
    fn an_image_fits_in_all_its_forms() {
        for (pattern, image, expected) in [
            ("postgres", "postgres", true),
            ("postgres", "docker.io/library/postgres:latest", true),
            ("postgres:latest", "postgres", true),
            ("docker.io/library/postgres:latest", "postgres", true),
            ("postgres", "postgres:16", false),
            ("postgres:*", "postgres:16", true),
            ("r.test/team/*", "r.test/team/app", true),
            ("*", "r.test/team/app", false),
            ("sha256:ab*", "sha256:abcd", true),
        ] {
            assert_eq!(is_image(pattern, image), expected, "{pattern} on {image}");
        }
    }

    #[test]
    fn who_starts_it_matters_where_the_rule_says_so() {
        let (main, exec, child) = (Some(Role::Main), Some(Role::Exec), None);
        let app = || Commands::from("app");
        let command = argv("app");
        for (rule, role, expected) in [
            (app(), main, true),
            (app(), exec, true),
            (app(), child, true),
            (app().main_only(), exec, false),
            (app().main_only(), child, false),
            (app().exec_only(), exec, true),
            (Commands::any(), main, true),
            (Commands::any(), exec, true),
            (Commands::any(), child, false),
        ] {
            let fits = rule.fit(&command, "busybox", role, false);
            assert_eq!(fits, expected, "{rule:?} as {role:?}");
        }
        let unknown = Commands::unknown();
        assert!(!unknown.fit(&command, "busybox", main, false));
        assert!(unknown.fit(&command, "busybox", child, true));
    }
}
