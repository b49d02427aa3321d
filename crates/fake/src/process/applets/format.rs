//! `echo` and `printf`: from arguments to bytes.

use crate::process::shell::parse_number;

/// What `echo` prints for these arguments.
pub(in crate::process) fn echo(words: &[String]) -> Vec<u8> {
    let mut newline = true;
    let mut escapes = false;
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        let flags = first.strip_prefix('-').unwrap_or_default();
        if flags.is_empty() || !flags.bytes().all(|flag| b"neE".contains(&flag)) {
            break;
        }
        for flag in flags.bytes() {
            match flag {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = more;
    }
    let text = rest.join(" ");
    let mut output = Vec::with_capacity(text.len() + 1);
    if escapes {
        if unescape(text.as_bytes(), &mut output, true) {
            return output;
        }
    } else {
        output.extend_from_slice(text.as_bytes());
    }
    if newline {
        output.push(b'\n');
    }
    output
}

/// Adds `text` with its escapes replaced. True if `\c` ended it. `zero` is whether octal numbers
/// may have a zero before their three digits.
fn unescape(text: &[u8], output: &mut Vec<u8>, zero: bool) -> bool {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte != b'\\' {
            output.push(byte);
            continue;
        }
        let (piece, length) = escape(&text[at..], zero);
        match piece {
            Escape::Byte(byte) => output.push(byte),
            Escape::Stop => return true,
            Escape::None => output.push(b'\\'),
        }
        at += length;
    }
    false
}

enum Escape {
    Byte(u8),
    Stop,
    None,
}

/// What stands after a backslash, and its length.
fn escape(text: &[u8], zero: bool) -> (Escape, usize) {
    let simple = match text.first() {
        Some(b'a') => 7,
        Some(b'b') => 8,
        Some(b'e') => 27,
        Some(b'f') => 12,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'v') => 11,
        Some(b'\\') => b'\\',
        Some(b'c') => return (Escape::Stop, 1),
        Some(b'x') => {
            let (value, length) = digits(&text[1..], 16, 2);
            return if length == 0 {
                (Escape::None, 0)
            } else {
                (Escape::Byte(value), 1 + length)
            };
        }
        Some(b'0'..=b'7') => {
            let limit = if zero && text[0] == b'0' { 4 } else { 3 };
            let (value, length) = digits(text, 8, limit);
            return (Escape::Byte(value), length);
        }
        _ => return (Escape::None, 0),
    };
    (Escape::Byte(simple), 1)
}

fn digits(text: &[u8], radix: u32, limit: usize) -> (u8, usize) {
    let values = text
        .iter()
        .take(limit)
        .map_while(|byte| char::from(*byte).to_digit(radix));
    let (value, length) = values.fold((0, 0), |(value, length), digit| {
        (value * radix + digit, length + 1)
    });
    ((value & 0xff) as u8, length)
}

/// What `printf` prints, and what it complains about.
#[derive(Debug, Default)]
pub(in crate::process) struct Formatted {
    pub(in crate::process) output: Vec<u8>,
    pub(in crate::process) errors: Vec<String>,
}

/// A conversion: `%-5.2f`.
#[derive(Debug, Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

/// Wider fields are cut to this: a width comes from a script, memory is ours.
const WIDTH_LIMIT: usize = 64 * 1024;

/// Formats as printf(1): the format is used again until all arguments are.
pub(in crate::process) fn printf(words: &[String]) -> Formatted {
    let mut result = Formatted::default();
    let Some((format, arguments)) = words.split_first() else {
        result
            .errors
            .push("usage: printf FORMAT [ARGUMENT...]".to_owned());
        return result;
    };
    let mut arguments = arguments.iter().peekable();
    loop {
        let before = arguments.len();
        let stop = round(format.as_bytes(), &mut arguments, &mut result);
        if stop || arguments.len() == 0 || arguments.len() == before {
            return result;
        }
    }
}

type Arguments<'a> = std::iter::Peekable<std::slice::Iter<'a, String>>;

/// Goes through the format once; true if nothing may come after.
fn round(format: &[u8], arguments: &mut Arguments<'_>, result: &mut Formatted) -> bool {
    let mut at = 0;
    while let Some(&byte) = format.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let (piece, length) = escape(&format[at..], false);
                match piece {
                    Escape::Byte(byte) => result.output.push(byte),
                    Escape::Stop => return true,
                    Escape::None => result.output.push(b'\\'),
                }
                at += length;
            }
            b'%' if format.get(at) == Some(&b'%') => {
                result.output.push(b'%');
                at += 1;
            }
            b'%' => {
                let (conversion, length) = conversion(&format[at..], arguments);
                let kind = format.get(at + length).copied();
                if !convert(kind, &conversion, arguments, result) {
                    let bad = String::from_utf8_lossy(&format[at - 1..]);
                    result
                        .errors
                        .push(format!("{}: invalid format", bad.trim_end_matches('\n')));
                    return true;
                }
                if kind == Some(b'b') && result.errors.last().is_some_and(String::is_empty) {
                    result.errors.pop();
                    return true;
                }
                at += length + 1;
            }
            other => result.output.push(other),
        }
    }
    false
}

