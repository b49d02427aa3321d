//! Filters: `tr`, `cut`, `sort`, `uniq`.

use super::args::Arguments;
use super::{Fail, Lines, Outcome, Printer, open, or_stdin, read, read_all};
use crate::process::Process;
use crate::process::shell::named_class;

pub(super) async fn tr(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "+cCds", &[])?;
    let (first, second) = match given.operands.as_slice() {
        [first] => (first, None),
        [first, second] => (first, Some(second)),
        _ => return Err(Fail::Usage(String::new())),
    };
    let (delete, squeeze) = (given.has('d'), given.has('s'));
    if second.is_none() && !delete && !squeeze {
        return Err(Fail::Usage(String::new()));
    }
    let mut from = characters(first);
    if given.has('c') || given.has('C') {
        from = (0..=u8::MAX).filter(|byte| !from.contains(byte)).collect();
    }
    let to = second.map(|set| characters(set)).unwrap_or_default();
    let mut map: Vec<Option<u8>> = (0..=u8::MAX).map(Some).collect();
    for (index, byte) in from.iter().enumerate() {
        let target = if delete {
            None
        } else {
            to.get(index).or(to.last()).copied().or(Some(*byte))
        };
        map[usize::from(*byte)] = target;
    }
    let squeezed = if to.is_empty() { &from } else { &to };
    let mut printer = Printer::new(process);
    let mut last = None;
    loop {
        let block = read(process, process.descriptors.get(0)).await?;
        if block.is_empty() {
            return printer.finish(0).await;
        }
        let mut output = Vec::with_capacity(block.len());
        for byte in block.iter().filter_map(|byte| map[usize::from(*byte)]) {
            if !(squeeze && last == Some(byte) && squeezed.contains(&byte)) {
                output.push(byte);
            }
            last = Some(byte);
        }
        printer.write(&output).await?;
    }
}

/// A set of `tr`: ranges, classes and escapes spelled out.
fn characters(set: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = set.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(class) = rest.strip_prefix(b"[:")
            && let Some(end) = class.windows(2).position(|pair| pair == b":]")
            && let Some(ranges) = named_class(&String::from_utf8_lossy(&class[..end]))
        {
            // By value, so that the letters of two classes correspond.
            let mut members: Vec<u8> = ranges
                .iter()
                .flat_map(|(low, high)| *low as u8..=*high as u8)
                .collect();
            members.sort_unstable();
            bytes.extend(members);
            rest = &class[end + 2..];
            continue;
        }
        let (low, after) = unescaped(byte, after);
        if let [b'-', high, more @ ..] = after {
            let (high, more) = unescaped(*high, more);
            if low <= high {
                bytes.extend(low..=high);
                rest = more;
                continue;
            }
        }
        bytes.push(low);
        rest = after;
    }
    bytes
}

fn unescaped(byte: u8, after: &[u8]) -> (u8, &[u8]) {
    let (b'\\', Some((&next, rest))) = (byte, after.split_first()) else {
        return (byte, after);
    };
    let digits = after
        .iter()
        .take(3)
        .take_while(|digit| (b'0'..=b'7').contains(digit))
        .count();
    if digits > 0 {
        let value = after[..digits]
            .iter()
            .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
        return ((value & 0xff) as u8, &after[digits..]);
    }
    let simple = match next {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        other => other,
    };
    (simple, rest)
}

/// Positions of `cut`, counted from 1.
fn ranges(list: &str) -> Result<Vec<(usize, usize)>, Fail> {
    let bad = || Fail::Message(format!("invalid list '{list}'"));
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let low = if low.is_empty() {
            1
        } else {
            low.parse().map_err(|_| bad())?
        };
        let high = if high.is_empty() {
            usize::MAX
        } else {
            high.parse().map_err(|_| bad())?
        };
        if low == 0 || low > high {
            return Err(bad());
        }
        ranges.push((low, high));
    }
    ranges.sort_unstable();
    Ok(ranges)
}

