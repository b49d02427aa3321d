use crate::{
    context::Context,
    failure::Outcome,
    output::{Format, Table, json, stdout},
};
use futures::future::join_all;
use serde::Serialize;
use std::time::Duration;
use wharf::{Candidate, Verdict};

/// An engine that is there says so at once.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,
}

/// A place, and what was found there.
#[derive(Debug, Serialize)]
struct Row {
    /// Who named it.
    origin: String,
    url: Option<String>,
    /// Whether commands go there when nothing else is said.
    taken: bool,
    /// The engine that answers, with its version.
    engine: Option<String>,
    /// Why it is not taken, or why it cannot be used.
    note: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let candidates = wharf::discover().await;
        let mut rows: Vec<Row> = Vec::new();
        if let Some(url) = context.url() {
            rows.push(ask("--runtime", url, None, true).await);
        }
        let overruled = context.url().is_some();
        rows.extend(
            join_all(
                candidates
                    .iter()
                    .map(|candidate| look(candidate, overruled)),
            )
            .await,
        );
        if self.format.json {
            json(&rows)?;
        } else {
            table(&rows).write(stdout())?;
        }
        Ok(0)
    }
}

/// Asks a candidate what it is, unless it is known already that nobody answers.
async fn look(candidate: &Candidate, overruled: bool) -> Row {
    let Candidate {
        origin,
        url,
        verdict,
        ..
    } = candidate;
    let taken = *verdict == Verdict::Taken && !overruled;
    match (verdict, url) {
        (Verdict::Taken | Verdict::Available, Some(url)) => {
            let note = (!taken).then(|| Verdict::Available.to_string());
            ask(origin, url, note, taken).await
        }
        _ => Row {
            origin: origin.clone(),
            url: url.clone(),
            taken: false,
            engine: None,
            note: Some(verdict.to_string()),
        },
    }
}

async fn ask(origin: &str, url: &str, note: Option<String>, taken: bool) -> Row {
    let answer = async {
        let info = wharf::connect(url).await?.info().await?;
        Ok::<_, wharf::Error>(format!("{} {}", info.engine, info.version))
    };
    let (engine, note) = match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(engine)) => (Some(engine), note),
        Ok(Err(error)) => (None, Some(error.message().to_owned())),
        Err(_) => (
            None,
            Some(format!("no answer within {} s", PATIENCE.as_secs())),
        ),
    };
    Row {
        origin: origin.to_owned(),
        url: Some(wharf::show_url(url).into_owned()),
        taken,
        engine,
        note,
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(["", "FOUND BY", "URL", "ENGINE", "NOTE"]);
    for row in rows {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mark = if row.taken { "*" } else { "" };
        let note = row.note.clone().unwrap_or_else(|| "taken".to_owned());
        table.row([
            mark.to_owned(),
            row.origin.clone(),
            text(&row.url),
            text(&row.engine),
            note,
        ]);
    }
    let embedded = [
        "",
        "always here",
        "fake:",
        "fake",
        "in memory, for tests and `wharf tour`",
    ];
    table.row(embedded.map(str::to_owned));
    table
}
