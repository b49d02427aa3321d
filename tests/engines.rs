//! The real engines that the environment names.

use libtest_mimic::{Arguments, Completion, Trial, run};
use std::{
    collections::BTreeSet,
    env,
    process::ExitCode,
    sync::{Arc, RwLock},
};
use tempfile::TempDir;
use wharf_conformance::Harness;
use wharf_core::{ImageRef, Result, Runtime};
use wharf_docker::Docker;

/// The engines that the environment names: `WHARF_ENGINES` is `name=url,…`, `WHARF_REQUIRE` the names of those that
/// must be among them, `WHARF_EXCLUSIVE` the names of those that nobody else uses, `WHARF_PULL_IMAGE` an image that all
/// can pull.
#[derive(Debug)]
pub struct Engines {
    /// Those that are named.
    pub named: Vec<Engine>,
    /// Those that are required and not named.
    pub missing: Vec<String>,
}

/// A real engine.
#[derive(Debug)]
pub struct Engine {
    /// Its name in the environment.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it must answer.
    pub required: bool,
    /// Why it does not answer, where it does not.
    pub silence: Option<String>,
    /// How the suite reaches it.
    pub harness: Harness,
    /// What its containers may bind, gone with this.
    pub folder: TempDir,
    /// Held by each case that runs there, and by one that needs the whole engine alone.
    pub turns: Arc<RwLock<()>>,
}

/// The `main` of a test binary that runs on the engines of the environment. Says what is wrong with that, and what is
/// skipped where it names none.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what is skipped, and why nothing is run, is said where test runners say it"
)]
pub fn on_engines(trials: impl FnOnce(&Engines) -> Vec<Trial>) -> ExitCode {
    let arguments = Arguments::from_args();
    let engines = match Engines::from_env() {
        Ok(engines) => engines,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let conclusion = run(&arguments, trials(&engines));
    if engines.named.is_empty() {
        println!(
            "real engines: skipped, since WHARF_ENGINES names none; \
             try WHARF_ENGINES=docker=unix:///var/run/docker.sock"
        );
    }
    conclusion.exit_code()
}

impl Engines {
    /// Whether all are there that are required. One that does not answer is a failure where it is required, and named
    /// as skipped where it is not.
    pub fn answers(&self) -> Vec<Trial> {
        let missing = self.missing.iter().map(|name| {
            let why = format!("WHARF_REQUIRE wants {name}, which WHARF_ENGINES does not name");
            Trial::test(format!("{name}::is_there"), move || Err(why.into()))
        });
        let named = self.named.iter().map(|engine| {
            let (required, silence) = (engine.required, engine.silence.clone());
            Trial::ignorable_test(format!("{}::answers", engine.name), move || match silence {
                None => Ok(Completion::Completed),
                Some(why) if required => Err(why.into()),
                Some(why) => Ok(Completion::ignored_with(format!("skipped: {why}"))),
            })
        });
        missing.chain(named).collect()
    }

    /// Reads the environment. Says what is wrong with it.
    pub fn from_env() -> Result<Self, String> {
        let read = |name| env::var(name).unwrap_or_default();
        let words = |text: String| {
            let words = text.split(',').map(|word| word.trim().to_owned());
            words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
        };
        let pull: Option<ImageRef> = match read("WHARF_PULL_IMAGE").as_str() {
            "" => None,
            image => Some(
                image
                    .parse()
                    .map_err(|error| format!("WHARF_PULL_IMAGE: {error}"))?,
            ),
        };
        let mut required: BTreeSet<String> = words(read("WHARF_REQUIRE")).into_iter().collect();
        let exclusive: BTreeSet<String> = words(read("WHARF_EXCLUSIVE")).into_iter().collect();
        let mut named = Vec::new();
        for word in words(read("WHARF_ENGINES")) {
            let (name, url) = word
                .split_once('=')
                .ok_or_else(|| format!("WHARF_ENGINES: {word:?} is not name=url"))?;
            let mut engine = Engine::new(name, url, required.remove(name), pull.clone())?;
            engine.harness = engine.harness.with_exclusive(exclusive.contains(name));
            named.push(engine);
        }
        Ok(Self {
            named,
            missing: required.into_iter().collect(),
        })
    }
}

impl Engine {
    fn new(name: &str, url: &str, required: bool, pull: Option<ImageRef>) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let endpoint = url.to_owned();
        let mut harness = Harness::new(name, move || {
            let url = endpoint.clone();
            Box::pin(async move { Ok(Arc::new(Docker::connect(&url).await?) as Arc<dyn Runtime>) })
        });
        if let Some(image) = pull {
            harness = harness.with_pull_image(image);
        }
        // Only an engine on a socket of this machine sees this machine's folders.
        if url.starts_with("unix:") {
            harness = harness.with_bind_dir(folder.path().to_string_lossy());
        }
        let answer = crate::real()
            .map_err(|error| error.to_string())?
            .block_on(Docker::connect(url));
        let silence = answer.err().map(|error| error.to_string());
        Ok(Self {
            name: name.to_owned(),
            url: url.to_owned(),
            required,
            silence,
            harness,
            folder,
            turns: Arc::default(),
        })
    }
}
