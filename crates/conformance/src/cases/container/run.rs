//! What callers do beside the operations: `run`, `logs_text`, `remove_container_if_exists`.

use super::{GROUP, prelude::*};

pub(super) const CASES: &[Case] = &[
    case!(
        "C180",
        run_gives_output_and_code_and_leaves_nothing,
        |ctx| {
            let config = ctx.config("echo out; echo err >&2; exit 3");
            let output = ctx.rt.run(config, RunOptions::default()).await?;
            same("code", output.code(), 3)?;
            same("stdout", output.stdout_text(), "out\n")?;
            same("stderr", output.stderr_text(), "err\n")?;
            none("left", ctx.list(Filters::new()).await?)?;
        }
    ),
    case!("C180", run_misses_nothing_of_a_short_one, |ctx| {
        for _ in 0..3 {
            let config = ctx.config("seq 100").with_auto_remove(true);
            let output = ctx.rt.run(config, RunOptions::default()).await?;
            same("lines", output.stdout_text().lines().count(), 100)?;
            same("code", output.code(), 0)?;
        }
    }),
    case!("C180", run_leaves_nothing_of_a_failed_start, |ctx| {
        let config = ctx.bare().with_command(["no-such-program"]);
        let output = ctx.rt.run(config, RunOptions::default()).await;
        refused(output, ErrorKind::InvalidInput)?;
        none("left", ctx.list(Filters::new()).await?)?;
    }),
    case!("C180", run_beyond_its_output_limit_says_so, |ctx| {
        let config = ctx.config("yes | head -c 2000");
        let output = ctx
            .rt
            .run(config, RunOptions::default().with_output_limit(1000))
            .await;
        refused(output, ErrorKind::InvalidInput)?;
        none("left", ctx.list(Filters::new()).await?)?;
    }),
    case!("C181", logs_text_gives_both_streams, |ctx| {
        let id = ctx.exited("echo out; sleep 1; echo err >&2").await?;
        same("text", ctx.rt.logs_text(&id).await?, "out\nerr\n")?;
    }),
    case!("C182", remove_if_exists_tells_whether_it_did, |ctx| {
        let id = ctx.running(IDLE).await?;
        holds(
            "there was one",
            ctx.rt.remove_container_if_exists(&id).await?,
        )?;
        holds(
            "there is none",
            !ctx.rt.remove_container_if_exists(&id).await?,
        )?;
    }),
];
