//! What is shown while the cases run.

use super::Form;
use crate::{
    failure::Failure,
    human::one_line,
    output::{DIM, GREEN, RED, YELLOW, stdout},
};
use anstyle::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use wharf_conformance::{CaseReport, Outcome};

/// A bar on a terminal, a line a case elsewhere.
pub(super) struct Live {
    bar: ProgressBar,
    /// Where there is no terminal for a bar, each case is a line.
    lines: bool,
    /// Nobody can be told in the middle of a run that stdout is closed.
    trouble: io::Result<()>,
}

impl Live {
    pub(super) fn new(form: Form, wanted: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(wanted as u64), ProgressDrawTarget::stderr());
        // A template of ours that is wrong costs its looks alone.
        if let Ok(style) = ProgressStyle::with_template("[{bar:40}] {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let lines = form == Form::Text && !io::stderr().is_terminal();
        Self {
            bar,
            lines,
            trouble: Ok(()),
        }
    }

    pub(super) fn show(&mut self, case: &CaseReport) {
        self.bar.set_message(case.name);
        self.bar.inc(1);
        let failed = matches!(case.outcome, Outcome::Failed(_));
        if self.trouble.is_ok() && (self.lines || failed) {
            self.trouble = self.bar.suspend(|| {
                let to: &mut dyn Write = if self.lines {
                    &mut stdout()
                } else {
                    &mut anstream::stderr()
                };
                writeln!(to, "{}", line(case))
            });
        }
    }

    pub(super) fn done(self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        Ok(self.trouble?)
    }
}

/// A case, and what came of it.
pub(super) fn line(case: &CaseReport) -> String {
    let word = case.outcome.word();
    let style = style(&case.outcome);
    let why = case
        .outcome
        .message()
        .map(|why| format!(": {}", one_line(why)))
        .unwrap_or_default();
    let time = case.elapsed.as_secs_f64();
    format!(
        "{style}{word:11}{style:#} {DIM}{time:7.3} s{DIM:#}  {}::{}{why}",
        case.group, case.name
    )
}

fn style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Passed => GREEN,
        Outcome::Failed(_) => RED,
        Outcome::Unsupported(_) | Outcome::Skipped(_) => YELLOW,
    }
}

#[cfg(test)]
mod tests {
    use super::super::unruly;
    use super::*;

    #[tokio::test]
    async fn a_terminal_obeys_nothing_that_a_failed_case_says() {
        let report = unruly::report().await;
        let line = line(&report.cases[0]);
        assert!(line.contains(unruly::SHOWN), "{line:?}");
        assert!(!line.contains(unruly::RAW), "{line:?}");
        assert!(!line.contains('\n'), "{line:?}");
    }
}
