//! Wakers and captures of the caller's, which may call the engine wherever they are woken or dropped.

use super::*;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, pending},
};
use std::{
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context as Polled, Wake, Waker},
    thread,
};
use tokio::time::sleep;
use wharf_fake::{Context, ImageFixture, Program};

/// What runs under a lock that it takes itself hangs, and does not fail: so it is given a thread, and a minute.
fn ends(test: impl AsyncFnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        // Dropped with the thread, whatever becomes of the test.
        let _done: mpsc::Sender<()> = done;
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        tokio.unwrap().block_on(test());
    });
    let outcome = ended.recv_timeout(SECOND * 60);
    assert_ne!(outcome, Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().unwrap();
}

/// A waker that calls the engine when it is woken, and when it is dropped.
struct Curious {
    fake: Fake,
    woken: Arc<AtomicUsize>,
}

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        self.fake.dump();
        self.woken.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        self.fake.dump();
    }
}

#[test]
fn who_is_woken_may_call_the_engine() {
    ends(async || {
        let fake = Fake::new();
        let runtime = &fake.runtime();
        start(runtime, &["sh", "-c", "trap '' TERM; echo up; sleep 1000"]).await;
        let until = |condition| {
            let options = WaitOptions::default().with_condition(condition);
            runtime.wait_container("app", options)
        };
        let stops = until(WaitCondition::NotRunning).await.unwrap();
        let goes = until(WaitCondition::Removed).await.unwrap();
        let follow = LogsOptions::default().with_follow(true);
        let follow = follow.with_tail(Tail::Last(0));
        let mut logs = runtime.container_logs("app", follow).await.unwrap();
        let mut events = runtime.events(EventsOptions::default()).await.unwrap();
        let waits: [(&str, BoxFuture<'_, ()>); 7] = [
            ("stops", stops.map(|_| ()).boxed()),
            ("goes", goes.map(|_| ()).boxed()),
            (
                "logs",
                async move { while logs.next().await.is_some() {} }.boxed(),
            ),
            ("events", events.next().map(|_| ()).boxed()),
            (
                "exec",
                exec(runtime, &["sleep", "1000"]).map(|_| ()).boxed(),
            ),
            ("stop", stop(runtime).boxed()),
            (
                "restart",
                async {
                    let options = RestartOptions::default();
                    // Somebody else removes it.
                    let _ = runtime.restart_container("app", options).await;
                }
                .boxed(),
            ),
        ];
        let mut polled = Vec::new();
        for (what, mut wait) in waits {
            let woken = Arc::new(AtomicUsize::new(0));
            let curious = Curious {
                fake: fake.clone(),
                woken: Arc::clone(&woken),
            };
            let waker = Waker::from(Arc::new(curious));
            let mut context = Polled::from_waker(&waker);
            while wait.as_mut().poll(&mut context).is_pending() {
                // What came before it is no answer.
                if woken.swap(0, Ordering::Relaxed) == 0 {
                    break;
                }
            }
            polled.push((what, wait, woken));
        }
        let force = RemoveOptions::default().with_force(true);
        runtime.remove_container("app", force).await.unwrap();
        sleep(SECOND).await;
        for (what, _, woken) in &polled {
            assert!(woken.load(Ordering::Relaxed) > 0, "{what}");
        }
    });
}

#[test]
fn who_waits_for_the_engine_to_stop_may_call_it_too() {
    ends(async || {
        let fake = Fake::new();
        start(&fake.runtime(), &["sleep", "1000"]).await;
        let woken = Arc::new(AtomicUsize::new(0));
        let curious = Curious {
            fake: fake.clone(),
            woken: Arc::clone(&woken),
        };
        let waker = Waker::from(Arc::new(curious));
        let mut stop = pin!(fake.stop_engine());
        let mut context = Polled::from_waker(&waker);
        assert!(stop.as_mut().poll(&mut context).is_pending());
        sleep(SECOND * 60).await;
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        stop.await.unwrap();
    });
}

/// Polls, within its wake, what it is the waker of.
struct Inline(Mutex<Option<BoxFuture<'static, ()>>>);

impl Inline {
    fn begin(future: impl Future<Output = ()> + Send + 'static) {
        Arc::new(Self(Mutex::new(Some(future.boxed())))).wake();
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        let Ok(Some(mut future)) = self.0.try_lock().map(|mut future| future.take()) else {
            return;
        };
        let waker = Waker::from(Arc::clone(&self));
        if future
            .poll_unpin(&mut Polled::from_waker(&waker))
            .is_pending()
        {
            *self.0.lock().unwrap() = Some(future);
        }
    }
}

#[test]
fn an_exec_that_writes_too_much_may_be_polled_where_it_is_woken() {
    ends(async || {
        let runtime = Fake::new().runtime();
        start(&runtime, &["sleep", "1000"]).await;
        let config = ExecConfig::new(["sh", "-c", "sleep 1; echo too much"]);
        let config = config.with_output_limit(4);
        let (over, outcome) = mpsc::channel();
        Inline::begin(async move {
            let outcome = runtime.exec_container("app", config).await;
            over.send(outcome.unwrap_err().kind()).unwrap();
        });
        sleep(SECOND * 2).await;
        assert_eq!(outcome.try_recv(), Ok(ErrorKind::InvalidInput));
    });
}

#[test]
fn a_closure_that_is_woken_by_a_signal_may_look_for_another() {
    ends(async || {
        let inline = Program::new(|context: Context| async move {
            context.catch(Signal::USR1);
            context.catch(Signal::USR2);
            let context = Arc::new(context);
            let (over, signals) = mpsc::channel();
            Inline::begin({
                let context = Arc::clone(&context);
                async move {
                    for _ in 0..2 {
                        over.send(context.signal().await.number()).unwrap();
                    }
                }
            });
            context.sleep(SECOND).await;
            signals.try_iter().sum()
        });
        let runtime = app(inline).runtime();
        start(&runtime, &["app"]).await;
        tokio::task::yield_now().await;
        kill(&runtime, Signal::USR1).await;
        tokio::task::yield_now().await;
        kill(&runtime, Signal::USR2).await;
        assert_eq!(exit(&runtime).await.code, 10 + 12);
    });
}

#[test]
fn a_closure_may_call_the_engine_where_its_stdin_ends() {
    ends(async || {
        let fake = Fake::new();
        let woken = Arc::new(AtomicUsize::new(0));
        let curious = Arc::new(Curious {
            fake: fake.clone(),
            woken: Arc::clone(&woken),
        });
        let reads = Program::new(move |context: Context| {
            let waker = Waker::from(Arc::clone(&curious));
            async move {
                let mut read = pin!(context.read(1));
                let polled = read.as_mut().poll(&mut Polled::from_waker(&waker));
                assert!(polled.is_pending());
                pending().await
            }
        });
        fake.add_program("app", reads).unwrap();
        let runtime = fake.runtime();
        let config = command(&["app"]).with_open_stdin(true).with_name("app");
        runtime.create_container(config).await.unwrap();
        again(&runtime).await;
        tokio::task::yield_now().await;
        kill(&runtime, Signal::KILL).await;
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        // It holds the fake that holds it.
        fake.add_program("app", Program::new(async |_: Context| 0))
            .unwrap();
    });
}

/// Calls the engine, where there is one, when it is dropped.
struct Captured {
    fake: Arc<OnceLock<Fake>>,
    dropped: Arc<AtomicBool>,
    panics: bool,
}

impl Drop for Captured {
    fn drop(&mut self) {
        self.fake.get().map(Fake::dump);
        self.dropped.store(true, Ordering::Relaxed);
        assert!(!self.panics, "it was dropped");
    }
}

/// A program that takes a second, and whether what it has captured is gone.
fn captures(fake: &Arc<OnceLock<Fake>>, panics: bool) -> (Program, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    let captured = Captured {
        fake: Arc::clone(fake),
        dropped: Arc::clone(&dropped),
        panics,
    };
    let program = Program::new(move |_| {
        let _: &Captured = &captured;
        sleep(SECOND).map(|()| 0)
    });
    (program, dropped)
}

#[test]
fn what_a_closure_has_captured_may_call_the_engine_where_it_goes() {
    ends(async || {
        let fake = Fake::new();
        let runtime = fake.runtime();
        let (program, dropped) = captures(&Arc::new(fake.clone().into()), false);
        fake.add_program("app", program).unwrap();
        start(&runtime, &["app"]).await;
        let other = Program::new(async |_: Context| 0);
        fake.add_program("app", other).unwrap();
        assert!(!dropped.load(Ordering::Relaxed));
        assert_eq!(exit(&runtime).await.code, 0);
        tokio::task::yield_now().await;
        assert!(dropped.load(Ordering::Relaxed));
    });
}

/// A fake with an image whose program has captured something, and whether that is gone.
fn with_image(panics: bool) -> (Fake, Arc<AtomicBool>) {
    let later = Arc::new(OnceLock::new());
    let (program, dropped) = captures(&later, panics);
    let image = ImageFixture::busybox();
    let image = image.with_program("app", program).unwrap();
    let fake = Fake::builder().image("app:1", image).unwrap().build();
    later.set(fake.clone()).unwrap();
    (fake, dropped)
}

#[test]
fn so_may_what_goes_with_an_image() {
    ends(async || {
        let (fake, dropped) = with_image(false);
        let options = RemoveImageOptions::default();
        let removed = fake.runtime().remove_image("app:1", options).await;
        removed.unwrap();
        assert!(dropped.load(Ordering::Relaxed));
    });
}

#[test]
fn what_panics_where_it_goes_leaves_the_transition_whole_and_the_others_woken() {
    ends(async || {
        let (fake, dropped) = with_image(true);
        let runtime = fake.runtime();
        let mut events = runtime.events(EventsOptions::default()).await.unwrap();
        let mut next = events.next();
        assert!(futures::poll!(&mut next).is_pending());
        let removal = tokio::spawn({
            let runtime = runtime.clone();
            async move {
                let options = RemoveImageOptions::default();
                runtime.remove_image("app:1", options).await
            }
        });
        assert!(removal.await.unwrap_err().is_panic());
        assert!(dropped.load(Ordering::Relaxed));
        let event = next.await.unwrap().unwrap();
        assert_eq!(event.action, EventAction::Untag);
        assert_eq!(fake.dump().images.len(), 1);
    });
}
