//! Redirections: `<`, `>`, `2>&1`, here-documents.

use bytes::Bytes;

use super::ast::{Redirect, RedirectKind, Word};
use super::{Evaluating, Shell};
use crate::fs::{FsError, OpenOptions};
use crate::process::{Stream, pipe};

/// Descriptors as they were before a redirection, in the order to put them back.
pub(super) type Saved = Vec<(u32, Stream)>;

impl Shell {
    /// Applies `redirects`. A redirection that fails has been complained about: `Err` holds what
    /// to put back.
    pub(super) fn redirect<'a>(
        &'a mut self,
        redirects: &'a [Redirect],
    ) -> Evaluating<'a, Result<Saved, Saved>> {
        Box::pin(async move {
            let mut saved = Saved::new();
            for redirect in redirects {
                if let Err(message) = self.apply(redirect, &mut saved).await? {
                    self.complain(&message).await;
                    return Ok(Err(saved));
                }
            }
            Ok(Ok(saved))
        })
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        for (number, stream) in saved.into_iter().rev() {
            self.process.descriptors.set(number, stream);
        }
    }

    fn apply<'a>(
        &'a mut self,
        redirect: &'a Redirect,
        saved: &'a mut Saved,
    ) -> Evaluating<'a, Result<(), String>> {
        Box::pin(async move {
            let (word, options) = match &redirect.kind {
                RedirectKind::Read(word) => (word, OpenOptions::reading()),
                RedirectKind::Write(word) | RedirectKind::WriteBoth(word) => {
                    (word, OpenOptions::writing(0o666))
                }
                RedirectKind::Append(word) => (word, OpenOptions::appending(0o666)),
                RedirectKind::ReadWrite(word) => {
                    let both = OpenOptions::reading();
                    (
                        word,
                        OpenOptions {
                            write: true,
                            create: true,
                            mode: 0o666,
                            ..both
                        },
                    )
                }
                RedirectKind::Duplicate(word) => {
                    return self.duplicate(redirect.descriptor, word, saved).await;
                }
                RedirectKind::HereDocument(slot) => {
                    let text = match slot.get() {
                        Some(body) => self.expand_text(body).await?,
                        None => String::new(),
                    };
                    self.replace(redirect.descriptor, here_document(text).await, saved);
                    return Ok(Ok(()));
                }
            };
            let path = self.expand_text(word).await?;
            match self.process.open(&path, options) {
                Ok(stream) => {
                    if matches!(redirect.kind, RedirectKind::WriteBoth(_)) {
                        self.replace(2, stream.clone(), saved);
                    }
                    self.replace(redirect.descriptor, stream, saved);
                    Ok(Ok(()))
                }
                Err(error) if options.write => {
                    Ok(Err(format!("can't create {path}: {}", creating(error))))
                }
                Err(error) => Ok(Err(format!("can't open {path}: {}", opening(error)))),
            }
        })
    }

    fn duplicate<'a>(
        &'a mut self,
        descriptor: u32,
        word: &'a Word,
        saved: &'a mut Saved,
    ) -> Evaluating<'a, Result<(), String>> {
        Box::pin(async move {
            let text = self.expand_text(word).await?;
            let stream = match text.parse() {
                _ if text == "-" => Stream::Closed,
                Ok(source) => match self.process.descriptors.get(source) {
                    Stream::Closed => return Ok(Err(format!("{source}: Bad file descriptor"))),
                    open => open.clone(),
                },
                Err(_) => return Err(self.fatal("syntax error: bad fd number").await),
            };
            self.replace(descriptor, stream, saved);
            Ok(Ok(()))
        })
    }

    fn replace(&mut self, descriptor: u32, stream: Stream, saved: &mut Saved) {
        let old = self.process.descriptors.set(descriptor, stream);
        saved.push((descriptor, old));
    }
}

/// A pipe that holds all of `text`.
async fn here_document(text: String) -> Stream {
    let (writer, reader) = pipe(text.len());
    // There is room, and the reader is here: this neither waits nor fails.
    let _ = writer.write(Bytes::from(text)).await;
    Stream::Reader(reader)
}

/// The shell's own words for a directory that is missing.
fn creating(error: FsError) -> String {
    match error {
        FsError::NotFound | FsError::NotADirectory => "nonexistent directory".to_owned(),
        other => other.to_string(),
    }
}

/// The shell's own words for a file that is missing.
fn opening(error: FsError) -> String {
    match error {
        FsError::NotFound | FsError::NotADirectory => "no such file".to_owned(),
        other => other.to_string(),
    }
}
