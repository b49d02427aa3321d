//! Applets that make, remove and describe files.

use super::args::Arguments;
use super::{Fail, Outcome, Printer};
use crate::fs::{FsError, OpenOptions, Owner};
use crate::process::Process;
use crate::process::account::find_account;

/// Deeper trees are not descended into, so that no tree exhausts the stack.
pub(super) const TREE_DEPTH: u32 = 128;

pub(super) async fn touch(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "cd:r:amh", &[])?;
    let now = process.files.clock().now();
    let time = match (given.value('d'), given.value('r')) {
        (Some(text), _) => super::time::parse_date(text, now)
            .ok_or_else(|| Fail::Message(format!("invalid date '{text}'")))?,
        (None, Some(file)) => match process.files.stat(&process.path(file)) {
            Ok(stat) => stat.modified,
            Err(error) => return Err(Fail::Message(format!("{file}: {error}"))),
        },
        (None, None) => now,
    };
    if given.operands.is_empty() {
        return Err(Fail::Usage(String::new()));
    }
    let mut code = 0;
    for name in &given.operands {
        let path = process.path(name);
        let mut touched = process.files.set_modified(&path, time);
        if touched == Err(FsError::NotFound) {
            if given.has('c') {
                continue;
            }
            let options = OpenOptions {
                truncate: false,
                ..OpenOptions::writing(0o666)
            };
            touched = process
                .open(name, options)
                .and_then(|_| process.files.set_modified(&path, time));
        }
        if let Err(error) = touched {
            process.complain(&format!("{name}: {error}")).await;
            code = 1;
        }
    }
    Ok(code)
}

pub(super) async fn mkdir(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "pm:", &[("parents", 'p'), ("mode", 'm')])?;
    if given.operands.is_empty() {
        return Err(Fail::Usage(String::new()));
    }
    let mode = match given.value('m') {
        None => 0o777 & !process.umask,
        Some(text) => change_mode(text, 0o777, true, 0)
            .ok_or_else(|| Fail::Message(format!("invalid mode '{text}'")))?,
    };
    let mut code = 0;
    for name in &given.operands {
        let path = process.path(name);
        let outcome = if given.has('p') {
            process.files.mkdir_all(&path, mode)
        } else {
            process.files.mkdir(&path, mode)
        };
        if let Err(error) = outcome {
            process
                .complain(&format!("can't create directory '{name}': {error}"))
                .await;
            code = 1;
        }
    }
    Ok(code)
}

pub(super) async fn rmdir(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "p", &[])?;
    let mut code = 0;
    for name in &given.operands {
        let mut name = name.as_str();
        loop {
            if let Err(error) = process.files.remove_dir(&process.path(name)) {
                process.complain(&format!("'{name}': {error}")).await;
                code = 1;
                break;
            }
            match name.trim_end_matches('/').rsplit_once('/') {
                Some((parent, _)) if given.has('p') && !parent.is_empty() => name = parent,
                _ => break,
            }
        }
    }
    Ok(code)
}

pub(super) async fn rm(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "rRfi", &[])?;
    let force = given.has('f');
    if given.operands.is_empty() && !force {
        return Err(Fail::Usage(String::new()));
    }
    let recursive = given.has('r') || given.has('R');
    let mut errors = Vec::new();
    for name in &given.operands {
        let last = name.trim_end_matches('/').rsplit('/').next();
        if matches!(last, Some("." | "..")) {
            errors.push("can't remove '.' or '..'".to_owned());
        } else {
            remove(process, name, recursive, force, 0, &mut errors);
        }
    }
    for error in &errors {
        process.complain(error).await;
    }
    Ok(u8::from(!errors.is_empty()))
}

