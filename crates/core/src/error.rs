//! The canonical errors: one struct, and the kinds that callers match on.

use crate::Operation;
use serde::{Deserialize, Serialize};
use std::{error::Error as StdError, fmt};

/// A `Result` with wharf's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the words of the contract. The same mistake has the same kind on every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// No container has that id, unique id prefix or name.
    ContainerNotFound,
    /// No image has that reference or id, here or in the registry.
    ImageNotFound,
    /// A volume, a network, an exec session or anything else does not exist.
    NotFound,
    /// The target's state forbids it, or it is in use.
    Conflict,
    /// The wished name is taken.
    AlreadyExists,
    /// An argument or an option cannot be right; the message names the field.
    InvalidInput,
    /// The registry wants other credentials.
    Unauthorized,
    /// The operating system or the engine forbids it.
    PermissionDenied,
    /// The engine or the registry cannot be reached, or the connection broke.
    ConnectionFailed,
    /// A deadline of ours passed; the engine may still be at work.
    Timeout,
    /// The registry asks to slow down.
    RateLimited,
    /// The reader of a live stream stayed too far behind; items after this would have a gap.
    Lagged,
    /// The answer is no container engine's.
    Protocol,
    /// This backend does not have the operation or the option; the message names it.
    Unsupported,
    /// The engine failed, or what happened cannot be told.
    Internal,
}

impl ErrorKind {
    /// Whether something that was named does not exist: a container, an image or anything else.
    #[must_use]
    pub const fn is_not_found(self) -> bool {
        matches!(
            self,
            Self::ContainerNotFound | Self::ImageNotFound | Self::NotFound
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContainerNotFound => "container not found",
            Self::ImageNotFound => "image not found",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::AlreadyExists => "already exists",
            Self::InvalidInput => "invalid input",
            Self::Unauthorized => "unauthorized",
            Self::PermissionDenied => "permission denied",
            Self::ConnectionFailed => "connection failed",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate limited",
            Self::Lagged => "lagged",
            Self::Protocol => "protocol error",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal error",
        })
    }
}

/// What kind of thing an error or a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceKind {
    /// A container.
    Container,
    /// An image.
    Image,
    /// A volume.
    Volume,
    /// A network.
    Network,
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Network => "network",
        })
    }
}

/// The thing an error is about: its kind, and its id or name as the caller gave it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resource {
    /// What kind of thing.
    pub kind: ResourceKind,
    /// Its id or name, as the caller gave it.
    pub id: String,
}

impl Resource {
    /// A resource of that kind and id.
    pub fn new(kind: ResourceKind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// What every operation of wharf fails with.
///
/// Match on [`kind`](Self::kind); show the error with `Display`. The `Debug` form has everything that is known, one
/// field each.
///
/// ```
/// use wharf_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Conflict, "container web is running");
/// assert_eq!(error.kind(), ErrorKind::Conflict);
/// assert!(!error.is_transient());
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    operation: Option<Operation>,
    resource: Option<Resource>,
    engine: Option<String>,
    message: String,
    transient: bool,
    sent: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of that kind. The message says what is wrong and, where it can, what to do next.
    ///
    /// Whether the call was sent follows from the kind: [`ErrorKind::InvalidInput`] and [`ErrorKind::Unsupported`] come
    /// before anything is touched, every other kind may come after. [`Error::with_sent`] says otherwise.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let sent = !matches!(kind, ErrorKind::InvalidInput | ErrorKind::Unsupported);
        Self(Box::new(Repr {
            kind,
            operation: None,
            resource: None,
            engine: None,
            message: message.into(),
            transient: false,
            sent,
            source: None,
        }))
    }

