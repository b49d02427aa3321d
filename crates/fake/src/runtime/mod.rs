//! The engine: the state behind its lock, the tasks of running programs, and the traits on top.

mod capabilities;
mod container;
mod event;
mod health;
mod image;
mod open;
mod power;
mod snapshot;
mod system;
mod task;
mod volume;

use crate::{
    bus::Bus,
    clock::EngineClock,
    dump::Dump,
    leaks::Leak,
    outside::Locked,
    program::{Commands, Rule},
    registry::Registries,
    state::{Effect, Key, Mark, RunId, State},
};
use open::OpenList;
use power::Power;
pub(crate) use snapshot::Frozen;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use task::{Door, Live};
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};
use wharf_core::{Checked, Credentials, Error, ErrorKind, Event, Result, Timestamp};

/// The fake as the code under test sees it: a [`Runtime`](wharf_core::Runtime), cheap to clone, that can do nothing
/// else. Test code holds the [`Fake`](crate::Fake) that gave it.
pub type FakeRuntime = Checked<Engine>;

/// How long the engine takes to remove a container by itself after its exit: a moment in which it can be seen.
const REAP_AFTER: Duration = Duration::from_millis(5);

/// The engine in memory, without the checks of arguments in front: see [`FakeRuntime`].
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    session: Arc<Session>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// What all handles and tasks of one engine share.
pub(crate) struct Shared {
    world: Mutex<World>,
    clock: Arc<EngineClock>,
    open: Arc<OpenList>,
    /// Changed under the lock of the world only.
    power: watch::Sender<Power>,
    /// The tokio runtime that first used the engine, which its tasks run in.
    handle: OnceLock<Handle>,
}

/// What the lock protects.
pub(crate) struct World {
    pub(crate) state: State,
    registries: Registries,
    bus: Bus,
    live: HashMap<Key, Live>,
    /// Which world it is: another one after each restore.
    epoch: u64,
    /// What is not taken for a leak: what was there then, and what was opened up to that number.
    mark: (Mark, u64),
    /// It is a copy, whose programs have not begun anew yet.
    asleep: bool,
}

/// The world, locked. What is code of others waits until it is not any more, and runs then.
struct Guard<'a> {
    world: MutexGuard<'a, World>,
    /// After the lock, since the fields are dropped in this order.
    _locked: Locked,
}

impl Deref for Guard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// One connection to the engine, so to speak: what a handle shares with its clones and with no other.
struct Session {
    closed: watch::Sender<bool>,
    logins: Mutex<BTreeMap<String, Credentials>>,
}

impl Shared {
    pub(crate) fn new(state: State, clock: Arc<EngineClock>, registries: Registries) -> Arc<Self> {
        let mark = state.mark();
        let world = World::new(state, registries, Bus::new(), mark);
        Self::of(world, clock, Power::On)
    }

