//! Signals as Linux delivers them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::sync::Notify;
use wharf_core::Signal;

use super::ExitStatus;

const CONT: u8 = 18;
const STOP: u8 = 19;
/// STOP, TSTP, TTIN, TTOU: they stop whoever does not catch them; nobody can catch the first.
const STOPS: [u8; 4] = [STOP, 20, 21, 22];
/// CHLD, URG, WINCH: nobody minds them.
const HARMLESS: [u8; 3] = [17, 23, 28];

/// Whether it ends a process that does nothing about it.
pub(crate) fn is_deadly(signal: Signal) -> bool {
    let number = signal.number();
    number != CONT && !STOPS.contains(&number) && !HARMLESS.contains(&number)
}

/// A set of signals, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SignalSet(u64);

impl SignalSet {
    fn bit(number: u8) -> u64 {
        1 << (u32::from(number).saturating_sub(1) & 63)
    }

    pub(crate) fn insert(&mut self, signal: Signal) {
        self.0 |= Self::bit(signal.number());
    }

    pub(crate) fn remove(&mut self, signal: Signal) {
        self.0 &= !Self::bit(signal.number());
    }

    pub(crate) fn contains(self, signal: Signal) -> bool {
        self.0 & Self::bit(signal.number()) != 0
    }

    fn take(&mut self, number: u8) -> bool {
        let bit = Self::bit(number);
        let was = self.0 & bit != 0;
        self.0 &= !bit;
        was
    }

    /// Takes the lowest one out.
    pub(crate) fn pop(&mut self) -> Option<Signal> {
        let number = u8::try_from(self.0.trailing_zeros()).ok()?;
        self.0 &= self.0.wrapping_sub(1);
        Signal::from_number(number + 1)
    }
}

/// The signals of one process: what waits for it and what it does about each.
///
/// As on Linux a signal that waits already is not queued twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    mailbox: Mutex<Mailbox>,
    /// Called when there is something for the program to handle.
    arrival: Notify,
}

#[derive(Debug, Default)]
struct Mailbox {
    pending: SignalSet,
    ignored: SignalSet,
    caught: SignalSet,
    /// Caught and not yet handled by the program.
    arrived: SignalSet,
    supervisor: Option<Waker>,
}

impl Signals {
    /// A mailbox that ignores what `self` ignores and catches nothing: what fork and exec leave.
    pub(crate) fn inherited(&self) -> Self {
        let mailbox = Mailbox {
            ignored: self.lock().ignored,
            ..Mailbox::default()
        };
        Self(Arc::new(Shared {
            mailbox: Mutex::new(mailbox),
            arrival: Notify::new(),
        }))
    }

    pub(crate) fn send(&self, signal: Signal) {
        let mut mailbox = self.lock();
        // As on Linux the one takes back the other.
        match signal.number() {
            CONT => {
                for stop in STOPS {
                    mailbox.pending.take(stop);
                }
            }
            number if STOPS.contains(&number) => {
                mailbox.pending.take(CONT);
            }
            _ => {}
        }
        mailbox.pending.insert(signal);
        let waker = mailbox.supervisor.take();
        drop(mailbox);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// From now on the program itself takes `signal`.
    pub(crate) fn catch(&self, signal: Signal) {
        let mut mailbox = self.lock();
        mailbox.caught.insert(signal);
        mailbox.ignored.remove(signal);
    }

    pub(crate) fn ignore(&self, signal: Signal) {
        let mut mailbox = self.lock();
        mailbox.ignored.insert(signal);
        mailbox.caught.remove(signal);
    }

    /// Back to the default action.
    pub(crate) fn reset(&self, signal: Signal) {
        let mut mailbox = self.lock();
        mailbox.ignored.remove(signal);
        mailbox.caught.remove(signal);
    }

    /// What exec does: nothing is caught any more.
    pub(crate) fn release(&self) {
        self.lock().caught = SignalSet::default();
    }

    pub(crate) fn ignores(&self, signal: Signal) -> bool {
        self.lock().ignored.contains(signal)
    }

    /// Takes the next signal that the program has to handle.
    pub(crate) fn next_arrived(&self) -> Option<Signal> {
        self.lock().arrived.pop()
    }

    /// The next signal that the program has to handle, left where it is.
    pub(crate) fn peek_arrived(&self) -> Option<Signal> {
        let mut arrived = self.lock().arrived;
        arrived.pop()
    }

    /// Waits until there is a signal to handle, without taking it.
    pub(crate) async fn arrival(&self) {
        loop {
            let mut arrival = pin!(self.0.arrival.notified());
            // Before the look, so that what comes after it is not missed.
            arrival.as_mut().enable();
            if self.lock().arrived != SignalSet::default() {
                return;
            }
            arrival.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Mailbox> {
        let mailbox = self.0.mailbox.lock();
        mailbox.unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers what is pending. Answers the signal that ends the process, if one does.
    fn deliver(&self, waker: &Waker, first: bool, stopped: &mut bool) -> Option<Signal> {
        let mut mailbox = self.lock();
        if mailbox
            .supervisor
            .as_ref()
            .is_none_or(|known| !known.will_wake(waker))
        {
            mailbox.supervisor = Some(waker.clone());
        }
        let before = mailbox.arrived;
        let end = mailbox.deliver(first, stopped);
        let arrived = mailbox.arrived != before;
        drop(mailbox);
        if arrived {
            self.0.arrival.notify_waiters();
        }
        end
    }
}

impl Mailbox {
    fn deliver(&mut self, first: bool, stopped: &mut bool) -> Option<Signal> {
        if self.pending.contains(Signal::KILL) {
            return Some(Signal::KILL);
        }
        if self.pending.take(STOP) {
            *stopped = true;
        }
        while let Some(signal) = self.pending.pop() {
            let number = signal.number();
            if number == CONT {
                *stopped = false;
            }
            if self.ignored.contains(signal) {
                continue;
            }
            if self.caught.contains(signal) {
                self.arrived.insert(signal);
            } else if STOPS.contains(&number) {
                *stopped |= !first;
            } else if !first && is_deadly(signal) {
                return Some(signal);
            }
        }
        None
    }
}

/// Runs `body` under the rules for signals: what it does not catch or ignore ends it, or does
/// nothing if it is the `first` process of its container; STOP freezes it until CONT.
pub(crate) async fn supervise(
    signals: Signals,
    first: bool,
    body: impl Future<Output = ExitStatus>,
) -> ExitStatus {
    let mut body = pin!(body);
    let mut stopped = false;
    poll_fn(|context| {
        if let Some(signal) = signals.deliver(context.waker(), first, &mut stopped) {
            return Poll::Ready(ExitStatus::Signal(signal));
        }
        if stopped {
            return Poll::Pending;
        }
        let polled = body.as_mut().poll(context);
        if polled.is_pending() {
            // The program may have signalled itself just now.
            if let Some(signal) = signals.deliver(context.waker(), first, &mut stopped) {
                return Poll::Ready(ExitStatus::Signal(signal));
            }
        }
        polled
    })
    .await
}
