//! What a pull does and tells, step by step, each after a time.

use crate::{
    image::Layer,
    registry::{Found, Line},
};
use futures::{Stream, stream};
use std::{collections::VecDeque, time::Duration, vec};
use wharf_core::{Error, ErrorKind, ImageRef, PullPhase, PullProgress, Result};

/// Unpacking is so much faster than fetching.
const UNPACKING: u32 = 4;
/// After a connection has broken the engine waits so many seconds, and then fetches the rest; with the fifth it gives
/// up.
const RETRIES: &[u64] = &[5, 10, 15, 20];
const SECOND: Duration = Duration::from_secs(1);

/// A pull on its way to the image's last layer. Where it goes depends on the connections that break off, which nobody
/// knows before.
pub(crate) struct Walk {
    line: Line,
    /// What goes by until the next step that is put `ahead`.
    pause: Duration,
    /// The steps up to the end of this layer, if nothing comes between.
    ahead: VecDeque<Step>,
    connection: Option<Connection>,
    /// The layers that are still to be fetched.
    layers: vec::IntoIter<Layer>,
    /// What is told when all of them are here.
    digest: Option<String>,
}

struct Step {
    /// How long after the one before it.
    pause: Duration,
    /// After an error there is nothing to go on with.
    progress: Result<PullProgress>,
    /// The registry may break the connection off here.
    may_break: bool,
}

/// On which a layer comes in, or the rest of it.
struct Connection {
    layer: Layer,
    rest: u64,
    /// How long to wait after it has broken, and after the next ones.
    retries: &'static [u64],
}

impl Walk {
    /// Where all of the image is `here`, nobody speaks of its layers; `has` tells those that are here for another
    /// image.
    pub(crate) fn new(
        reference: &ImageRef,
        found: &Found,
        here: bool,
        has: impl Fn(&Layer) -> bool,
    ) -> Self {
        let layers = found.image.layers.iter().filter(|_| !here).cloned();
        let (known, new): (Vec<_>, Vec<_>) = layers.partition(has);
        let mut walk = Self {
            line: found.line,
            pause: found.line.latency,
            ahead: VecDeque::new(),
            connection: None,
            layers: Vec::new().into_iter(),
            digest: Some(format!("Digest: {}", found.image.manifest())),
        };
        let version = reference.tag().or(reference.digest()).unwrap_or_default();
        let from = format!("{version}: Pulling from {}", reference.repository());
        walk.tell(PullProgress::new(PullPhase::Resolving, from));
        for layer in &known {
            walk.tell_of(layer, PullPhase::Exists, "Already exists");
        }
        for layer in &new {
            walk.tell_of(layer, PullPhase::Preparing, "Pulling fs layer");
        }
        walk.layers = new.into_iter();
        walk
    }

    /// Goes there. At each byte where the registry may break a connection off it is asked whether it does.
    pub(crate) fn steps(
        self,
        breaks_off: impl Fn() -> bool,
    ) -> impl Stream<Item = Result<PullProgress>> {
        stream::unfold((self, breaks_off), |(mut walk, breaks_off)| async {
            let step = walk.next()?;
            // A step without a time of its own costs no turn of the timer.
            if !step.pause.is_zero() {
                tokio::time::sleep(step.pause).await;
            }
            if step.may_break && breaks_off() {
                walk.reconnect();
            }
            Some((step.progress, (walk, breaks_off)))
        })
    }

    fn next(&mut self) -> Option<Step> {
        if self.ahead.is_empty() {
            if let Some(layer) = self.layers.next() {
                let rest = layer.size;
                self.connect(Connection {
                    layer,
                    rest,
                    retries: RETRIES,
                });
            } else {
                let digest = self.digest.take()?;
                self.tell(PullProgress::new(PullPhase::Digest, digest));
            }
        }
        self.ahead.pop_front()
    }

    /// Fetches a layer, or the rest of it, and unpacks it.
    fn connect(&mut self, connection: Connection) {
        let Connection { layer, rest, .. } = &connection;
        let may_break = self.line.break_in(*rest);
        let mut marks = quarters(*rest).to_vec();
        marks.extend(may_break.filter(|mark| !marks.contains(mark)));
        marks.sort_unstable();
        let mut sent = 0;
        for mark in marks {
            self.pause += self.line.time_for(mark - sent);
            sent = mark;
            self.move_to(layer, PullPhase::Downloading, "Downloading", mark, *rest);
            if let Some(step) = self.ahead.back_mut() {
                step.may_break = may_break == Some(mark);
            }
        }
        self.tell_of(layer, PullPhase::Verifying, "Verifying Checksum");
        self.tell_of(layer, PullPhase::Downloaded, "Download complete");
        let time = self.line.time_for(layer.size) / UNPACKING;
        for mark in quarters(layer.size) {
            self.pause += time / 4;
            self.move_to(layer, PullPhase::Extracting, "Extracting", mark, layer.size);
        }
        self.tell_of(layer, PullPhase::Complete, "Pull complete");
        self.connection = Some(connection);
    }

    /// The connection has broken off where it might: another one fetches the rest, or it was the last.
    fn reconnect(&mut self) {
        self.ahead.clear();
        let Some(broken) = self.connection.take() else {
            return;
        };
        let Some((seconds, retries)) = broken.retries.split_first() else {
            let progress = Err(broken_off());
            self.step(progress);
            return;
        };
        for left in (1..=*seconds).rev() {
            let plural = if left == 1 { "" } else { "s" };
            let message = format!("Retrying in {left} second{plural}");
            self.tell_of(&broken.layer, PullPhase::Other(message.clone()), &message);
            self.pause += SECOND;
        }
        let sent = self.line.break_in(broken.rest).unwrap_or_default();
        self.connect(Connection {
            rest: broken.rest - sent,
            retries,
            ..broken
        });
    }

    fn step(&mut self, progress: Result<PullProgress>) {
        self.ahead.push_back(Step {
            pause: std::mem::take(&mut self.pause),
            progress,
            may_break: false,
        });
    }

    fn tell(&mut self, progress: PullProgress) {
        self.step(Ok(progress));
    }

    fn tell_of(&mut self, layer: &Layer, phase: PullPhase, message: &str) {
        self.tell(PullProgress::new(phase, message).with_layer(short(&layer.digest)));
    }

    fn move_to(
        &mut self,
        layer: &Layer,
        phase: PullPhase,
        message: &str,
        current: u64,
        total: u64,
    ) {
        let progress = PullProgress::new(phase, message)
            .with_layer(short(&layer.digest))
            .with_current(current)
            .with_total(total);
        self.tell(progress);
    }
}

/// At which of so many bytes it is told how far they are.
fn quarters(bytes: u64) -> [u64; 4] {
    [3, 2, 1, 0].map(|left| bytes - bytes / 4 * left)
}

fn broken_off() -> Error {
    Error::new(ErrorKind::ConnectionFailed, "unexpected EOF").with_transient(true)
}

fn short(digest: &str) -> &str {
    digest
        .strip_prefix("sha256:")
        .and_then(|hash| hash.get(..12))
        .unwrap_or(digest)
}
