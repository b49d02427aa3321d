//! The engine's events.

use std::pin::pin;
use std::time::SystemTime;

use async_trait::async_trait;
use futures::{Stream, StreamExt, future, stream};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;
use wharf_core::{Event, EventOps, EventsOptions, Filters, Items, Operation, Result, Timestamp};

use crate::connect::Docker;
use crate::convert::event::Told;
use crate::convert::time;
use crate::error::Failure;
use crate::filters;
use crate::logs::unix;
use crate::stream::json;
use crate::transport::{Deadline, Request};

/// So many events wait for a slow reader; then it is told that it lags.
const BUFFER: usize = 8192;
/// So many events are remembered by the engine, and told at the beginning.
const REMEMBERED: usize = 256;

#[async_trait]
impl EventOps for Docker {
    async fn events(&self, options: EventsOptions) -> Result<Items<Event>> {
        let events = self.open_events(&options).await;
        events.map_err(|failure| self.at(Operation::Events).error(failure))
    }
}

impl Docker {
    /// Live when this is done. The head of the answer is no proof, since the engine sends it before
    /// it subscribes; but it remembers, so we ask it what time it is and then for all since.
    async fn open_events(&self, options: &EventsOptions) -> Result<Items<Event>, Failure> {
        let since = match options.since {
            Some(since) => since,
            None => self.engine_time().await?,
        };
        let mut request = Request::get("/events").query("since", unix(since));
        let cut_off = match options.until {
            Some(until) if self.dialect().ends_events_at_random() => Some(until),
            Some(until) => {
                request = request.query("until", unix(until));
                None
            }
            None => None,
        };
        let history = cut_off.is_some_and(|until| until <= now());
        if history {
            request = request.flag("stream", false);
        }
        let request = filters::query(request, &self.dialect().filters(&options.filters))?;
        let stream = self.transport().stream(request, Deadline::Usual).await?;

        let dialect = self.dialect();
        let told = json::values::<Told>(stream);
        let events = told.filter_map(move |told| {
            future::ready(told.map(|told| told.into_event(dialect)).transpose())
        });
        let end = End {
            cut_off,
            history,
            endless: options.until.is_none(),
        };
        let at = self.at(Operation::Events);
        let filters = options.filters.clone();
        let events = events.filter(move |event| {
            let meant = event
                .as_ref()
                .map_or(true, |event| is_meant(event, &filters));
            future::ready(meant)
        });
        let events = read_ahead(bounded(once_each(events), end));
        Ok(Items::new(events.map(move |event| {
            event.map_err(|failure| at.error(failure))
        })))
    }

    async fn engine_time(&self) -> Result<Timestamp, Failure> {
        let text = self.told().await?.system_time;
        time(&text)
            .ok_or_else(|| Failure::garbled(format!("expected the engine's time, got {text:?}")))
    }
}

/// Whether it is about what was named. To the engine everything is whose name begins so.
fn is_meant(event: &Event, filters: &Filters) -> bool {
    let named = |id: &str| event.attributes.get("name").is_some_and(|name| name == id);
    let about = |key: &str, id: &str| {
        // A volume's id is its name; of the others' the beginning will do.
        named(id) || event.id == id || key != "volume" && event.id.starts_with(id)
    };
    ["container", "volume", "network"].iter().all(|key| {
        let values = filters.values(key);
        values.is_empty() || values.iter().any(|id| about(key, id))
    })
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Leaves out what was told already. What happens while the engine looks into its memory and
/// subscribes comes out of both; later nothing can.
fn once_each(
    events: impl Stream<Item = Result<Event, Failure>>,
) -> impl Stream<Item = Result<Event, Failure>> {
    let fresh = events.scan(Vec::new(), |seen: &mut Vec<Event>, event| {
        let repeated = match &event {
            Ok(event) if seen.len() < 2 * REMEMBERED => {
                let repeated = seen.contains(event);
                seen.push(event.clone());
                repeated
            }
            _ => false,
        };
        future::ready(Some((!repeated).then_some(event)))
    });
    fresh.filter_map(future::ready)
}

/// When a stream of events is over.
#[derive(Clone, Copy)]
struct End {
    /// What the engine was not told, and we see to.
    cut_off: Option<Timestamp>,
    /// Only what has happened; the end comes by itself.
    history: bool,
    /// It ends only if the engine goes away.
    endless: bool,
}

fn bounded(
    events: impl Stream<Item = Result<Event, Failure>>,
    end: End,
) -> impl Stream<Item = Result<Event, Failure>> {
    let over = move |event: &Result<Event, Failure>| match (event, end.cut_off) {
        (Ok(event), Some(until)) => event.time <= until,
        _ => true,
    };
    let timer = async move {
        match end.cut_off {
            Some(until) if !end.history => {
                let left = (until - now()).to_std().unwrap_or_default();
                tokio::time::sleep(left).await;
            }
            _ => future::pending().await,
        }
    };
    let gone = move || {
        let failure = Failure::Cut("the engine ended its events".into());
        stream::iter(end.endless.then_some(Err(failure)))
    };
    events
        .take_while(move |event| future::ready(over(event)))
        .take_until(timer)
        .chain(stream::once(async move { gone() }).flatten())
}

/// Reads on while the caller does something else: the engine drops events for a slow reader and
/// says nothing. The task ends with the stream that is returned.
fn read_ahead(
    events: impl Stream<Item = Result<Event, Failure>> + Send + 'static,
) -> impl Stream<Item = Result<Event, Failure>> {
    let (sender, receiver) = mpsc::channel(BUFFER);
    let (last_sender, last) = oneshot::channel();
    let task = tokio::spawn(async move {
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            let failure = match event {
                Ok(event) => match sender.try_send(event) {
                    Ok(()) => continue,
                    Err(TrySendError::Full(_)) => Failure::Lagged(BUFFER),
                    Err(TrySendError::Closed(_)) => return,
                },
                Err(failure) => failure,
            };
            // Nobody to tell means that nobody waits.
            let _ = last_sender.send(failure);
            return;
        }
    });
    let task = AbortOnDropHandle::new(task);
    let waiting = stream::unfold((receiver, task), |(mut receiver, task)| async move {
        Some((Ok(receiver.recv().await?), (receiver, task)))
    });
    let last = stream::once(last).filter_map(|last| future::ready(last.ok().map(Err)));
    waiting.chain(last)
}
