//! Users and groups, as `/etc/passwd` and `/etc/group` of the container say.

use crate::fs::{Files, Owner};

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
    let line = lines(files, "/etc/passwd").into_iter().find(|fields| {
        fields.first().is_some_and(|name| name == user)
            || number.is_some() && field(fields, 2) == number
    });
    let mut account = match (&line, number) {
        (Some(line), _) => Account {
            owner: Owner {
                uid: field(line, 2).unwrap_or_default(),
                gid: field(line, 3).unwrap_or_default(),
            },
            home: line
                .get(5)
                .filter(|home| !home.is_empty())
                .map_or("/", String::as_str)
                .into(),
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
    let groups = lines(files, "/etc/group");
    let line = groups
        .iter()
        .find(|fields| fields.first().is_some_and(|name| name == group));
    line.and_then(|line| field(line, 2))
        .or_else(|| group.parse().ok())
}

/// The name of user `uid`.
pub(super) fn user_name(files: &Files, uid: u32) -> Option<String> {
    name_of(files, "/etc/passwd", uid)
}

/// The name of group `gid`.
pub(super) fn group_name(files: &Files, gid: u32) -> Option<String> {
    name_of(files, "/etc/group", gid)
}

/// The home directory of user `name`.
pub(super) fn home_of(files: &Files, name: &str) -> Option<String> {
    let users = lines(files, "/etc/passwd");
    let line = users
        .into_iter()
        .find(|fields| fields.first().is_some_and(|user| user == name))?;
    line.into_iter().nth(5)
}

fn name_of(files: &Files, file: &str, id: u32) -> Option<String> {
    let line = lines(files, file)
        .into_iter()
        .find(|fields| field(fields, 2) == Some(id))?;
    line.into_iter().next()
}

fn field(fields: &[String], index: usize) -> Option<u32> {
    fields.get(index)?.parse().ok()
}

/// A container without the file has no names.
fn lines(files: &Files, path: &str) -> Vec<Vec<String>> {
    let content = files.read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&content);
    text.lines()
        .map(|line| line.split(':').map(str::to_owned).collect())
        .collect()
}
