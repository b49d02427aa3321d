//! Closures that never wait: each call of the context takes time, or a paused clock would stand still for ever.

use super::{SECOND, app, exec_with, exit, kill, run, start, stop};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use wharf_core::*;
use wharf_fake::{Context, Program};

/// After so many rounds in which the test never got its turn, a program gives up: a test that hangs says nothing.
const PATIENCE: u32 = 1_000_000;

type Round<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Does the same over and over.
fn over_and_over(
    round: impl for<'a> Fn(&'a Context) -> Round<'a> + Send + Sync + 'static,
) -> Program {
    let round = Arc::new(round);
    Program::new(move |context: Context| {
        let round = Arc::clone(&round);
        async move {
            for _ in 0..PATIENCE {
                round(&context).await;
            }
            3
        }
    })
}

#[tokio::test(start_paused = true)]
async fn what_never_waits_takes_time_all_the_same() {
    let rounds: [(&str, Program); 8] = [
        (
            "a line after the end",
            over_and_over(|context| {
                Box::pin(async { assert_eq!(context.read_line().await.unwrap(), None) })
            }),
        ),
        (
            "a read after the end",
            over_and_over(|context| {
                Box::pin(async { assert!(context.read(100).await.unwrap().is_empty()) })
            }),
        ),
        (
            "a read of nothing",
            over_and_over(|context| {
                Box::pin(async { assert!(context.read(0).await.unwrap().is_empty()) })
            }),
        ),
        (
            "an empty print",
            over_and_over(|context| Box::pin(async { context.print("").await.unwrap() })),
        ),
        (
            "an empty eprint",
            over_and_over(|context| Box::pin(async { context.eprint("").await.unwrap() })),
        ),
        (
            "a short print",
            over_and_over(|context| Box::pin(async { context.print(".").await.unwrap() })),
        ),
        (
            "no sleep",
            over_and_over(|context| Box::pin(context.sleep(Duration::ZERO))),
        ),
        (
            "hardly a sleep",
            over_and_over(|context| Box::pin(context.sleep(Duration::from_nanos(1)))),
        ),
    ];
    for (name, program) in rounds {
        let runtime = app(program).runtime();
        start(&runtime, &["app"]).await;
        let begin = Instant::now();
        sleep(SECOND).await;
        kill(&runtime, Signal::KILL).await;
        assert_eq!(exit(&runtime).await.code, 137, "{name}");
        assert_eq!(begin.elapsed().as_secs(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_over_and_over_takes_time_all_the_same() {
    let writes = over_and_over(|context| {
        Box::pin(async {
            // The first ones may come before the reader has gone.
            let _ = context.print("x").await;
        })
    });
    let reads =
        over_and_over(|context| Box::pin(async { assert!(context.read_line().await.is_err()) }));
    for (script, program) in [("trap '' PIPE; app | true", writes), ("app <&-", reads)] {
        let runtime = app(program).runtime();
        start(&runtime, &["sleep", "1"]).await;
        let output = exec_with(&runtime, &["sh", "-c", script], "").await;
        assert_eq!(output.code(), 137, "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_closure_that_reads_past_the_end_can_be_stopped() {
    let program = Program::new(|context: Context| async move {
        // Its grace is ten seconds, in which a million reads fit.
        for _ in 0..2 * PATIENCE {
            match context.read_line().await {
                Ok(Some(line)) if line == "quit" => return 0,
                Ok(_) => {}
                Err(_) => return 1,
            }
        }
        2
    });
    let runtime = app(program).runtime();
    start(&runtime, &["app"]).await;
    let begin = Instant::now();
    stop(&runtime).await;
    assert_eq!(begin.elapsed().as_secs(), 10);
    assert_eq!(exit(&runtime).await.code, 137);
}

#[tokio::test(start_paused = true)]
async fn what_a_closure_does_now_and_then_takes_no_time() {
    let begin = Instant::now();
    let program = Program::new(|context: Context| async move {
        for _ in 0..1000 {
            context.print("line\n").await.unwrap();
            context.sleep(SECOND).await;
        }
        0
    });
    assert_eq!(run(program).await.code(), 0);
    assert_eq!(begin.elapsed(), SECOND * 1000);
}