    /// [`ErrorKind::InvalidInput`], naming the field that is wrong and why.
    pub fn invalid(field: &str, why: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("{field}: {why}"))
    }

    /// [`ErrorKind::Unsupported`]: this backend does not have the operation.
    pub fn unsupported(operation: Operation) -> Self {
        let message = format!("this backend has no {operation}");
        Self::new(ErrorKind::Unsupported, message).with_operation(operation)
    }

    /// [`ErrorKind::Unsupported`]: this backend has the operation, but not the option, named as in
    /// [`Capabilities`](crate::Capabilities) (`stop_container.signal`).
    pub fn unsupported_option(option: &str, why: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("option {option} is not supported: {why}"),
        )
    }

    /// The operation that failed.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// The thing it is about.
    #[must_use]
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.0.resource = Some(resource);
        self
    }

    /// The engine that answered, for people: `docker 28.5.2`.
    #[must_use]
    pub fn with_engine(mut self, engine: impl Into<String>) -> Self {
        self.0.engine = Some(engine.into());
        self
    }

    /// Marks that the same call may succeed later, by itself.
    #[must_use]
    pub fn with_transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    /// Says whether the engine could have acted on the call.
    #[must_use]
    pub fn with_sent(mut self, sent: bool) -> Self {
        self.0.sent = sent;
        self
    }

    /// The cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says in front of the message who is to blame, or what led here: `DOCKER_HOST: nobody listens`.
    ///
    /// ```
    /// use wharf_core::Error;
    ///
    /// let error = Error::invalid("url", "has no scheme").with_context("WHARF_RUNTIME");
    /// assert_eq!(error.message(), "WHARF_RUNTIME: url: has no scheme");
    /// ```
    #[must_use]
    pub fn with_context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Fills in where it happened, where that is not known yet: the one place is [`Checked`](crate::Checked).
    #[must_use]
    pub(crate) fn at(
        mut self,
        operation: Operation,
        resource: Option<(ResourceKind, &str)>,
    ) -> Self {
        self.0.operation.get_or_insert(operation);
        if let (None, Some((kind, id))) = (&self.0.resource, resource) {
            self.0.resource = Some(Resource::new(kind, id));
        }
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, where it is known.
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The thing it is about, where it is known.
    pub fn resource(&self) -> Option<&Resource> {
        self.0.resource.as_ref()
    }

    /// The engine that answered, for people.
    pub fn engine(&self) -> Option<&str> {
        self.0.engine.as_deref()
    }

    /// What is wrong, without the operation's name in front.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the same call may succeed later by itself: a connection that broke, a registry that asks to slow down.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Whether the engine could have acted on the call. `false` means: nothing was sent, so nothing happened.
    pub fn was_sent(&self) -> bool {
        self.0.sent
    }

    /// Whether something that was named does not exist. See [`ErrorKind::is_not_found`].
    pub fn is_not_found(&self) -> bool {
        self.0.kind.is_not_found()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.operation {
            Some(operation) => write!(f, "{operation}: {}", self.0.message),
            None => f.write_str(&self.0.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr {
            kind,
            operation,
            resource,
            engine,
            message,
            transient,
            sent,
            source,
        } = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", kind).field("message", message);
        if let Some(operation) = operation {
            out.field("operation", &operation.name());
        }
        if let Some(resource) = resource {
            out.field("resource", &resource.to_string());
        }
        if let Some(engine) = engine {
            out.field("engine", engine);
        }
        out.field("transient", transient).field("sent", sent);
        if let Some(source) = source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_and_can_travel() {
        fn travels<T: Send + Sync + 'static>() {}
        travels::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn what_came_before_the_engine_says_that_nothing_was_sent() {
        assert!(!Error::invalid("image", "is empty").was_sent());
        assert!(!Error::unsupported(Operation::Ping).was_sent());
        assert!(Error::new(ErrorKind::ConnectionFailed, "broke").was_sent());
        assert!(
            !Error::new(ErrorKind::ConnectionFailed, "refused")
                .with_sent(false)
                .was_sent()
        );
    }

    #[test]
    fn where_it_happened_is_filled_in_once() {
        let first = Error::new(ErrorKind::Conflict, "x").at(
            Operation::StopContainer,
            Some((ResourceKind::Container, "web")),
        );
        let again = first.at(Operation::Info, Some((ResourceKind::Image, "busybox")));
        assert_eq!(again.operation(), Some(Operation::StopContainer));
        assert_eq!(again.resource().unwrap().to_string(), "container web");
        assert_eq!(again.to_string(), "stop_container: x");
    }
}
