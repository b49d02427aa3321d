//! A pull, shown as it goes: bars on a terminal, lines elsewhere.

use crate::failure::Failure;
use futures::TryStreamExt;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
};
use wharf::{ImageRef, Items, PullOptions, PullPhase, PullProgress, Runtime};

/// Where a pull is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Show {
    Nowhere,
    Stdout,
    Stderr,
}

/// Pulls an image. Where stdout is closed in the middle, it is pulled all the same.
pub(crate) async fn pull(
    runtime: &dyn Runtime,
    image: &ImageRef,
    options: PullOptions,
    show: Show,
) -> Result<(), Failure> {
    let steps = runtime.pull_image(image, options).await?;
    let mut screen: Box<dyn Screen> = match show {
        Show::Stdout if io::stdout().is_terminal() => {
            Box::new(Bars::new(ProgressDrawTarget::stdout()))
        }
        Show::Stderr if io::stderr().is_terminal() => {
            Box::new(Bars::new(ProgressDrawTarget::stderr()))
        }
        Show::Stdout => Box::new(Lines::new(io::stdout())),
        Show::Stderr => Box::new(Lines::new(io::stderr())),
        Show::Nowhere => Box::new(Lines::new(io::sink())),
    };
    let shown = follow(steps, &mut *screen).await?;
    match show {
        Show::Stdout => Ok(shown?),
        // Where even stderr is closed, nobody is left to tell.
        Show::Stderr | Show::Nowhere => Ok(()),
    }
}

/// Shows all steps, up to the first that cannot be shown, and goes on to the end of the pull.
async fn follow(
    mut steps: Items<PullProgress>,
    screen: &mut dyn Screen,
) -> Result<io::Result<()>, Failure> {
    let mut shown = Ok(());
    while let Some(step) = steps.try_next().await? {
        if shown.is_ok() {
            shown = screen.show(&step);
        }
    }
    Ok(shown)
}

trait Screen {
    fn show(&mut self, step: &PullProgress) -> io::Result<()>;
}

/// A line whenever a layer comes into another phase: a log has no use for every percent.
struct Lines<W> {
    to: W,
    phases: HashMap<Option<String>, PullPhase>,
}

impl<W> Lines<W> {
    fn new(to: W) -> Self {
        Self {
            to,
            phases: HashMap::new(),
        }
    }
}

impl<W: Write> Screen for Lines<W> {
    fn show(&mut self, step: &PullProgress) -> io::Result<()> {
        let before = self.phases.insert(step.layer.clone(), step.phase.clone());
        match &step.layer {
            Some(_) if before.as_ref() == Some(&step.phase) => Ok(()),
            Some(layer) => writeln!(self.to, "{layer}: {}", step.message),
            None => writeln!(self.to, "{}", step.message),
        }
    }
}

/// A bar for each layer.
struct Bars {
    all: MultiProgress,
    layers: HashMap<String, ProgressBar>,
}

impl Bars {
    fn new(target: ProgressDrawTarget) -> Self {
        Self {
            all: MultiProgress::with_draw_target(target),
            layers: HashMap::new(),
        }
    }

    fn style(template: &str) -> ProgressStyle {
        // A template of ours that is wrong costs its looks alone.
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        style.progress_chars("=> ")
    }
}

impl Screen for Bars {
    fn show(&mut self, step: &PullProgress) -> io::Result<()> {
        let Some(layer) = &step.layer else {
            return self.all.println(&step.message);
        };
        let bar = self.layers.entry(layer.clone()).or_insert_with(|| {
            let bar = ProgressBar::no_length().with_prefix(layer.clone());
            self.all.add(bar)
        });
        match (step.current, step.total) {
            (Some(current), Some(total)) if total > 0 => {
                bar.set_style(Self::style(
                    "{prefix:.bold} {msg:18} [{bar:30}] {decimal_bytes}/{decimal_total_bytes}",
                ));
                bar.set_length(total);
                bar.set_position(current);
            }
            _ => bar.set_style(Self::style("{prefix:.bold} {msg}")),
        }
        bar.set_message(step.message.clone());
        match step.phase {
            PullPhase::Complete | PullPhase::Exists => bar.abandon(),
            _ => bar.tick(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use wharf::{Error, ErrorKind};

    /// A pipe that nobody reads.
    struct Closed;

    impl Screen for Closed {
        fn show(&mut self, _: &PullProgress) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[tokio::test]
    async fn a_pull_that_nobody_sees_goes_on_to_its_end() {
        let step = || Ok(PullProgress::new("downloading", "Downloading"));
        let failure = Err(Error::new(ErrorKind::RateLimited, "too many"));
        let steps = Items::new(stream::iter([step(), step(), failure]));
        let outcome = follow(steps, &mut Closed).await;
        assert!(matches!(outcome, Err(Failure::Engine(_))), "{outcome:?}");

        let steps = Items::new(stream::iter([step(), step()]));
        let shown = follow(steps, &mut Closed).await.unwrap();
        assert_eq!(shown.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn lines_tell_of_each_phase_once() {
        let mut lines = Lines::new(Vec::new());
        for step in [
            PullProgress::new("resolving", "Pulling from wharf/hello"),
            PullProgress::new("downloading", "Downloading")
                .with_layer("abc")
                .with_current(1),
            PullProgress::new("downloading", "Downloading")
                .with_layer("abc")
                .with_current(2),
            PullProgress::new("complete", "Pull complete").with_layer("abc"),
        ] {
            lines.show(&step).unwrap();
        }
        assert_eq!(
            String::from_utf8(lines.to).unwrap(),
            "Pulling from wharf/hello\nabc: Downloading\nabc: Pull complete\n"
        );
    }
}
