//! Applets about time: `sleep`, `date`, `timeout`.

use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use wharf_core::Signal;

use super::args::Arguments;
use super::{Fail, Outcome};
use crate::fs::FsError;
use crate::process::program::{self, DEFAULT_PATH};
use crate::process::{ExitStatus, Process};

/// A time that is as good as for ever, and that a clock can still add.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A duration in seconds; `None` if it is no time at all.
pub(in crate::process) fn seconds(number: f64) -> Option<Duration> {
    if number.is_nan() || number < 0.0 {
        return None;
    }
    Some(
        Duration::try_from_secs_f64(number)
            .unwrap_or(FOR_EVER)
            .min(FOR_EVER),
    )
}

/// `5`, `0.5`, `2m`.
fn duration(text: &str) -> Result<Duration, Fail> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1.0),
        Some(b'm') => (&text[..text.len() - 1], 60.0),
        Some(b'h') => (&text[..text.len() - 1], 3600.0),
        Some(b'd') => (&text[..text.len() - 1], 86400.0),
        _ => (text, 1.0),
    };
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = digits.parse::<f64>().ok().filter(|_| plain);
    let number = if digits == "infinity" || digits == "inf" {
        Some(f64::MAX)
    } else {
        number
    };
    let duration = number.and_then(|number| seconds(number * unit));
    duration.ok_or_else(|| Fail::Message(format!("invalid number '{text}'")))
}

pub(super) async fn sleep(process: &Process) -> Outcome {
    if process.args().is_empty() {
        return Err(Fail::Usage(String::new()));
    }
    let mut total = Duration::ZERO;
    for word in process.args() {
        total = total.saturating_add(duration(word)?);
    }
    tokio::time::sleep(total.min(FOR_EVER)).await;
    Ok(0)
}

pub(super) async fn usleep(process: &Process) -> Outcome {
    let Some(text) = process.args().first() else {
        return Err(Fail::Usage(String::new()));
    };
    let micros = text
        .parse()
        .map_err(|_| Fail::Message(format!("invalid number '{text}'")))?;
    tokio::time::sleep(Duration::from_micros(micros)).await;
    Ok(0)
}

/// Runs a program in place of itself and signals it when the time is up, as busybox does.
pub(super) async fn timeout(process: &Process) -> Outcome {
    let given = Arguments::parse(
        process.args(),
        "+s:k:",
        &[("signal", 's'), ("kill-after", 'k')],
    )?;
    let [limit, command @ ..] = given.operands.as_slice() else {
        return Err(Fail::Usage(String::new()));
    };
    if command.is_empty() {
        return Err(Fail::Usage(String::new()));
    }
    let limit = duration(limit)?;
    let signal = match given.value('s') {
        None => Signal::TERM,
        Some(name) => name
            .parse::<Signal>()
            .map_err(|_| Fail::Message(format!("unknown signal '{name}'")))?,
    };
    let kill_after = given.value('k').map(duration).transpose()?;
    let run = run_in_place(process, command);
    let alarm = async {
        tokio::time::sleep(limit).await;
        let kernel = process.pid.kernel();
        kernel.kill(process.pid.number(), Some(signal));
        if let Some(after) = kill_after {
            tokio::time::sleep(after).await;
            kernel.kill(process.pid.number(), Some(Signal::KILL));
        }
        std::future::pending::<()>().await;
    };
    let run = std::pin::pin!(run);
    let alarm = std::pin::pin!(alarm);
    match futures::future::select(run, alarm).await {
        futures::future::Either::Left((outcome, _)) => outcome,
        futures::future::Either::Right(((), _)) => Ok(0),
    }
}

/// exec(3) from an applet: runs `command` under this process's pid.
pub(super) async fn run_in_place(process: &Process, command: &[String]) -> Outcome {
    let path = process.env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
    let found = program::find(command, path, process);
    let program = match found {
        Ok(program) => program,
        Err(error) => {
            let missing = matches!(error, FsError::NotFound | FsError::NotADirectory);
            let note = if missing {
                program::lacking(&command[0], &process.files)
            } else {
                String::new()
            };
            process
                .complain(&format!("can't execute '{}': {error}{note}", command[0]))
                .await;
            return Ok(if missing { 127 } else { 126 });
        }
    };
    let child = process.replaced(command.to_vec(), process.env.clone());
    if child.is_too_deep() {
        return Err(Fail::Message("Resource temporarily unavailable".to_owned()));
    }
    match program::execute(program, child).await {
        ExitStatus::Code(code) => Ok(code),
        ExitStatus::Signal(signal) => {
            // The process is this one: it dies of what its program died of.
            process
                .pid
                .kernel()
                .kill(process.pid.number(), Some(signal));
            crate::process::yield_now().await;
            Ok(128 + signal.number())
        }
    }
}

pub(super) async fn date(process: &Process) -> Outcome {
    let long = [("utc", 'u'), ("date", 'd'), ("iso-8601", 'I')];
    // The value of -I is optional and sticks to it.
    let words: Vec<String> = process.args().to_vec();
    let iso = words
        .iter()
        .find_map(|word| word.strip_prefix("-I"))
        .map(str::to_owned);
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| !word.starts_with("-I"))
        .collect();
    let given = Arguments::parse(&words, "ud:D:r:R", &long)?;
    let now = process.files.clock().now();
    let time = match (given.value('d'), given.value('r')) {
        (Some(text), _) => {
            parse_date(text, now).ok_or_else(|| Fail::Message(format!("invalid date '{text}'")))?
        }
        (None, Some(file)) => {
            process
                .files
                .stat(&process.path(file))
                .map_err(|error| Fail::Message(format!("{file}: {error}")))?
                .modified
        }
        (None, None) => now,
    };
    let format = match given.operands.first() {
        Some(operand) => match operand.strip_prefix('+') {
            Some(format) => format.to_owned(),
            // Setting the clock is not for containers.
            None => {
                return Err(Fail::Message(
                    "can't set date: Operation not permitted".to_owned(),
                ));
            }
        },
        None if given.has('R') => "%a, %d %b %Y %H:%M:%S +0000".to_owned(),
        None => match iso.as_deref() {
            None => "%a %b %e %H:%M:%S UTC %Y".to_owned(),
            Some("seconds") => "%Y-%m-%dT%H:%M:%S+00:00".to_owned(),
            Some(_) => "%Y-%m-%d".to_owned(),
        },
    };
    process
        .print(format!("{}\n", format_date(&format, time)?))
        .await?;
    Ok(0)
}

/// strftime(3); what it does not know is printed as it is.
fn format_date(format: &str, time: DateTime<Utc>) -> Result<String, Fail> {
    use chrono::format::{Item, StrftimeItems};
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        return Ok(format.to_owned());
    }
    let mut text = String::new();
    write!(text, "{}", time.format_with_items(items.into_iter()))
        .map_err(|_| Fail::Message(format!("invalid format '{format}'")))?;
    Ok(text)
}

pub(super) fn parse_date(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Some(epoch) = text.strip_prefix('@') {
        return DateTime::from_timestamp(epoch.parse().ok()?, 0);
    }
    if text == "now" {
        return Some(now);
    }
    for format in [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time.and_utc());
        }
    }
    if let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    let time = ["%H:%M:%S", "%H:%M"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())?;
    Some(now.date_naive().and_time(time).and_utc())
}
