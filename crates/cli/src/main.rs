//! The `wharf` command: containers on any engine, from a terminal. Thin: all it does is in the crate `wharf`.

mod commands;
mod context;
mod failure;
mod human;
mod interrupt;
mod output;
mod parse;
mod progress;

use crate::{commands::Command, context::Context, failure::complain};
use clap::{Parser, error::ErrorKind};
use std::process::ExitCode;

/// Containers on any engine: Docker, Podman, or one in memory
///
/// Which engine: --runtime, else WHARF_RUNTIME, else the one that the `docker` command would take, else the first that
/// answers at the usual places. `wharf engines` tells which that is.
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
    context::log_to_stderr(cli.verbose);
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
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Where stdout is closed, nobody reads the help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    complain(text.strip_prefix("error: ").unwrap_or(&text).trim_end());
    // As docker does, so that a mistake cannot pass for the program's own exit code.
    let runs = std::env::args().any(|word| word == "run");
    ExitCode::from(if runs { 125 } else { 2 })
}
