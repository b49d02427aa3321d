//! `exec_container`.

use super::{GROUP, prelude::*};
use futures::future::{Either, select};
use std::pin::pin;

async fn exec(ctx: &Context, id: &str, config: ExecConfig) -> Verdict<ExecOutput> {
    Ok(ctx.rt.exec_container(id, config).await?)
}

pub(super) const CASES: &[Case] = &[
    case!("C90", exec_gives_output_and_exit_code, |ctx| {
        let id = ctx.running(IDLE).await?;
        let output = ctx.exec(&id, "echo out; echo err >&2; exit 3").await?;
        same("code", output.code(), 3)?;
        same("stdout", output.stdout_text(), "out\n")?;
        same("stderr", output.stderr_text(), "err\n")?;
        same("error", output.exit.error, None)?;
    }),
    case!("C90", exec_without_output_is_empty, |ctx| {
        let id = ctx.running(IDLE).await?;
        let output = exec(ctx, &id, ExecConfig::new(["true"])).await?;
        same("code", output.code(), 0)?;
        same("output", (output.stdout.len(), output.stderr.len()), (0, 0))?;
    }),
    case!("C90", exec_shares_the_containers_files, |ctx| {
        let id = ctx.running(IDLE).await?;
        ctx.exec(&id, "echo tide > /log").await?;
        same(
            "output",
            ctx.exec(&id, "cat /log").await?.stdout_text(),
            "tide\n",
        )?;
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
    }),
    case!("C91", exec_takes_environment_and_working_dir, |ctx| {
        let config = ctx
            .config(IDLE)
            .with_env([("BOTH", "container"), ("OLD", "kept")]);
        let id = ctx.started(config).await?;
        let config = ExecConfig::new(["sh", "-c", "echo $BOTH $OLD $NEW; pwd"])
            .with_env(Env::from([("BOTH", "exec"), ("NEW", "a b")]))
            .with_working_dir("/etc");
        same(
            "output",
            exec(ctx, &id, config).await?.stdout_text(),
            "exec kept a b\n/etc\n",
        )?;
    }),
    case!("C91", exec_goes_by_the_containers_own_settings, |ctx| {
        let config = ctx.config(IDLE).with_working_dir("/tmp").with_user("12:34");
        let id = ctx.started(config).await?;
        let output = ctx.exec(&id, "pwd; id -u; id -g").await?;
        same("output", output.stdout_text(), "/tmp\n12\n34\n")?;
    }),
    case!("C91", exec_takes_a_user, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["sh", "-c", "id -u; id -g"]).with_user("12:34");
        same(
            "output",
            exec(ctx, &id, config).await?.stdout_text(),
            "12\n34\n",
        )?;
    }),
    case!("C91", exec_has_the_home_of_its_user, |ctx| {
        let ask = || ExecConfig::new(["sh", "-c", "echo $HOME"]);
        let home = async |id: &ContainerId, config: ExecConfig| -> Verdict<String> {
            Ok(exec(ctx, id, config).await?.stdout_text())
        };
        let nobodys = ctx.started(ctx.config(IDLE).with_user("12:34")).await?;
        same("its own", home(&nobodys, ask()).await?, "/\n")?;
        let root = ask().with_user("root");
        same("root's", home(&nobodys, root.clone()).await?, "/root\n")?;
        let wished = root.with_env(Env::from([("HOME", "/tmp")]));
        same("the wished", home(&nobodys, wished).await?, "/tmp\n")?;
        let roots = ctx.running(IDLE).await?;
        let other = ask().with_user("1000");
        same(
            "of a number without a home",
            home(&roots, other).await?,
            "/\n",
        )?;
    }),
    case!("C93", exec_knows_its_own_terminal_only, |ctx| {
        let ask = || ExecConfig::new(["sh", "-c", "echo ${TERM-none}"]);
        let with = ctx.started(ctx.config(IDLE).with_tty(true)).await?;
        let without = ctx.running(IDLE).await?;
        for (id, tty, expected) in [
            (&with, false, "none\n"),
            (&with, true, "xterm\r\n"),
            (&without, false, "none\n"),
            (&without, true, "xterm\r\n"),
        ] {
            let output = exec(ctx, id, ask().with_tty(tty)).await?;
            same("TERM", output.stdout_text(), expected)?;
        }
    }),
    case!("C91", exec_of_an_unknown_user_is_invalid_input, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["true"]).with_user("nobody-has-this-name");
        refused(
            ctx.rt.exec_container(&id, config).await,
            ErrorKind::InvalidInput,
        )?;
    }),
    case!("C92", exec_reads_its_input_to_the_end, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["cat"]).with_input("one\ntwo\0three");
        same(
            "output",
            &exec(ctx, &id, config).await?.stdout[..],
            *b"one\ntwo\0three",
        )?;
        let empty = exec(ctx, &id, ExecConfig::new(["cat"])).await?;
        same(
            "output without input",
            (empty.code(), empty.stdout.len()),
            (0, 0),
        )?;
    }),
    case!("C92", exec_carries_much_both_ways_at_once, |ctx| {
        let id = ctx.running(IDLE).await?;
        let input: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let config = ExecConfig::new(["cat"]).with_input(input.clone());
        let output = exec(ctx, &id, config).await?;
        same("bytes", output.stdout.len(), input.len())?;
        holds("they are the same", output.stdout == input)?;
    }),
    case!("C93", exec_with_a_terminal_has_one_stream, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["sh", "-c", "echo out; echo err >&2"]).with_tty(true);
        let output = exec(ctx, &id, config).await?;
        same("stdout", output.stdout_text(), "out\r\nerr\r\n")?;
        same("stderr", output.stderr_text(), "")?;
    }),
    case!("C93", exec_with_a_terminal_has_no_end_of_input, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["sh", "-c", "echo > /reads; cat"]).with_tty(true);
        let reader = ctx.rt.exec_container(&id, config);
        let time_to_end = async {
            ctx.eventually("it reads", || async {
                Ok(ctx.exec(&id, "test -e /reads").await?.code() == 0)
            })
            .await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, Failure>(())
        };
        match select(reader, pin!(time_to_end)).await {
            Either::Left((ended, _)) => holds(format_args!("it reads on, not {ended:?}"), false)?,
            Either::Right((waited, reader)) => {
                waited?;
                ctx.stop(&id).await?;
                same("code", reader.await?.code(), 137)?;
            }
        }
    }),
    case!("C94", exec_of_a_missing_program_is_127, |ctx| {
        let id = ctx.running(IDLE).await?;
        for program in ["no-such-program", "/no/such/program"] {
            let output = exec(ctx, &id, ExecConfig::new([program])).await?;
            same("code", output.code(), 127)?;
        }
        same(
            "code of the shell",
            ctx.exec(&id, "no-such-program").await?.code(),
            127,
        )?;
    }),
    case!("C94", exec_of_what_cannot_be_run_is_126, |ctx| {
        let id = ctx.running(IDLE).await?;
        let output = exec(ctx, &id, ExecConfig::new(["/etc"])).await?;
        same("code", output.code(), 126)?;
    }),
    case!("C95", exec_tells_137_and_143_of_signals, |ctx| {
        let id = ctx.running(IDLE).await?;
        same(
            "after KILL",
            ctx.exec(&id, "kill -KILL $$").await?.code(),
            137,
        )?;
        same(
            "after TERM",
            ctx.exec(&id, "kill -TERM $$").await?.code(),
            143,
        )?;
    }),
    case!("C96", exec_in_one_that_does_not_run_conflicts, |ctx| {
        for id in [ctx.created(IDLE).await?, ctx.exited("exit 0").await?] {
            let output = ctx.rt.exec_container(&id, ExecConfig::new(["true"])).await;
            refused(output, Conflict)?;
        }
    }),
    case!(
        "C96",
        exec_in_a_paused_one_conflicts,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            refused(
                ctx.rt.exec_container(&id, ExecConfig::new(["true"])).await,
                Conflict,
            )?;
        }
    ),
    case!("C97", exec_in_a_missing_container_is_not_found, |ctx| {
        let output = ctx
            .rt
            .exec_container(&ctx.name(), ExecConfig::new(["true"]))
            .await;
        refused(output, ContainerNotFound)?;
    }),
    case!("C98", exec_beyond_its_output_limit_says_so, |ctx| {
        let id = ctx.running(IDLE).await?;
        let output = |bytes| {
            let script = format!("yes | head -c {bytes}");
            ExecConfig::new(["sh", "-c", &script]).with_output_limit(1000)
        };
        same(
            "at the limit",
            exec(ctx, &id, output(1000)).await?.stdout.len(),
            1000,
        )?;
        let error = refused(
            ctx.rt.exec_container(&id, output(1001)).await,
            ErrorKind::InvalidInput,
        )?;
        holds(
            format_args!("the field is named: {error}"),
            error.message().starts_with("output_limit: "),
        )?;
    }),
    case!("C98", exec_output_is_bytes_as_they_are, |ctx| {
        let id = ctx.running(IDLE).await?;
        let output = ctx.exec(&id, r"printf 'a\0b\377c\r\n\n'").await?;
        same("stdout", &output.stdout[..], *b"a\0b\xffc\r\n\n")?;
    }),
    case!("C99", exec_ends_with_its_container, |ctx| {
        let id = ctx.running(IDLE).await?;
        let config = ExecConfig::new(["sh", "-c", "while true; do sleep 0.2; done"]);
        let (output, stopped) = futures::join!(ctx.rt.exec_container(&id, config), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ctx.stop(&id).await
        });
        stopped?;
        same("code", output?.code(), 137)?;
    }),
    case!("C99", two_execs_at_once_do_not_mix, |ctx| {
        let id = ctx.running(IDLE).await?;
        let (one, two) = futures::try_join!(
            ctx.exec(&id, "echo 1; sleep 1; echo 1; exit 1"),
            ctx.exec(&id, "echo 2; sleep 1; echo 2; exit 2"),
        )?;
        same(
            "one",
            (one.code(), one.stdout_text()),
            (1, "1\n1\n".to_owned()),
        )?;
        same(
            "two",
            (two.code(), two.stdout_text()),
            (2, "2\n2\n".to_owned()),
        )?;
    }),
];
