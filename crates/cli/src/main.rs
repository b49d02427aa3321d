//! The `wharf` command: containers on any engine, from a terminal. Thin: all it does is in the crate `wharf`.

mod commands;
mod context;
mod failure;
mod human;
mod interrupt;
mod log;
mod output;
mod parse;
mod progress;

use crate::{commands::Command, context::Context, failure::complain, output::stdout};
use clap::{Parser, error::ErrorKind};
use std::{io::Write, process::ExitCode};

/// Containers on any engine: Docker, Podman, or one in memory
///
/// Which engine: --runtime, else WHARF_RUNTIME, else the one that the `docker` command would take, else the first that
/// answers at the usual places. `wharf engines` tells which that is. Without --runtime, `tour` takes one in memory.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
#[command(
    name = "wharf",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    /// The engine: docker:, unix:///path, tcp://host:port or fake: (one in memory, new and empty but for busybox in
    /// each command, gone when the command ends)
    #[arg(long, global = true, value_name = "URL")]
    runtime: Option<String>,

    /// Tell what is done on stderr; twice for its arguments, three times for everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misuse(&error),
    };
    log::to_stderr(cli.verbose);
    // One thread: what is read is written at once, and nothing has to wake another thread for it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let context = Context::new(cli.runtime, cli.verbose > 0);
    let on_failure = cli.command.failure_code();
    let outcome = runtime.block_on(cli.command.run(&context));
    // A lookup of a name that hangs must not keep us.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code().unwrap_or(on_failure))
        }
    }
}

/// Says what is wrong with the command line, or shows the help that was asked for.
fn misuse(error: &clap::Error) -> ExitCode {
    use ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion, InvalidSubcommand,
        MissingRequiredArgument, MissingSubcommand,
    };
    let kind = error.kind();
    let text = error.render();
    if let DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand = kind {
        // Where nobody reads the help, nobody misses it.
        let _ = write!(stdout(), "{}", text.ansi());
        return ExitCode::SUCCESS;
    }
    let text = text.to_string();
    complain(text.strip_prefix("error: ").unwrap_or(&text));
    ExitCode::from(match kind {
        // These are docker's codes. What is one argument too many is 1 there, which is what `conform` says of a case
        // that failed.
        InvalidSubcommand | MissingSubcommand | MissingRequiredArgument => 1,
        _ => 125,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
