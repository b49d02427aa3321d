//! Signals, by number and by name.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A Linux signal, 1 to 64. Parsed from a name with or without `SIG`, in any case, or from a number.
///
/// ```
/// use wharf_core::Signal;
/// assert_eq!("term".parse::<Signal>()?, Signal::TERM);
/// assert_eq!("SIGKILL".parse::<Signal>()?.number(), 9);
/// assert_eq!("15".parse::<Signal>()?.to_string(), "SIGTERM");
/// assert!("NOPE".parse::<Signal>().is_err());
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signal(u8);

/// Number is index plus one.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
const ALIASES: [(&str, u8); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

impl Signal {
    /// Hang up.
    pub const HUP: Self = Self(1);
    /// Interrupt: Ctrl-C.
    pub const INT: Self = Self(2);
    /// Quit.
    pub const QUIT: Self = Self(3);
    /// Kill: cannot be caught.
    pub const KILL: Self = Self(9);
    /// The first one for users.
    pub const USR1: Self = Self(10);
    /// The second one for users.
    pub const USR2: Self = Self(12);
    /// Write to a pipe that nobody reads.
    pub const PIPE: Self = Self(13);
    /// Terminate: what a stop sends.
    pub const TERM: Self = Self(15);

    /// The signal of that number, 1 to 64.
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= RTMAX {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0) - 1) {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for Signal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::invalid(
                "signal",
                format_args!(
                    "there is no signal {text:?}; use a name such as SIGTERM or a number from 1 to 64"
                ),
            )
        };
        if let Ok(number) = text.parse::<u8>() {
            return Self::from_number(number).ok_or_else(unknown);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let index = NAMES.iter().position(|known| *known == name);
        let number = match index.and_then(|index| u8::try_from(index + 1).ok()) {
            Some(number) => Some(number),
            None => match ALIASES.iter().find(|(alias, _)| *alias == name) {
                Some((_, number)) => Some(*number),
                None => real_time(name),
            },
        };
        number.map(Self).ok_or_else(unknown)
    }
}

/// `RTMIN`, `RTMIN+3`, `RTMAX-2`, `RTMAX`.
fn real_time(name: &str) -> Option<u8> {
    let number = if let Some(above) = name.strip_prefix("RTMIN") {
        RTMIN.checked_add(offset(above, '+')?)?
    } else {
        RTMAX.checked_sub(offset(name.strip_prefix("RTMAX")?, '-')?)?
    };
    (RTMIN..=RTMAX).contains(&number).then_some(number)
}

fn offset(text: &str, sign: char) -> Option<u8> {
    if text.is_empty() {
        Some(0)
    } else {
        text.strip_prefix(sign)?.parse().ok()
    }
}

impl TryFrom<String> for Signal {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Signal> for String {
    fn from(signal: Signal) -> Self {
        signal.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_read_back_from_what_it_shows() {
        for number in 1..=64 {
            let signal = Signal::from_number(number).unwrap();
            assert_eq!(signal.to_string().parse::<Signal>().unwrap(), signal);
        }
        assert_eq!("RTMIN+1".parse::<Signal>().unwrap().number(), 35);
        assert_eq!("sigrtmax-1".parse::<Signal>().unwrap().number(), 63);
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        for text in [
            "", "0", "65", "-1", "256", "SIG", "RTMIN+31", "RTMAX-31", "RTMIN-1", "TERMX",
        ] {
            assert!(text.parse::<Signal>().is_err(), "{text}");
        }
    }
}
