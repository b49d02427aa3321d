//! What closures wait for, and what ends them while they wait.

use super::*;
use futures::future::pending;
use std::{
    pin::pin,
    sync::Arc,
    task::{Context as Polled, Wake, Waker},
};
use tokio::time::timeout;
use wharf_fake::{Context, Program};

/// Tells how many hold it: who waits holds its waker.
struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

/// How many still hold the waker once `waits` was polled with it and given up.
fn held_after<F: Future>(waits: F) -> usize {
    let counted = Arc::new(Counted);
    let waker = Waker::from(Arc::clone(&counted));
    {
        let mut waits = pin!(waits);
        let polled = waits.as_mut().poll(&mut Polled::from_waker(&waker));
        assert!(polled.is_pending());
    }
    drop(waker);
    Arc::strong_count(&counted) - 1
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_leaves_no_waker_behind() {
    let waits = Program::new(|context: Context| async move {
        context.catch(Signal::USR1);
        let held = held_after(context.signal()) + held_after(context.read(1));
        u8::try_from(held).unwrap()
    });
    let runtime = app(waits).runtime();
    let config = command(&["app"]).with_open_stdin(true).with_name("app");
    runtime.create_container(config).await.unwrap();
    let next = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container("app", next).await.unwrap();
    again(&runtime).await;
    let exit = exit.await.unwrap();
    assert_eq!((exit.code, exit.error), (0, None));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_given_up_leaves_no_waker_either() {
    let fake = app(Program::new(|context: Context| async move {
        // As much as a pipe takes, and the byte that waits for room.
        context.print(vec![b'x'; 64 * 1024]).await.unwrap();
        let held = held_after(context.print("y"));
        context.eprint(format!("{held}")).await.unwrap();
        0
    }));
    let runtime = fake.runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(
        &runtime,
        &["sh", "-c", "app | { sleep 5; cat > /dev/null; }"],
    )
    .await;
    assert_eq!(output.stderr_text(), "0");
}

/// Has a task of its own end it, and waits for ever itself.
fn ended_by_a_task(of_memory: bool) -> Program {
    Program::new(move |context: Context| async move {
        tokio::spawn(async move {
            context.sleep(SECOND).await;
            if of_memory {
                context.out_of_memory().await
            } else {
                context.die(Signal::from_number(11).unwrap()).await
            }
        });
        pending().await
    })
}

#[tokio::test(start_paused = true)]
async fn a_task_of_the_closure_may_end_it() {
    let ends = |of_memory| timeout(SECOND * 60, run(ended_by_a_task(of_memory)));
    assert_eq!(ends(false).await.unwrap().code(), 139);
    assert_eq!(ends(true).await.unwrap().code(), 137);
}
