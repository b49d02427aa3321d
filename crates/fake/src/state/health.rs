//! Health checks: when a container is probed, and what becomes of it by what the probes find.

use super::{
    Effect, State,
    container::{Container, Key},
    exec::{ExecKey, ExecLaunch},
};
use crate::{
    probe::ProbeOutput,
    process::{Process, Program},
    run::Gate,
};
use chrono::TimeDelta;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use wharf_core::{
    ContainerConfig, ContainerState, EventAction, ExecConfig, Health, HealthCheck, HealthProbe,
    HealthStatus, HealthTest, Timestamp,
};

/// Between two probes, and for one, where the check does not say.
const INTERVAL: Duration = Duration::from_secs(30);
/// Between two probes while it starts, and failures do not count.
const START_INTERVAL: Duration = Duration::from_secs(5);
/// So many failures in a row make it unhealthy, where the check does not say.
const RETRIES: u32 = 3;
/// So many probes are remembered.
const REMEMBERED: usize = 5;
/// What a probe exits with that could not be run, or took too long.
const NO_ANSWER: i64 = -1;
/// What the engine tells of an exec that it gives up itself.
const GIVEN_UP: i64 = 127;

/// What is known of a container's health, once it was started.
#[derive(Debug, Clone)]
pub(super) struct Checkup {
    status: HealthStatus,
    failing_streak: u32,
    log: VecDeque<HealthProbe>,
    /// How often probing has begun or ended: what comes late is known as such.
    watch: u32,
    /// When the next probe begins, or has begun.
    due: Option<Timestamp>,
    /// The probe that is under way, and its beginning.
    probe: Option<(ExecKey, Timestamp)>,
}

/// Probing that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) id: WatchId,
    /// The time until the first probe.
    pub(crate) first: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WatchId(u32);

/// A probe that was begun.
#[derive(Debug)]
pub(crate) enum Probe {
    /// A program is to be run, for so long at most.
    Ready {
        program: Program,
        process: Box<Process>,
        gate: Gate,
        output: Arc<ProbeOutput>,
        timeout: Duration,
    },
    /// It could not be run, and that was its outcome. The time until the next one.
    Failed(Duration),
}

impl Checkup {
    fn new() -> Self {
        Self {
            status: HealthStatus::Starting,
            failing_streak: 0,
            log: VecDeque::new(),
            watch: 0,
            due: None,
            probe: None,
        }
    }

    pub(super) fn show(&self) -> Health {
        Health::new(self.status.clone())
            .with_failing_streak(self.failing_streak)
            .with_log(self.log.iter().cloned())
    }

    /// For a copy: the probe that is under way is of the original, and it waits for its own.
    pub(super) fn copy(&self) -> Self {
        Self {
            due: self.due.filter(|_| self.probe.is_none()),
            probe: None,
            ..self.clone()
        }
    }

