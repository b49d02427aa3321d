//! `cp`, `mv`, `ln`.

use super::args::Arguments;
use super::files::{TREE_DEPTH, remove};
use super::{BLOCK, Fail, Outcome};
use crate::fs::{FileType, FsError, OpenOptions};
use crate::process::{Process, Stream};

/// Where each source goes: into the last operand if that is a directory.
fn targets(process: &Process, given: &Arguments) -> Result<Vec<(String, String)>, Fail> {
    let (sources, last) = match (given.value('t'), given.operands.as_slice()) {
        (Some(directory), sources) => (sources, directory),
        (None, [sources @ .., last]) if !sources.is_empty() => (sources, last.as_str()),
        _ => return Err(Fail::Usage(String::new())),
    };
    let directory = process
        .files
        .stat(&process.path(last))
        .is_ok_and(|stat| stat.is_dir());
    if directory && !given.has('T') {
        let inside = |source: &String| {
            let name = source
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or(source);
            (
                source.clone(),
                format!("{}/{name}", last.trim_end_matches('/')),
            )
        };
        return Ok(sources.iter().map(inside).collect());
    }
    match sources {
        [only] => Ok(vec![(only.clone(), last.to_owned())]),
        _ => Err(Fail::Message(format!("target '{last}' is not a directory"))),
    }
}

async fn report(process: &Process, errors: Vec<String>) -> Outcome {
    for error in &errors {
        process.complain(error).await;
    }
    Ok(u8::from(!errors.is_empty()))
}

pub(super) async fn cp(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "arRpfdPLHinsTt:", &[])?;
    let recursive = ['a', 'r', 'R'].iter().any(|letter| given.has(*letter));
    let how = Copying {
        recursive,
        follow: !recursive && !given.has('d') && !given.has('P') || given.has('L'),
        keep: given.has('a') || given.has('p'),
        force: given.has('f'),
    };
    let mut errors = Vec::new();
    for (source, target) in targets(process, &given)? {
        let there = process.files.exists(&process.path(&target));
        if !(given.has('n') && there) {
            copy(process, &source, &target, how, 0, &mut errors).await;
        }
    }
    report(process, errors).await
}

#[derive(Debug, Clone, Copy)]
struct Copying {
    recursive: bool,
    follow: bool,
    keep: bool,
    force: bool,
}

async fn copy(
    process: &Process,
    source: &str,
    target: &str,
    how: Copying,
    depth: u32,
    errors: &mut Vec<String>,
) {
    let mut todo = vec![(source.to_owned(), target.to_owned(), depth)];
    while let Some((source, target, depth)) = todo.pop() {
        let (from, to) = (process.path(&source), process.path(&target));
        let stat = if how.follow {
            process.files.stat(&from)
        } else {
            process.files.lstat(&from)
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(error) => {
                errors.push(format!("can't stat '{source}': {error}"));
                continue;
            }
        };
        let copied = match stat.file_type {
            FileType::Directory if !how.recursive => {
                errors.push(format!("omitting directory '{source}'"));
                continue;
            }
            FileType::Directory => {
                let entries = process.files.list(&from).unwrap_or_default();
                let into_itself = format!("{to}/").starts_with(&format!("{from}/"));
                if into_itself || depth >= TREE_DEPTH {
                    errors.push(format!("recursion detected, omitting directory '{source}'"));
                    continue;
                }
                todo.extend(entries.into_iter().rev().map(|name| {
                    (
                        format!("{source}/{name}"),
                        format!("{target}/{name}"),
                        depth + 1,
                    )
                }));
                match process.files.mkdir(&to, stat.mode) {
                    Err(FsError::Exists) => Ok(()),
                    other => other,
                }
            }
            FileType::Symlink => process.files.read_link(&from).and_then(|link| {
                if process.files.lstat(&to).is_ok() {
                    process.files.remove_file(&to)?;
                }
                process.files.symlink(&link, &to)
            }),
            FileType::File | FileType::Device(_) => {
                if how.force
                    && process.files.exists(&to)
                    && process.files.open(&to, OpenOptions::appending(0)).is_err()
                {
                    // What cannot be opened may still be replaced.
                    let _ = process.files.remove_file(&to);
                }
                match copy_bytes(process, &source, &target, stat.mode).await {
                    Ok(()) => Ok(()),
                    Err(message) => {
                        errors.push(message);
                        continue;
                    }
                }
            }
        };
        let kept = copied.and_then(|()| {
            if how.keep && stat.file_type != FileType::Symlink {
                process.files.set_mode(&to, stat.mode)?;
                process.files.set_modified(&to, stat.modified)?;
                if process.owner().uid == 0 {
                    process.files.set_owner(&to, stat.owner)?;
                }
            }
            Ok(())
        });
        if let Err(error) = kept {
            errors.push(format!("can't create '{target}': {error}"));
        }
    }
}

async fn copy_bytes(
    process: &Process,
    source: &str,
    target: &str,
    mode: u32,
) -> Result<(), String> {
    let input = process
        .open(source, OpenOptions::reading())
        .map_err(|error| format!("can't open '{source}': {error}"))?;
    if let (Stream::File(input), Ok(Stream::File(output))) =
        (&input, process.open(target, OpenOptions::reading()))
        && input.same_file(&output)
    {
        return Err(format!("'{source}' and '{target}' are the same file"));
    }
    let output = process
        .open(target, OpenOptions::writing(mode))
        .map_err(|error| format!("can't create '{target}': {error}"))?;
    loop {
        let block = process.read_from(&input, BLOCK).await;
        let block = block.map_err(|error| format!("read error: {error}"))?;
        if block.is_empty() {
            return Ok(());
        }
        output
            .write(block)
            .await
            .map_err(|error| format!("write error: {error}"))?;
    }
}

pub(super) async fn mv(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "finTt:", &[])?;
    let mut errors = Vec::new();
    for (source, target) in targets(process, &given)? {
        let (from, to) = (process.path(&source), process.path(&target));
        if given.has('n') && process.files.exists(&to) {
            continue;
        }
        match process.files.rename(&from, &to) {
            Ok(()) => {}
            Err(FsError::CrossDevice) => {
                let how = Copying {
                    recursive: true,
                    follow: false,
                    keep: true,
                    force: true,
                };
                let before = errors.len();
                copy(process, &source, &target, how, 0, &mut errors).await;
                if errors.len() == before {
                    remove(process, &source, true, true, 0, &mut errors);
                }
            }
            Err(error) => errors.push(format!("can't rename '{source}': {error}")),
        }
    }
    report(process, errors).await
}

pub(super) async fn ln(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "sfnT", &[])?;
    let targets = match given.operands.as_slice() {
        [only] => {
            let name = only
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or(only);
            vec![(only.clone(), name.to_owned())]
        }
        _ => targets(process, &given)?,
    };
    let mut errors = Vec::new();
    for (source, target) in targets {
        let path = process.path(&target);
        if given.has('f') && process.files.lstat(&path).is_ok_and(|stat| !stat.is_dir()) {
            // That it cannot be removed shows when the link is made.
            let _ = process.files.remove_file(&path);
        }
        let made = if given.has('s') {
            process.files.symlink(&source, &path)
        } else {
            process.files.hard_link(&process.path(&source), &path)
        };
        if let Err(error) = made {
            let blamed = if error == FsError::NotFound {
                &source
            } else {
                &target
            };
            errors.push(format!("{blamed}: {error}"));
        }
    }
    report(process, errors).await
}
