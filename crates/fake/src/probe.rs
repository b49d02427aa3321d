//! What a health probe writes.

use crate::process::{Channel, IoError, Sink, Stream};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So much of it is kept.
const KEPT: usize = 4096;

/// The beginning of what a probe writes, both streams in one. What is too much is thrown away: the probe runs on.
#[derive(Debug, Default)]
pub(crate) struct ProbeOutput(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

impl ProbeOutput {
    pub(crate) fn streams(self: &Arc<Self>) -> [Stream; 2] {
        [Channel::Stdout, Channel::Stderr]
            .map(|channel| Stream::Engine(Arc::clone(self) as Arc<dyn Sink>, channel))
    }

    /// As the health log shows it.
    pub(crate) fn text(&self) -> String {
        let kept = self.lock();
        let dots = if kept.cut { "..." } else { "" };
        format!("{}{dots}", String::from_utf8_lossy(&kept.bytes))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for ProbeOutput {
    fn write(&self, _: Channel, bytes: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        let mut kept = self.lock();
        let room = KEPT - kept.bytes.len();
        kept.bytes.extend(bytes.iter().take(room));
        kept.cut |= bytes.len() > room;
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_beginning_is_kept_and_the_rest_shown_as_dots() {
        let output = Arc::new(ProbeOutput::default());
        let [stdout, stderr] = output.streams();
        stdout.write(Bytes::from_static(b"out ")).await.unwrap();
        stderr.write(Bytes::from_static(b"err ")).await.unwrap();
        assert_eq!(output.text(), "out err ");
        stdout.write(vec![b'x'; KEPT].into()).await.unwrap();
        let text = output.text();
        assert_eq!(text.len(), KEPT + 3);
        assert!(text.starts_with("out err xxx") && text.ends_with("x..."));
    }
}
