//! Applets: the small programs of busybox.

mod args;
mod copy;
mod expr;
mod files;
mod filter;
pub(super) mod format;
mod grep;
mod list;
pub(super) mod system;
pub(super) mod test;
mod text;
pub(super) mod time;

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{IoError, Process, Stream};
use crate::fs::{FsError, OpenOptions};

/// How an applet ends: its exit code, or why it gives up.
pub(super) type Outcome = Result<u8, Fail>;

/// Why an applet gives up.
#[derive(Debug)]
pub(super) enum Fail {
    /// Its output cannot be written.
    Io(IoError),
    /// With these words, and exit code 1.
    Message(String),
    /// It was called wrongly: with these words, how to call it, and exit code 1.
    Usage(String),
    /// It holds more than its container may.
    OutOfMemory,
}

impl From<IoError> for Fail {
    fn from(error: IoError) -> Self {
        Self::Io(error)
    }
}

pub(super) struct Applet {
    name: &'static str,
    pub(super) run: for<'a> fn(&'a Process) -> BoxFuture<'a, Outcome>,
}

impl fmt::Debug for Applet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Names under which busybox is a shell.
pub(super) const SHELLS: [&str; 2] = ["ash", "sh"];

macro_rules! applets {
    ($($name:literal => $function:path,)*) => {
        const APPLETS: &[Applet] =
            &[$(Applet { name: $name, run: |process| Box::pin($function(process)) },)*];
    };
}

// Sorted by name, for the search.
applets! {
    "[" => system::test,
    "[[" => system::test,
    "basename" => files::basename,
    "cat" => text::cat,
    "chmod" => files::chmod,
    "chown" => files::chown,
    "cp" => copy::cp,
    "cut" => filter::cut,
    "date" => time::date,
    "dirname" => files::dirname,
    "echo" => system::echo,
    "env" => system::env,
    "expr" => expr::expr,
    "false" => system::no,
    "grep" => grep::grep,
    "head" => text::head,
    "hostname" => system::hostname,
    "id" => system::id,
    "kill" => system::kill_applet,
    "ln" => copy::ln,
    "ls" => list::ls,
    "mkdir" => files::mkdir,
    "mv" => copy::mv,
    "nproc" => system::nproc,
    "printenv" => system::printenv,
    "printf" => system::printf,
    "pwd" => system::pwd,
    "readlink" => files::readlink,
    "realpath" => files::realpath,
    "rm" => files::rm,
    "rmdir" => files::rmdir,
    "seq" => text::seq,
    "sleep" => time::sleep,
    "sort" => filter::sort,
    "stat" => list::stat,
    "sync" => system::yes_indeed,
    "tail" => text::tail,
    "tee" => text::tee,
    "test" => system::test,
    "timeout" => time::timeout,
    "touch" => files::touch,
    "tr" => filter::tr,
    "true" => system::yes_indeed,
    "tty" => system::tty,
    "uname" => system::uname,
    "uniq" => filter::uniq,
    "usleep" => time::usleep,
    "wc" => text::wc,
    "which" => system::which,
    "whoami" => system::whoami,
    "yes" => text::yes,
}

pub(super) fn find(name: &str) -> Option<&'static Applet> {
    let at = APPLETS
        .binary_search_by_key(&name, |applet| applet.name)
        .ok()?;
    APPLETS.get(at)
}

/// The names under which an image like busybox has programs in `/bin`, sorted.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SHELLS
        .into_iter()
        .chain(APPLETS.iter().map(|applet| applet.name))
}

/// What a real busybox has besides, as `busybox --list` of a 1.35 says that Debian has built.
const LACKING: &str = include_str!("lacking.txt");

/// Whether a real busybox has an applet of that name, and there is none here.
pub(super) fn is_lacking(name: &str) -> bool {
    LACKING.lines().any(|known| known == name)
}

/// Bytes that an applet reads or writes at once.
const BLOCK: usize = 64 * 1024;

/// As the C library's buffer for a pipe.
const OUTPUT_BUFFER: usize = 4096;

