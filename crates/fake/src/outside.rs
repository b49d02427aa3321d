//! Code of others, which must not run under the engine's lock: the wakers of those who wait, and the drops of what the
//! closures of a test have captured. It may do anything, even call the engine, and so it waits until the thread has let
//! the lock go.
//!
//! What is not kept from it is a `Bytes` made from an owner of the caller's, with a drop of its own, that goes with a
//! log or a file.

use crate::program::defuse;
use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    future::poll_fn,
    mem::{self, ManuallyDrop},
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::Arc,
    task::{Context, Wake, Waker},
};

thread_local! {
    /// How many locks this thread holds.
    static LOCKS: Cell<usize> = const { Cell::new(0) };
    /// What waits until it holds none, and is empty then: so it need not be dropped, and is there to the thread's end.
    static KEPT: RefCell<ManuallyDrop<Vec<Code>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

enum Code {
    Wake(Arc<Caller>),
    Drop(Box<dyn Any + Send>),
}

/// This thread holds the lock: to be made before it is taken, and dropped after it is given back.
pub(crate) struct Locked(());

impl Locked {
    pub(crate) fn begin() -> Self {
        LOCKS.set(LOCKS.get() + 1);
        Self(())
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        LOCKS.set(LOCKS.get() - 1);
        if LOCKS.get() == 0 {
            run(KEPT.with_borrow_mut(|kept| mem::take(&mut **kept)));
        }
    }
}

/// Runs all of it, whatever one of them does. The first panic is the caller's.
fn run(code: Vec<Code>) {
    let mut first = None;
    for one in code {
        let ran = catch_unwind(AssertUnwindSafe(|| match one {
            Code::Wake(caller) => caller.0.wake_by_ref(),
            Code::Drop(it) => drop(it),
        }));
        match ran {
            Err(panic) if first.is_none() && !std::thread::panicking() => first = Some(panic),
            Err(panic) => defuse(panic),
            Ok(()) => {}
        }
    }
    if let Some(panic) = first {
        resume_unwind(panic);
    }
}

fn is_locked() -> bool {
    LOCKS.get() > 0
}

fn keep(code: Code) {
    KEPT.with_borrow_mut(|kept| kept.push(code));
}

/// What is not dropped under the lock, since that runs code of others.
pub(crate) struct Outside<T: Send + Sync + 'static>(Arc<T>);

impl<T: Send + Sync> Outside<T> {
    pub(crate) fn new(it: T) -> Self {
        Self(Arc::new(it))
    }
}

impl<T: Send + Sync> Deref for Outside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync> Drop for Outside<T> {
    fn drop(&mut self) {
        if is_locked() {
            keep(Code::Drop(Box::new(Arc::clone(&self.0))));
        }
    }
}

impl<T: Send + Sync> fmt::Debug for Outside<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

/// Waits for `future`, which may be woken under the lock.
pub(crate) async fn woken_outside<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut waking = Waking::default();
    poll_fn(|context| future.as_mut().poll(&mut waking.context(context))).await
}

/// Stands between who polls and what is polled.
#[derive(Default)]
pub(crate) struct Waking(Option<(Arc<Caller>, Waker)>);

impl Waking {
    /// A context that may be woken under the lock: who polls in `context` is woken for it afterwards.
    pub(crate) fn context(&mut self, context: &Context<'_>) -> Context<'_> {
        let known = self.0.take();
        let known = known.filter(|(caller, _)| caller.0.will_wake(context.waker()));
        let (_, waker) = self.0.insert(known.unwrap_or_else(|| {
            let caller = Arc::new(Caller(context.waker().clone()));
            (Arc::clone(&caller), Waker::from(caller))
        }));
        Context::from_waker(waker)
    }
}

/// The waker of who polls.
struct Caller(Waker);

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        if is_locked() {
            keep(Code::Wake(self));
        } else {
            self.0.wake_by_ref();
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if is_locked() {
            let waker = mem::replace(&mut self.0, Waker::noop().clone());
            keep(Code::Drop(Box::new(waker)));
        }
    }
}
