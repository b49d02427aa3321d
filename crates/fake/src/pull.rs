//! What a pull does and tells, step by step, each after a time.

use crate::{image::Layer, registry::Found};
use std::time::Duration;
use wharf_core::{Error, ErrorKind, ImageRef, PullPhase, PullProgress, Result};

/// In so many steps a layer is told to come in, and to be unpacked.
const STEPS: u32 = 4;
/// Unpacking is so much faster than fetching.
const UNPACKING: u32 = 4;
/// After a connection has broken the engine waits so many seconds, and then fetches the rest; with the fifth it gives up.
const RETRIES: &[u64] = &[5, 10, 15, 20];
const SECOND: Duration = Duration::from_secs(1);

/// A step, and how long after the one before it comes. An error is the last.
pub(crate) type Step = (Duration, Result<PullProgress>);

/// The whole way until the image is put in. Where all of it is `here`, nobody speaks of its layers; `has` tells those
/// that are here for another image. `cuts` counts the connections that the registry has broken off.
pub(crate) fn plan(
    reference: &ImageRef,
    found: &Found,
    here: bool,
    has: impl Fn(&Layer) -> bool,
    cuts: &mut u32,
) -> Vec<Step> {
    let mut plan = Plan {
        found,
        pause: found.latency,
        steps: Vec::new(),
    };
    let version = reference.tag().or(reference.digest()).unwrap_or_default();
    let from = format!("{version}: Pulling from {}", reference.repository());
    plan.step(PullProgress::new(PullPhase::Resolving, from));
    let layers = found.image.layers.iter().filter(|_| !here);
    let (known, new): (Vec<_>, Vec<_>) = layers.partition(|layer| has(layer));
    for layer in known {
        plan.layer(layer, PullPhase::Exists, "Already exists");
    }
    for layer in &new {
        plan.layer(layer, PullPhase::Preparing, "Pulling fs layer");
    }
    for layer in new {
        if let Err(error) = plan.fetch(layer, cuts) {
            plan.steps.push((Duration::ZERO, Err(error)));
            return plan.steps;
        }
    }
    let digest = format!("Digest: {}", found.image.manifest());
    plan.step(PullProgress::new(PullPhase::Digest, digest));
    plan.steps
}

struct Plan<'a> {
    found: &'a Found,
    /// What goes by until the next step.
    pause: Duration,
    steps: Vec<Step>,
}

impl Plan<'_> {
    fn step(&mut self, progress: PullProgress) {
        let pause = std::mem::take(&mut self.pause);
        self.steps.push((pause, Ok(progress)));
    }

    fn layer(&mut self, layer: &Layer, phase: PullPhase, message: &str) {
        self.step(PullProgress::new(phase, message).with_layer(short(&layer.digest)));
    }

    /// Fetches and unpacks a layer.
    fn fetch(&mut self, layer: &Layer, cuts: &mut u32) -> Result<()> {
        let mut rest = layer.size;
        let mut retries = RETRIES.iter();
        while let Some(bytes) = self.found.cut_after(rest, *cuts) {
            *cuts += 1;
            self.pause += self.found.time_for(bytes);
            self.moving(layer, PullPhase::Downloading, "Downloading", bytes, rest);
            rest -= bytes;
            let seconds = retries.next().ok_or_else(broken_off)?;
            self.count_down(layer, *seconds);
        }
        let time = self.found.time_for(rest);
        self.move_all(layer, &PullPhase::Downloading, "Downloading", rest, time);
        self.layer(layer, PullPhase::Verifying, "Verifying Checksum");
        self.layer(layer, PullPhase::Downloaded, "Download complete");
        let time = self.found.time_for(layer.size) / UNPACKING;
        self.move_all(
            layer,
            &PullPhase::Extracting,
            "Extracting",
            layer.size,
            time,
        );
        self.layer(layer, PullPhase::Complete, "Pull complete");
        Ok(())
    }

    /// All `bytes` in a few steps, which take that time together.
    fn move_all(
        &mut self,
        layer: &Layer,
        phase: &PullPhase,
        message: &str,
        bytes: u64,
        time: Duration,
    ) {
        for left in (0..STEPS).rev() {
            self.pause += time / STEPS;
            let current = bytes - bytes / u64::from(STEPS) * u64::from(left);
            self.moving(layer, phase.clone(), message, current, bytes);
        }
    }

    fn moving(&mut self, layer: &Layer, phase: PullPhase, message: &str, current: u64, total: u64) {
        let progress = PullProgress::new(phase, message)
            .with_layer(short(&layer.digest))
            .with_current(current)
            .with_total(total);
        self.step(progress);
    }

    fn count_down(&mut self, layer: &Layer, seconds: u64) {
        for left in (1..=seconds).rev() {
            let plural = if left == 1 { "" } else { "s" };
            let message = format!("Retrying in {left} second{plural}");
            self.layer(layer, PullPhase::Other(message.clone()), &message);
            self.pause += SECOND;
        }
    }
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