/// Removes a file, or a directory with all in it.
pub(super) fn remove(
    process: &Process,
    name: &str,
    recursive: bool,
    force: bool,
    depth: u32,
    errors: &mut Vec<String>,
) {
    let path = process.path(name);
    let removed = match process.files.lstat(&path) {
        Ok(stat) if stat.is_dir() && !recursive => {
            errors.push(format!("'{name}' is a directory"));
            return;
        }
        Ok(stat) if stat.is_dir() => {
            if depth < TREE_DEPTH {
                for entry in process.files.list(&path).unwrap_or_default() {
                    remove(
                        process,
                        &format!("{name}/{entry}"),
                        true,
                        force,
                        depth + 1,
                        errors,
                    );
                }
            }
            process.files.remove_dir(&path)
        }
        Ok(_) => process.files.remove_file(&path),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => {}
        Err(FsError::NotFound | FsError::NotADirectory) if force => {}
        Err(error) => errors.push(format!("can't remove '{name}': {error}")),
    }
}

pub(super) async fn readlink(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "fnvqs", &[])?;
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in &given.operands {
        let path = process.path(name);
        let target = if given.has('f') {
            resolve(process, &path)
        } else {
            process.files.read_link(&path)
        };
        let end = if given.has('n') { "" } else { "\n" };
        match target {
            Ok(target) => printer.write(format!("{target}{end}").as_bytes()).await?,
            Err(_) => code = 1,
        }
    }
    printer.finish(code).await
}

/// The canonical path; the last component may be missing.
fn resolve(process: &Process, path: &str) -> Result<String, FsError> {
    match process.files.canonical(path) {
        Err(FsError::NotFound) => {
            let path = path.trim_end_matches('/');
            let (parent, name) = path.rsplit_once('/').ok_or(FsError::NotFound)?;
            let parent = process
                .files
                .canonical(if parent.is_empty() { "/" } else { parent })?;
            Ok(format!("{}/{name}", parent.trim_end_matches('/')))
        }
        other => other,
    }
}

pub(super) async fn realpath(process: &Process) -> Outcome {
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in process.args() {
        match resolve(process, &process.path(name)) {
            Ok(path) => printer.line(&path).await?,
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
            }
        }
    }
    printer.finish(code).await
}

pub(super) async fn basename(process: &Process) -> Outcome {
    let [path, rest @ ..] = process.args() else {
        return Err(Fail::Usage(String::new()));
    };
    let trimmed = path.trim_end_matches('/');
    let name = trimmed.rsplit('/').next().unwrap_or(trimmed);
    let name = if name.is_empty() && path.starts_with('/') {
        "/"
    } else {
        name
    };
    let short = rest
        .first()
        .and_then(|suffix| name.strip_suffix(suffix.as_str()));
    let shown = short.filter(|short| !short.is_empty()).unwrap_or(name);
    process.print(format!("{shown}\n")).await?;
    Ok(0)
}

pub(super) async fn dirname(process: &Process) -> Outcome {
    let Some(path) = process.args().first() else {
        return Err(Fail::Usage(String::new()));
    };
    let trimmed = path.trim_end_matches('/');
    let parent = match trimmed.rsplit_once('/') {
        Some((parent, _)) if parent.trim_end_matches('/').is_empty() => "/",
        Some((parent, _)) => parent.trim_end_matches('/'),
        None if trimmed.is_empty() && path.starts_with('/') => "/",
        None => ".",
    };
    process.print(format!("{parent}\n")).await?;
    Ok(0)
}

pub(super) async fn chmod(process: &Process) -> Outcome {
    // A mode such as -x is no option.
    let (options, operands): (Vec<String>, Vec<String>) = process
        .args()
        .iter()
        .cloned()
        .partition(|word| matches!(word.as_str(), "-R" | "-f" | "-v"));
    let [mode, names @ ..] = operands.as_slice() else {
        return Err(Fail::Usage(String::new()));
    };
    let recursive = options.iter().any(|option| option == "-R");
    let mut errors = Vec::new();
    for name in names {
        let mut change = |path: &str, shown: &str, errors: &mut Vec<String>| {
            let changed = process.files.stat(path).and_then(|stat| {
                match change_mode(mode, stat.mode, stat.is_dir(), process.umask) {
                    Some(mode) => process.files.set_mode(path, mode),
                    None => Err(FsError::InvalidPath),
                }
            });
            match changed {
                Ok(()) => {}
                Err(FsError::InvalidPath) => errors.push(format!("invalid mode '{mode}'")),
                Err(error) => errors.push(format!("{shown}: {error}")),
            }
        };
        visit(process, name, recursive, 0, &mut errors, &mut change);
    }
    for error in &errors {
        process.complain(error).await;
    }
    Ok(u8::from(!errors.is_empty()))
}

