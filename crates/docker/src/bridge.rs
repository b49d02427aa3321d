//! bollard on our transport. Its calls take our connections, versions, deadlines and errors; what it
//! adds are the names of paths and parameters.

use std::io;
use std::sync::Arc;

use bollard::{API_DEFAULT_VERSION, BollardRequest};

use crate::error::Failure;
use crate::transport::Transport;

/// bollard's own deadline, in seconds: out of the way, since ours covers the body too.
const NO_DEADLINE: u64 = 10 * 365 * 24 * 60 * 60;

pub(crate) fn bollard(transport: &Arc<Transport>) -> Result<bollard::Docker, Failure> {
    let transport = transport.clone();
    bollard::Docker::connect_with_custom_transport(
        move |request: BollardRequest| {
            let transport = transport.clone();
            // The one variant of its errors that takes any cause, and gives it back as it was.
            async move {
                let answer = transport.forward(request).await;
                answer.map_err(|failure| io::Error::other(failure).into())
            }
        },
        Some("http://localhost"),
        NO_DEADLINE,
        API_DEFAULT_VERSION,
    )
    .map_err(Failure::unsendable)
}

/// Our own failure, unpacked; or what bollard could not make sense of.
pub(crate) fn failure(error: bollard::errors::Error) -> Failure {
    let error = match error {
        bollard::errors::Error::IOError { err } => match err.downcast::<Failure>() {
            Ok(failure) => return failure,
            Err(err) => bollard::errors::Error::from(err),
        },
        bollard::errors::Error::HyperResponseError { err } => return Failure::from_hyper(err),
        // Its words, or those of the parser beneath, quote what was read.
        bollard::errors::Error::JsonDataError { .. }
        | bollard::errors::Error::JsonSerdeError { .. } => {
            return Failure::garbled("its JSON is not as expected");
        }
        error => error,
    };
    Failure::Garbled {
        what: "bollard cannot read it".to_owned(),
        source: Some(error.into()),
    }
}
