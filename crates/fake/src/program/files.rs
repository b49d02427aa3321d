//! Files as a program of a test handles them: whole.

use crate::{
    fs::{FsError, OpenFile, OpenOptions},
    process::{Process, Stream},
};

/// Reads the whole of a file.
pub(super) fn read(process: &Process, path: &str) -> Result<Vec<u8>, FsError> {
    process.files.read(&process.path(path))
}

/// Makes a file of `content`, or replaces what was in it; the folders above it are made.
pub(super) fn write(process: &Process, path: &str, content: &[u8]) -> Result<(), FsError> {
    put(process, path, content, OpenOptions::writing(0o666))
}

/// Adds to the end of a file, which is made where it is missing, with the folders above it.
pub(super) fn append(process: &Process, path: &str, content: &[u8]) -> Result<(), FsError> {
    put(process, path, content, OpenOptions::appending(0o666))
}

fn put(
    process: &Process,
    path: &str,
    mut content: &[u8],
    options: OpenOptions,
) -> Result<(), FsError> {
    let file = open(process, path, options)?;
    while !content.is_empty() {
        content = &content[file.write(content)?..];
    }
    Ok(())
}

fn open(process: &Process, path: &str, options: OpenOptions) -> Result<OpenFile, FsError> {
    let whole = process.path(path);
    if let Some((folder, _)) = whole
        .rsplit_once('/')
        .filter(|(folder, _)| !folder.is_empty())
    {
        process.files.mkdir_all(folder, 0o755)?;
    }
    match process.open(path, options)? {
        Stream::File(file) => Ok(file),
        // `/dev/stdout` and its like: a stream is not written as a whole.
        _ => Err(FsError::InvalidPath),
    }
}
