//! The sentences by which engines say what a status code does not. Each row has a test.

use wharf_core::{ErrorKind, Operation};

use crate::dialect::Dialect;

/// Where a sentence means what the row says.
#[derive(Debug, Clone, Copy)]
enum Where {
    Anywhere,
    /// In operations that talk to a registry. Elsewhere `connection refused` may be a program's.
    Registry,
    /// In some operations.
    In(&'static [Operation]),
}

impl Where {
    fn covers(self, operation: Operation) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Registry => REGISTRY.contains(&operation),
            Self::In(operations) => operations.contains(&operation),
        }
    }
}

const REGISTRY: &[Operation] = &[
    Operation::PullImage,
    Operation::PushImage,
    Operation::Login,
    Operation::SearchImages,
];

/// A sentence is recognised by words that it has, in lower case. A `*` stands for one word.
struct Row(Where, &'static [&'static str], ErrorKind);

use ErrorKind as K;
use Operation as Op;
use Where::{Anywhere, In, Registry};

/// What registries and the way to them say, passed on by every engine.
static REGISTRIES: &[Row] = &[
    Row(Registry, &["toomanyrequests"], K::RateLimited),
    Row(Registry, &["429 too many requests"], K::RateLimited),
    Row(Registry, &["manifest", "not found"], K::ImageNotFound),
    Row(Registry, &["manifest unknown"], K::ImageNotFound),
    Row(Registry, &["name unknown"], K::ImageNotFound),
    Row(Registry, &["repository does not exist"], K::ImageNotFound),
    Row(Registry, &["does not exist locally"], K::ImageNotFound),
    Row(Registry, &["no matching manifest"], K::ImageNotFound),
    Row(
        Registry,
        &["no image found in", "for architecture"],
        K::ImageNotFound,
    ),
    Row(Registry, &["unauthorized"], K::Unauthorized),
    Row(Registry, &["authentication required"], K::Unauthorized),
    Row(Registry, &["no basic auth credentials"], K::Unauthorized),
    Row(
        Registry,
        &["incorrect username or password"],
        K::Unauthorized,
    ),
    Row(
        Registry,
        &["access to the resource is denied"],
        K::Unauthorized,
    ),
    Row(Registry, &["invalid username/password"], K::Unauthorized),
    Row(Registry, &["no such host"], K::ConnectionFailed),
    Row(Registry, &["connection refused"], K::ConnectionFailed),
    Row(Registry, &["dial tcp"], K::ConnectionFailed),
    Row(Registry, &["i/o timeout"], K::ConnectionFailed),
    Row(Registry, &["unexpected eof"], K::ConnectionFailed),
    Row(Registry, &["tls handshake"], K::ConnectionFailed),
    Row(
        Registry,
        &["pinging container registry"],
        K::ConnectionFailed,
    ),
    Row(
        Registry,
        &["request canceled", "awaiting headers"],
        K::ConnectionFailed,
    ),
];

