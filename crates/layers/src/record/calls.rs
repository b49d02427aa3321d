//! A selection of recorded calls: sentences to ask and to assert.

use super::{Logged, RecordedCall};
use crate::target;
use serde::{Serialize, Serializer};
use std::{fmt, sync::Arc, time::Duration};
use wharf_core::{ErrorKind, Operation};

/// Recorded calls, as they were when they were asked for, and a selection of them.
///
/// What narrows the selection gives another: [`of`](Self::of), [`to`](Self::to), [`failed`](Self::failed) … It holds
/// nothing by itself: end the sentence with [`times`](Self::times), [`none`](Self::none), [`at_least`](Self::at_least)
/// or [`in_order`](Self::in_order), which panic where it is not so, and print the calls.
///
/// `Display` prints all calls as a table, with a mark on those that are selected; `{:#}` prints their arguments too.
/// Serialised it is the selected calls as a list.
#[derive(Clone)]
#[must_use = "a selection asserts nothing by itself: end it with `times`, `none`, `at_least` or `in_order`"]
pub struct Calls {
    all: Arc<[Logged]>,
    /// The places of those that are selected.
    selected: Vec<usize>,
    /// What is selected, for people.
    described: String,
    forgotten: u64,
}

impl Calls {
    pub(super) fn all(all: Arc<[Logged]>, forgotten: u64) -> Self {
        Self {
            selected: (0..all.len()).collect(),
            all,
            described: "calls".to_owned(),
            forgotten,
        }
    }

    /// Those of this operation.
    pub fn of(&self, operation: Operation) -> Self {
        self.narrowed(format_args!("of {operation}"), |Logged { call, .. }| {
            call.operation == operation
        })
    }

    /// Those to this, by its name or its id, however the caller named it: see
    /// [what a call is to](crate#what-a-call-is-to). A create is to the name that it wished, and to what it made.
    ///
    /// ```
    /// # use wharf_core::{ContainerConfig, ContainerOps, Operation, RuntimeExt, StopOptions};
    /// # use wharf_fake::Fake;
    /// # use wharf_layers::Record;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wharf_core::Result<()> {
    /// # let record = Record::new();
    /// # let runtime = Fake::new().runtime().layer(record.clone());
    /// let db = runtime.create_container(ContainerConfig::new("busybox").with_name("db")).await?.id;
    /// runtime.stop_container(&db, StopOptions::default()).await?;
    ///
    /// let stops = record.calls().of(Operation::StopContainer);
    /// stops.to("db").times(1);
    /// stops.to(&db).times(1);
    /// stops.to(db.short()).times(1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to(&self, target: &str) -> Self {
        let described = target::shown(target, None);
        self.narrowed(format_args!("to {described}"), |Logged { call, known }| {
            target::is_named(target, call.target.as_ref(), known.as_deref())
        })
    }

    /// Those that failed, or whose stream did.
    pub fn failed(&self) -> Self {
        self.narrowed(format_args!("that failed"), |Logged { call, .. }| {
            call.error_kind().is_some()
        })
    }

    /// Those that failed with this kind of error, or whose stream did.
    pub fn failed_with(&self, kind: ErrorKind) -> Self {
        self.narrowed(
            format_args!("that failed with {kind}"),
            |Logged { call, .. }| call.error_kind() == Some(kind),
        )
    }

    /// Those that are not over: no answer yet, or a stream or a wait that is open.
    pub fn open(&self) -> Self {
        self.narrowed(format_args!("that are open"), |logged| {
            logged.call.is_open()
        })
    }

    /// Those whose stream, or session's output, is open.
    pub(super) fn open_streams(&self) -> Self {
        self.narrowed(
            format_args!("with an open stream"),
            |Logged { call, .. }| {
                call.is_open() && matches!(call.outcome, super::CallOutcome::Opened { .. })
            },
        )
    }

    /// Those that were not allowed: see [`Record::strict`](crate::Record::strict).
    pub fn unexpected(&self) -> Self {
        self.narrowed(
            format_args!("that nobody expected"),
            |Logged { call, .. }| call.outcome == super::CallOutcome::Unexpected,
        )
    }

    /// Those that a sentence of your own is true of; the words are for the message.
    pub fn that(&self, words: &str, is_so: impl Fn(&RecordedCall) -> bool) -> Self {
        self.narrowed(format_args!("that {words}"), |logged| is_so(&logged.call))
    }

    fn narrowed(&self, described: fmt::Arguments<'_>, is_so: impl Fn(&Logged) -> bool) -> Self {
        let mut narrowed = self.clone();
        narrowed.selected.retain(|&place| is_so(&self.all[place]));
        narrowed.described = format!("{} {described}", self.described);
        narrowed
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.selected.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.selected.is_empty()
    }

    /// One after another, in the order in which they began.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RecordedCall> + ExactSizeIterator {
        self.selected.iter().map(|&place| &self.all[place].call)
    }

    /// Holds that there are so many.
    ///
    /// # Panics
    ///
    /// Where there are more or fewer, or where calls were forgotten, so that nobody can tell.
    #[track_caller]
    pub fn times(&self, times: usize) {
        self.hold(self.len() == times, true, format_args!("expected {times}"));
    }

    /// Holds that there are none.
    ///
    /// # Panics
    ///
    /// Where there is one, or where calls were forgotten, so that nobody can tell.
    #[track_caller]
    pub fn none(&self) {
        self.hold(self.is_empty(), true, format_args!("expected none"));
    }

    /// Holds that there are so many or more.
    ///
    /// # Panics
    ///
    /// Where there are fewer.
    #[track_caller]
    pub fn at_least(&self, times: usize) {
        let expected = format_args!("expected {times} or more");
        self.hold(self.len() >= times, false, expected);
    }

    /// Holds that these operations are among them, each begun after the one before; others may have come between.
    ///
    /// # Panics
    ///
    /// Where one of them is missing behind the one before.
    #[track_caller]
    pub fn in_order(&self, operations: impl IntoIterator<Item = Operation>) {
        let mut calls = self.iter();
        let mut before = "at all".to_owned();
        for operation in operations {
            let found = calls.any(|call| call.operation == operation);
            let expected = format_args!("expected {operation} {before}");
            self.hold(found, false, expected);
            before = format!("after {operation}");
        }
    }

    #[track_caller]
    fn hold(&self, is_so: bool, needs_all: bool, expected: fmt::Arguments<'_>) {
        let Self {
            described,
            forgotten,
            ..
        } = self;
        assert!(
            is_so,
            "{described}: {expected}, found {}\n{self}",
            self.len()
        );
        assert!(
            *forgotten == 0 || !needs_all,
            "{described}: {expected}, but {forgotten} calls were forgotten: \
             give the record a larger limit, or clear it in between"
        );
    }
}

