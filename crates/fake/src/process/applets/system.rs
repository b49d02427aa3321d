//! Applets about the process and its system.

use std::collections::BTreeMap;
use std::sync::Arc;

use wharf_core::Signal;

use super::args::Arguments;
use super::time::run_in_place;
use super::{Fail, Outcome, Printer, format, test as test_expression};
use crate::process::Process;
use crate::process::account::{find_account, group_name, user_name};
use crate::process::program::{self, DEFAULT_PATH};
use crate::process::shell::short_name;

pub(super) async fn yes_indeed(_: &Process) -> Outcome {
    Ok(0)
}

pub(super) async fn no(_: &Process) -> Outcome {
    Ok(1)
}

pub(super) async fn echo(process: &Process) -> Outcome {
    process.print(format::echo(process.args())).await?;
    Ok(0)
}

pub(super) async fn printf(process: &Process) -> Outcome {
    let formatted = format::printf(process.args());
    process.print(formatted.output).await?;
    for error in &formatted.errors {
        process.complain(error).await;
    }
    Ok(u8::from(!formatted.errors.is_empty()))
}

pub(super) async fn test(process: &Process) -> Outcome {
    match test_expression::evaluate(&process.argv, process) {
        Ok(met) => Ok(u8::from(!met)),
        Err(message) => {
            process.complain(&message).await;
            Ok(2)
        }
    }
}

pub(super) async fn pwd(process: &Process) -> Outcome {
    process.print(format!("{}\n", process.cwd)).await?;
    Ok(0)
}

pub(super) async fn hostname(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "sfid", &[])?;
    if !given.operands.is_empty() {
        return Err(Fail::Message(
            "sethostname: Operation not permitted".to_owned(),
        ));
    }
    let name = process.pid.kernel().hostname();
    let short = name.split('.').next().unwrap_or(name);
    process
        .print(format!("{}\n", if given.has('s') { short } else { name }))
        .await?;
    Ok(0)
}

pub(super) async fn nproc(process: &Process) -> Outcome {
    Arguments::parse(process.args(), "", &[("all", 'a'), ("ignore", 'i')])?;
    let cpus = process.pid.kernel().cpus();
    process.print(format!("{cpus}\n")).await?;
    Ok(0)
}

pub(super) async fn tty(process: &Process) -> Outcome {
    process
        .print(if process.tty {
            "/dev/console\n"
        } else {
            "not a tty\n"
        })
        .await?;
    Ok(u8::from(!process.tty))
}

/// Letters of `uname` in the order in which they are printed.
const UNAME: [char; 6] = ['s', 'n', 'r', 'v', 'm', 'o'];

pub(super) async fn uname(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "snrvmoapi", &[("all", 'a')])?;
    let hostname = process.pid.kernel().hostname();
    let values = [
        "Linux",
        hostname,
        "6.1.0-wharf",
        "#1 SMP",
        "x86_64",
        "GNU/Linux",
    ];
    let any = UNAME.iter().any(|letter| given.has(*letter)) || given.has('a');
    let chosen = UNAME
        .iter()
        .zip(values)
        .filter(|(letter, _)| given.has(**letter) || given.has('a') || (!any && **letter == 's'));
    let words: Vec<&str> = chosen.map(|(_, value)| value).collect();
    process.print(format!("{}\n", words.join(" "))).await?;
    Ok(0)
}

pub(super) async fn whoami(process: &Process) -> Outcome {
    let uid = process.owner().uid;
    let name = user_name(&process.files, uid)
        .ok_or_else(|| Fail::Message(format!("unknown uid {uid}")))?;
    process.print(format!("{name}\n")).await?;
    Ok(0)
}

pub(super) async fn id(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "ugnGr", &[])?;
    let files = &process.files;
    let owner = match given.operands.first() {
        None => process.owner(),
        Some(name) => match find_account(files, name) {
            Ok(account) => account.owner,
            Err(_) => return Err(Fail::Message(format!("unknown user {name}"))),
        },
    };
    let user = user_name(files, owner.uid);
    let group = group_name(files, owner.gid);
    let text = match (given.last_of("ugG"), given.has('n')) {
        (Some('u'), true) => user.unwrap_or_else(|| owner.uid.to_string()),
        (Some('u'), false) => owner.uid.to_string(),
        (Some(_), true) => group.unwrap_or_else(|| owner.gid.to_string()),
        (Some(_), false) => owner.gid.to_string(),
        (None, _) => {
            let named = |id: u32, name: Option<String>| {
                name.map_or(id.to_string(), |name| format!("{id}({name})"))
            };
            let group = named(owner.gid, group);
            format!("uid={} gid={group} groups={group}", named(owner.uid, user))
        }
    };
    process.print(format!("{text}\n")).await?;
    Ok(0)
}

