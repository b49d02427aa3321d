//! `ls` and `stat`.

use std::cmp::Reverse;

use super::args::Arguments;
use super::{Fail, Outcome, Printer};
use crate::fs::{Device, FileType, Stat};
use crate::process::Process;
use crate::process::account::{group_name, user_name};

/// An entry to show: its name, where it is, what it is.
struct Entry {
    name: String,
    path: String,
    stat: Stat,
}

pub(super) async fn ls(process: &Process) -> Outcome {
    let long = [
        ("color", 'G'),
        ("all", 'a'),
        ("almost-all", 'A'),
        ("directory", 'd'),
    ];
    let given = Arguments::parse(process.args(), "1aAlhdRFpcutSrnCxiGs", &long)?;
    let operands = if given.operands.is_empty() {
        vec![".".to_owned()]
    } else {
        given.operands.clone()
    };
    let mut code = 0;
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for name in operands {
        let path = process.path(&name);
        // A link on the command line counts as what it points to, unless its own line is asked for.
        let follow = !given.has('l') && !given.has('d');
        let stat = if follow {
            process.files.stat(&path)
        } else {
            process.files.lstat(&path)
        };
        match stat {
            Ok(stat) if stat.is_dir() && !given.has('d') => {
                directories.push(Entry { name, path, stat });
            }
            Ok(stat) => files.push(Entry { name, path, stat }),
            Err(error) => {
                process.complain(&format!("{name}: {error}")).await;
                code = 1;
            }
        }
    }
    let several = directories.len() + files.len() > 1 || given.has('R');
    let mut printer = Printer::new(process);
    sort(&mut files, &given);
    sort(&mut directories, &given);
    show(process, &given, &mut printer, &files).await?;
    let mut first = files.is_empty();
    directories.reverse();
    while let Some(directory) = directories.pop() {
        let names = match process.files.list(&directory.path) {
            Ok(names) => names,
            Err(error) => {
                process
                    .complain(&format!("can't open '{}': {error}", directory.name))
                    .await;
                code = 1;
                continue;
            }
        };
        if several {
            let gap = if first { "" } else { "\n" };
            printer.line(&format!("{gap}{}:", directory.name)).await?;
        }
        first = false;
        let mut names = names;
        if given.has('a') {
            names.splice(0..0, [".".to_owned(), "..".to_owned()]);
        } else if !given.has('A') {
            names.retain(|name| !name.starts_with('.'));
        }
        let mut entries = Vec::new();
        for name in names {
            let path = format!("{}/{name}", directory.path.trim_end_matches('/'));
            // It may have been removed meanwhile.
            if let Ok(stat) = process.files.lstat(&path) {
                entries.push(Entry { name, path, stat });
            }
        }
        sort(&mut entries, &given);
        if given.has('l') || given.has('s') {
            let blocks: u64 = entries.iter().map(|entry| blocks(&entry.stat)).sum();
            printer.line(&format!("total {blocks}")).await?;
        }
        show(process, &given, &mut printer, &entries).await?;
        if given.has('R') {
            let below = entries
                .into_iter()
                .rev()
                .filter(|entry| entry.stat.is_dir() && entry.name != "." && entry.name != "..");
            directories.extend(below.map(|entry| Entry {
                name: format!("{}/{}", directory.name.trim_end_matches('/'), entry.name),
                ..entry
            }));
        }
    }
    printer.finish(code).await
}

/// Blocks of a kibibyte that an entry takes.
fn blocks(stat: &Stat) -> u64 {
    if stat.is_file() || stat.is_dir() {
        stat.size.div_ceil(4096) * 4
    } else {
        0
    }
}

fn sort(entries: &mut [Entry], given: &Arguments) {
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    match given.last_of("tS") {
        Some('t') => entries.sort_by_key(|entry| Reverse(entry.stat.modified)),
        Some(_) => entries.sort_by_key(|entry| Reverse(entry.stat.size)),
        None => {}
    }
    if given.has('r') {
        entries.reverse();
    }
}

async fn show(
    process: &Process,
    given: &Arguments,
    printer: &mut Printer<'_>,
    entries: &[Entry],
) -> Result<(), Fail> {
    for entry in entries {
        let mark = match entry.stat.file_type {
            FileType::Directory if given.has('F') || given.has('p') => "/",
            FileType::Symlink if given.has('F') => "@",
            FileType::File if given.has('F') && entry.stat.mode & 0o111 != 0 => "*",
            _ => "",
        };
        let inode = if given.has('i') {
            format!("{:7} ", entry.stat.inode)
        } else {
            String::new()
        };
        let size = if given.has('s') {
            format!("{:4} ", blocks(&entry.stat))
        } else {
            String::new()
        };
        let details = if given.has('l') {
            details(process, given, entry)
        } else {
            String::new()
        };
        let link = match process.files.read_link(&entry.path) {
            Ok(target) if given.has('l') => format!(" -> {target}"),
            _ => String::new(),
        };
        printer
            .line(&format!("{inode}{size}{details}{}{mark}{link}", entry.name))
            .await?;
    }
    Ok(())
}