pub(super) async fn cut(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "b:c:f:d:sn", &[])?;
    let fields = given.value('f');
    let Some(list) = fields.or(given.value('c')).or(given.value('b')) else {
        return Err(Fail::Usage(
            "expected a list of bytes, characters, or fields".to_owned(),
        ));
    };
    let ranges = ranges(list)?;
    let chosen = |index: usize| {
        ranges
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&(index + 1)))
    };
    let delimiter = given
        .value('d')
        .unwrap_or("\t")
        .bytes()
        .next()
        .unwrap_or(b'\t');
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in or_stdin(&given.operands) {
        let stream = match open(process, &name) {
            Ok(stream) => stream,
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
                continue;
            }
        };
        let mut lines = Lines::new(process, stream);
        while let Some(line) = lines.next().await? {
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let mut kept: Vec<u8> = if fields.is_none() {
                line.iter()
                    .enumerate()
                    .filter(|(at, _)| chosen(*at))
                    .map(|(_, byte)| *byte)
                    .collect()
            } else if line.contains(&delimiter) {
                let parts = line.split(|byte| *byte == delimiter).enumerate();
                let parts: Vec<&[u8]> = parts
                    .filter(|(at, _)| chosen(*at))
                    .map(|(_, part)| part)
                    .collect();
                parts.join(&delimiter)
            } else if given.has('s') {
                continue;
            } else {
                line.to_vec()
            };
            kept.push(b'\n');
            printer.write(&kept).await?;
        }
    }
    printer.finish(code).await
}

/// A key of `sort`: fields counted from 0, and how to compare.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    first: usize,
    last: Option<usize>,
    numeric: bool,
    fold: bool,
    reverse: bool,
}

impl Key {
    fn parse(text: &str, default: Self) -> Result<Self, Fail> {
        let bad = || Fail::Message(format!("bad field specification '{text}'"));
        let (start, end) = match text.split_once(',') {
            Some((start, end)) => (start, Some(end)),
            None => (text, None),
        };
        let field = |part: &str| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits]
                .parse::<usize>()
                .ok()
                .filter(|number| *number > 0)
        };
        let flags: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        let first = field(start).ok_or_else(bad)? - 1;
        let last = match end {
            Some(end) => Some(field(end).ok_or_else(bad)? - 1),
            None => None,
        };
        if flags.is_empty() {
            return Ok(Self {
                first,
                last,
                ..default
            });
        }
        let has = |letter| flags.contains(letter);
        Ok(Self {
            first,
            last,
            numeric: has('n'),
            fold: has('f'),
            reverse: has('r'),
        })
    }

    fn extract<'a>(&self, line: &'a [u8], separator: Option<u8>) -> &'a [u8] {
        let starts = field_starts(line, separator);
        let start = starts.get(self.first).copied().unwrap_or(line.len());
        let end = match self.last {
            Some(last) => starts.get(last + 1).map_or(line.len(), |next| {
                next.saturating_sub(usize::from(separator.is_some()))
                    .max(start)
            }),
            None => line.len(),
        };
        &line[start..end]
    }

    fn compare(&self, left: &[u8], right: &[u8]) -> std::cmp::Ordering {
        let order = if self.numeric {
            value(left).total_cmp(&value(right))
        } else if self.fold {
            left.to_ascii_uppercase().cmp(&right.to_ascii_uppercase())
        } else {
            left.cmp(right)
        };
        if self.reverse { order.reverse() } else { order }
    }
}

/// Where each field begins: after a separator, or at the blanks before a word.
fn field_starts(line: &[u8], separator: Option<u8>) -> Vec<usize> {
    let mut starts = vec![0];
    for (at, byte) in line.iter().enumerate() {
        let blank = |byte: u8| byte == b' ' || byte == b'\t';
        let word_ends = || at > 0 && blank(*byte) && !blank(line[at - 1]);
        let begins = separator.map_or_else(word_ends, |separator| *byte == separator);
        if begins {
            starts.push(at + usize::from(separator.is_some()));
        }
    }
    starts
}