pub(super) async fn printenv(process: &Process) -> Outcome {
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in process.args() {
        match process.env.get(name) {
            Some(value) => printer.line(value).await?,
            None => code = 1,
        }
    }
    if process.args().is_empty() {
        for (name, value) in process.env.iter() {
            printer.line(&format!("{name}={value}")).await?;
        }
    }
    printer.finish(code).await
}

pub(super) async fn env(process: &Process) -> Outcome {
    let long = [("ignore-environment", 'i'), ("unset", 'u')];
    let words: Vec<String> = process.args().to_vec();
    let given = Arguments::parse(&words, "+iu:0", &long)?;
    let mut env: BTreeMap<String, String> = if given.has('i') {
        BTreeMap::new()
    } else {
        (*process.env).clone()
    };
    for name in given.values('u') {
        env.remove(name);
    }
    let mut rest = given.operands.as_slice();
    if let [first, more @ ..] = rest
        && first == "-"
    {
        env.clear();
        rest = more;
    }
    while let Some((first, more)) = rest.split_first() {
        let Some((name, value)) = first.split_once('=') else {
            break;
        };
        env.insert(name.to_owned(), value.to_owned());
        rest = more;
    }
    if !rest.is_empty() {
        let mut changed = process.replaced(process.argv.clone(), Arc::new(env));
        changed.depth = process.depth;
        return run_in_place(&changed, rest).await;
    }
    let mut printer = Printer::new(process);
    let end = if given.has('0') { "\0" } else { "\n" };
    for (name, value) in &env {
        printer
            .write(format!("{name}={value}{end}").as_bytes())
            .await?;
    }
    printer.finish(0).await
}

pub(super) async fn which(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "a", &[])?;
    let path = process.env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in &given.operands {
        match program::locate(name, path, &process.cwd, &process.files) {
            Ok(file) => printer.line(&file).await?,
            Err(_) => code = 1,
        }
    }
    printer.finish(code).await
}

/// What a call of `kill` prints and complains about; the signals have been sent.
#[derive(Debug, Default)]
pub(in crate::process) struct Killed {
    pub(in crate::process) output: String,
    pub(in crate::process) errors: Vec<String>,
}

/// `kill`, as applet and as builtin.
pub(in crate::process) fn kill(words: &[String], process: &Process) -> Killed {
    let mut result = Killed::default();
    let (signal, targets) = match words {
        [flag, rest @ ..] if flag == "-l" => {
            list_signals(rest, &mut result);
            return result;
        }
        [flag, name, rest @ ..] if flag == "-s" => (name.as_str(), rest),
        [first, rest @ ..] if first == "--" => ("TERM", rest),
        [first, rest @ ..] if first.len() > 1 && first.starts_with('-') => (&first[1..], rest),
        rest => ("TERM", rest),
    };
    let targets = match targets {
        [first, rest @ ..] if first == "--" => rest,
        all => all,
    };
    let signal = match signal.parse::<Signal>() {
        Ok(signal) => Some(signal),
        Err(_) if signal == "0" => None,
        Err(_) => {
            result.errors.push(format!("bad signal name '{signal}'"));
            return result;
        }
    };
    if targets.is_empty() {
        result
            .errors
            .push("you need to specify whom to kill".to_owned());
    }
    for target in targets {
        match target.trim_start_matches('%').parse::<i64>() {
            Ok(pid) => {
                // Every process is a group of its own here.
                let pid = u32::try_from(pid.unsigned_abs()).unwrap_or(u32::MAX);
                if !process.pid.kernel().kill(pid, signal) {
                    result
                        .errors
                        .push(format!("can't kill pid {target}: No such process"));
                }
            }
            Err(_) => result.errors.push(format!("invalid number '{target}'")),
        }
    }
    result
}

fn list_signals(names: &[String], result: &mut Killed) {
    use std::fmt::Write;
    if names.is_empty() {
        for number in 1..=31 {
            if let Some(signal) = Signal::from_number(number) {
                let _ = writeln!(result.output, "{number:2}) {}", short_name(signal));
            }
        }
    }
    for name in names {
        let number = name.parse::<u32>().ok();
        // An exit code of a shell names the signal too.
        let number = number.map(|code| if code > 128 { code - 128 } else { code });
        let signal = match number {
            Some(number) => u8::try_from(number).ok().and_then(Signal::from_number),
            None => name.parse().ok(),
        };
        match (signal, number) {
            (Some(signal), Some(_)) => {
                let _ = writeln!(result.output, "{}", short_name(signal));
            }
            (Some(signal), None) => {
                let _ = writeln!(result.output, "{}", signal.number());
            }
            (None, _) => result.errors.push(format!("unknown signal '{name}'")),
        }
    }
}

pub(super) async fn kill_applet(process: &Process) -> Outcome {
    let result = kill(process.args(), process);
    process.print(result.output).await?;
    for error in &result.errors {
        process.complain(error).await;
    }
    Ok(u8::from(!result.errors.is_empty()))
}
