//! Signals that a script catches.

use std::fmt::Write;

use wharf_core::Signal;

use super::{Evaluating, Shell, Stop};

impl Shell {
    /// Runs the actions of the signals that have come. Between commands only: as in a real shell
    /// a program in the foreground comes to its end first.
    pub(super) fn run_traps(&mut self) -> Evaluating<'_, ()> {
        Box::pin(async move {
            while let Some(signal) = self.process.pid.signals().next_arrived() {
                if let Some(action) = self.traps.0.get(&signal.number()).cloned() {
                    let status = self.status;
                    self.run_text(&action, self.line, false).await?;
                    self.status = status;
                } else if signal == Signal::INT {
                    return Err(self.killed_by_interrupt());
                }
            }
            Ok(())
        })
    }

    /// A shell that runs a script which it was given, and not its standard input, always minds SIGINT.
    pub(super) fn mind_interrupts(&mut self) {
        let signals = self.process.pid.signals();
        if !signals.ignores(Signal::INT) {
            signals.catch(Signal::INT);
        }
        self.minds_interrupts = true;
    }

    /// It then kills itself by the same signal, which PID 1 survives.
    fn killed_by_interrupt(&self) -> Stop {
        if self.process.pid.number() == 1 {
            Stop::Exit(128 + Signal::INT.number())
        } else {
            Stop::Killed(Signal::INT)
        }
    }

    pub(super) async fn trap(&mut self, arguments: &[String]) -> Result<u8, Stop> {
        let arguments = match arguments {
            [first, rest @ ..] if first == "--" => rest,
            all => all,
        };
        let Some((first, rest)) = arguments.split_first() else {
            return self.show_traps().await;
        };
        // With a number or a lone signal there is no action: back to the default.
        let (action, names) = if rest.is_empty() || first.parse::<u8>().is_ok() {
            (None, arguments)
        } else {
            (Some(first).filter(|action| *action != "-"), rest)
        };
        let mut status = 0;
        for name in names {
            let Some(number) = trap_number(name) else {
                self.complain_in("trap", &format!("{name}: invalid signal specification"))
                    .await;
                status = 1;
                continue;
            };
            self.set_trap(number, action.cloned());
        }
        Ok(status)
    }

    fn set_trap(&mut self, number: u8, action: Option<String>) {
        if let Some(signal) = Signal::from_number(number) {
            let signals = self.process.pid.signals();
            match action.as_deref() {
                None if signal == Signal::INT && self.minds_interrupts => signals.catch(signal),
                None => signals.reset(signal),
                Some("") => signals.ignore(signal),
                Some(_) => signals.catch(signal),
            }
        }
        match action {
            Some(action) => self.traps.0.insert(number, action),
            None => self.traps.0.remove(&number),
        };
    }

    async fn show_traps(&self) -> Result<u8, Stop> {
        let mut text = String::new();
        for (number, action) in &self.traps.0 {
            let quoted = super::builtin::single_quoted(action);
            let _ = writeln!(text, "trap -- {quoted} {}", trap_name(*number));
        }
        self.print(text).await
    }
}

fn trap_number(name: &str) -> Option<u8> {
    if name == "0" || name.eq_ignore_ascii_case("EXIT") {
        return Some(0);
    }
    name.parse::<Signal>().ok().map(Signal::number)
}

fn trap_name(number: u8) -> String {
    match Signal::from_number(number) {
        Some(signal) => short_name(signal),
        None => "EXIT".to_owned(),
    }
}

/// The name of a signal without `SIG`.
pub(in crate::process) fn short_name(signal: Signal) -> String {
    let name = signal.to_string();
    name.strip_prefix("SIG").unwrap_or(&name).to_owned()
}

/// What a shell prints when a signal has ended a program in the foreground; nothing for those
/// that are everyday.
pub(super) fn obituary(signal: Signal) -> Option<&'static str> {
    Some(match signal.number() {
        1 => "Hangup",
        3 => "Quit",
        6 => "Aborted",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        14 => "Alarm clock",
        15 => "Terminated",
        _ => return None,
    })
}
