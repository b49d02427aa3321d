//! `wharf conform`: the conformance suite on any engine.

mod live;
mod summary;

use crate::{
    context::Context,
    failure::{Failure, Outcome, complain, verdict},
    interrupt::Interrupts,
    output::json,
};
use clap::ValueEnum;
use futures::{FutureExt, future};
use live::Live;
use std::{sync::Arc, time::Duration};
use wharf::{
    ImageRef, Runtime, Timestamp,
    fake::{self, ImageFixture, Registry},
};
use wharf_conformance::{Harness, cases, run_all};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,

    /// How many cases run at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,

    /// Only the cases whose name or group contains the text
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,

    /// The image to make containers from; it must be here, with a shell and the tools of busybox
    #[arg(long, default_value = "busybox:latest")]
    image: String,

    /// An image to pull and to remove again; else the cases that pull are skipped
    #[arg(long, value_name = "IMAGE", env = "WHARF_PULL_IMAGE")]
    pull_image: Option<ImageRef>,

    /// A folder on the engine's host that containers may write to; else the cases that bind one are skipped
    #[arg(long, value_name = "FOLDER")]
    bind_dir: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Each case as it is done, then a table
    Text,
    /// One object, when all is done
    Json,
    /// A table for a document
    Markdown,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let form = self.format;
        let jobs = self.jobs;
        let none = format!("no case has {:?} in its name or group", self.filter);
        // Whether there is an engine at all is said once, not by every case.
        let runtime = context.connect().await?;
        drop(runtime);
        let harness = match context.fake() {
            Some(url) => self.fake(&url)?,
            None => self.harness(context),
        };
        let wanted = cases().iter().filter(|case| harness.wants(case)).count();
        let mut live = Live::new(form, wanted);
        let mut interrupts = Interrupts::catch()?;
        let report = tokio::select! {
            report = run_all(&harness, jobs, |case| live.show(case)) => report,
            signal = interrupts.next() => {
                complain("interrupted");
                // What is in memory is gone with us.
                if context.fake().is_none() {
                    advise(&context.wharf());
                }
                return Ok(128 + signal.number());
            }
        };
        if report.cases.is_empty() {
            return Err(Failure::Usage(none));
        }
        let shown = live.done().and_then(|()| match form {
            Form::Text => summary::text(&report),
            Form::Json => json(&report),
            Form::Markdown => summary::markdown(&report),
        });
        let code = match (report.passed, report.failed) {
            (0, 0) => {
                complain("nothing was tested: no case could be run to its end");
                2
            }
            (_, failed) => u8::from(failed > 0),
        };
        verdict(shown, code)
    }

    /// Any engine; somebody may be using it.
    fn harness(self, context: &Context) -> Harness {
        let name = context
            .url()
            .unwrap_or("the engine of the environment")
            .to_owned();
        let context = context.clone();
        let connect = move || {
            let context = context.clone();
            async move { context.connect().await }.boxed()
        };
        let harness = Harness::new(name, connect);
        let harness = harness.with_image(self.image).with_filter(self.filter);
        let harness = match self.pull_image {
            Some(image) => harness.with_pull_image(image),
            None => harness,
        };
        match self.bind_dir {
            Some(folder) => harness.with_bind_dir(folder),
            None => harness,
        }
    }

    /// An engine in memory that has all that a case can need, by the names it was asked for. Nothing there takes real
    /// time, so nobody waits for it.
    fn fake(self, url: &str) -> Result<Harness, Failure> {
        tokio::time::pause();
        let pull: ImageRef = match self.pull_image {
            Some(image) => image,
            None => "registry.test:5000/wharf/hello:latest".parse()?,
        };
        let folder = self.bind_dir.unwrap_or_else(|| "/srv/wharf".to_owned());
        // Of another age than the image under test, and with a label: cases choose by both.
        let hello = ImageFixture::busybox()
            .with_created(Timestamp::UNIX_EPOCH + Duration::from_secs(1))
            .with_label("wharf.hello", "pier")
            .with_layer(6_000_000);
        let name = format!("{}:{}", pull.repository(), pull.tag().unwrap_or("latest"));
        let fake = fake::builder(url)?
            .image(&self.image, ImageFixture::busybox())?
            .registry(Registry::new(pull.registry()).with_image(&name, hello))?
            .host_folder(&folder, [])?
            .build();
        let connect = move || {
            let runtime: Arc<dyn Runtime> = Arc::new(fake.runtime());
            future::ready(Ok(runtime)).boxed()
        };
        let harness = Harness::new("fake", connect)
            .with_image(self.image)
            .with_filter(self.filter);
        Ok(harness
            .with_pull_image(pull)
            .with_bind_dir(folder)
            .with_exclusive(true))
    }
}

/// What to do about what the suite has made until now.
fn advise(wharf: &str) {
    let label = "label=wharf.conformance";
    complain(
        "of the suite there may be left: containers and volumes under the label wharf.conformance, \
         and images and volumes whose names begin with wharf-<run>-, the label's value",
    );
    complain(&format!(
        "`{wharf} rm -f $({wharf} ps -aq -f {label})` removes the containers"
    ));
}

/// What an engine says that a terminal would obey.
#[cfg(test)]
mod unruly {
    use futures::{FutureExt, future};
    use wharf::{Error, ErrorKind};
    use wharf_conformance::{Harness, Outcome, Report, cases, run_all};

    pub(super) const RAW: &str = "\u{1b}[2J\r";
    pub(super) const SHOWN: &str = r"\x1b[2J\r";

    /// A case that failed, on an engine of such a name.
    pub(super) async fn report() -> Report {
        let connect = || future::ready(Err(Error::new(ErrorKind::Internal, "no"))).boxed();
        let text = format!("one {RAW}\ntwo");
        let harness = Harness::new(text.clone(), connect).with_filter(cases()[0].name);
        let mut report = run_all(&harness, 1, |_| ()).await;
        report.cases[0].outcome = Outcome::Failed(text);
        report
    }
}
