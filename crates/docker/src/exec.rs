//! Programs run in a running container.

use std::pin::pin;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use futures::future::{self, Either};
use futures::{Stream, TryStreamExt};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use wharf_core::{ErrorKind, ExecConfig, ExecOutput, Exit, LogChunk, LogSource};

use crate::connect::Docker;
use crate::convert::create;
use crate::error::Failure;
use crate::stream::output::{Framing, Output};
use crate::transport::{Deadline, Request, segment};

/// Between the first two looks at a program whose output has ended and which still runs.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// A program that closes its output and runs on is looked at less and less often, down to this.
const LOOK_SELDOM: Duration = Duration::from_secs(1);
/// After so many looks we ask whether its container still runs. So often an engine may say that a
/// program has ended, and not how: it learns the two one after the other.
const LOOKS: u32 = 6;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    id: String,
}

/// How both sides are told to handle the terminal. Docker frames by what is said at the start,
/// Podman by what was said at the making: they must agree.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    detach: bool,
    tty: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    running: bool,
    exit_code: Option<i64>,
    #[serde(default)]
    pid: i64,
}

impl Docker {
    pub(crate) async fn exec(&self, id: &str, config: &ExecConfig) -> Result<ExecOutput, Failure> {
        let request = Request::post(format!("/containers/{}/exec", segment(id)));
        let request = request.json(&create::exec(config))?;
        let made: Made = self
            .transport()
            .call(request, Deadline::Usual)
            .await?
            .json()?;
        let ran = self.run(id, &made.id, config).await;
        ran.map_err(|failure| failure.after_effect(true))
    }

    /// Runs a program that is made, to its end.
    async fn run(&self, id: &str, exec: &str, config: &ExecConfig) -> Result<ExecOutput, Failure> {
        let output = self.start_and_collect(exec, config).await?;
        let ended = self.exec_ended(id, exec).await?;
        let code = if ended.ran() {
            ended.exit_code
        } else {
            self.dialect()
                .exec_refusal(ended.exit_code, &output.stdout)?
        };
        let exit = Exit::new(code);
        Ok(ExecOutput::new(exit)
            .with_stdout(output.stdout)
            .with_stderr(output.stderr))
    }

    async fn start_and_collect(
        &self,
        exec: &str,
        config: &ExecConfig,
    ) -> Result<Collected, Failure> {
        let framing = Framing {
            tty: config.tty,
            timestamps: false,
        };
        let request = Request::post(format!("/exec/{}/start", segment(exec)));
        let request = request.json(&Start {
            detach: false,
            tty: config.tty,
        })?;
        let limit = config.output_limit.0;
        if config.input.is_empty() {
            let stream = self.transport().stream(request, Deadline::Usual).await?;
            return collect(Output::new(stream, framing), limit).await;
        }
        let (output, mut input) = self.transport().upgrade(request, Deadline::Usual).await?;
        let feed = async {
            // A program may end without reading all of its input; that is its own affair.
            let fed = input.write_all(&config.input).await;
            if fed.is_ok() {
                input.shutdown().await.ok()
            } else {
                None
            }
        };
        let collect = collect(Output::new(output, framing), limit);
        // What ends the output ends all: nobody may be left to read the input.
        match future::select(pin!(collect), pin!(feed)).await {
            Either::Left((collected, _)) => collected,
            Either::Right((_, collect)) => collect.await,
        }
    }

    /// How the program ended, once the engine knows. Podman gives a 0 while it still runs. An engine
    /// that was restarted meanwhile may never know.
    async fn exec_ended(&self, id: &str, exec: &str) -> Result<Ended, Failure> {
        let path = format!("/exec/{}/json", segment(exec));
        let mut pause = LOOK_AGAIN;
        let (mut looks, mut unknown, mut stopped) = (0_u32, 0, false);
        loop {
            let request = Request::get(path.as_str());
            let reply = self.transport().call(request, Deadline::Usual).await?;
            let program: Inspected = reply.json()?;
            if let (false, Some(exit_code)) = (program.running, program.exit_code) {
                let pid = program.pid;
                return Ok(Ended { exit_code, pid });
            }
            looks = looks.wrapping_add(1);
            unknown += u32::from(!program.running);
            if unknown == LOOKS {
                let why = "the engine does not know how the program ended";
                return Err(Failure::known(ErrorKind::Internal, why));
            }
            if stopped {
                let why = "the container stopped, and how the program in it ended is not known";
                return Err(Failure::known(ErrorKind::Conflict, why));
            }
            if program.running && looks % LOOKS == 0 {
                // If so, one more look at the program: it may have ended just before.
                let container = self.inspected(id, false).await?;
                stopped = !container.state(self.dialect()).is_running();
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_SELDOM);
        }
    }
}

/// How a program ended.
struct Ended {
    exit_code: i64,
    pid: i64,
}

impl Ended {
    /// Whether it was run at all. Podman forgets the process, but gets the codes right.
    fn ran(&self) -> bool {
        self.pid > 0 || !matches!(self.exit_code, 126 | 127)
    }
}

#[derive(Default)]
struct Collected {
    stdout: BytesMut,
    stderr: BytesMut,
}

async fn collect(
    output: impl Stream<Item = Result<LogChunk, Failure>>,
    limit: usize,
) -> Result<Collected, Failure> {
    let mut output = pin!(output);
    let mut collected = Collected::default();
    while let Some(chunk) = output.try_next().await? {
        if collected.stdout.len() + collected.stderr.len() + chunk.bytes.len() > limit {
            let why =
                format!("output_limit: the output is longer than {limit} bytes; use start_exec");
            return Err(Failure::known(ErrorKind::InvalidInput, why));
        }
        match chunk.source {
            LogSource::Stderr => collected.stderr.put(chunk.bytes),
            _ => collected.stdout.put(chunk.bytes),
        }
    }
    Ok(collected)
}
