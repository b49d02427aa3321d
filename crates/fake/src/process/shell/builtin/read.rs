//! `read`.

use futures::future::{Either, select};

use crate::process::applets::time;
use crate::process::shell::lexer::is_name;
use crate::process::shell::{Shell, Stop};

impl Shell {
    pub(super) async fn read(&mut self, words: &[String]) -> Result<u8, Stop> {
        let mut raw = false;
        let mut count = usize::MAX;
        let mut timeout = None;
        let mut names = words[1..].iter().peekable();
        while let Some(flag) = names.next_if(|word| word.starts_with('-') && word.len() > 1) {
            let letter = flag.as_bytes()[1];
            let inline = Some(flag[2..].to_owned()).filter(|text| !text.is_empty());
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| names.next().cloned())
                    .unwrap_or_default()
            };
            match letter {
                b'r' => raw = true,
                b's' => {}
                b'p' => self.process.complain_raw(value()).await,
                b'n' => count = value().parse().unwrap_or(usize::MAX),
                b't' => {
                    let Ok(seconds) = value().parse() else {
                        let message = "sh: read: invalid timeout\n".to_owned();
                        self.process.complain_raw(message).await;
                        return Ok(1);
                    };
                    timeout = time::seconds(seconds);
                }
                _ => {
                    return Err(self.misuse("read", &format!("illegal option {flag}")).await);
                }
            }
        }
        let names: Vec<&str> = names.map(String::as_str).collect();
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            self.process
                .complain_raw(format!("sh: read: '{bad}': bad variable name\n"))
                .await;
            return Ok(1);
        }
        let line = self.read_line(raw, count);
        let read = match timeout {
            Some(limit) => tokio::time::timeout(limit, line).await.unwrap_or(Err(1)),
            None => line.await,
        };
        let (line, ended) = match read {
            Ok(read) => read,
            Err(status) => return Ok(status),
        };
        self.assign_fields(&names, &line).await?;
        Ok(u8::from(ended))
    }

    /// Reads a line byte by byte, so that the next program finds the rest. `Err` is the status if
    /// a caught signal or an error ends it.
    async fn read_line(&self, raw: bool, count: usize) -> Result<(Vec<(char, bool)>, bool), u8> {
        let input = self.process.descriptors.get(0).clone();
        let signals = self.process.pid.signals().clone();
        let mut bytes = Vec::new();
        let mut escapes = Vec::new();
        let mut quoted = false;
        let ended = loop {
            if bytes.len() >= count {
                break false;
            }
            let read = std::pin::pin!(input.read(1));
            let arrival = std::pin::pin!(signals.arrival());
            let byte = match select(read, arrival).await {
                Either::Left((Ok(read), _)) => read.first().copied(),
                Either::Left((Err(_), _)) | Either::Right(_) => return Err(1),
            };
            match byte {
                None | Some(b'\0') => break true,
                Some(b'\n') if quoted => quoted = false,
                Some(b'\n') => break false,
                Some(b'\\') if !raw && !quoted => quoted = true,
                Some(byte) => {
                    escapes.push(quoted);
                    bytes.push(byte);
                    quoted = false;
                }
            }
            self.process.spend(1).await;
        };
        let text = String::from_utf8_lossy(&bytes);
        let marked = text
            .char_indices()
            .map(|(at, character)| (character, escapes.get(at).copied().unwrap_or(false)));
        Ok((marked.collect(), ended))
    }

    /// Splits a line among variables; the last one takes the rest.
    async fn assign_fields(&mut self, names: &[&str], line: &[(char, bool)]) -> Result<(), Stop> {
        let ifs = self.variable("IFS").unwrap_or_default();
        let is_blank = |&(character, escaped): &(char, bool)| {
            !escaped && character.is_ascii_whitespace() && ifs.contains(character)
        };
        let separates = |&(character, escaped): &(char, bool)| !escaped && ifs.contains(character);
        let mut rest = line;
        while rest.first().is_some_and(is_blank) {
            rest = &rest[1..];
        }
        let names = if names.is_empty() { &["REPLY"] } else { names };
        for (index, name) in names.iter().enumerate() {
            let field;
            if index + 1 == names.len() {
                let mut last = rest;
                while last.last().is_some_and(is_blank) {
                    last = &last[..last.len() - 1];
                }
                field = last;
            } else {
                let end = rest.iter().position(separates).unwrap_or(rest.len());
                field = &rest[..end];
                rest = &rest[end..];
                let blanks =
                    |rest: &[(char, bool)]| rest.iter().take_while(|at| is_blank(at)).count();
                rest = &rest[blanks(rest)..];
                if rest
                    .first()
                    .is_some_and(|at| separates(at) && !is_blank(at))
                {
                    rest = &rest[1..];
                    rest = &rest[blanks(rest)..];
                }
            }
            let value = field.iter().map(|(character, _)| character).collect();
            self.assign(name, value).await?;
        }
        Ok(())
    }
}