/// A line longer than this is an error, not a reason to use up the machine's memory.
const LINE_LIMIT: usize = 64 * 1024 * 1024;

/// Standard output as the C library buffers it: by block, or by line on a terminal.
pub(super) struct Printer<'a> {
    process: &'a Process,
    buffer: Vec<u8>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(process: &'a Process) -> Self {
        Self {
            process,
            buffer: Vec::new(),
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), IoError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= OUTPUT_BUFFER || self.process.tty && bytes.ends_with(b"\n") {
            self.flush().await?;
        }
        Ok(())
    }

    pub(super) async fn line(&mut self, line: &str) -> Result<(), IoError> {
        self.write(format!("{line}\n").as_bytes()).await
    }

    pub(super) async fn flush(&mut self) -> Result<(), IoError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.process.print(std::mem::take(&mut self.buffer)).await
    }

    /// The last write, and the applet's code.
    pub(super) async fn finish(mut self, code: u8) -> Outcome {
        self.flush().await?;
        Ok(code)
    }
}

/// A process can hold so many bytes, of one line or of all.
fn check_memory(process: &Process, held: usize) -> Result<(), Fail> {
    if !process.pid.kernel().has_memory(held) {
        Err(Fail::OutOfMemory)
    } else if held > LINE_LIMIT {
        Err(Fail::Message("out of memory".to_owned()))
    } else {
        Ok(())
    }
}

/// An input read line by line.
pub(super) struct Lines<'a> {
    process: &'a Process,
    stream: Stream,
    held: Vec<u8>,
    start: usize,
    ended: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(process: &'a Process, stream: Stream) -> Self {
        Self {
            process,
            stream,
            held: Vec::new(),
            start: 0,
            ended: false,
        }
    }

    /// The next line with its newline, if it has one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Fail> {
        let mut searched = self.start;
        loop {
            let newline = self.held[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(at) = newline {
                let end = searched + at + 1;
                let line = self.held[self.start..end].to_vec();
                self.start = end;
                return Ok(Some(line));
            }
            if self.ended {
                let rest = self.held.split_off(self.start);
                self.held.clear();
                self.start = 0;
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            }
            self.held.drain(..self.start);
            self.start = 0;
            searched = self.held.len();
            check_memory(self.process, searched)?;
            let bytes = read(self.process, &self.stream).await?;
            self.ended = bytes.is_empty();
            self.held.extend_from_slice(&bytes);
        }
    }
}

/// The next block of an input.
pub(super) async fn read(process: &Process, stream: &Stream) -> Result<Bytes, Fail> {
    let bytes = process.read_from(stream, BLOCK).await;
    bytes.map_err(|error| Fail::Message(format!("read error: {error}")))
}

/// Everything of an input, for applets that need to see the end before they begin.
pub(super) async fn read_all(process: &Process, stream: &Stream) -> Result<Vec<u8>, Fail> {
    let mut all = Vec::new();
    loop {
        let bytes = read(process, stream).await?;
        if bytes.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&bytes);
        check_memory(process, all.len())?;
    }
}

/// Opens an input; `-` is standard input.
pub(super) fn open(process: &Process, name: &str) -> Result<Stream, FsError> {
    if name == "-" {
        return Ok(process.descriptors.get(0).clone());
    }
    process.open(name, OpenOptions::reading())
}

/// What is read where no file is named.
pub(super) fn or_stdin(files: &[String]) -> Vec<String> {
    if files.is_empty() {
        vec!["-".to_owned()]
    } else {
        files.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_not_lacking() {
        let there: Vec<_> = names().filter(|name| is_lacking(name)).collect();
        assert!(there.is_empty(), "{there:?}");
        assert!(is_lacking("sed") && !is_lacking("nosuch") && !is_lacking(""));
        let lacking: Vec<_> = LACKING.lines().collect();
        assert!(lacking.is_sorted());
        // Those and ours are all; `printenv` is in other builds.
        let ours = names().filter(|name| *name != "printenv").count();
        assert_eq!(lacking.len() + ours, 269);
    }
}
