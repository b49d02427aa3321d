//! Patience: reading a little later, and so a lot more at once.
//!
//! dockerd writes each line of a log by itself. A reader that waits for every one of them is woken
//! for every one, and so slows the writer down too; one that lets a few dozen gather reads a log in
//! half the time. So where reads come back short, one hard upon the other, the next one rests a
//! moment. Whatever comes after a silence is read at once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::ready;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::timer::Timer;

/// A read that brings less than this is short.
const SHORT: usize = 16 * 1024;
/// Reads within this time follow one hard upon the other.
const CLOSE: Duration = Duration::from_micros(500);
/// After so many of them there is a rest before each.
const IN_A_ROW: u32 = 16;
/// Long enough for a few dozen lines, and too short for the socket's buffer to fill.
const REST: Duration = Duration::from_micros(150);

/// A socket that is read with patience. A write begins anew: an answer to a question is awaited.
pub(crate) struct Patient<S> {
    socket: S,
    timer: Option<Timer>,
    last: Instant,
    in_a_row: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Awake,
    Resting,
    /// The next read comes after a rest, however long that was.
    Rested,
}

impl<S> Patient<S> {
    pub(crate) fn new(socket: S) -> Self {
        let state = State::Awake;
        Self {
            socket,
            timer: None,
            last: Instant::now(),
            in_a_row: 0,
            state,
        }
    }

    /// Notes a read, and begins a rest if it is one of many and there is no more to read at once.
    fn note(&mut self, drained: bool) {
        let now = Instant::now();
        let close = self.state == State::Rested || now - self.last < CLOSE;
        self.last = now;
        self.state = State::Awake;
        self.in_a_row = if close {
            self.in_a_row.saturating_add(1)
        } else {
            0
        };
        if drained && self.in_a_row >= IN_A_ROW {
            // Without a timer, for want of descriptors say, there is no rest either.
            self.timer = self.timer.take().or_else(|| Timer::new().ok());
            if self
                .timer
                .as_mut()
                .is_some_and(|timer| timer.start(REST).is_ok())
            {
                self.state = State::Resting;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.state == State::Resting {
            if let Some(timer) = &mut this.timer {
                ready!(timer.poll_elapsed(cx))?;
            }
            this.state = State::Rested;
        }
        let filled = buffer.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buffer);
        match read {
            Poll::Ready(Ok(())) => {
                let brought = buffer.filled().len() - filled;
                this.note(brought < SHORT && buffer.remaining() > 0);
            }
            _ => this.state = State::Awake,
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        (self.in_a_row, self.state) = (0, State::Awake);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// A timer that counts microseconds, which tokio's does not.
#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use futures::ready;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[allow(
            deprecated,
            reason = "its successor is unsafe; an owned descriptor never changes"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(AsyncFd::with_interest(timer, Interest::READABLE)?))
        }

        pub(super) fn start(&mut self, time: Duration) -> io::Result<()> {
            let never = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let once = Itimerspec {
                it_interval: never,
                it_value: time.try_into().unwrap_or(never),
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }

        pub(super) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            loop {
                let mut ready = ready!(self.0.poll_read_ready(cx))?;
                let mut count = [0; 8];
                match ready.try_io(|timer| Ok(rustix::io::read(timer, &mut count)?)) {
                    Ok(read) => return Poll::Ready(read.map(drop)),
                    Err(_not_yet) => {}
                }
            }
        }
    }
}

/// Where there is no such timer, nothing rests.
#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::task::{Context, Poll};
    use std::time::Duration;

    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn start(&mut self, _: Duration) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn poll_elapsed(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn nothing_is_lost_or_changed_by_resting() {
        let (mut engine, reader) = tokio::io::duplex(1024);
        let mut reader = Patient::new(reader);
        let lines: Vec<String> = (0..3000).map(|number| format!("line {number}\n")).collect();
        let expected = lines.concat();
        let write = async move {
            for line in lines {
                engine.write_all(line.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let mut read = String::new();
        let ((), rested) = tokio::join!(write, async {
            reader.read_to_string(&mut read).await.unwrap();
            reader.timer.is_some()
        });
        assert_eq!(read, expected);
        assert_eq!(
            rested,
            cfg!(target_os = "linux"),
            "short reads one upon the other make it rest"
        );
    }

    #[tokio::test]
    async fn what_comes_after_a_silence_or_a_question_is_read_at_once() {
        let (mut engine, reader) = tokio::io::duplex(1024);
        let mut reader = Patient::new(reader);
        let mut buffer = [0; 64];
        for _ in 0..4 * IN_A_ROW {
            engine.write_all(b"x").await.unwrap();
            reader.read_exact(&mut buffer[..1]).await.unwrap();
            // A question between two answers: a call, not a flow.
            reader.write_all(b"?").await.unwrap();
            engine.read_exact(&mut buffer[..1]).await.unwrap();
        }
        assert!(reader.timer.is_none());
        reader.in_a_row = IN_A_ROW;
        tokio::time::sleep(2 * CLOSE).await;
        engine.write_all(b"late").await.unwrap();
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 4);
        assert!(reader.state == State::Awake && reader.in_a_row == 0);
    }
}
