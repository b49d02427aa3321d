use super::run::{config::set, exit_code};
use crate::{
    context::Context,
    failure::{Failure, Outcome, verdict},
    output::{Format, json, raw},
};
use std::{
    collections::BTreeMap,
    io::{self, Read},
};
use wharf::{ExecConfig, InspectOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An environment variable; without a value, that of this process
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// The working directory
    #[arg(short, long, value_name = "FOLDER")]
    workdir: Option<String>,

    /// The user, by name or uid, and optionally the group
    #[arg(short, long, value_name = "USER[:GROUP]")]
    user: Option<String>,

    /// A terminal: stdout and stderr become one
    #[arg(short, long)]
    tty: bool,

    /// Give it our stdin, which is read to its end before the program is started
    #[arg(short, long)]
    interactive: bool,

    /// Give it all privileges of the host
    #[arg(long)]
    privileged: bool,

    #[command(flatten)]
    format: Format,

    /// The container, by name or id
    container: String,

    /// The program and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut variables = BTreeMap::new();
        for text in &self.env {
            set(&mut variables, text)?;
        }
        let mut config = ExecConfig::new(self.command)
            .with_env(variables)
            .with_tty(self.tty)
            .with_privileged(self.privileged);
        config.working_dir = self.workdir;
        config.user = self.user;
        let runtime = context.connect().await?;
        if self.interactive {
            // Whoever types all of it in vain would have liked to know before.
            let options = InspectOptions::default();
            runtime.inspect_container(&self.container, options).await?;
            config.input = input()?.into();
        }
        let output = runtime.exec_container(&self.container, config).await?;
        let code = exit_code(&output.exit);
        if self.format.json {
            return verdict(json(&output), code);
        }
        // Whoever has closed the one may read the other, and is told what is wrong with it.
        let stdout = raw(io::stdout(), &output.stdout);
        let stderr = raw(io::stderr(), &output.stderr);
        verdict(stdout, code)?;
        verdict(stderr, code)
    }
}

/// All of stdin, within reason: it is held in memory.
fn input() -> Result<Vec<u8>, Failure> {
    const LIMIT: u64 = 64 << 20;
    let mut bytes = Vec::new();
    io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::Usage(format!(
            "stdin is larger than {} MiB",
            LIMIT >> 20
        )));
    }
    Ok(bytes)
}
