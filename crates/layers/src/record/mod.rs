//! Records: what was called, to be asked afterwards.

mod call;
mod calls;
mod entry;

pub use call::{CallOutcome, RecordedCall, StreamEnd};
pub use calls::Calls;

use crate::names::{Known, Names};
use call::clipped;
use entry::Entry;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;
use wharf_core::{
    Call, Error, ErrorKind, Item, Items, Layer, Next, Operation, Outcome, Pending, Result, Session,
};

/// A layer that records every call: what was called, with what, when, how long it took and how it ended. Its clones are
/// one: keep one as the handle, and ask it.
///
/// ```
/// use wharf_core::{ContainerConfig, ErrorKind, Operation, RunOptions, RuntimeExt};
/// use wharf_fake::Fake;
/// use wharf_layers::Record;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wharf_core::Result<()> {
/// let record = Record::new();
/// let runtime = Fake::new().runtime().layer(record.clone());
///
/// let config = ContainerConfig::new("busybox").with_name("job").with_command(["true"]);
/// runtime.run(config, RunOptions::default()).await?;
/// runtime.remove_container_if_exists("job").await?;
///
/// let calls = record.calls();
/// calls.of(Operation::CreateContainer).to("job").times(1);
/// calls.of(Operation::KillContainer).none();
/// calls.failed_with(ErrorKind::ContainerNotFound).times(1);
/// calls.in_order([Operation::WaitContainer, Operation::StartContainer, Operation::RemoveContainer]);
/// record.open_streams().none();
/// # Ok(())
/// # }
/// ```
///
/// As the outermost layer it records what the code under test saw; below a [`Fault`](crate::Fault), what reached the
/// engine. An assertion that fails prints all calls, with a mark on those that it is about. Secrets are not in a record,
/// since their `Debug` does not show them; texts are clipped at 4 KiB.
///
/// Where there are more calls than the limit, 10,000 unless set, the oldest that are over are forgotten, and where none
/// is over, the oldest; they are counted, and assertions that cannot be decided without them fail and say so.
#[derive(Clone)]
pub struct Record(Arc<Shared>);

struct Shared {
    begun: Instant,
    limit: usize,
    allowed: Option<BTreeSet<Operation>>,
    log: Mutex<Log>,
    names: Names,
}

/// A call in the log.
#[derive(Clone)]
struct Logged {
    call: RecordedCall,
    /// The container that it was to, with the name that this had then.
    known: Option<Arc<Known>>,
}

#[derive(Default)]
struct Log {
    /// How many calls there were: the number of the next.
    begun: u64,
    forgotten: u64,
    calls: BTreeMap<u64, Logged>,
}

impl Default for Record {
    fn default() -> Self {
        Self::made(10_000, None)
    }
}

impl Record {
    /// Nothing is recorded yet; its clock starts now.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, but at most so many calls are kept; at least 1.
    pub fn with_limit(limit: usize) -> Self {
        Self::made(limit, None)
    }

    /// Strict: any other operation is unexpected, and fails with [`Internal`](ErrorKind::Internal), not sent. That is a
    /// kind which no code under test takes for an answer that it could handle: it is not transient, names no missing
    /// thing, and leads to no other way of doing it, as [`Unsupported`](ErrorKind::Unsupported) would. What the code
    /// swallows nevertheless is found by [`Calls::unexpected`].
    ///
    /// ```
    /// use wharf_core::{ErrorKind, Operation, PullPolicy, RuntimeExt};
    /// use wharf_fake::Fake;
    /// use wharf_layers::Record;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wharf_core::Result<()> {
    /// let record = Record::strict([Operation::InspectImage]);
    /// let runtime = Fake::new().runtime().layer(record.clone());
    ///
    /// runtime.ensure_image("busybox", PullPolicy::Missing).await?;
    /// record.calls().unexpected().none();
    ///
    /// let error = runtime.ensure_image("busybox", PullPolicy::Always).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Internal);
    /// assert_eq!(error.to_string(), "pull_image: the test does not expect this call");
    /// # Ok(())
    /// # }
    /// ```
    pub fn strict(allowed: impl IntoIterator<Item = Operation>) -> Self {
        Self::made(10_000, Some(allowed.into_iter().collect()))
    }