impl<'a> IntoIterator for &'a Calls {
    type Item = &'a RecordedCall;
    type IntoIter = std::vec::IntoIter<&'a RecordedCall>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}

impl Serialize for Calls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How many calls a table shows at most: the last ones.
const ROWS: usize = 200;

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.all.len().saturating_sub(ROWS);
        let shown = &self.all[hidden..];
        let target = |logged: &Logged| match &logged.call.target {
            Some(target) => target::shown(&target.id, logged.known.as_deref()).into_owned(),
            None => "-".to_owned(),
        };
        let widest = |cell: &dyn Fn(&Logged) -> usize| shown.iter().map(cell).max();
        let names = widest(&|logged| logged.call.operation.name().len())
            .unwrap_or(0)
            .max(9);
        let targets = widest(&|logged| target(logged).chars().count())
            .unwrap_or(0)
            .max(6);
        writeln!(
            f,
            "  {:>10}  {:>10}  {:names$}  {:targets$}  outcome",
            "at", "took", "operation", "target"
        )?;
        if self.forgotten > 0 {
            writeln!(f, "  … {} calls were forgotten", self.forgotten)?;
        }
        if hidden > 0 {
            writeln!(f, "  … {hidden} earlier calls are not shown")?;
        }
        let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
        let is_narrowed = self.len() < self.all.len();
        for (place, logged) in (hidden..).zip(shown) {
            let call = &logged.call;
            let is_marked = is_narrowed && self.selected.binary_search(&place).is_ok();
            let mark = if is_marked { '>' } else { ' ' };
            let at = seconds(call.at);
            let took = call.took.map_or_else(|| "-".to_owned(), seconds);
            writeln!(
                f,
                "{mark} {at:>10}  {took:>10}  {:names$}  {:targets$}  {}",
                call.operation.name(),
                target(logged),
                call.outcome
            )?;
            if f.alternate() {
                for (name, value) in &call.arguments {
                    writeln!(f, "{:26}{name}: {value}", "")?;
                }
            }
        }
        Ok(())
    }
}