static DOCKER: &[Row] = &[
    Row(
        In(&[Op::ExecContainer]),
        &["no such exec instance"],
        K::Conflict,
    ),
    Row(Anywhere, &["no such container"], K::ContainerNotFound),
    Row(Anywhere, &["no such image"], K::ImageNotFound),
    Row(
        In(&[Op::CreateContainer]),
        &["specified platform"],
        K::ImageNotFound,
    ),
    Row(Anywhere, &["no such volume"], K::NotFound),
    // No image can have such a name: new engines look for it all the same, and find none.
    Row(
        In(&[Op::CreateContainer]),
        &["repository name must be lowercase"],
        K::ImageNotFound,
    ),
    Row(
        In(&[Op::CreateContainer]),
        &["cannot mkdir:"],
        K::InvalidInput,
    ),
    // A working directory below a file.
    Row(
        In(&[Op::CreateContainer]),
        &["lstat ", ": not a directory"],
        K::InvalidInput,
    ),
    // A program of any name may be missing, `network` among them.
    Row(
        In(&[Op::StartContainer, Op::RestartContainer]),
        &["oci runtime create failed", "exec:"],
        K::InvalidInput,
    ),
    Row(Anywhere, &["network * not found"], K::NotFound),
    Row(Anywhere, &["cannot join own network"], K::InvalidInput),
    Row(
        Anywhere,
        &["cannot join network", "non running container"],
        K::Conflict,
    ),
    Row(
        Anywhere,
        &["is already in use by container"],
        K::AlreadyExists,
    ),
    Row(
        Anywhere,
        &["network with name", "already exists"],
        K::AlreadyExists,
    ),
    Row(Anywhere, &["multiple ids found"], K::InvalidInput),
    Row(Anywhere, &["is not paused"], K::Conflict),
    Row(Anywhere, &["port is already allocated"], K::Conflict),
    Row(Anywhere, &["address already in use"], K::Conflict),
    Row(Anywhere, &["is not connected to network"], K::Conflict),
    Row(Anywhere, &["already exists in network"], K::Conflict),
    Row(Anywhere, &["has active endpoints"], K::Conflict),
    Row(Anywhere, &["pool overlaps"], K::Conflict),
    Row(Anywhere, &["not permitted on predefined"], K::InvalidInput),
    Row(Anywhere, &["page not found"], K::Unsupported),
    Row(
        Anywhere,
        &["is too new. maximum supported api version"],
        K::Unsupported,
    ),
    Row(
        Anywhere,
        &["is too old. minimum supported api version"],
        K::Unsupported,
    ),
    Row(Anywhere, &["invalid reference format"], K::InvalidInput),
    Row(Anywhere, &["invalid tag format"], K::InvalidInput),
    Row(Anywhere, &["invalid volume specification"], K::InvalidInput),
    Row(Anywhere, &["invalid mode:"], K::InvalidInput),
    Row(Anywhere, &["strconv."], K::InvalidInput),
    Row(
        Anywhere,
        &["failed to parse value as time"],
        K::InvalidInput,
    ),
    Row(Anywhere, &["unable to find user"], K::InvalidInput),
    Row(Anywhere, &["does not support signal"], K::InvalidInput),
    Row(Anywhere, &["syntax error in pattern"], K::InvalidInput),
    Row(Anywhere, &["no host in request url"], K::InvalidInput),
];

static PODMAN: &[Row] = &[
    // A whole id where a name is expected: nobody has it.
    Row(
        Anywhere,
        &["cannot specify 64-byte hexadecimal strings"],
        K::ImageNotFound,
    ),
    Row(
        Anywhere,
        &["more than one result for container"],
        K::InvalidInput,
    ),
    Row(Anywhere, &["no such container"], K::ContainerNotFound),
    Row(Anywhere, &["no such image"], K::ImageNotFound),
    Row(Anywhere, &["image not known"], K::ImageNotFound),
    Row(Anywhere, &["no such volume"], K::NotFound),
    Row(Anywhere, &["network not found"], K::NotFound),
    Row(Anywhere, &["no such exec session"], K::NotFound),
    Row(Anywhere, &["that name is already in use"], K::AlreadyExists),
    // It says that these exist already, at the end.
    Row(
        In(&[Op::RemoveContainer]),
        &["has dependent containers"],
        K::Conflict,
    ),
    Row(Anywhere, &["container already exists"], K::AlreadyExists),
    Row(Anywhere, &["network already exists"], K::AlreadyExists),
    Row(
        In(&[Op::RenameContainer]),
        &["updating container config table"],
        K::AlreadyExists,
    ),
    Row(Anywhere, &["exec session state improper"], K::Conflict),
    Row(Anywhere, &["container state improper"], K::Conflict),
    Row(Anywhere, &["is already connected"], K::Conflict),
    Row(Anywhere, &["is not connected to network"], K::Conflict),
    Row(Anywhere, &["network is being used"], K::Conflict),
    Row(Anywhere, &["volume is being used"], K::Conflict),
    Row(Anywhere, &["image is in use by a container"], K::Conflict),
    Row(Anywhere, &["with more than one tag"], K::Conflict),
    Row(Anywhere, &["address already in use"], K::Conflict),
    Row(Anywhere, &["cannot read logs"], K::Unsupported),
    Row(
        In(&[Op::StartContainer, Op::RestartContainer]),
        &["command that was not found"],
        K::InvalidInput,
    ),
    Row(
        In(&[Op::StartContainer, Op::RestartContainer]),
        &["oci permission denied"],
        K::InvalidInput,
    ),
    Row(Anywhere, &["unable to find user"], K::InvalidInput),
    Row(Anywhere, &["invalid argument"], K::InvalidInput),
    Row(Anywhere, &["invalid syntax"], K::InvalidInput),
    Row(Anywhere, &["unknown capability"], K::InvalidInput),
    Row(Anywhere, &["normalizing name"], K::InvalidInput),
    Row(Anywhere, &["invalid reference format"], K::InvalidInput),
    Row(Anywhere, &["must be lowercase"], K::InvalidInput),
    Row(Anywhere, &["is an invalid filter"], K::InvalidInput),
    Row(Anywhere, &["invalid filter"], K::InvalidInput),
    Row(Anywhere, &["invalid image filter"], K::InvalidInput),
    Row(Anywhere, &["unsupported image filter"], K::InvalidInput),
    Row(Anywhere, &["invalid signal"], K::InvalidInput),
    Row(Anywhere, &["must be an absolute path"], K::InvalidInput),
    Row(Anywhere, &["duplicate mount destination"], K::InvalidInput),
    Row(
        In(&[Op::CreateContainer, Op::ExecContainer]),
        &["decode():"],
        K::InvalidInput,
    ),
];

