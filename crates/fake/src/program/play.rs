//! Doing the steps of a script.

use super::{
    LINE_LIMIT, files,
    rules::Start,
    step::{Step, Steps},
};
use crate::{
    fs::FsError,
    process::{ExitStatus, Process, failed_to_write},
};
use bytes::Bytes;
use futures::future::{BoxFuture, Either, pending, select};
use std::{collections::BTreeMap, pin::pin};
use wharf_core::Signal;

/// Why the next step is not done.
enum Stop {
    /// The program has come to its end.
    End(ExitStatus),
    /// There is nothing more to read: out of the repetition.
    InputEnded,
}

type Outcome<T> = Result<T, Stop>;

struct Player<'a> {
    process: &'a Process,
    start: Start,
    traps: BTreeMap<Signal, &'a Steps>,
    /// It does the steps of a trap, which no other interrupts.
    trapped: bool,
    /// How many repetitions it is in.
    repeats: u32,
}

/// Runs a script to its end.
pub(super) async fn play(steps: Steps, process: Process, start: Start) -> ExitStatus {
    let mut player = Player {
        process: &process,
        start,
        traps: BTreeMap::new(),
        trapped: false,
        repeats: 0,
    };
    match player.play(&steps).await {
        Err(Stop::End(status)) => status,
        Ok(()) | Err(Stop::InputEnded) => ExitStatus::Code(0),
    }
}

impl<'a> Player<'a> {
    fn play<'b>(&'b mut self, steps: &'a Steps) -> BoxFuture<'b, Outcome<()>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            for step in steps.0.iter() {
                self.run_traps().await?;
                self.step(step).await?;
            }
            self.run_traps().await
        })
    }

    async fn step(&mut self, step: &'a Step) -> Outcome<()> {
        let process = self.process;
        match step {
            Step::Print(text) => self.write(1, Bytes::copy_from_slice(text.as_bytes())).await,
            Step::Eprint(text) => self.write(2, Bytes::copy_from_slice(text.as_bytes())).await,
            Step::Wait(time) => self.meanwhile(tokio::time::sleep(*time)).await,
            Step::ReadLine => self.read_line().await.map(|_| ()),
            Step::EchoLine => {
                let line = self.read_line().await?;
                self.write(1, line.into()).await
            }
            Step::WriteFile { path, content } => {
                let done = files::write(process, path, content.as_bytes());
                self.written(path, done).await
            }
            Step::AppendFile { path, content } => {
                let done = files::append(process, path, content.as_bytes());
                self.written(path, done).await
            }
            Step::Trap { signal, steps } => {
                process.pid.signals().catch(*signal);
                self.traps.insert(*signal, steps);
                Ok(())
            }
            Step::Ignore(signal) => {
                process.pid.signals().ignore(*signal);
                self.traps.remove(signal);
                Ok(())
            }
            Step::OnStarts {
                from,
                to,
                anywhere,
                steps,
            } => {
                let Start {
                    here,
                    anywhere: all,
                } = self.start;
                let start = if *anywhere { all } else { here };
                if (*from..=to.unwrap_or(u64::MAX)).contains(&start) {
                    self.play(steps).await?;
                }
                Ok(())
            }
            Step::Repeat { times, steps } => self.repeat(*times, steps).await,
            Step::Forever => self.meanwhile(pending()).await,
            Step::Exit(code) => Err(Stop::End(ExitStatus::Code(*code))),
            Step::Die(signal) => Err(Stop::End(ExitStatus::Signal(*signal))),
            Step::OutOfMemory => {
                process.pid.kernel().run_out_of_memory();
                Err(Stop::End(ExitStatus::Signal(Signal::KILL)))
            }
        }
    }

    async fn repeat(&mut self, times: Option<u64>, steps: &'a Steps) -> Outcome<()> {
        let mut round = 0;
        while times.is_none_or(|times| round < times) {
            round += 1;
            self.process.spend_round(0).await;
            self.repeats += 1;
            let outcome = self.play(steps).await;
            self.repeats -= 1;
            match outcome {
                Err(Stop::InputEnded) => break,
                other => other?,
            }
        }
        Ok(())
    }

    /// Does something that takes time, and the steps of traps in between.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Outcome<T> {
        let mut work = pin!(work);
        if self.trapped {
            return Ok(work.await);
        }
        loop {
            self.run_traps().await?;
            let arrival = pin!(self.process.pid.signals().arrival());
            if let Either::Left((done, _)) = select(work.as_mut(), arrival).await {
                return Ok(done);
            }
        }
    }

    /// Does what is to be done for the signals that have come.
    async fn run_traps(&mut self) -> Outcome<()> {
        if self.trapped {
            return Ok(());
        }
        while let Some(signal) = self.process.pid.signals().next_arrived() {
            if let Some(steps) = self.traps.get(&signal).copied() {
                let repeats = std::mem::take(&mut self.repeats);
                self.trapped = true;
                let outcome = self.play(steps).await;
                self.trapped = false;
                self.repeats = repeats;
                outcome?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, descriptor: u32, bytes: Bytes) -> Outcome<()> {
        let process = self.process;
        let length = bytes.len();
        let stream = process.descriptors.get(descriptor);
        match self.meanwhile(stream.write(bytes)).await? {
            Ok(()) => {
                process.spend(length).await;
                Ok(())
            }
            Err(error) => Err(Stop::End(failed_to_write(error, process).await)),
        }
    }

    /// The next line, with its end; what there is of one where the input ends.
    async fn read_line(&mut self) -> Outcome<Vec<u8>> {
        let stdin = self.process.descriptors.get(0);
        let mut line = Vec::new();
        loop {
            // Byte by byte: a program that comes after this one finds the rest.
            let byte = match self.meanwhile(stdin.read(1)).await? {
                Ok(byte) => byte,
                Err(error) => return Err(self.failed(&format!("read error: {error}")).await),
            };
            match byte.first() {
                Some(byte) => line.push(*byte),
                None if line.is_empty() && self.repeats > 0 => return Err(Stop::InputEnded),
                None => return Ok(line),
            }
            if line.ends_with(b"\n") || line.len() >= LINE_LIMIT {
                return Ok(line);
            }
            self.process.spend(1).await;
        }
    }

    async fn written(&self, path: &str, done: Result<(), FsError>) -> Outcome<()> {
        match done {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(&format!("can't write {path}: {error}")).await),
        }
    }

    async fn failed(&self, why: &str) -> Stop {
        self.process.complain(why).await;
        Stop::End(ExitStatus::Code(1))
    }
}
