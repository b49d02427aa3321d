//! What came of all cases, for people and for documents.

use super::live::line;
use crate::{
    failure::Failure,
    human::one_line,
    output::{BOLD, GREEN, RED, Table, YELLOW, stdout},
};
use std::{collections::BTreeMap, io::Write};
use wharf_conformance::{CaseReport, Outcome, Report};

/// Groups, each with how many of its cases came to what, and how long they took.
fn by_group(report: &Report) -> Vec<[String; 6]> {
    let mut groups: BTreeMap<&str, (BTreeMap<&str, u64>, f64)> = BTreeMap::new();
    for case in &report.cases {
        let (counts, time) = groups.entry(case.group).or_default();
        *counts.entry(case.outcome.word()).or_default() += 1;
        *time += case.elapsed.as_secs_f64();
    }
    let row = |(group, (counts, time)): (&str, (BTreeMap<&str, u64>, f64))| {
        let [passed, failed, unsupported, skipped] = ["passed", "failed", "unsupported", "skipped"]
            .map(|word| counts.get(word).copied().unwrap_or(0).to_string());
        [
            group.to_owned(),
            passed,
            failed,
            unsupported,
            skipped,
            format!("{time:.1} s"),
        ]
    };
    groups.into_iter().map(row).collect()
}

const TITLES: [&str; 6] = [
    "GROUP",
    "PASSED",
    "FAILED",
    "UNSUPPORTED",
    "SKIPPED",
    "TIME",
];

fn summary(report: &Report) -> String {
    let Report {
        engine,
        version,
        passed,
        failed,
        unsupported,
        skipped,
        ..
    } = report;
    one_line(&format!(
        "{engine} {version}: {passed} passed, {failed} failed, {unsupported} unsupported, {skipped} skipped"
    ))
}

fn failures(report: &Report) -> impl Iterator<Item = &CaseReport> {
    report
        .cases
        .iter()
        .filter(|case| matches!(case.outcome, Outcome::Failed(_)))
}

pub(super) fn text(report: &Report) -> Result<(), Failure> {
    let mut table = Table::new(TITLES);
    for row in by_group(report) {
        table.row(row);
    }
    let mut out = stdout();
    writeln!(out)?;
    table.write(&mut out)?;
    let style = match (report.passed, report.failed) {
        (0, 0) => YELLOW,
        (_, 0) => GREEN,
        _ => RED,
    };
    writeln!(out, "\n{BOLD}{style}{}{style:#}{BOLD:#}", summary(report))?;
    for case in failures(report) {
        writeln!(out, "{}", line(case))?;
    }
    Ok(())
}

pub(super) fn markdown(report: &Report) -> Result<(), Failure> {
    let mut out = stdout();
    writeln!(out, "# {}\n", summary(report))?;
    writeln!(
        out,
        "| {} |\n|---|--:|--:|--:|--:|--:|",
        TITLES.join(" | ").to_lowercase()
    )?;
    for row in by_group(report) {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    for case in failures(report) {
        writeln!(out, "\n{}", item(case))?;
    }
    Ok(())
}

fn item(case: &CaseReport) -> String {
    let why = case.outcome.message().unwrap_or_default();
    format!(
        "- `{}::{}`: {}",
        case.group,
        case.name,
        one_line(&why.replace('\n', " "))
    )
}

#[cfg(test)]
mod tests {
    use super::super::unruly;
    use super::*;

    #[tokio::test]
    async fn a_terminal_obeys_nothing_that_an_engine_says() {
        let report = unruly::report().await;
        for text in [summary(&report), item(&report.cases[0])] {
            assert!(text.contains(unruly::SHOWN), "{text:?}");
            assert!(!text.contains(unruly::RAW), "{text:?}");
            assert!(!text.contains('\n'), "{text:?}");
        }
    }
}
