use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Format, json_line, raw},
    parse::time::moment,
};
use chrono::SecondsFormat;
use futures::TryStreamExt;
use std::io;
use wharf::{LogChunk, LogSource, LogsOptions, Tail, Timestamp};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Stay, and show what comes
    #[arg(short, long)]
    follow: bool,

    /// Tell when each line was written
    #[arg(short, long)]
    timestamps: bool,

    /// Only the last so many lines of what is there: a number, or all
    #[arg(short = 'n', long, value_name = "N", default_value = "all")]
    tail: Tail,

    /// Only what was written since then: 2026-01-31T12:00:00Z, unix seconds, or 10m for ten minutes ago
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    since: Option<Timestamp>,

    /// Only what was written until then
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    until: Option<Timestamp>,

    #[command(flatten)]
    format: Format,

    /// The container, by name or id
    container: String,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut options = LogsOptions::default()
            .with_follow(self.follow)
            .with_timestamps(self.timestamps || self.format.json)
            .with_tail(self.tail);
        (options.since, options.until) = (self.since, self.until);
        let runtime = context.connect().await?;
        let mut logs = runtime.container_logs(&self.container, options).await?;
        let mut out = Lines::default();
        while let Some(chunk) = logs.try_next().await? {
            if self.format.json {
                json_line(&chunk)?;
            } else {
                out.write(&chunk)?;
            }
        }
        Ok(0)
    }
}

/// Writes chunks to where they came from, with their time in front of each line where it is told.
#[derive(Default)]
pub(crate) struct Lines {
    /// Whether the last chunk left its line open: of stdout, of stderr.
    open: [bool; 2],
}

impl Lines {
    pub(crate) fn write(&mut self, chunk: &LogChunk) -> Result<(), Failure> {
        let stderr = chunk.source == LogSource::Stderr;
        let bytes = self.stamped(chunk, stderr);
        if stderr {
            raw(io::stderr(), &bytes)
        } else {
            raw(io::stdout(), &bytes)
        }
    }

    fn stamped(&mut self, chunk: &LogChunk, stderr: bool) -> Vec<u8> {
        let open = &mut self.open[usize::from(stderr)];
        let mut bytes = Vec::new();
        if let (Some(time), false) = (chunk.timestamp, *open) {
            bytes.extend(time.to_rfc3339_opts(SecondsFormat::Nanos, true).bytes());
            bytes.push(b' ');
        }
        bytes.extend_from_slice(&chunk.bytes);
        *open = !chunk.bytes.ends_with(b"\n");
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_two_pieces_has_one_time_in_front() {
        let time: Timestamp = "2026-01-31T12:00:00.5Z".parse().unwrap();
        let mut lines = Lines::default();
        let mut write = |source, text: &'static str| {
            let chunk = LogChunk::new(source, text).with_timestamp(time);
            let stderr = chunk.source == LogSource::Stderr;
            String::from_utf8(lines.stamped(&chunk, stderr)).unwrap()
        };
        assert_eq!(
            write(LogSource::Stdout, "one "),
            "2026-01-31T12:00:00.500000000Z one "
        );
        assert_eq!(
            write(LogSource::Stderr, "err\n"),
            "2026-01-31T12:00:00.500000000Z err\n"
        );
        assert_eq!(write(LogSource::Stdout, "line\n"), "line\n");
        assert_eq!(
            write(LogSource::Stdout, "two\n"),
            "2026-01-31T12:00:00.500000000Z two\n"
        );
    }
}
