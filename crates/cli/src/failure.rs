//! What ends a command early, what is said about it, and the exit code.

use crate::human::one_line;
use std::io::{self, Write};
use wharf::{Error, ErrorKind, ResourceKind, Signal};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine, or what stands before it.
    Engine(Error),
    /// A container could not be started; the exit code says why.
    NotStarted(Error, u8),
    /// What to do next is known better than by the kind of the error.
    Advised(Box<Failure>, &'static str),
    /// What was asked for cannot be done by this command.
    Usage(String),
    /// Stdout or a file.
    Io(io::Error),
    /// Nobody reads what a program writes, and it does not end.
    Unread,
    /// It has been said already.
    Reported,
}

/// The exit code of a command that came to its end.
pub(crate) type Outcome = Result<u8, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The code that is known already, unless the result could not be shown. Whether anybody has read it to its end changes
/// nothing: a check that failed has failed also for `grep -q`.
pub(crate) fn verdict(shown: Result<(), Failure>, code: u8) -> Outcome {
    match shown {
        Err(failure) if !failure.is_closed_pipe() => Err(failure),
        _ => Ok(code),
    }
}

impl Failure {
    /// The same, with a word on what to do next.
    pub(crate) fn with_advice(self, advice: &'static str) -> Self {
        Self::Advised(Box::new(self), advice)
    }

    /// Whoever read our output has what they want.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        match self {
            Self::Io(error) => error.kind() == io::ErrorKind::BrokenPipe,
            Self::Advised(failure, _) => failure.is_closed_pipe(),
            _ => false,
        }
    }

    /// The exit code, where the command has a say in it.
    pub(crate) fn code(&self) -> Option<u8> {
        match self {
            Self::NotStarted(_, code) => Some(*code),
            // That of a program that writes to a closed pipe itself.
            Self::Unread => Some(128 + Signal::PIPE.number()),
            _ => None,
        }
    }

    /// Says on stderr what is wrong, and what to do next where that is known.
    pub(crate) fn report(&self) {
        let (message, advice) = match self {
            Self::Engine(error) | Self::NotStarted(error, _) => {
                (error.message().to_owned(), advice(error))
            }
            Self::Usage(message) => (message.clone(), None),
            Self::Io(error) => (error.to_string(), None),
            Self::Advised(failure, advice) => {
                failure.report();
                return complain(advice);
            }
            Self::Reported | Self::Unread => return,
        };
        complain(&message);
        if let Some(advice) = advice {
            complain(advice);
        }
    }
}

/// A line on stderr, or a few. Where even that is closed, nobody is left to tell. What an engine says may quote a
/// container's command as it is.
pub(crate) fn complain(message: &str) {
    let lines: Vec<_> = message.trim_end().lines().map(one_line).collect();
    let _ = writeln!(anstream::stderr(), "wharf: {}", lines.join("\n"));
}

/// What to do next, by what went wrong.
fn advice(error: &Error) -> Option<&'static str> {
    let resource = error.resource().map(|resource| resource.kind);
    Some(match (error.kind(), resource) {
        (ErrorKind::ContainerNotFound, _) => "`wharf ps -a` lists the containers",
        (ErrorKind::ImageNotFound, _) => {
            "`wharf images` lists the images, `wharf pull` fetches one"
        }
        (ErrorKind::ConnectionFailed, Some(ResourceKind::Image)) => {
            "the engine cannot reach the registry; `wharf images` lists the images that are here"
        }
        (ErrorKind::ConnectionFailed, _) => "`wharf engines` tells which engines are here",
        (ErrorKind::Protocol, None) => {
            "is this the address of a container engine? see `wharf engines`"
        }
        (ErrorKind::Unauthorized, _) => "`docker login` keeps credentials where wharf finds them",
        (ErrorKind::AlreadyExists, Some(ResourceKind::Container)) => {
            "choose another --name, or `wharf rm` the other"
        }
        (ErrorKind::RateLimited, _) => "wait a while, or log in",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_what_went_wrong() {
        let missing = Error::new(ErrorKind::ContainerNotFound, "there is no container web");
        assert!(advice(&missing).unwrap().contains("ps -a"));
        assert_eq!(advice(&Error::new(ErrorKind::Internal, "oh")), None);
    }

    #[test]
    fn a_code_that_is_known_is_told_also_to_a_closed_pipe() {
        let trouble = |kind| Err(Failure::from(io::Error::from(kind)));
        let (closed, full) = (io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull);
        for code in [0, 3] {
            assert_eq!(verdict(Ok(()), code).unwrap(), code);
            assert_eq!(verdict(trouble(closed), code).unwrap(), code);
            assert!(matches!(verdict(trouble(full), code), Err(Failure::Io(_))));
        }
    }

    #[test]
    fn only_a_broken_pipe_is_quiet() {
        assert!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).is_closed_pipe());
        assert!(!Failure::from(io::Error::from(io::ErrorKind::StorageFull)).is_closed_pipe());
    }
}
