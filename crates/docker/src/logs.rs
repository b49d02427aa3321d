//! A container's log.

use std::time::{Duration, SystemTime};

use futures::{StreamExt, future};
use wharf_core::{Items, LogChunk, LogsOptions, Operation, Result, Timestamp};

use crate::connect::Docker;
use crate::error::Failure;
use crate::stream::output::{Framing, Output};
use crate::transport::{Deadline, Request, segment};

impl Docker {
    pub(crate) async fn logs(
        &self,
        id: &str,
        options: &LogsOptions,
    ) -> Result<Items<LogChunk>, Failure> {
        // Nothing in the bytes tells frames from a terminal's output: the container must.
        let tty = self.inspected(id, false).await?.config.tty;
        let mut request = Request::get(format!("/containers/{}/logs", segment(id)))
            .flag("stdout", options.stdout)
            .flag("stderr", options.stderr)
            .flag("follow", options.follow)
            .flag("timestamps", options.timestamps)
            .query("tail", options.tail.to_string());
        for (key, time) in [("since", options.since), ("until", options.until)] {
            if let Some(time) = time {
                request = request.query(key, unix(time));
            }
        }
        let stream = if options.follow {
            // Podman sends no head before there is something to follow.
            self.transport().stream(request, Deadline::None).await?
        } else {
            self.transport().stream_at_once(request).await?
        };
        let framing = Framing {
            tty,
            timestamps: options.timestamps,
        };
        let at = self.at(Operation::ContainerLogs);
        // The engine looks at the time only when there is a line to look at.
        let ends = options.until.filter(|_| options.follow);
        let chunks = Output::new(stream, framing).take_until(passed(ends));
        Ok(Items::new(chunks.map(move |chunk| {
            chunk.map_err(|failure| at.error(failure))
        })))
    }
}

/// How long lines may be on their way.
const ON_THE_WAY: Duration = Duration::from_millis(200);

/// Is done when a time has passed; without one, never.
async fn passed(time: Option<Timestamp>) {
    let Some(time) = time else {
        return future::pending().await;
    };
    let left = time - Timestamp::from(SystemTime::now());
    tokio::time::sleep(left.to_std().unwrap_or_default() + ON_THE_WAY).await;
}

/// A time as engines read it: seconds since 1970, with nine decimals.
pub(crate) fn unix(time: Timestamp) -> String {
    format!("{}.{:09}", time.timestamp(), time.timestamp_subsec_nanos())
}
