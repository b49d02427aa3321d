//! What the processes of one container share: its host name and its pids.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use wharf_core::Signal;

use super::signal::Signals;
use crate::program::Programs;

/// The container's side of the system: who runs in it and under which pid.
///
/// The engine makes one for each start of a container, registers the container's own process and
/// each exec in it, and sends signals through it.
#[derive(Debug, Clone)]
pub(crate) struct Kernel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    hostname: Box<str>,
    init: bool,
    cpus: u32,
    limits: Limits,
    out_of_memory: AtomicBool,
    /// Called when it is.
    ran_out: Notify,
    programs: Arc<Programs>,
    table: Mutex<Table>,
}

/// How much a container may have; without a limit as much as there is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// So many processes.
    pub(crate) processes: Option<usize>,
    /// So many bytes that one of its processes holds.
    pub(crate) memory: Option<usize>,
}

#[derive(Debug)]
struct Table {
    last: u32,
    /// Sorted by pid, since pids only grow.
    entries: Vec<(u32, Signals, Arc<[String]>)>,
}

/// The first pid after docker-init's own.
const AFTER_INIT: u32 = 7;

impl Kernel {
    /// So many processes a container may have if nothing else is said.
    pub(crate) const PROCESS_LIMIT: usize = 4096;

    /// A container with nothing in it yet. With `init` its first process is not PID 1, but has an
    /// init above it that hands signals on, and is one of its processes. Of them no more than the limit fork at a
    /// time; the default is [`PROCESS_LIMIT`](Self::PROCESS_LIMIT). What is executed in it from outside enters at the
    /// limit too, as a real engine lets it, but counts.
    #[must_use]
    pub(crate) fn new(
        hostname: &str,
        init: bool,
        limits: Limits,
        cpus: u32,
        programs: Arc<Programs>,
    ) -> Self {
        let last = if init { AFTER_INIT - 1 } else { 0 };
        Self(Arc::new(Shared {
            hostname: hostname.into(),
            init,
            cpus,
            limits,
            out_of_memory: AtomicBool::new(false),
            ran_out: Notify::new(),
            programs,
            table: Mutex::new(Table {
                last,
                entries: Vec::new(),
            }),
        }))
    }

    /// The same container's side of the system, with nobody in it yet.
    pub(crate) fn anew(&self, programs: Arc<Programs>) -> Self {
        let Shared {
            hostname,
            init,
            cpus,
            limits,
            ..
        } = &*self.0;
        Self::new(hostname, *init, *limits, *cpus, programs)
    }

    /// What runs here instead of what the files hold.
    pub(crate) fn programs(&self) -> &Programs {
        &self.0.programs
    }

    /// How many CPUs the host has.
    pub(crate) fn cpus(&self) -> u32 {
        self.0.cpus
    }

    /// The host name.
    #[must_use]
    pub(crate) fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// Whether a process may hold so many bytes.
    pub(crate) fn has_memory(&self, bytes: usize) -> bool {
        self.0.limits.memory.is_none_or(|limit| bytes <= limit)
    }

    /// The memory is used up: one of the processes is killed for it.
    pub(crate) fn run_out_of_memory(&self) {
        self.0.out_of_memory.store(true, Ordering::Relaxed);
        self.0.ran_out.notify_one();
    }

    /// Comes back when the memory is used up, or was since the last time. There is room for one who waits.
    pub(crate) async fn ran_out_of_memory(&self) {
        self.0.ran_out.notified().await;
    }

    /// Whether the memory was used up since the last time that somebody asked.
    pub(crate) fn take_out_of_memory(&self) -> bool {
        self.0.out_of_memory.swap(false, Ordering::Relaxed)
    }

    /// Gives the next pid to a process that is started as `command`.
    #[must_use]
    pub(crate) fn register(&self, command: Arc<[String]>) -> Pid {
        self.enter(command, Signals::default())
    }

    /// A pid for a process that another one forks; `None` at the limit.
    pub(crate) fn fork(&self, command: Arc<[String]>, signals: Signals) -> Option<Pid> {
        let limit = self.0.limits.processes.unwrap_or(Self::PROCESS_LIMIT);
        let room = self.lock().entries.len() + usize::from(self.0.init) < limit;
        room.then(|| self.enter(command, signals))
    }

    fn enter(&self, command: Arc<[String]>, signals: Signals) -> Pid {
        let mut table = self.lock();
        table.last += 1;
        let number = table.last;
        table.entries.push((number, signals.clone(), command));
        drop(table);
        Pid(Arc::new(Registration {
            number,
            signals,
            kernel: self.clone(),
        }))
    }

    /// Sends a signal from outside, as the engine does. False if there is no such process.
    pub(crate) fn signal(&self, pid: u32, signal: Signal) -> bool {
        let target = self.lock().find(pid);
        target.inspect(|signals| signals.send(signal)).is_some()
    }

    /// Pid and command line of all processes, by pid.
    #[cfg(test)]
    pub(crate) fn processes(&self) -> Vec<(u32, Arc<[String]>)> {
        let table = self.lock();
        table
            .entries
            .iter()
            .map(|(pid, _, argv)| (*pid, Arc::clone(argv)))
            .collect()
    }

    /// kill(2) from inside: PID 1 is safe from KILL and STOP. Without a signal it only asks
    /// whether the process is there. False if it is not.
    pub(crate) fn kill(&self, pid: u32, signal: Option<Signal>) -> bool {
        let table = self.lock();
        let pid = if self.0.init && pid == 1 {
            AFTER_INIT
        } else {
            pid
        };
        let Some(target) = table.find(pid) else {
            return false;
        };
        drop(table);
        if let Some(signal) = signal
            && !(pid == 1 && matches!(signal.number(), 9 | 19))
        {
            target.send(signal);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn position(&self, pid: u32) -> Option<usize> {
        self.entries
            .binary_search_by_key(&pid, |(known, ..)| *known)
            .ok()
    }

    fn find(&self, pid: u32) -> Option<Signals> {
        self.position(pid).map(|at| self.entries[at].1.clone())
    }
}

/// A pid in use. The process leaves the container's list with its last clone.
#[derive(Debug, Clone)]
pub(crate) struct Pid(Arc<Registration>);

#[derive(Debug)]
struct Registration {
    number: u32,
    signals: Signals,
    kernel: Kernel,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut table = self.kernel.lock();
        if let Some(at) = table.position(self.number) {
            table.entries.remove(at);
        }
    }
}

impl Pid {
    /// The number.
    #[must_use]
    pub(crate) fn number(&self) -> u32 {
        self.0.number
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.0.signals
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        &self.0.kernel
    }
}
