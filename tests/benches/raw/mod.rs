//! The floor: a blocking reader of the unix socket that keeps its connection and looks at no more than it must.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

pub(crate) struct Raw {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Raw {
    pub(crate) fn connect(socket: &str) -> Self {
        Self {
            stream: UnixStream::connect(socket).unwrap(),
            buffer: vec![0; 64 << 10],
        }
    }

    /// One call on the kept connection; the bytes of its answer.
    pub(crate) fn get(&mut self, path: &str) -> usize {
        self.send(path, "keep-alive");
        let mut filled = 0;
        loop {
            filled += self.stream.read(&mut self.buffer[filled..]).unwrap();
            if let Some(total) = answer_len(&self.buffer[..filled])
                && filled >= total
            {
                return total;
            }
            assert!(
                filled < self.buffer.len(),
                "the answer is larger than the buffer"
            );
        }
    }

    /// Reads an answer to its end, and only counts.
    pub(crate) fn drain(&mut self, path: &str) -> usize {
        self.send(path, "close");
        let mut total = 0;
        loop {
            match self.stream.read(&mut self.buffer).unwrap() {
                0 => return total,
                n => total += n,
            }
        }
    }

    fn send(&mut self, path: &str, connection: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\r\n");
        self.stream.write_all(request.as_bytes()).unwrap();
    }
}

/// The length of head and body, as soon as the head is there.
fn answer_len(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let header = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    match header("content-length") {
        Some(length) => Some(head + length.parse::<usize>().unwrap()),
        None => bytes.ends_with(b"0\r\n\r\n").then_some(bytes.len()),
    }
}
