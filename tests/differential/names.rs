//! Names that two engines cannot have in common: ids, and names that an engine invents.

use super::program::WORLD;
use regex_lite::{Captures, Regex};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

/// What an id or a name may be.
static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[0-9A-Za-z_]+").ok());

/// What a world calls the things that its engine named: `<c0>` is the first container.
#[derive(Debug)]
pub(super) struct Names {
    world: String,
    containers: Vec<String>,
    /// Other ids, and invented names.
    others: BTreeMap<String, String>,
}

impl Names {
    /// A world of that name, on a host of that name, whose containers are made from that image.
    pub(super) fn new(world: &str, host: &str, image: &str) -> Self {
        let id = image.trim_start_matches("sha256:").to_owned();
        let others = [
            (id, "<image>".to_owned()),
            (host.to_owned(), "<host>".to_owned()),
        ];
        Self {
            world: world.to_owned(),
            containers: Vec::new(),
            others: others.into(),
        }
    }

    pub(super) fn world(&self) -> &str {
        &self.world
    }

    /// A container was made.
    pub(super) fn made(&mut self, id: &str) {
        self.containers.push(id.to_owned());
    }

    /// The engine has given a container a name.
    pub(super) fn invented(&mut self, name: &str) {
        if !name.starts_with(&self.world) && !self.others.contains_key(name) {
            let at = self.containers.len();
            self.others.insert(name.to_owned(), format!("<name{at}>"));
        }
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.others.contains_key(name)
    }

    pub(super) fn containers(&self) -> &[String] {
        &self.containers
    }

    /// `#1` is the id of the second container, `#1:12` how it begins; all else is as it is. One that was not made has
    /// an id that nobody has.
    pub(super) fn resolve(&self, text: &str) -> String {
        let Some(number) = text.strip_prefix('#') else {
            return text.to_owned();
        };
        let (number, length) = number.split_once(':').unwrap_or((number, "64"));
        let id = number
            .parse()
            .ok()
            .and_then(|at: usize| self.containers.get(at));
        let id = id.map_or_else(|| "0".repeat(64), String::clone);
        let length = length.parse().unwrap_or(id.len());
        id.get(..length).map_or_else(|| id.clone(), str::to_owned)
    }

    /// The same value with names that both engines have.
    pub(super) fn common(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.common_text(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.common(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter();
                fields
                    .map(|(key, value)| (self.common_text(&key), self.common(value)))
                    .collect()
            }
            other => other,
        }
    }

    fn common_text(&self, text: &str) -> String {
        let text = WORDS.as_ref().map_or(Cow::Borrowed(text), |words| {
            words.replace_all(text, |found: &Captures<'_>| self.name(&found[0]))
        });
        text.replace(&self.world, WORLD)
    }

    fn name(&self, word: &str) -> String {
        if let Some(common) = self.others.get(word) {
            return common.clone();
        }
        let is_id = matches!(word.len(), 12 | 64) && word.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id {
            self.id(word)
        } else {
            word.to_owned()
        }
    }

    fn id(&self, id: &str) -> String {
        let at = self
            .containers
            .iter()
            .position(|known| known.starts_with(id));
        match (at, id.len()) {
            (Some(at), 64) => format!("<c{at}>"),
            (Some(at), length) => format!("<c{at}:{length}>"),
            (None, 64) => "<id>".to_owned(),
            // A number may well have twelve digits.
            (None, _) => id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_names_become_common_ones() {
        let mut names = Names::new("w7", "quay", &format!("sha256:{}", "1".repeat(64)));
        let id = format!("{}{}", "abc123def456", "0".repeat(52));
        names.made(&id);
        names.invented("happy_turing");
        let value = json!({
            "id": id, "short": "abc123def456", "image": format!("sha256:{}", "1".repeat(64)),
            "volume": "f".repeat(64), "name": "happy_turing", "own": "w7a", "number": 123_456_789_012_u64, "log": "abc123def456\nquay\n",
        });
        assert_eq!(
            names.common(value),
            json!({
                "id": "<c0>", "short": "<c0:12>", "image": "sha256:<image>", "volume": "<id>",
                "name": "<name1>", "own": "@a", "number": 123_456_789_012_u64, "log": "<c0:12>\n<host>\n",
            })
        );
        assert_eq!(names.resolve("#0:12"), "abc123def456");
        assert_eq!(names.resolve("#3"), "0".repeat(64));
        assert_eq!(names.resolve("@a"), "@a");
    }
}