fn details(process: &Process, given: &Arguments, entry: &Entry) -> String {
    let stat = &entry.stat;
    let numeric = given.has('n');
    let user = user_name(&process.files, stat.owner.uid).filter(|_| !numeric);
    let group = group_name(&process.files, stat.owner.gid).filter(|_| !numeric);
    let user = user.unwrap_or_else(|| stat.owner.uid.to_string());
    let group = group.unwrap_or_else(|| stat.owner.gid.to_string());
    let size = match stat.file_type {
        FileType::Device(device) => numbers(device),
        _ if given.has('h') => human(stat.size),
        _ => stat.size.to_string(),
    };
    let age = process.files.clock().now() - stat.modified;
    let recent = age.num_days() < 183 && age.num_days() > -1;
    let time = stat
        .modified
        .format(if recent { "%b %e %H:%M" } else { "%b %e  %Y" });
    format!(
        "{} {:4} {user:<8} {group:<8} {size:>9} {time} ",
        permissions(stat),
        stat.links,
    )
}

/// Major and minor number, as Linux gives them.
fn numbers(device: Device) -> String {
    let minor = match device {
        Device::Null => 3,
        Device::Zero => 5,
        Device::Full => 7,
        Device::Random => 9,
        Device::Descriptor(number) => return format!("5, {number:3}"),
    };
    format!("1, {minor:3}")
}

fn human(size: u64) -> String {
    let mut value = size;
    let mut rest = 0;
    let mut unit = 0;
    while value >= 1024 && unit < 4 {
        rest = value % 1024;
        value /= 1024;
        unit += 1;
    }
    if unit == 0 {
        return value.to_string();
    }
    format!(
        "{value}.{}{}",
        rest * 10 / 1024,
        ["", "K", "M", "G", "T"][unit]
    )
}

fn permissions(stat: &Stat) -> String {
    let kind = match stat.file_type {
        FileType::File => '-',
        FileType::Directory => 'd',
        FileType::Symlink => 'l',
        FileType::Device(_) => 'c',
    };
    let mut text = String::from(kind);
    for (shift, special, set, unset) in [
        (6, 0o4000, 's', 'S'),
        (3, 0o2000, 's', 'S'),
        (0, 0o1000, 't', 'T'),
    ] {
        let bits = stat.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (stat.mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

pub(super) async fn stat(process: &Process) -> Outcome {
    let given = Arguments::parse(process.args(), "Lc:tf", &[])?;
    if given.operands.is_empty() {
        return Err(Fail::Usage(String::new()));
    }
    if given.has('f') || given.has('t') {
        return Err(Fail::Usage("only -L and -c are supported".to_owned()));
    }
    let mut printer = Printer::new(process);
    let mut code = 0;
    for name in &given.operands {
        let path = process.path(name);
        let found = if given.has('L') {
            process.files.stat(&path)
        } else {
            process.files.lstat(&path)
        };
        match found {
            Ok(stat) => {
                let format = given.value('c').map_or(DEFAULT_STAT, |format| format);
                printer
                    .line(&describe(process, format, name, &stat))
                    .await?;
            }
            Err(error) => {
                printer.flush().await?;
                process
                    .complain(&format!("can't stat '{name}': {error}"))
                    .await;
                code = 1;
            }
        }
    }
    printer.finish(code).await
}

const DEFAULT_STAT: &str = "  File: %N\n  Size: %s\tBlocks: %b\tIO Block: 4096   %F\n\
    Device: 0h/0d\tInode: %i\tLinks: %h\n\
    Access: (%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nModify: %y";

fn describe(process: &Process, format: &str, name: &str, stat: &Stat) -> String {
    let files = &process.files;
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let Some(letter) = characters.next() else {
            break;
        };
        let value = match letter {
            'a' => format!("{:o}", stat.mode),
            'A' => permissions(stat),
            'n' => name.to_owned(),
            'N' => match files.read_link(&process.path(name)) {
                Ok(target) => format!("'{name}' -> '{target}'"),
                Err(_) => name.to_owned(),
            },
            's' => stat.size.to_string(),
            'b' => (blocks(stat) * 2).to_string(),
            'B' => "512".to_owned(),
            'i' => stat.inode.to_string(),
            'h' => stat.links.to_string(),
            'u' => stat.owner.uid.to_string(),
            'g' => stat.owner.gid.to_string(),
            'U' => user_name(files, stat.owner.uid).unwrap_or_else(|| "UNKNOWN".to_owned()),
            'G' => group_name(files, stat.owner.gid).unwrap_or_else(|| "UNKNOWN".to_owned()),
            'X' | 'Y' | 'Z' => stat.modified.timestamp().to_string(),
            'x' | 'y' | 'z' => stat
                .modified
                .format("%Y-%m-%d %H:%M:%S%.9f +0000")
                .to_string(),
            'F' => match stat.file_type {
                FileType::File if stat.size == 0 => "regular empty file",
                FileType::File => "regular file",
                FileType::Directory => "directory",
                FileType::Symlink => "symbolic link",
                FileType::Device(_) => "character special file",
            }
            .to_owned(),
            '%' => "%".to_owned(),
            _ => "?".to_owned(),
        };
        text.push_str(&value);
    }
    text
}
