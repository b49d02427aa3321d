//! Restart policies: whether a container that has ended is started again, and after which wait.

use super::{
    Effect, Launch, State,
    container::{Container, Key, RunId},
    launch::Refused,
};
use std::time::Duration;
use wharf_core::{ContainerConfig, ContainerState, EventAction, RestartPolicy, Result, Signal};

/// The first wait before a restart; each that follows is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// After a run this long the waits begin anew.
const SOUND_RUN: Duration = Duration::from_secs(10);

/// What is remembered for a container's restart policy; only those that have one have it.
#[derive(Debug, Clone, Default)]
pub(super) struct Restarts {
    /// How often the policy has started it since somebody did.
    pub(super) count: u32,
    /// Before the last restart; zero where there was none yet.
    wait: Duration,
    /// Somebody ended it: the policy rests until somebody starts it.
    ended: bool,
    /// Somebody sent it a signal, whatever that did: `unless-stopped` takes it for a stop.
    stopped: bool,
}

impl Restarts {
    pub(super) fn new(config: &ContainerConfig) -> Option<Box<Self>> {
        (config.restart != RestartPolicy::No).then(Box::default)
    }

    /// How long to wait before the next run; none where there will be none.
    fn after(&mut self, policy: &RestartPolicy, code: i64, ran: Duration) -> Option<Duration> {
        if self.ended || !self.wants(policy, code) {
            return None;
        }
        self.count += 1;
        self.wait = if self.wait.is_zero() || ran >= SOUND_RUN {
            FIRST_WAIT
        } else {
            LONGEST_WAIT.min(self.wait * 2)
        };
        Some(self.wait)
    }

    fn wants(&self, policy: &RestartPolicy, code: i64) -> bool {
        match policy {
            RestartPolicy::Always => true,
            RestartPolicy::UnlessStopped => !self.stopped,
            RestartPolicy::OnFailure { max_retries } => {
                code != 0 && max_retries.is_none_or(|max| self.count < max.get())
            }
            _ => false,
        }
    }
}

impl Container {
    /// Whether it runs, or will by its policy: what a wait for its end waits for.
    pub(super) fn is_up(&self) -> bool {
        self.is_running() || self.state == ContainerState::Restarting
    }

    /// Whether a signal is meant to end it: where it names one, no other is but SIGKILL.
    pub(super) fn is_ended_by(&self, signal: Signal) -> bool {
        let own = self.config.stop_signal;
        signal == Signal::KILL || own.is_none_or(|own| own == signal)
    }

    /// Its run has ended with that code: how long to wait before the next.
    pub(super) fn restart_after(&mut self, code: i64, ran: Duration) -> Option<Duration> {
        let restarts = self.restarts.as_mut()?;
        restarts.after(&self.config.restart, code, ran)
    }

    /// Somebody starts it: the policy begins anew.
    pub(super) fn forget_restarts(&mut self) {
        if let Some(restarts) = &mut self.restarts {
            **restarts = Restarts::default();
        }
    }

    /// It is sent a signal, `by_hand` or since the engine stops; `ends` where it is one that is meant to end it.
    pub(super) fn interfere(&mut self, by_hand: bool, ends: bool) {
        if let Some(restarts) = &mut self.restarts {
            restarts.stopped |= by_hand;
            restarts.ended |= ends;
        }
    }

    /// Whether its policy wants it to run when the engine starts: as after a run that has just ended, had nobody ended
    /// it.
    pub(super) fn wants_to_run(&self) -> bool {
        let code = self.exit_code.unwrap_or_default();
        let restarts = self.restarts.as_ref();
        restarts.is_some_and(|restarts| restarts.wants(&self.config.restart, code))
    }
}

impl State {
    /// The wait after a run is over: the policy starts the container. None: it was stopped meanwhile, or started.
    pub(crate) fn start_again(&mut self, key: Key, run: RunId) -> Result<Option<Launch>> {
        let container = self.container(key)?;
        if container.state != ContainerState::Restarting || container.run() != run {
            return Ok(None);
        }
        let config = container.config.clone();
        match self.launch(key, &config) {
            Ok(launch) => Ok(Some(launch)),
            // That is the end of it: the policy is for programs that fail, not for those that cannot be run.
            Err(Refused { error, .. }) => {
                self.container_mut(key)?.error = Some(error.message().to_owned());
                self.end_restarts(key)?;
                Err(error)
            }
        }
    }

    /// The containers that wait for their next run, and how much of the wait is left.
    pub(crate) fn to_restart(&self) -> Vec<(Key, RunId, Duration)> {
        let left = |(key, container): (Key, &Container)| {
            let restarts = container.restarts.as_ref()?;
            let ended = container.finished_at?;
            let waited = (self.now - ended).to_std().unwrap_or_default();
            let waiting = container.state == ContainerState::Restarting;
            waiting.then(|| (key, container.run(), restarts.wait.saturating_sub(waited)))
        };
        self.containers.iter().filter_map(left).collect()
    }

    /// Stops a container that waits for its next run: nothing is sent, since nothing runs.
    pub(super) fn stop_restarting(&mut self, key: Key) -> Result<()> {
        let by_hand = !self.stopping;
        self.container_mut(key)?.interfere(by_hand, true);
        self.end_restarts(key)?;
        self.tell_container(key, EventAction::Stop, []);
        Ok(())
    }

    /// There will be no other run: the last one was it.
    pub(super) fn end_restarts(&mut self, key: Key) -> Result<()> {
        let container = self.container_mut(key)?;
        container.interfere(false, true);
        container.state = ContainerState::Exited;
        let exit = container.exit();
        self.effects.push(Effect::Ended(key, exit));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits between runs that took so many seconds and then failed.
    fn waits(policy: &str, runs: &[u64]) -> Vec<Option<u128>> {
        let policy = policy.parse().unwrap();
        let mut restarts = Restarts::default();
        let after = |seconds: &u64| {
            let wait = restarts.after(&policy, 1, Duration::from_secs(*seconds));
            wait.map(|wait| wait.as_millis())
        };
        runs.iter().map(after).collect()
    }

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_a_sound_run() {
        assert_eq!(
            waits("always", &[0, 0, 9, 10, 0, 11]),
            [100, 200, 400, 100, 200, 100].map(Some)
        );
        let long = waits("always", &[0; 12]);
        assert_eq!(long[9..], [51_200, 60_000, 60_000].map(Some));
    }

    #[test]
    fn a_policy_says_when_it_is_enough() {
        assert_eq!(waits("on-failure:2", &[0; 3]), [Some(100), Some(200), None]);
        let wants = |policy: &str, code, stopped| {
            let restarts = Restarts {
                stopped,
                ..Restarts::default()
            };
            restarts.wants(&policy.parse().unwrap(), code)
        };
        assert!(wants("always", 0, true) && !wants("no", 1, false));
        assert!(wants("unless-stopped", 0, false) && !wants("unless-stopped", 1, true));
        assert!(wants("on-failure", 1, true) && !wants("on-failure", 0, false));
    }
}
