//! Applets that pass text on: `cat`, `head`, `tail`, `wc`, `tee`, `seq`, `yes`.

use std::time::Duration;

use bytes::Bytes;

use super::args::{Arguments, number, old_count};
use super::{BLOCK, Fail, Lines, Outcome, Printer, open, or_stdin, read};
use crate::fs::OpenOptions;
use crate::process::{Process, Stream};

/// As busybox: how often `tail -f` looks.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn cat(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "nbu", &[])?;
    let numbered = given.has('n') || given.has('b');
    let mut code = 0;
    let mut count = 0_u64;
    for name in or_stdin(&given.operands) {
        let stream = match open(process, &name) {
            Ok(stream) => stream,
            Err(error) => {
                process
                    .complain(&format!("can't open '{name}': {error}"))
                    .await;
                code = 1;
                continue;
            }
        };
        let copied = if numbered {
            number_lines(process, stream, given.has('b'), &mut count).await
        } else {
            copy(process, &stream).await
        };
        match copied {
            Err(Fail::Message(message)) => {
                process.complain(&message).await;
                code = 1;
            }
            other => other?,
        }
    }
    Ok(code)
}

async fn copy(process: &Process, stream: &Stream) -> Result<(), Fail> {
    loop {
        let bytes = read(process, stream).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        process.print(bytes).await?;
    }
}

async fn number_lines(
    process: &Process,
    stream: Stream,
    skip_empty: bool,
    count: &mut u64,
) -> Result<(), Fail> {
    let mut printer = Printer::new(process);
    let mut lines = Lines::new(process, stream);
    while let Some(line) = lines.next().await? {
        if !(skip_empty && line == b"\n") {
            *count += 1;
            printer.write(format!("{count:6}\t").as_bytes()).await?;
        }
        printer.write(&line).await?;
    }
    Ok(printer.flush().await?)
}

/// Prints the name of a file over its part, where there are several.
async fn heading(
    printer: &mut Printer<'_>,
    given: &Arguments,
    index: usize,
    name: &str,
) -> Result<(), Fail> {
    let several = given.operands.len() > 1 && !given.has('q');
    if several || given.has('v') {
        let name = if name == "-" { "standard input" } else { name };
        let gap = if index > 0 { "\n" } else { "" };
        printer.line(&format!("{gap}==> {name} <==")).await?;
    }
    Ok(())
}

pub(super) async fn head(process: &Process) -> Outcome {
    let given = Arguments::parse(&old_count(process.args()), "n:c:qv", &[])?;
    let bytes = given.value('c').map(number).transpose()?;
    let lines = given.value('n').map(number).transpose()?.unwrap_or(10);
    let mut printer = Printer::new(process);
    let mut code = 0;
    for (index, name) in or_stdin(&given.operands).iter().enumerate() {
        let stream = match open(process, name) {
            Ok(stream) => stream,
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
                continue;
            }
        };
        heading(&mut printer, &given, index, name).await?;
        if let Some(mut left) = bytes {
            while left > 0 {
                let block = read(process, &stream).await?;
                if block.is_empty() {
                    break;
                }
                let take = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                printer.write(&block[..take]).await?;
                left -= take as u64;
            }
            continue;
        }
        let mut source = Lines::new(process, stream);
        for _ in 0..lines {
            let Some(line) = source.next().await? else {
                break;
            };
            printer.write(&line).await?;
        }
    }
    printer.finish(code).await
}

pub(super) async fn tail(process: &Process) -> Outcome {
    let given = Arguments::parse(&old_count(process.args()), "n:c:qvfFs:", &[])?;
    let by_bytes = given.has('c');
    let count = given
        .value(if by_bytes { 'c' } else { 'n' })
        .unwrap_or("10");
    let from_start = count.strip_prefix('+');
    let amount = number(from_start.unwrap_or(count.trim_start_matches('-')))?;
    let mut printer = Printer::new(process);
    let mut code = 0;
    let mut followed = Vec::new();
    for (index, name) in or_stdin(&given.operands).iter().enumerate() {
        let stream = match open(process, name) {
            Ok(stream) => stream,
            Err(error) => {
                process
                    .complain(&format!("can't open '{name}': {error}"))
                    .await;
                code = 1;
                continue;
            }
        };
        heading(&mut printer, &given, index, name).await?;
        if from_start.is_some() {
            skip(process, &mut printer, &stream, amount, by_bytes).await?;
        } else {
            last(process, &mut printer, &stream, amount, by_bytes).await?;
        }
        followed.push(stream);
    }
    printer.flush().await?;
    if followed.is_empty() {
        process.complain("no files").await;
        return Ok(1);
    }
    while given.has('f') || given.has('F') {
        tokio::time::sleep(FOLLOW_INTERVAL).await;
        for stream in &followed {
            copy(process, stream).await?;
        }
    }
    Ok(code)
}

/// All from line or byte number `amount` on.
async fn skip(
    process: &Process,
    printer: &mut Printer<'_>,
    stream: &Stream,
    amount: u64,
    by_bytes: bool,
) -> Result<(), Fail> {
    let mut left = amount.saturating_sub(1);
    loop {
        let block = read(process, stream).await?;
        if block.is_empty() {
            return Ok(());
        }
        let mut start = 0;
        while left > 0 && start < block.len() {
            let counts = by_bytes || block[start] == b'\n';
            left -= u64::from(counts);
            start += 1;
        }
        printer.write(&block[start..]).await?;
    }
}

