//! The two sides: a program on the fake says what to expect, and the real engine is held to it.

use super::{
    compare::{Difference, differences},
    exemptions::Exemptions,
    perform::World,
    program::{Program, Step},
    recording::{Image, Recording},
};
use crate::{paused, real};
use serde::{Deserialize, Serialize};
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
    /// The id of its image.
    image: String,
    /// What it says of itself: name, version, API.
    about: Version,
    double: Double,
    patience: Duration,
}

/// A fake with the image that a real engine has.
pub(super) struct Double {
    image: Image,
    exemptions: Exemptions,
}

/// What a program showed.
#[derive(Debug)]
pub enum Outcome {
    /// Both engines agree on this.
    Same(Trace),
    /// They do not.
    Differs(Difference),
}

/// What is seen at rest: the answer to each step with the world after it, and at last the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub(super) steps: Vec<Seen>,
    pub(super) events: Value,
}

/// What is seen after one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) answer: Value,
    pub(super) world: Value,
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
            let about = docker.version().await?;
            Ok::<_, Error>((Arc::new(docker) as Arc<dyn Runtime>, image, about))
        });
        let (real, image, about) = connected.map_err(|error| error.to_string())?;
        let api = about.api_version.clone().unwrap_or_default();
        let exemptions = Exemptions::load()?.of(&api);
        let of_image = Image {
            config: image.config,
            created: image.created.unwrap_or_default(),
        };
        Ok(Self {
            tokio,
            real,
            image: image.id.as_str().to_owned(),
            about,
            double: Double::new(of_image, exemptions),
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
        let expected = self.double.expect(program, world)?;
        self.tokio.block_on(async {
            let mut here = World::open(Arc::clone(&self.real), world, &self.image).await?;
            let outcome = self.hold(program, &expected, &mut here).await;
            here.sweep().await?;
            Ok(outcome?.map_or(Outcome::Same(expected), Outcome::Differs))
        })
    }

    /// What both engines showed of a program, to be kept.
    ///
    /// # Errors
    /// It cannot be kept as it is.
    pub fn record(&self, program: &Program, seen: Trace) -> Result<Recording> {
        let recording = Recording {
            engine: format!("{} {}", self.about.engine, self.about.version),
            api: self.about.api_version.clone().unwrap_or_default(),
            image: self.double.image.clone(),
            program: program.clone(),
            seen,
        };
        recording.folded()
    }

    /// Holds the real engine to it. None: it does as expected.
    async fn hold(
        &self,
        program: &Program,
        expected: &Trace,
        world: &mut World,
    ) -> Result<Option<Difference>> {
        let last = program.0.len().saturating_sub(1);
        for (at, (step, seen)) in program.0.iter().zip(&expected.steps).enumerate() {
            let expected = json!({"answer": seen.answer, "world": seen.world});
            if let Some(difference) = self.step(at, step, &expected, world).await? {
                return Ok(Some(difference));
            }
            if at == last {
                tokio::time::sleep(LAST).await;
                let expected = json!({"world": seen.world});
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

    fn bare(&self, name: &str, value: Value) -> Value {
        self.double.bare(name, value)
    }
}

impl Double {
    pub(super) fn new(image: Image, exemptions: Exemptions) -> Self {
        Self { image, exemptions }
    }

    /// What the fake says.
    pub(super) fn expect(&self, program: &Program, world: &str) -> Result<Trace> {
        let tokio = paused()
            .map_err(|error| Error::new(ErrorKind::Internal, "no runtime").with_source(error))?;
        let image = ImageFixture::busybox()
            .with_config(self.image.config.clone())
            .with_created(self.image.created);
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
                steps.push(Seen {
                    answer: self.bare("answer", answer),
                    world: self.bare("world", there.look().await?),
                });
            }
            let events = self.bare("events", there.happened());
            Ok(Trace { steps, events })
        })
    }

    /// Without what is not compared.
    pub(super) fn bare(&self, name: &str, mut value: Value) -> Value {
        self.exemptions.apply(name, &mut value);
        value
    }
}

/// Most engines are at rest in a moment; who is not then is asked less often.
async fn pause(since: Instant) {
    let pause = (since.elapsed() / 4).clamp(Duration::from_millis(5), Duration::from_millis(200));
    tokio::time::sleep(pause).await;
}