    /// Notes an outcome. Whether the status is another one now.
    fn note(&mut self, probe: HealthProbe, retries: u32, counts: bool) -> bool {
        let before = self.status.clone();
        if probe.exit_code == 0 {
            self.failing_streak = 0;
            self.status = HealthStatus::Healthy;
        } else if counts || before != HealthStatus::Starting {
            self.failing_streak += 1;
            if self.failing_streak >= retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
        if self.log.len() == REMEMBERED {
            self.log.pop_front();
        }
        self.log.push_back(probe);
        self.status != before
    }
}

/// Where a container has a health check, and it is not switched off.
fn check_of(config: &ContainerConfig) -> Option<&HealthCheck> {
    let check = config.health_check.as_ref()?;
    (check.test != HealthTest::None).then_some(check)
}

/// A time of a check; zero stands for the default.
fn time_or(time: Option<Duration>, default: Duration) -> Duration {
    time.filter(|time| !time.is_zero()).unwrap_or(default)
}

/// So long after `time`.
fn later(time: Timestamp, wait: Duration) -> Timestamp {
    let later = TimeDelta::from_std(wait).map(|wait| time.checked_add_signed(wait));
    later.ok().flatten().unwrap_or(Timestamp::MAX_UTC)
}

/// A time as Go writes it: `1.5s`, `1m30s`.
fn spoken(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let seconds = format!("{}.{:09}", time.as_secs() % 60, time.subsec_nanos());
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{time:?}"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// A container's own check has what it does not say from its image's.
pub(super) fn merged(own: Option<HealthCheck>, image: Option<&HealthCheck>) -> Option<HealthCheck> {
    let (Some(mut check), Some(image)) = (own.clone(), image) else {
        return own.or_else(|| image.cloned());
    };
    check.interval = check.interval.or(image.interval);
    check.timeout = check.timeout.or(image.timeout);
    check.start_period = check.start_period.or(image.start_period);
    check.retries = check.retries.or(image.retries);
    Some(check)
}

impl Container {
    /// What was found; `none` where there is nothing to be found.
    pub(super) fn health_status(&self) -> &HealthStatus {
        self.health
            .as_ref()
            .map_or(&HealthStatus::None, |health| &health.status)
    }

    /// The probe that is under way, or was when the container was paused.
    pub(super) fn probe(&self) -> Option<ExecKey> {
        let (exec, _) = self.health.as_ref()?.probe?;
        Some(exec)
    }

    /// How long it has been up at a time, as far as its health check is concerned: whether it is still starting.
    fn is_in_start_period(&self, check: &HealthCheck, at: Timestamp) -> bool {
        let period = check.start_period.unwrap_or_default();
        let up = self.started_at.and_then(|start| (at - start).to_std().ok());
        up.unwrap_or_default() < period
    }

    /// The time until the next probe.
    fn until_probe(&self, check: &HealthCheck, now: Timestamp) -> Duration {
        let starts = *self.health_status() == HealthStatus::Starting;
        if starts && self.is_in_start_period(check, now) {
            START_INTERVAL
        } else {
            time_or(check.interval, INTERVAL)
        }
    }

    /// Probing goes on, as another watch: when the next probe is due, or else after a whole interval.
    fn watch(&mut self, now: Timestamp, due: Option<Timestamp>) -> Option<Watch> {
        let config = Arc::clone(&self.config);
        let interval = self.until_probe(check_of(&config)?, now);
        let first = due.map_or(interval, |due| (due - now).to_std().unwrap_or_default());
        let health = self.health.as_mut()?;
        health.due = Some(later(now, first));
        health.watch += 1;
        let id = WatchId(health.watch);
        Some(Watch { id, first })
    }
}

impl State {
    /// A run begins: nothing is known yet, but for the probes of earlier ones.
    pub(super) fn begin_health(&mut self, key: Key) {
        if let Some(container) = self.containers.get_mut(key)
            && check_of(&container.config).is_some()
        {
            let health = container
                .health
                .get_or_insert_with(|| Box::new(Checkup::new()));
            health.status = HealthStatus::Starting;
            health.failing_streak = 0;
            self.resume_health(key);
        }
    }

    /// The container runs: it is probed.
    pub(super) fn resume_health(&mut self, key: Key) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(key) else {
            return;
        };
        let given_up = container.health.as_mut().and_then(|h| h.probe.take());
        let watch = container.watch(now, None);
        if let Some((exec, _)) = given_up {
            self.end_exec(key, exec, GIVEN_UP);
        }
        if let Some(watch) = watch {
            self.effects.push(Effect::Watch(key, watch));
        }
    }

    /// The container does not run any more, or is frozen: nobody knows that it is healthy. That is not told.
    pub(super) fn suspend_health(&mut self, key: Key) {
        let container = self.containers.get_mut(key);
        if let Some(health) = container.and_then(|container| container.health.as_mut()) {
            health.status = HealthStatus::Unhealthy;
            health.watch += 1;
            self.effects.push(Effect::Unwatch(key));
        }
    }

    /// In a copy: who is to be probed from now on, each after what is left of its wait.
    pub(crate) fn watch_anew(&mut self) -> Vec<(Key, Watch)> {
        let now = self.now;
        let running = self.containers.iter_mut();
        let running = running.filter(|(_, c)| c.state == ContainerState::Running);
        running
            .filter_map(|(key, container)| {
                let due = container.health.as_ref()?.due;
                Some((key, container.watch(now, due)?))
            })
            .collect()
    }

    /// Begins a probe. None: that watch is over.
    pub(crate) fn probe(&mut self, key: Key, watch: WatchId) -> Option<Probe> {
        let container = self.containers.get(key)?;
        if container.health.as_ref()?.watch != watch.0 {
            return None;
        }
        let config = Arc::clone(&container.config);
        let check = check_of(&config)?;
        let command = match &check.test {
            HealthTest::Command(words) => words.clone(),
            HealthTest::Shell(line) => vec!["/bin/sh".to_owned(), "-c".to_owned(), line.clone()],
            _ => return None,
        };
        let begun = self.now;
        let output = Arc::new(ProbeOutput::default());
        let why = match self.exec(key, &ExecConfig::new(command), output.streams()) {
            Ok(ExecLaunch::Ready {
                exec,
                program,
                process,
                gate,
            }) => {
                let container = self.containers.get_mut(key)?;
                container.health.as_mut()?.probe = Some((exec, begun));
                let timeout = time_or(check.timeout, INTERVAL);
                return Some(Probe::Ready {
                    program,
                    process,
                    gate,
                    output,
                    timeout,
                });
            }
            Ok(ExecLaunch::Refused { message, .. }) => message.trim_end().to_owned(),
            Err(error) => error.message().to_owned(),
        };
        let next = self.note_probe(key, begun, HealthProbe::new(NO_ANSWER, why))?;
        Some(Probe::Failed(next))
    }

    /// A probe has ended, or taken too long. The time until the next one; none where that watch is over.
    pub(crate) fn probed(
        &mut self,
        key: Key,
        watch: WatchId,
        code: Option<i64>,
        output: &ProbeOutput,
    ) -> Option<Duration> {
        let container = self.containers.get_mut(key)?;
        let config = Arc::clone(&container.config);
        let health = container.health.as_mut()?;
        if health.watch != watch.0 {
            return None;
        }
        let (exec, begun) = health.probe.take()?;
        let text = output.text();
        let probe = if let Some(code) = code {
            self.end_exec(key, exec, code);
            HealthProbe::new(code, text)
        } else {
            self.end_exec(key, exec, GIVEN_UP);
            let timeout = spoken(time_or(check_of(&config)?.timeout, INTERVAL));
            let colon = if text.is_empty() { "" } else { ": " };
            let why = format!("Health check exceeded timeout ({timeout}){colon}{text}");
            HealthProbe::new(NO_ANSWER, why)
        };
        self.note_probe(key, begun, probe)
    }

    fn note_probe(&mut self, key: Key, begun: Timestamp, probe: HealthProbe) -> Option<Duration> {
        let now = self.now;
        let container = self.containers.get_mut(key)?;
        let config = Arc::clone(&container.config);
        let check = check_of(&config)?;
        let retries = check.retries.filter(|retries| *retries > 0);
        let counts = !container.is_in_start_period(check, begun);
        let health = container.health.as_mut()?;
        let probe = probe.with_started_at(begun).with_finished_at(now);
        let changed = health.note(probe, retries.unwrap_or(RETRIES), counts);
        let status = health.status.clone();
        let next = container.until_probe(check, now);
        if let Some(health) = &mut container.health {
            health.due = Some(later(now, next));
        }
        if changed {
            self.tell_detail(key, EventAction::HealthStatus, status.as_str(), []);
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_make_it_unhealthy_and_one_success_healthy() {
        let mut checkup = Checkup::new();
        let mut note = |code, counts| {
            let changed = checkup.note(HealthProbe::new(code, ""), 2, counts);
            (changed, checkup.status.clone(), checkup.failing_streak)
        };
        assert_eq!(note(1, false), (false, HealthStatus::Starting, 0));
        assert_eq!(note(1, true), (false, HealthStatus::Starting, 1));
        assert_eq!(note(1, true), (true, HealthStatus::Unhealthy, 2));
        assert_eq!(note(1, true), (false, HealthStatus::Unhealthy, 3));
        assert_eq!(note(0, true), (true, HealthStatus::Healthy, 0));
        // Once it was healthy it does not start any more.
        assert_eq!(note(-1, false), (false, HealthStatus::Healthy, 1));
        assert_eq!(checkup.log.len(), REMEMBERED);
    }

    #[test]
    fn times_are_written_as_the_engine_writes_them() {
        for (milliseconds, text) in [
            (500, "500ms"),
            (1_500, "1.5s"),
            (60_000, "1m0s"),
            (60_050, "1m0.05s"),
            (61_100, "1m1.1s"),
            (90_500, "1m30.5s"),
            (3_661_000, "1h1m1s"),
        ] {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn a_check_has_what_it_does_not_say_from_the_image() {
        let image = HealthCheck::new(HealthTest::Shell("a".into()))
            .with_interval(Duration::from_secs(1))
            .with_retries(7);
        let own = HealthCheck::new(HealthTest::Shell("b".into())).with_retries(2);
        let both = own.clone().with_interval(Duration::from_secs(1));
        assert_eq!(merged(Some(own.clone()), Some(&image)), Some(both));
        assert_eq!(merged(Some(own.clone()), None), Some(own));
        assert_eq!(merged(None, Some(&image)), Some(image));
        assert_eq!(merged(None, None), None);
    }
}