    fn made(limit: usize, allowed: Option<BTreeSet<Operation>>) -> Self {
        Self(Arc::new(Shared {
            begun: Instant::now(),
            limit: limit.max(1),
            allowed,
            log: Mutex::default(),
            names: Names::default(),
        }))
    }

    /// The calls so far, in the order in which they began. What comes later is not among them.
    pub fn calls(&self) -> Calls {
        let log = self.log();
        let (mut calls, forgotten): (Vec<_>, _) =
            (log.calls.values().cloned().collect(), log.forgotten);
        drop(log);
        for Logged { call, known } in &mut calls {
            if let (Some(target), None) = (&call.target, &known) {
                *known = self.0.names.find_late(call.operation, target);
            }
        }
        Calls::all(calls.into(), forgotten)
    }

    /// The calls whose stream, or session's output, is open: neither at its end nor dropped.
    pub fn open_streams(&self) -> Calls {
        self.calls().open_streams()
    }

    /// How many calls were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.log().forgotten
    }

    /// Begins anew, but for what is still open. The clock runs on, and what was learned of names stays.
    pub fn clear(&self) {
        let mut log = self.log();
        log.calls.retain(|_, logged| logged.call.is_open());
        log.forgotten = 0;
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, of: Call<'_>) -> Entry {
        let arguments = of.arguments().iter();
        let begun = Instant::now();
        let call = RecordedCall {
            operation: of.operation(),
            target: of.target(),
            arguments: arguments
                .map(|(name, value)| ((*name).to_owned(), clipped(format_args!("{value:?}"))))
                .collect(),
            at: begun.saturating_duration_since(self.0.begun),
            took: None,
            outcome: CallOutcome::Running,
        };
        let known = self.0.names.find(of);
        let mut log = self.log();
        if log.calls.len() >= self.0.limit {
            let over = log.calls.iter().find(|(_, logged)| !logged.call.is_open());
            let oldest = over.or_else(|| log.calls.first_key_value());
            if let Some(number) = oldest.map(|(number, _)| *number) {
                log.calls.remove(&number);
                log.forgotten += 1;
            }
        }
        let number = log.begun;
        log.begun += 1;
        let logged = Logged {
            call,
            known: known.clone(),
        };
        log.calls.insert(number, logged);
        Entry {
            record: self.clone(),
            number,
            begun,
            known,
        }
    }

    /// Sends a call on, and records how it failed; how it went well is up to what it yields.
    async fn send<'a, T: 'static>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, T>,
    ) -> Result<(T, Entry)> {
        let entry = self.begin(call);
        let allowed = self.0.allowed.as_ref();
        if allowed.is_some_and(|allowed| !allowed.contains(&call.operation())) {
            entry.over(CallOutcome::Unexpected);
            return Err(unexpected(call));
        }
        match next().await {
            Ok(value) => {
                let names = &self.0.names;
                if let Some(known) = names.learn(call, entry.known.as_ref(), &value) {
                    entry.was_to(known);
                }
                Ok((value, entry))
            }
            Err(error) => {
                entry.over(CallOutcome::failed(&error));
                Err(error)
            }
        }
    }
}

fn unexpected(call: Call<'_>) -> Error {
    let error = Error::new(ErrorKind::Internal, "the test does not expect this call")
        .with_sent(false)
        .with_operation(call.operation());
    match call.target() {
        Some(target) => error.with_resource(target),
        None => error,
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("calls", &self.log().calls.len())
            .field("forgotten", &self.forgotten())
            .finish_non_exhaustive()
    }
}

impl Layer for Record {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        let (value, entry) = self.send(call, next).await?;
        entry.answered(&value);
        Ok(value)
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let (items, entry) = self.send(call, next).await?;
        Ok(entry.counting(items))
    }

    async fn around_session<'a>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Session>,
    ) -> Result<Session> {
        let (mut session, entry) = self.send(call, next).await?;
        session.output = entry.counting(session.output);
        Ok(session)
    }

    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let (pending, entry) = self.send(call, next).await?;
        Ok(Pending::new(async move {
            let outcome = pending.await;
            match &outcome {
                Ok(value) => entry.answered(value),
                Err(error) => entry.over(CallOutcome::failed(error)),
            }
            outcome
        }))
    }
}