pub(super) async fn chown(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "Rhfv", &[])?;
    let [spec, names @ ..] = given.operands.as_slice() else {
        return Err(Fail::Usage(String::new()));
    };
    let (user, group) = spec
        .split_once(':')
        .map_or((spec.as_str(), None), |(user, group)| (user, Some(group)));
    let unknown = |name: &str| Fail::Message(format!("unknown user {name}"));
    let uid = match user {
        "" => None,
        name => Some(
            find_account(&process.files, name)
                .map_err(|_| unknown(name))?
                .owner
                .uid,
        ),
    };
    let gid = match group {
        None | Some("") => None,
        Some(name) => {
            let account = find_account(&process.files, &format!("0:{name}"));
            Some(
                account
                    .map_err(|_| Fail::Message(format!("unknown group {name}")))?
                    .owner
                    .gid,
            )
        }
    };
    let mut errors = Vec::new();
    for name in names {
        let mut change = |path: &str, shown: &str, errors: &mut Vec<String>| {
            let changed = process.files.stat(path).and_then(|stat| {
                let owner = Owner {
                    uid: uid.unwrap_or(stat.owner.uid),
                    gid: gid.unwrap_or(stat.owner.gid),
                };
                process.files.set_owner(path, owner)
            });
            if let Err(error) = changed {
                errors.push(format!("{shown}: {error}"));
            }
        };
        visit(process, name, given.has('R'), 0, &mut errors, &mut change);
    }
    for error in &errors {
        process.complain(error).await;
    }
    Ok(u8::from(!errors.is_empty()))
}

/// Calls `change` with the path of `name` and of all below it.
fn visit(
    process: &Process,
    name: &str,
    recursive: bool,
    depth: u32,
    errors: &mut Vec<String>,
    change: &mut dyn FnMut(&str, &str, &mut Vec<String>),
) {
    let path = process.path(name);
    change(&path, name, errors);
    let directory = process.files.lstat(&path).is_ok_and(|stat| stat.is_dir());
    if recursive && directory && depth < TREE_DEPTH {
        for entry in process.files.list(&path).unwrap_or_default() {
            visit(
                process,
                &format!("{name}/{entry}"),
                true,
                depth + 1,
                errors,
                change,
            );
        }
    }
}

/// `mode` after a change such as `644` or `u+x,g=r`; `None` if it is none.
pub(super) fn change_mode(text: &str, mode: u32, directory: bool, umask: u32) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return u32::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777);
    }
    let mut mode = mode;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let mut mask = 0;
        for letter in who.chars() {
            mask |= match letter {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        if who.is_empty() {
            mask = 0o7777 & !umask;
        }
        let mut operator = rest.chars().next()?;
        let mut bits = 0;
        for letter in rest.chars().skip(1) {
            bits |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if directory || mode & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                '+' | '-' | '=' => {
                    mode = apply(operator, mode, bits & mask, mask);
                    operator = letter;
                    bits = 0;
                    continue;
                }
                _ => return None,
            };
        }
        mode = apply(operator, mode, bits & mask, mask);
    }
    Some(mode)
}

fn apply(operator: char, mode: u32, bits: u32, mask: u32) -> u32 {
    match operator {
        '+' => mode | bits,
        '-' => mode & !bits,
        _ => mode & !(mask & 0o777) | bits,
    }
}
