//! The engine's events as a stream.

use super::{Engine, open::OpenKind};
use crate::{bus::Subscription, state::EventFilter};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::sync::Arc;
use tokio::{sync::broadcast::error::RecvError, time::Instant};
use wharf_core::{
    Error, ErrorKind, Event, EventOps, EventsOptions, Items, Operation, Result, Timestamp,
};

#[async_trait]
impl EventOps for Engine {
    async fn events(&self, options: EventsOptions) -> Result<Items<Event>> {
        let EventsOptions {
            since,
            until,
            filters,
            ..
        } = options;
        let open = self
            .open(OpenKind::Stream, Operation::Events, "")?
            .that_runs_dry();
        let subscription = self.step(|world| Ok(world.bus.subscribe(since)))?;
        let deadline = until.map(|until| self.shared.clock.instant(until));
        let feed = Feed {
            subscription,
            until,
            deadline,
        };
        let filter = EventFilter::new(filters);
        let events = stream::unfold(feed, async |mut feed| Some((feed.next().await?, feed)))
            .filter_map(move |event| {
                let event = event.map(|event| filter.lets_through(&event).then_some(event));
                std::future::ready(event.transpose())
            })
            .map(|event| event.map(Arc::unwrap_or_clone));
        Ok(open.items(events))
    }
}

struct Feed {
    subscription: Subscription,
    until: Option<Timestamp>,
    deadline: Option<Instant>,
}

impl Feed {
    async fn next(&mut self) -> Option<Result<Arc<Event>>> {
        if let Some(event) = self.subscription.past.pop_front() {
            return self.in_time(event);
        }
        let live = self.subscription.live.recv();
        let event = match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, live).await.ok()?,
            None => live.await,
        };
        match event {
            Ok(event) => self.in_time(event),
            Err(RecvError::Lagged(missed)) => {
                let why = format!(
                    "the reader stayed behind: {missed} events are lost; subscribe again and read faster"
                );
                Some(Err(Error::new(ErrorKind::Lagged, why)))
            }
            Err(RecvError::Closed) => Some(Err(super::ended())),
        }
    }

    fn in_time(&self, event: Arc<Event>) -> Option<Result<Arc<Event>>> {
        self.until
            .is_none_or(|until| event.time <= until)
            .then_some(Ok(event))
    }
}
