//! `container_logs`.

use super::{GROUP, prelude::*};

fn only(stdout: bool, stderr: bool) -> LogsOptions {
    LogsOptions::default()
        .with_stdout(stdout)
        .with_stderr(stderr)
}

fn tail(lines: u64) -> LogsOptions {
    LogsOptions::default().with_tail(Tail::Last(lines))
}

fn follow() -> LogsOptions {
    LogsOptions::default().with_follow(true)
}

async fn read(ctx: &Context, id: &str, options: LogsOptions) -> Verdict<String> {
    Ok(all_text(&ctx.logs(id, options).await?))
}

/// The log's timestamps, which are all there.
async fn times(ctx: &Context, id: &str) -> Verdict<Vec<Timestamp>> {
    let log = ctx
        .logs(id, LogsOptions::default().with_timestamps(true))
        .await?;
    log.into_iter()
        .map(|chunk| some("a timestamp", chunk.timestamp))
        .collect()
}

/// Three lines, a second apart, the middle one on stderr.
const SLOW: &str = "echo one; sleep 1; echo two >&2; sleep 1; echo three";

pub(super) const CASES: &[Case] = &[
    case!("C110", logs_give_both_streams_each_marked, |ctx| {
        let id = ctx.exited("echo out; echo err >&2").await?;
        let log = ctx.logs(&id, LogsOptions::default()).await?;
        same("stdout", text(&log, &LogSource::Stdout), "out\n")?;
        same("stderr", text(&log, &LogSource::Stderr), "err\n")?;
        same("bytes in all", all_text(&log).len(), 8)?;
    }),
    case!("C110", logs_give_one_stream_when_asked, |ctx| {
        let id = ctx.exited("echo out; echo err >&2").await?;
        same(
            "stdout alone",
            read(ctx, &id, only(true, false)).await?,
            "out\n",
        )?;
        same(
            "stderr alone",
            read(ctx, &id, only(false, true)).await?,
            "err\n",
        )?;
    }),
    case!("C110", logs_are_in_the_order_of_writing, |ctx| {
        let id = ctx.exited(SLOW).await?;
        same(
            "log",
            read(ctx, &id, LogsOptions::default()).await?,
            "one\ntwo\nthree\n",
        )?;
    }),
    case!("C111", logs_of_a_created_one_are_empty, |ctx| {
        let id = ctx.created("echo hi").await?;
        same("log", read(ctx, &id, LogsOptions::default()).await?, "")?;
        same("log followed", read(ctx, &id, follow()).await?, "")?;
    }),
    case!("C111", logs_of_a_missing_container_are_not_found, |ctx| {
        let log = ctx
            .rt
            .container_logs(&ctx.name(), LogsOptions::default())
            .await;
        refused(log, ContainerNotFound)?;
    }),
    case!("C112", tail_gives_the_last_lines, |ctx| {
        let id = ctx.exited("for i in 1 2 3 4 5; do echo $i; done").await?;
        same("the last two", read(ctx, &id, tail(2)).await?, "4\n5\n")?;
        same("none", read(ctx, &id, tail(0)).await?, "")?;
        same(
            "more than there are",
            read(ctx, &id, tail(99)).await?,
            "1\n2\n3\n4\n5\n",
        )?;
        let all = LogsOptions::default().with_tail(Tail::All);
        same("all", read(ctx, &id, all).await?, "1\n2\n3\n4\n5\n")?;
    }),
    case!("C112", tail_counts_before_a_stream_is_left_out, |ctx| {
        let id = ctx.exited(SLOW).await?;
        let last_two = |stdout, stderr| only(stdout, stderr).with_tail(Tail::Last(2));
        same(
            "stdout",
            read(ctx, &id, last_two(true, false)).await?,
            "three\n",
        )?;
        same(
            "stderr",
            read(ctx, &id, last_two(false, true)).await?,
            "two\n",
        )?;
    }),
    case!("C112", tail_and_follow_give_what_comes, |ctx| {
        let id = ctx.up(ctx.config("echo old; sleep 2; echo new")).await?;
        same(
            "log",
            read(ctx, &id, tail(0).with_follow(true)).await?,
            "new\n",
        )?;
    }),
    case!("C113", since_is_inclusive_and_until_ends, |ctx| {
        let id = ctx.exited(SLOW).await?;
        let times = times(ctx, &id).await?;
        let second = *some("three lines", times.get(1))?;
        let since = LogsOptions::default().with_since(second);
        same(
            "since the second",
            read(ctx, &id, since).await?,
            "two\nthree\n",
        )?;
        let half = chrono::TimeDelta::milliseconds(500);
        let until = LogsOptions::default().with_until(second + half);
        same(
            "until after the second",
            read(ctx, &id, until).await?,
            "one\ntwo\n",
        )?;
        let window = LogsOptions::default()
            .with_since(second - half)
            .with_until(second + half);
        same("around the second", read(ctx, &id, window).await?, "two\n")?;
        let later = LogsOptions::default().with_since(second + chrono::TimeDelta::days(1));
        same("since tomorrow", read(ctx, &id, later).await?, "")?;
    }),
    case!("C113", follow_until_ends_then, |ctx| {
        let script = "echo up; sleep 3; echo more; sleep 4; echo late; sleep 300";
        let id = ctx.up(ctx.config(script)).await?;
        let first = *some("a line", times(ctx, &id).await?.first())?;
        let soon = first + chrono::TimeDelta::seconds(5);
        same(
            "log",
            read(ctx, &id, follow().with_until(soon)).await?,
            "up\nmore\n",
        )?;
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
    }),
    case!("C114", timestamps_tell_when_and_leave_the_bytes, |ctx| {
        let id = ctx.exited(SLOW).await?;
        let info = ctx.inspect(&id).await?;
        let log = ctx
            .logs(&id, LogsOptions::default().with_timestamps(true))
            .await?;
        same("bytes", all_text(&log), "one\ntwo\nthree\n")?;
        let times = times(ctx, &id).await?;
        holds(format_args!("they grow: {times:?}"), times.is_sorted())?;
        let second = chrono::TimeDelta::seconds(1);
        for time in times {
            holds(
                format_args!("{time} is within the run"),
                info.started_at
                    .is_some_and(|started| started - second <= time)
                    && info
                        .finished_at
                        .is_some_and(|finished| time <= finished + second),
            )?;
        }
        let bare = ctx.logs(&id, LogsOptions::default()).await?;
        holds(
            "none unasked",
            bare.iter().all(|chunk| chunk.timestamp.is_none()),
        )?;
    }),
    case!("C115", follow_gives_everything_until_the_exit, |ctx| {
        let id = ctx.running(SLOW).await?;
        same("log", read(ctx, &id, follow()).await?, "one\ntwo\nthree\n")?;
        same("exit code", ctx.exit(&id).await?.code, 0)?;
    }),
    case!("C115", follow_gives_a_line_when_it_is_written, |ctx| {
        let id = ctx.running(&format!("echo up; {IDLE}")).await?;
        let mut log = ctx.rt.container_logs(&id, follow()).await?;
        same(
            "line",
            &some("a line", log.next().await)??.bytes[..],
            *b"up\n",
        )?;
        let more = tokio::time::timeout(Duration::from_millis(700), log.next()).await;
        holds(format_args!("it stays open: {more:?}"), more.is_err())?;
        ctx.stop(&id).await?;
        holds("it ends with the container", log.next().await.is_none())?;
    }),
    case!("C115", follow_of_an_exited_one_ends, |ctx| {
        let id = ctx.exited("echo hi").await?;
        same("log", read(ctx, &id, follow()).await?, "hi\n")?;
    }),
    case!("C115", follow_ends_when_it_is_removed, |ctx| {
        let id = ctx.running(&format!("echo up; {STUBBORN}")).await?;
        let mut log = ctx.rt.container_logs(&id, follow()).await?;
        some("a line", log.next().await)??;
        ctx.remove(&id).await?;
        let rest: Vec<LogChunk> = log.try_collect().await?;
        none("rest", rest)?;
    }),
    case!("C116", a_second_run_is_added_to_the_log, |ctx| {
        let id = ctx.exited("echo run").await?;
        let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
        ctx.start(&id).await?;
        exit.await?;
        same(
            "log",
            read(ctx, &id, LogsOptions::default()).await?,
            "run\nrun\n",
        )?;
    }),
    case!("C117", log_bytes_are_as_they_were_written, |ctx| {
        let id = ctx
            .exited(r"printf 'a\0b\r\n\n\n'; printf 'h\303\251 no end'")
            .await?;
        let log = read(ctx, &id, LogsOptions::default()).await?;
        same("log", log, "a\0b\r\n\n\nh\u{e9} no end")?;
    }),
    case!("C117", a_long_line_is_whole, |ctx| {
        let line = "x".repeat(40_000);
        let config = ctx
            .config("echo $LINE; echo end")
            .with_env([("LINE", &*line)]);
        let (id, _) = ctx.finished(config).await?;
        let log = read(ctx, &id, LogsOptions::default()).await?;
        same("bytes", log.len(), 40_005)?;
        holds("it has no break", log == format!("{line}\nend\n"))?;
        let stamped = LogsOptions::default().with_timestamps(true);
        holds("nor with timestamps", read(ctx, &id, stamped).await? == log)?;
    }),
    case!("C117", many_lines_are_all_there, |ctx| {
        let id = ctx.exited("seq 10000").await?;
        let log = read(ctx, &id, LogsOptions::default()).await?;
        let numbers = log.lines().map(str::parse::<u32>);
        holds("all are there, in order", numbers.eq((1..=10_000).map(Ok)))?;
        same("the last", read(ctx, &id, tail(1)).await?, "10000\n")?;
    }),
    case!("C118", a_log_that_is_dropped_changes_nothing, |ctx| {
        let id = ctx.running(&format!("seq 1000; {IDLE}")).await?;
        for _ in 0..3 {
            let mut log = ctx.rt.container_logs(&id, follow()).await?;
            some("a line", log.next().await)??;
        }
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
        same("the last", read(ctx, &id, tail(1)).await?, "1000\n")?;
    }),
];