    fn of(world: World, clock: Arc<EngineClock>, power: Power) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            clock,
            open: OpenList::new(),
            power: watch::Sender::new(power),
            handle: OnceLock::new(),
        })
    }

    /// The first call settles which tokio runtime the engine lives in. In another one its clock would be another, and
    /// its tasks may never be polled again, and in none there are no timers: better an error than to hang or to panic.
    fn enter(&self) -> Result<()> {
        let internal = |why: &str| Error::new(ErrorKind::Internal, why).with_sent(false);
        let here = Handle::try_current().map_err(|error| {
            let why =
                "the fake engine runs its programs as tasks: call it from within a tokio runtime";
            internal(why).with_source(error)
        })?;
        let home = self.handle.get_or_init(|| {
            self.clock.begin();
            here.clone()
        });
        if home.id() == here.id() {
            Ok(())
        } else {
            Err(internal(
                "the fake engine lives in the tokio runtime that used it first, and this is another: make a Fake for each",
            ))
        }
    }

    /// One transition, whole: what happens in it is published, and carried out, before anybody else looks.
    pub(crate) fn step<T>(self: &Arc<Self>, transition: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        self.wake(&mut world);
        world.state.tick();
        let outcome = transition(&mut world);
        let (happened, effects) = world.state.take_outcome();
        for event in happened {
            world.bus.publish(event);
        }
        for effect in effects {
            match effect {
                Effect::Ended(key, exit) => world.live.entry(key).or_default().ended(&exit),
                Effect::Removed(key, exit) => {
                    if let Some(live) = world.live.remove(&key) {
                        live.removed(&exit);
                    }
                }
                Effect::Restart(key, run, wait) => {
                    let task = self.start_later(world.door(self), key, run, wait);
                    world.live(key).add_task(task);
                }
                Effect::Watch(key, watch) => world.watch(self, key, watch),
                Effect::Unwatch(key) => world.live(key).watch(None),
                Effect::Reap(key) => {
                    let task = self.reap_later(world.door(self), key);
                    world.live(key).add_task(task);
                }
            }
        }
        outcome
    }

    /// A transition by the test's hand, which may be outside of the tokio runtime that the engine lives in.
    pub(crate) fn intervene<T>(self: &Arc<Self>, transition: impl FnOnce(&mut World) -> T) -> T {
        let _home = self.handle.get().map(Handle::enter);
        self.step(transition)
    }

    /// A look by the code under test. It changes nothing, but who looks at a copy uses it, and so its time goes on.
    fn read<T>(self: &Arc<Self>, look: impl FnOnce(&State) -> T) -> T {
        let mut world = self.lock();
        self.wake(&mut world);
        world.state.look();
        look(&world.state)
    }

    /// All that can be seen, by the clock of the tokio runtime that the engine lives in.
    pub(crate) fn dump(&self) -> Dump {
        let _home = self.handle.get().map(Handle::enter);
        let mut world = self.lock();
        world.state.look();
        let events = world.bus.history().iter();
        world
            .state
            .dump(events.map(|event| Event::clone(event)).collect())
    }

    pub(crate) fn seed(&self) -> u64 {
        self.lock().state.seed()
    }

    /// What a test chooses to run. What it replaces is dropped once nothing is locked any more.
    pub(crate) fn add_program(&self, rule: Arc<Rule>) {
        let replaced = self.lock().state.rules().add(rule);
        drop(replaced);
    }

    /// The commands that the test has chosen programs for which have never run.
    pub(crate) fn programs_never_started(&self) -> Vec<Commands> {
        self.lock().state.rules().never_started()
    }

    /// What there is now is no leak.
    pub(crate) fn mark(&self) {
        let _home = self.handle.get().map(Handle::enter);
        let mut world = self.lock();
        world.state.look();
        world.mark = (world.state.mark(), self.open.last());
    }

    /// What has come since the mark, and is there still.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        let world = self.lock();
        let (mark, number) = &world.mark;
        let mut leaks = world.state.leaks(mark);
        leaks.extend(self.open.after(*number).into_iter().map(Leak::from));
        leaks
    }

    /// A panic under the lock has at worst left one transition half done: the others go on.
    fn lock(&self) -> Guard<'_> {
        let locked = Locked::begin();
        Guard {
            world: self.world.lock().unwrap_or_else(PoisonError::into_inner),
            _locked: locked,
        }
    }

    fn start_later(&self, door: Door, key: Key, run: RunId, wait: Duration) -> Option<AbortHandle> {
        self.spawn(async move {
            tokio::time::sleep(wait).await;
            // Nobody asked for it who could be told that it failed: the container says so.
            let _ = door.step(|shared, world| world.start_again(shared, key, run));
        })
    }

    fn reap_later(&self, door: Door, key: Key) -> Option<AbortHandle> {
        self.spawn(async move {
            tokio::time::sleep(REAP_AFTER).await;
            door.step(|_, world| world.state.reap(key));
        })
    }

    /// The time for who only looks.
    fn now(&self) -> Timestamp {
        self.clock.peek()
    }

    /// Starts a task of the engine. It must hold no more than a weak handle, so that it ends with the last other one.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        self.handle
            .get()
            .map(|handle| handle.spawn(task).abort_handle())
    }
}

/// With the last handle the engine goes, and its programs with it: who follows one is told.
impl Drop for Shared {
    fn drop(&mut self) {
        let world = self.world.get_mut();
        world
            .unwrap_or_else(PoisonError::into_inner)
            .state
            .abandon_logs();
    }
}

impl Engine {
    pub(crate) fn connect(shared: Arc<Shared>) -> Self {
        let session = Session {
            closed: watch::Sender::new(false),
            logins: Mutex::default(),
        };
        Self {
            shared,
            session: Arc::new(session),
        }
    }

    /// What every operation begins with: the connection is open, and there is a tokio runtime.
    fn enter(&self) -> Result<&Arc<Shared>> {
        if *self.session.closed.borrow() {
            return Err(closed().with_sent(false));
        }
        self.shared.enter()?;
        Ok(&self.shared)
    }

    fn step<T>(&self, transition: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        let shared = self.enter()?;
        shared.step(|world| {
            shared.check_power()?;
            transition(world)
        })
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> Result<T>) -> Result<T> {
        let shared = self.enter()?;
        shared.read(|state| {
            shared.check_power()?;
            look(state)
        })
    }
}

/// The engine has stopped, or the last handle was dropped.
fn ended() -> Error {
    Error::new(
        ErrorKind::ConnectionFailed,
        "the fake engine has ended its events",
    )
    .with_transient(true)
}

/// The last handle was dropped.
fn gone() -> Error {
    Error::new(ErrorKind::ConnectionFailed, "the fake engine is gone")
}

fn closed() -> Error {
    let why = "the connection to the fake engine was closed; ask the Fake for another runtime()";
    Error::new(ErrorKind::ConnectionFailed, why)
}

fn stopped() -> Error {
    let why = "the fake engine was stopped; Fake::start_engine starts it again";
    Error::new(ErrorKind::ConnectionFailed, why).with_transient(true)
}

fn restored() -> Error {
    let why = "the fake engine was restored to a snapshot, and what was open before has ended there; call again";
    Error::new(ErrorKind::ConnectionFailed, why)
}
