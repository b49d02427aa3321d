//! An engine that hangs: our own patience is not the engine's.
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]
#![allow(dead_code, reason = "each file uses its part of the support")]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::Child,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use support::{Told, interrupt, refused, start, wharf};

/// The beginning of a request, and what is answered to it.
type Answer = (&'static str, u16, &'static str);

const VERSION: Answer = (
    "GET /version",
    200,
    r#"{"Version":"28.5.2","ApiVersion":"1.51","MinAPIVersion":"1.24","Components":[{"Name":"Engine"}]}"#,
);
const IMAGE: Answer = (
    "GET /v1.51/images/busybox",
    200,
    r#"{"Id":"sha256:abcdef"}"#,
);
const CREATE: Answer = (
    "POST /v1.51/containers/create",
    201,
    r#"{"Id":"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789","Warnings":[]}"#,
);

/// An engine that has these answers, and none to all else; of that it tells.
struct Engine {
    url: String,
    unanswered: mpsc::Receiver<String>,
}

impl Engine {
    fn with(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("tcp://{}", listener.local_addr().unwrap());
        let (tell, unanswered) = mpsc::channel();
        // They end with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, tell) = (answers.clone(), tell.clone());
                thread::spawn(move || serve(&stream.unwrap(), &answers, &tell));
            }
        });
        Self { url, unanswered }
    }

    /// A command on it that has got so far that it waits for an answer to such a request.
    fn stuck(&self, line: &str, at: &str) -> Child {
        let child = start(wharf(&format!("--runtime {} {line}", self.url)));
        let asked = self.unanswered.recv_timeout(Duration::from_secs(20));
        let asked = asked.unwrap();
        assert!(asked.starts_with(at), "{asked}");
        child
    }
}

fn serve(mut stream: &TcpStream, answers: &[Answer], tell: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        // Who hangs up asks nothing more.
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            match header.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", bytes)) => length = bytes.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let answer = answers
            .iter()
            .find(|(begin, ..)| request.starts_with(begin));
        let Some((_, status, body)) = answer else {
            // The test may be over.
            let _ = tell.send(request);
            let _ = reader.read(&mut [0]);
            return;
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
    }
}

/// Ctrl-C until it ends. Signals of one kind that come at once may be one.
fn interrupted(mut child: Child) -> Told {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("still there");
        }
        interrupt(&child);
        thread::sleep(Duration::from_millis(100));
    }
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_run_ends_at_the_third_signal_also_where_nothing_is_made_yet() {
    let engine = Engine::with(vec![VERSION, IMAGE]);
    let run = engine.stuck("run --rm --pull never busybox true", CREATE.0);
    refused(
        &interrupted(run),
        125,
        &[
            "signal 3: no longer waiting",
            "may still make the container",
        ],
    );
}

#[test]
fn a_run_ends_also_where_what_it_made_cannot_be_removed() {
    let broken = (
        "POST /v1.51/containers/abcdef",
        500,
        r#"{"message":"out of order"}"#,
    );
    let engine = Engine::with(vec![VERSION, IMAGE, CREATE, broken]);
    let run = engine.stuck("run --rm --pull never busybox true", "DELETE");
    let parts = [
        "signal 3",
        "container abcdef0123456789",
        "may be left",
        "out of order",
    ];
    refused(&interrupted(run), 125, &parts);
}

#[test]
fn a_suite_that_is_interrupted_says_how_to_clean_up_on_that_engine() {
    let engine = Engine::with(vec![VERSION]);
    let told = interrupted(engine.stuck("conform", ""));
    let advice = format!(
        "`wharf --runtime {0} rm -f $(wharf --runtime {0} ps -aq -f label=wharf.conformance)`",
        engine.url
    );
    refused(&told, 130, &["interrupted", &advice]);
}
