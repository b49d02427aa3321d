//! Users and groups, as `/etc/passwd` and `/etc/group` of the container say.

use crate::fs::{Files, Owner};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// A user as a process runs under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// User id and primary group id.
    pub(crate) owner: Owner,
    /// Home directory; `/` if the user has no line.
    pub(crate) home: String,
}

/// The user that `spec` means: `name`, `uid`, `name:group`, `uid:gid`; empty is root.
///
/// # Errors
/// The sentence of the engine, if a name is not in the container's files.
pub(crate) fn find_account(files: &Files, spec: &str) -> Result<Account, String> {
    let (user, group) = match spec.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (spec, None),
    };
    let user = if user.is_empty() { "0" } else { user };
    let number = user.parse::<u32>().ok();
    let line = find_line(files, USERS, |line| {
        field(line, 0) == Some(user) || number.is_some() && id(line, 2) == number
    });
    let mut account = match (&line, number) {
        (Some(line), _) => Account {
            owner: Owner {
                uid: id(line, 2).unwrap_or_default(),
                gid: id(line, 3).unwrap_or_default(),
            },
            home: field(line, 5)
                .filter(|home| !home.is_empty())
                .unwrap_or("/")
                .to_owned(),
        },
        (None, Some(uid)) => Account {
            owner: Owner { uid, gid: 0 },
            home: "/".to_owned(),
        },
        (None, None) => {
            return Err(format!(
                "unable to find user {user}: no matching entries in passwd file"
            ));
        }
    };
    if let Some(group) = group {
        account.owner.gid = find_group(files, group).ok_or_else(|| {
            format!("unable to find group {group}: no matching entries in group file")
        })?;
    }
    Ok(account)
}

fn find_group(files: &Files, group: &str) -> Option<u32> {
    find_line(files, GROUPS, |line| field(line, 0) == Some(group))
        .and_then(|line| id(&line, 2))
        .or_else(|| group.parse().ok())
}

/// The name of user `uid`.
pub(super) fn user_name(files: &Files, uid: u32) -> Option<String> {
    name_of(files, USERS, uid)
}

/// The name of group `gid`.
pub(super) fn group_name(files: &Files, gid: u32) -> Option<String> {
    name_of(files, GROUPS, gid)
}

/// The home directory of user `name`.
pub(super) fn home_of(files: &Files, name: &str) -> Option<String> {
    let line = find_line(files, USERS, |line| field(line, 0) == Some(name))?;
    field(&line, 5).map(str::to_owned)
}

fn name_of(files: &Files, path: &str, number: u32) -> Option<String> {
    let line = find_line(files, path, |line| id(line, 2) == Some(number))?;
    field(&line, 0).map(str::to_owned)
}

/// A container without the file has no names.
fn find_line(files: &Files, path: &str, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let content = files.read(path).ok()?;
    let text = String::from_utf8_lossy(&content);
    text.lines().find(|line| is_it(line)).map(str::to_owned)
}

fn field(line: &str, index: usize) -> Option<&str> {
    line.split(':').nth(index)
}

fn id(line: &str, index: usize) -> Option<u32> {
    field(line, index)?.parse().ok()
}