/// The number at the start of `text`, or 0.
fn value(text: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start();
    let length = text
        .char_indices()
        .take_while(|(at, character)| {
            character.is_ascii_digit() || *character == '.' || (*at == 0 && *character == '-')
        })
        .count();
    text[..length].parse().unwrap_or(0.0)
}

pub(super) async fn sort(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "nrufk:t:o:sbcgV", &[])?;
    if let Some(letter) = ['c', 'g', 'V']
        .into_iter()
        .find(|letter| given.has(*letter))
    {
        return Err(Fail::Usage(format!("option -{letter} is not supported")));
    }
    let default = Key {
        numeric: given.has('n'),
        fold: given.has('f'),
        reverse: given.has('r'),
        ..Key::default()
    };
    let mut keys = Vec::new();
    for text in given.values('k') {
        keys.push(Key::parse(text, default)?);
    }
    if keys.is_empty() {
        keys.push(default);
    }
    let separator = given.value('t').and_then(|text| text.bytes().next());
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for name in or_stdin(&given.operands) {
        let stream = match open(process, &name) {
            Ok(stream) => stream,
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                return Ok(2);
            }
        };
        let content = read_all(process, &stream).await?;
        let body = content.strip_suffix(b"\n").unwrap_or(&content);
        if !content.is_empty() {
            lines.extend(body.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        }
    }
    let by_keys = |left: &Vec<u8>, right: &Vec<u8>| {
        let orders = keys
            .iter()
            .map(|key| key.compare(key.extract(left, separator), key.extract(right, separator)));
        orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    lines.sort_by(|left, right| {
        let whole = || {
            if given.has('r') {
                right.cmp(left)
            } else {
                left.cmp(right)
            }
        };
        let order = by_keys(left, right);
        if given.has('s') || given.has('u') {
            order
        } else {
            order.then_with(whole)
        }
    });
    if given.has('u') {
        lines.dedup_by(|right, left| by_keys(left, right).is_eq());
    }
    let mut output = lines.join(&b'\n');
    if !lines.is_empty() {
        output.push(b'\n');
    }
    if let Some(file) = given.value('o') {
        let mode = 0o666 & !process.umask;
        let written = process.files.write(&process.path(file), &output, mode);
        written.map_err(|error| Fail::Message(format!("{file}: {error}")))?;
        return Ok(0);
    }
    let mut printer = Printer::new(process);
    printer.write(&output).await?;
    printer.finish(0).await
}

pub(super) async fn uniq(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "cdui", &[])?;
    let name = given.operands.first().map_or("-", String::as_str);
    let stream = open(process, name).map_err(|error| Fail::Message(format!("{name}: {error}")))?;
    if given.operands.len() > 1 {
        return Err(Fail::Usage("an output file is not supported".to_owned()));
    }
    let mut printer = Printer::new(process);
    let mut lines = Lines::new(process, stream);
    let mut current: Option<(Vec<u8>, u64)> = None;
    loop {
        let next = lines.next().await?.map(|mut line| {
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            line
        });
        let same = match (&current, &next) {
            (Some((line, _)), Some(next)) if given.has('i') => line.eq_ignore_ascii_case(next),
            (Some((line, _)), Some(next)) => line == next,
            _ => false,
        };
        if same {
            current = current.map(|(line, count)| (line, count + 1));
            continue;
        }
        if let Some((line, count)) = current.take()
            && !(given.has('d') && count == 1 || given.has('u') && count > 1)
        {
            let mut text = if given.has('c') {
                format!("{count:7} ").into_bytes()
            } else {
                Vec::new()
            };
            text.extend_from_slice(&line);
            text.push(b'\n');
            printer.write(&text).await?;
        }
        match next {
            Some(line) => current = Some((line, 1)),
            None => return printer.finish(0).await,
        }
    }
}