/// The last `amount` lines or bytes, holding no more than those.
async fn last(
    process: &Process,
    printer: &mut Printer<'_>,
    stream: &Stream,
    amount: u64,
    by_bytes: bool,
) -> Result<(), Fail> {
    let amount = usize::try_from(amount).unwrap_or(usize::MAX);
    let mut held: Vec<u8> = Vec::new();
    // What was searched once is searched again only when there is as much anew.
    let mut enough = 4 * BLOCK;
    loop {
        let block = read(process, stream).await?;
        let ended = block.is_empty();
        held.extend_from_slice(&block);
        if ended || held.len() > enough {
            let keep = if by_bytes {
                held.len().saturating_sub(amount)
            } else {
                let body = held.strip_suffix(b"\n").unwrap_or(&held);
                let ends = body
                    .iter()
                    .enumerate()
                    .rev()
                    .filter(|(_, byte)| **byte == b'\n');
                let before = ends.map(|(at, _)| at + 1).nth(amount.saturating_sub(1));
                before.unwrap_or(0)
            };
            held.drain(..if amount == 0 { held.len() } else { keep });
            super::check_memory(process, held.len())?;
            enough = enough.max(2 * held.len());
        }
        if ended {
            return Ok(printer.write(&held).await?);
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

pub(super) async fn wc(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "lwcm", &[])?;
    let mut printer = Printer::new(process);
    let mut total = Counts::default();
    let mut code = 0;
    for name in or_stdin(&given.operands) {
        match open(process, &name) {
            Ok(stream) => {
                let counts = count(process, &stream).await?;
                total.lines += counts.lines;
                total.words += counts.words;
                total.bytes += counts.bytes;
                let shown = if given.operands.is_empty() { "" } else { &name };
                printer.line(&show(counts, &given, shown)).await?;
            }
            Err(error) => {
                printer.flush().await?;
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
            }
        }
    }
    if given.operands.len() > 1 {
        printer.line(&show(total, &given, "total")).await?;
    }
    printer.finish(code).await
}

async fn count(process: &Process, stream: &Stream) -> Result<Counts, Fail> {
    let mut counts = Counts::default();
    let mut in_word = false;
    loop {
        let block = read(process, stream).await?;
        if block.is_empty() {
            return Ok(counts);
        }
        counts.bytes += block.len() as u64;
        for byte in &block {
            counts.lines += u64::from(*byte == b'\n');
            let blank = byte.is_ascii_whitespace() || *byte == 11;
            counts.words += u64::from(!blank && !in_word);
            in_word = !blank;
        }
    }
}

fn show(counts: Counts, given: &Arguments, name: &str) -> String {
    let all = given.last_of("lwcm").is_none();
    let columns = [
        (all || given.has('l'), counts.lines),
        (all || given.has('w'), counts.words),
        (all || given.has('c') || given.has('m'), counts.bytes),
    ];
    let shown: Vec<u64> = columns
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, count)| *count)
        .collect();
    let text: Vec<String> = match shown.as_slice() {
        [only] => vec![only.to_string()],
        several => several.iter().map(|count| format!("{count:9}")).collect(),
    };
    let gap = if name.is_empty() { "" } else { " " };
    format!("{}{gap}{name}", text.join(" "))
}

pub(super) async fn tee(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "ai", &[])?;
    let mut outputs = vec![process.descriptors.get(1).clone()];
    let mut code = 0;
    for name in &given.operands {
        let options = if given.has('a') {
            OpenOptions::appending(0o666)
        } else {
            OpenOptions::writing(0o666)
        };
        match process.open(name, options) {
            Ok(stream) => outputs.push(stream),
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
            }
        }
    }
    loop {
        let block = read(process, process.descriptors.get(0)).await?;
        if block.is_empty() {
            return Ok(code);
        }
        for output in &outputs {
            output.write(block.clone()).await?;
        }
    }
}

pub(super) async fn seq(process: &Process) -> Outcome {
    let negative = |word: &String| word.parse::<f64>().is_ok();
    let split = process
        .args()
        .iter()
        .position(negative)
        .unwrap_or(process.args().len());
    let (options, operands) = process.args().split_at(split);
    let given = Arguments::parse(options, "ws:", &[])?;
    let parse = |text: &String| {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| Fail::Message(format!("invalid number '{text}'")))
    };
    let (first, step, end) = match operands {
        [end] => (1.0, 1.0, parse(end)?),
        [first, end] => (parse(first)?, 1.0, parse(end)?),
        [first, step, end] => (parse(first)?, parse(step)?, parse(end)?),
        _ => return Err(Fail::Usage(String::new())),
    };
    let decimals = |word: &String| word.split_once('.').map_or(0, |(_, digits)| digits.len());
    let precision = operands.iter().map(decimals).max().unwrap_or(0);
    let widest = operands.iter().map(String::len).max().unwrap_or(0);
    let width = if given.has('w') { widest } else { 0 };
    let separator = given.value('s').unwrap_or("\n");
    let mut printer = Printer::new(process);
    let mut index = 0_u32;
    loop {
        let value = first + step * f64::from(index);
        let passed = if step < 0.0 { value < end } else { value > end };
        if passed && index > 0 {
            printer.write(b"\n").await?;
        }
        if passed {
            return printer.finish(0).await;
        }
        let gap = if index > 0 { separator } else { "" };
        printer
            .write(format!("{gap}{value:0width$.precision$}").as_bytes())
            .await?;
        index = index.saturating_add(1);
    }
}

pub(super) async fn yes(process: &Process) -> Outcome {
    let words = process.args();
    let line = if words.is_empty() {
        "y\n".to_owned()
    } else {
        format!("{}\n", words.join(" "))
    };
    let repeat = (super::OUTPUT_BUFFER / line.len()).max(1);
    let block = Bytes::from(line.repeat(repeat));
    loop {
        process.print(block.clone()).await?;
    }
}
