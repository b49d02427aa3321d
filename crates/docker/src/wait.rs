//! Waiting for a container's end.

use futures::StreamExt;
use serde::Deserialize;
use wharf_core::{ContainerState, Exit, Operation, Pending, Result, WaitCondition, WaitOptions};

use crate::connect::Docker;
use crate::convert::nullable;
use crate::error::Failure;
use crate::stream::json;
use crate::transport::{ByteStream, Deadline, Request, segment};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ended {
    status_code: i64,
    #[serde(default, deserialize_with = "nullable")]
    error: Trouble,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Trouble {
    message: String,
}

impl From<Ended> for Exit {
    fn from(ended: Ended) -> Self {
        let mut exit = Self::new(ended.status_code);
        exit.error = Some(ended.error.message).filter(|message| !message.is_empty());
        exit
    }
}

impl Docker {
    /// Armed once the head of the answer is here: the engine subscribes before it sends that.
    pub(crate) async fn wait(&self, id: &str, options: &WaitOptions) -> Result<Pending<Exit>> {
        let at = self.at(Operation::WaitContainer);
        let opened = self
            .open_wait(id, options)
            .await
            .map_err(|failure| at.error(failure))?;
        Ok(Pending::new(async move {
            match opened {
                Opened::Answered(exit) => Ok(exit),
                Opened::Waiting(stream) => ended(stream).await.map_err(|failure| at.error(failure)),
            }
        }))
    }

    async fn open_wait(&self, id: &str, options: &WaitOptions) -> Result<Opened, Failure> {
        let at_once = options.condition == WaitCondition::NotRunning;
        if at_once && self.dialect().makes_up_exit_codes() {
            let container = self.inspected(id, false).await?;
            if container.state(self.dialect()) == ContainerState::Created {
                return Ok(Opened::Answered(container.exit(self.dialect())));
            }
        }
        let request = Request::post(format!("/containers/{}/wait", segment(id)))
            .query("condition", options.condition.as_str());
        self.transport()
            .stream(request, Deadline::Usual)
            .await
            .map(Opened::Waiting)
    }
}

enum Opened {
    Answered(Exit),
    Waiting(ByteStream),
}

async fn ended(stream: ByteStream) -> Result<Exit, Failure> {
    let mut values = json::values::<Ended>(stream);
    match values.next().await {
        Some(ended) => ended.map(Into::into),
        None => Err(Failure::Cut(
            "the answer ended before the container did".into(),
        )),
    }
}