/// What a sentence says, if it is one that is known.
pub(crate) fn kind(dialect: Dialect, operation: Operation, message: &str) -> Option<ErrorKind> {
    find(dialect, operation, message).map(|row| row.2)
}

fn find(dialect: Dialect, operation: Operation, message: &str) -> Option<&'static Row> {
    let message = message.to_lowercase();
    let own = match dialect {
        Dialect::Docker => DOCKER,
        Dialect::Podman => PODMAN,
    };
    REGISTRIES.iter().chain(own).find(|Row(place, words, _)| {
        place.covers(operation) && words.iter().all(|words| has(&message, words))
    })
}

fn has(message: &str, words: &str) -> bool {
    let Some((before, after)) = words.split_once('*') else {
        return message.contains(words);
    };
    message.match_indices(before).any(|(at, before)| {
        let rest = &message[at + before.len()..];
        let word = rest.find(' ').unwrap_or(rest.len());
        rest[word..].starts_with(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Docker, Podman};

    /// Sentences as engines said them: the engine, the operation, what is meant, the words.
    const SAID: &str = include_str!("../tests/recorded/sentences.tsv");

    fn said() -> impl Iterator<Item = (Dialect, Operation, ErrorKind, &'static str)> {
        SAID.lines().map(|line| {
            let parts: Vec<_> = line.splitn(4, '\t').collect();
            let dialect = match parts[0] {
                "docker" => Docker,
                "podman" => Podman,
                other => panic!("{other} is no dialect"),
            };
            let kind = serde_json::from_value(parts[2].into()).unwrap();
            (dialect, parts[1].parse().unwrap(), kind, parts[3])
        })
    }

    #[test]
    fn what_was_said_is_understood() {
        for (dialect, operation, expected, words) in said() {
            assert_eq!(
                kind(dialect, operation, words),
                Some(expected),
                "{dialect:?}: {words}"
            );
        }
    }

    #[test]
    fn every_row_was_said_once() {
        for (name, rows) in [
            ("registries", REGISTRIES),
            ("docker", DOCKER),
            ("podman", PODMAN),
        ] {
            for row in rows {
                let decides = said().any(|(dialect, operation, _, words)| {
                    find(dialect, operation, words).is_some_and(|found| std::ptr::eq(found, row))
                });
                assert!(decides, "{name}: no sentence for {:?}", row.1);
            }
        }
    }

    #[test]
    fn other_words_and_other_places_say_nothing() {
        assert_eq!(kind(Docker, Op::StartContainer, "something new"), None);
        // A name is a word, and anything may be called a network.
        let elsewhere = "no network here, and what was asked for is not found";
        assert_eq!(kind(Docker, Op::ConnectNetwork, elsewhere), None);
        // The same words from a container's own program are no registry's.
        assert_eq!(kind(Docker, Op::ExecContainer, "connection refused"), None);
    }
}