fn conversion(format: &[u8], arguments: &mut Arguments<'_>) -> (Conversion, usize) {
    let mut conversion = Conversion::default();
    let mut at = 0;
    while let Some(flag) = format.get(at) {
        match flag {
            b'-' => conversion.left = true,
            b'+' => conversion.plus = true,
            b' ' => conversion.space = true,
            b'0' => conversion.zero = true,
            b'#' => conversion.alternate = true,
            _ => break,
        }
        at += 1;
    }
    let mut size = |at: &mut usize| {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            let value = arguments
                .next()
                .and_then(|word| parse_number(word))
                .unwrap_or(0);
            return value;
        }
        let start = *at;
        while format.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        std::str::from_utf8(&format[start..*at])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0)
    };
    let width: i64 = size(&mut at);
    conversion.left |= width < 0;
    conversion.width = usize::try_from(width.unsigned_abs())
        .unwrap_or(WIDTH_LIMIT)
        .min(WIDTH_LIMIT);
    if format.get(at) == Some(&b'.') {
        at += 1;
        let precision: i64 = size(&mut at);
        conversion.precision = usize::try_from(precision)
            .ok()
            .map(|size| size.min(WIDTH_LIMIT));
    }
    while matches!(format.get(at), Some(b'l' | b'h' | b'z')) {
        at += 1;
    }
    (conversion, at)
}

/// False if there is no such conversion.
fn convert(
    kind: Option<u8>,
    conversion: &Conversion,
    arguments: &mut Arguments<'_>,
    result: &mut Formatted,
) -> bool {
    let Some(kind) = kind else { return false };
    let body = match kind {
        b's' => {
            let text = arguments.next().map_or("", String::as_str);
            let limit = conversion.precision.unwrap_or(text.len()).min(text.len());
            text.as_bytes()[..limit].to_vec()
        }
        b'c' => arguments
            .next()
            .map_or("", String::as_str)
            .bytes()
            .take(1)
            .collect(),
        b'b' => {
            let mut text = Vec::new();
            if unescape(
                arguments.next().map_or("", String::as_str).as_bytes(),
                &mut text,
                true,
            ) {
                // An empty complaint says that nothing may come after.
                result.errors.push(String::new());
            }
            text
        }
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
            let number = integer(arguments.next(), result);
            integer_text(kind, number, conversion).into_bytes()
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let number = float(arguments.next(), result);
            float_text(kind, number, conversion).into_bytes()
        }
        _ => return false,
    };
    let numeric = !matches!(kind, b's' | b'c' | b'b');
    pad(&body, conversion, numeric, &mut result.output);
    true
}

fn integer(argument: Option<&String>, result: &mut Formatted) -> i64 {
    let Some(text) = argument else { return 0 };
    if let Some(quoted) = text.strip_prefix(['"', '\'']) {
        return quoted
            .chars()
            .next()
            .map_or(0, |character| i64::from(u32::from(character)));
    }
    let digits = text.trim_start();
    parse_number(digits.strip_prefix('+').unwrap_or(digits)).unwrap_or_else(|| {
        if !text.is_empty() {
            result.errors.push(format!("invalid number '{text}'"));
        }
        0
    })
}

fn float(argument: Option<&String>, result: &mut Formatted) -> f64 {
    let Some(text) = argument else { return 0.0 };
    text.trim().parse().unwrap_or_else(|_| {
        result.errors.push(format!("invalid number '{text}'"));
        0.0
    })
}

fn integer_text(kind: u8, number: i64, conversion: &Conversion) -> String {
    let (sign, mut digits) = match kind {
        b'd' | b'i' => {
            let sign = match number {
                ..0 => "-",
                _ if conversion.plus => "+",
                _ if conversion.space => " ",
                _ => "",
            };
            (sign, number.unsigned_abs().to_string())
        }
        b'o' => (
            if conversion.alternate { "0" } else { "" },
            format!("{number:o}"),
        ),
        b'x' => (
            if conversion.alternate { "0x" } else { "" },
            format!("{number:x}"),
        ),
        b'X' => (
            if conversion.alternate { "0X" } else { "" },
            format!("{number:X}"),
        ),
        _ => ("", number.cast_unsigned().to_string()),
    };
    if let Some(precision) = conversion.precision {
        digits = format!("{digits:0>precision$}");
    }
    format!("{sign}{digits}")
}

fn float_text(kind: u8, number: f64, conversion: &Conversion) -> String {
    let precision = conversion.precision.unwrap_or(6);
    let sign = if conversion.plus && number >= 0.0 {
        "+"
    } else {
        ""
    };
    let text = match kind {
        b'f' | b'F' => format!("{number:.precision$}"),
        b'e' | b'E' => scientific(number, precision),
        _ => general(number, precision.max(1)),
    };
    let text = if kind.is_ascii_uppercase() {
        text.to_uppercase()
    } else {
        text
    };
    format!("{sign}{text}")
}

/// As C writes it: at least two digits of exponent, always with its sign.
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        None => text,
    }
}

/// `%g`: the shorter of the two forms, without trailing zeros.
fn general(number: f64, precision: usize) -> String {
    let text = scientific(number, precision - 1);
    let exponent: i32 = text
        .split_once('e')
        .and_then(|(_, text)| text.parse().ok())
        .unwrap_or(0);
    let shorten = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= limit {
        return match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{}e{exponent}", shorten(mantissa)),
            None => text,
        };
    }
    let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    shorten(&format!("{number:.decimals$}"))
}

fn pad(body: &[u8], conversion: &Conversion, numeric: bool, output: &mut Vec<u8>) {
    let length = String::from_utf8_lossy(body).chars().count();
    let missing = conversion.width.saturating_sub(length);
    let zeros = conversion.zero && numeric && !conversion.left && conversion.precision.is_none();
    if conversion.left {
        output.extend_from_slice(body);
        output.resize(output.len() + missing, b' ');
    } else if zeros || (conversion.zero && numeric && !conversion.left && body.contains(&b'.')) {
        let sign = usize::from(matches!(body.first(), Some(b'-' | b'+')));
        output.extend_from_slice(&body[..sign]);
        output.resize(output.len() + missing, b'0');
        output.extend_from_slice(&body[sign..]);
    } else {
        output.resize(output.len() + missing, b' ');
        output.extend_from_slice(body);
    }
}
