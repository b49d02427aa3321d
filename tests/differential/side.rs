//! The two sides: a program on the fake says what to expect, and the real engine is held to it.

use super::{
    compare::{Difference, differences},
    exemptions::Exemptions,
    perform::World,
    program::{Program, Step},
};
use crate::{paused, real};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use wharf_core::*;
use wharf_docker::Docker;
use wharf_fake::{Fake, ImageFixture};

/// The image that all containers are made from.
pub(super) const IMAGE: &str = "busybox";
/// So long the fake is left alone after each step: all that is due to end has ended then.
const REST: Duration = Duration::from_secs(5);
/// So long the real engine gets for a last surprise.
const LAST: Duration = Duration::from_millis(200);

/// A real engine, and the fake that is compared with it.
pub struct Bench {
    tokio: tokio::runtime::Runtime,
    real: Arc<dyn Runtime>,
    image: ImageInfo,
    exemptions: Exemptions,
    patience: Duration,
}

/// What a program showed.
#[derive(Debug)]
pub enum Outcome {
    /// Both engines agree.
    Same,
    /// They do not.
    Differs(Difference),
}

/// What is seen at rest: the answer to each step with the world after it, and at last the events.
struct Trace {
    steps: Vec<(Value, Value)>,
    events: Value,
}

impl Bench {
    /// Connects to a real engine, which has `patience` to show what is expected of it.
    ///
    /// # Errors
    /// The engine does not answer, or has not the image.
    pub fn new(url: &str, patience: Duration) -> std::result::Result<Self, String> {
        let tokio = real().map_err(|error| error.to_string())?;
        let connected = tokio.block_on(async {
            let docker = Docker::connect(url).await?;
            let image = docker
                .inspect_image(IMAGE, InspectImageOptions::default())
                .await?;
            let api = docker.version().await?.api_version.unwrap_or_default();
            Ok::<_, Error>((Arc::new(docker) as Arc<dyn Runtime>, image, api))
        });
        let (real, image, api) = connected.map_err(|error| error.to_string())?;
        Ok(Self {
            tokio,
            real,
            image,
            exemptions: Exemptions::load()?.of(&api),
            patience,
        })
    }

    /// Gives the real engine another patience from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Does a program on both sides, in a world of that name.
    ///
    /// # Errors
    /// An engine does not let itself be looked at; what it answers to the steps is no error.
    pub fn run(&self, program: &Program, world: &str) -> Result<Outcome> {
        let expected = self.expect(program, world)?;
        self.tokio.block_on(async {
            let image = self.image.id.as_str();
            let mut here = World::open(Arc::clone(&self.real), world, image).await?;
            let outcome = self.hold(program, &expected, &mut here).await;
            here.sweep().await?;
            Ok(outcome?.map_or(Outcome::Same, Outcome::Differs))
        })
    }

    /// What the fake says.
    fn expect(&self, program: &Program, world: &str) -> Result<Trace> {
        let tokio = paused()
            .map_err(|error| Error::new(ErrorKind::Internal, "no runtime").with_source(error))?;
        let image = ImageFixture::busybox()
            .with_config(self.image.config.clone())
            .with_created(self.image.created.unwrap_or_default());
        let id = image.id();
        let fake = Fake::builder()
            .without_images()
            .image(IMAGE, image)?
            .build();
        tokio.block_on(async {
            let runtime: Arc<dyn Runtime> = Arc::new(fake.runtime());
            let mut there = World::open(runtime, world, id.as_str()).await?;
            let mut steps = Vec::with_capacity(program.0.len());
            for step in &program.0 {
                let answer = there.perform(step).await?;
                tokio::time::sleep(REST).await;
                steps.push((
                    self.bare("answer", answer),
                    self.bare("world", there.look().await?),
                ));
            }
            let events = self.bare("events", there.happened());
            Ok(Trace { steps, events })
        })
    }

    /// Holds the real engine to it. None: it does as expected.
    async fn hold(
        &self,
        program: &Program,
        expected: &Trace,
        world: &mut World,
    ) -> Result<Option<Difference>> {
        let last = program.0.len().saturating_sub(1);
        for (at, (step, (answer, rest))) in program.0.iter().zip(&expected.steps).enumerate() {
            let expected = json!({"answer": answer, "world": rest});
            if let Some(difference) = self.step(at, step, &expected, world).await? {
                return Ok(Some(difference));
            }
            if at == last {
                tokio::time::sleep(LAST).await;
                let expected = json!({"world": rest});
                let places = differences(&expected, &json!({"world": self.look(world).await?}));
                if !places.is_empty() {
                    return Ok(Some(Difference { step: at, places }));
                }
            }
        }
        let expected = json!({"events": expected.events});
        let (patience, mut agreed) = (Instant::now(), false);
        loop {
            let events = json!({"events": self.bare("events", world.happened())});
            let places = differences(&expected, &events);
            match (places.is_empty(), agreed) {
                (true, true) => return Ok(None),
                (true, false) => {
                    // There may be one too many on its way.
                    agreed = true;
                    tokio::time::sleep(LAST).await;
                }
                (false, _) if agreed || patience.elapsed() > self.patience => {
                    let step = program.0.len();
                    return Ok(Some(Difference { step, places }));
                }
                (false, _) => pause(patience).await,
            }
        }
    }

    /// Does a step, and lets the engine come to rest.
    async fn step(
        &self,
        at: usize,
        step: &Step,
        expected: &Value,
        world: &mut World,
    ) -> Result<Option<Difference>> {
        let mut answer = self.bare("answer", world.perform(step).await?);
        let patience = Instant::now();
        loop {
            let seen = json!({"answer": answer, "world": self.look(world).await?});
            let places = differences(expected, &seen);
            if places.is_empty() {
                return Ok(None);
            }
            // A wrong answer does not become right by waiting, unless it may be asked for again.
            let hopeless = !step.only_looks() && expected["answer"] != seen["answer"];
            if hopeless || patience.elapsed() > self.patience {
                return Ok(Some(Difference { step: at, places }));
            }
            pause(patience).await;
            if step.only_looks() {
                answer = self.bare("answer", world.perform(step).await?);
            }
        }
    }

    async fn look(&self, world: &mut World) -> Result<Value> {
        Ok(self.bare("world", world.look().await?))
    }

    fn bare(&self, name: &str, mut value: Value) -> Value {
        self.exemptions.apply(name, &mut value);
        value
    }
}

/// Most engines are at rest in a moment; who is not then is asked less often.
async fn pause(since: Instant) {
    let pause = (since.elapsed() / 4).clamp(Duration::from_millis(5), Duration::from_millis(200));
    tokio::time::sleep(pause).await;
}
