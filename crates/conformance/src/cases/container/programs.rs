//! How the programs of the image under test fare, which are `busybox`': as on any Linux.

use super::{GROUP, prelude::*};

/// What a container without a variable of its own is told of where it is.
const SURROUNDED: &str = "env | grep -E '^(PWD|SHLVL)=' | sort";

pub(super) const CASES: &[Case] = &[
    case!("C220", an_interrupt_ends_a_shell_with_130, |ctx| {
        // As PID 1, which signals that it does not mind leave alone.
        let script = "echo up; sleep 1000 & wait";
        let config = ctx.config(script).with_stop_signal(Signal::INT);
        let id = ctx.up(config).await?;
        let grace = StopOptions::default().with_grace(Duration::from_secs(10));
        ctx.rt.stop_container(&id, grace).await?;
        same("exit code", ctx.exit(&id).await?.code, 130)?;
    }),
    case!(
        "C220",
        a_shell_that_interrupts_itself_ends_with_130,
        |ctx| {
            let (_, exit) = ctx.finished(ctx.config("kill -INT $$; exit 3")).await?;
            same("exit code", exit.code, 130)?;
        }
    ),
    case!(
        "C220",
        other_signals_do_not_end_a_shell_that_minds_none,
        |ctx| {
            let (_, exit) = ctx
                .finished(ctx.config("kill -TERM $$; kill -HUP $$; kill -USR1 $$; exit 3"))
                .await?;
            same("exit code", exit.code, 3)?;
        }
    ),
    case!("C221", a_shell_says_where_it_is_and_how_deep, |ctx| {
        let config = ctx.config(SURROUNDED).with_working_dir("/etc");
        same("output", ctx.output(config).await?, "PWD=/etc\nSHLVL=1\n")?;
        let deeper = ctx.config(&format!("sh -c \"{SURROUNDED}\"; true"));
        same("one deeper", ctx.output(deeper).await?, "PWD=/\nSHLVL=2\n")?;
    }),
    case!("C221", a_folder_is_an_empty_script, |ctx| {
        let (id, exit) = ctx
            .finished(ctx.bare().with_command(["sh", "/etc"]))
            .await?;
        same("exit code", exit.code, 0)?;
        let log = ctx.logs(&id, LogsOptions::default()).await?;
        same("what it wrote", all_text(&log), "")?;
    }),
];
