//! The job itself: a harbour that serves, a ship that works.

use super::{
    LABEL,
    follow::{Follow, PATIENCE},
    screen::Screen,
    timeline::{self, Moment},
};
use crate::{
    failure::Failure,
    human::size,
    progress::{self, Show},
};
use serde::Serialize;
use std::time::Instant;
use tokio::time::timeout;
use wharf::{
    ContainerConfig, ContainerId, EventsOptions, ExecConfig, Exit, Filters, InspectImageOptions,
    ListOptions, LogsOptions, Pending, PullOptions, PullPolicy, RemoveOptions, Runtime, RuntimeExt,
    StartOptions, StopOptions, WaitCondition, WaitOptions,
};

/// Serves: greets each ship that is called in by a file, and closes when it is asked to stop.
const HARBOUR: &str = r#"trap 'echo "closing for today"; exit 0' TERM
echo "open, waiting for ships"
while true; do
  if [ -s /tmp/ship ]; then echo "docked: $(cat /tmp/ship)"; rm /tmp/ship; fi
  sleep 0.1
done"#;

/// Works, and ends with a code of its own.
const SHIP: &str = r#"for crate in 1 2 3; do echo "unloading crate $crate"; sleep 0.2; done
echo "three crates ashore" >&2
exit 3"#;

/// Asks the harbour to serve.
const CALL: &str = r#"echo "the Mary Ann" > /tmp/ship; echo "calling from $(hostname)""#;

/// What the ship ends with.
const CODE: i64 = 3;

pub(crate) struct Job<'a> {
    runtime: &'a dyn Runtime,
    image: String,
    /// What all names begin with.
    prefix: String,
    run: String,
    begun: Instant,
}

/// What came of it, for a machine.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    engine: String,
    version: String,
    image: String,
    containers: Vec<Member>,
    exec: Exec,
    timeline: Vec<Moment>,
    seconds: f64,
}

/// One container of the job.
#[derive(Debug, Serialize)]
struct Member {
    role: &'static str,
    name: String,
    id: ContainerId,
    exit_code: i64,
    log: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Exec {
    command: &'static str,
    exit_code: i64,
    stdout: String,
}

/// A container that runs, its log and its end.
struct Running {
    role: &'static str,
    name: String,
    id: ContainerId,
    log: Follow,
    exit: Pending<Exit>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(runtime: &'a dyn Runtime, image: String, run: String) -> Self {
        Self {
            runtime,
            image,
            prefix: format!("tour-{run}-"),
            run,
            begun: Instant::now(),
        }
    }

    /// Does it, and tells of each step. What it made is left for the caller where it fails.
    pub(crate) async fn tell(self, screen: &mut Screen) -> Result<Report, Failure> {
        let rt = self.runtime;
        let info = rt.info().await?;
        screen.title(
            "wharf tour",
            &format!("a small job on {} {}", info.engine, info.version),
        )?;

        screen.step("An image to work from")?;
        self.image(screen).await?;

        // From here on nothing that happens is missed.
        let ours = Filters::new().label(LABEL, &self.run);
        let events = rt
            .events(EventsOptions::default().with_filters(ours.clone()))
            .await?;

        screen.step("The harbour serves: a container that runs until it is stopped")?;
        let mut harbour = self.start("harbour", HARBOUR, screen).await?;
        harbour.log.until("open", screen).await?;

        screen.step("A call from outside: exec in the running container")?;
        let exec = self.exec(&harbour, screen).await?;
        harbour.log.until("docked", screen).await?;

        screen.step("A ship unloads: a container that works and ends by itself")?;
        let mut ship = self.start("ship", SHIP, screen).await?;
        ship.log.until_the_end(screen).await?;
        let ship = ended(ship).await?;
        screen.say(&format!(
            "it ended with exit code {}, as its program chose",
            ship.exit_code
        ))?;
        if ship.exit_code != CODE {
            return Err(Failure::Usage(format!(
                "the ship ended with {}, not with {CODE}",
                ship.exit_code
            )));
        }

        screen.step("Closing time: SIGTERM, and a grace to end well")?;
        let asked = Instant::now();
        rt.stop_container(&harbour.id, StopOptions::default())
            .await?;
        let stopped = asked.elapsed();
        harbour.log.until_the_end(screen).await?;
        let harbour = ended(harbour).await?;
        let code = harbour.exit_code;
        screen.say(&format!(
            "it ended with exit code {code}, {:.1} s after it was asked to",
            stopped.as_secs_f64()
        ))?;

        screen.step("Cleaning up")?;
        let containers = vec![harbour, ship];
        for member in &containers {
            rt.remove_container(&member.id, RemoveOptions::default())
                .await?;
            screen.say(&format!("removed {}", member.name))?;
        }
        let all = ListOptions::default().with_all(true).with_filters(ours);
        let left = rt.list_containers(all).await?.len();
        if left > 0 {
            return Err(Failure::Usage(format!(
                "{left} containers are left that should be gone"
            )));
        }
        screen.note(&format!(
            "nothing is left under the label {LABEL}={}",
            self.run
        ))?;

        let events = timeline::collect(events, containers.len()).await?;
        let timeline = timeline::timeline(&events, &self.prefix);
        screen.part("What happened, as the engine tells it")?;
        for moment in &timeline {
            moment.show(screen)?;
        }
        let report = Report {
            engine: info.engine,
            version: info.version,
            image: self.image,
            containers,
            exec,
            timeline,
            seconds: self.begun.elapsed().as_secs_f64(),
        };
        report.summary(screen)?;
        Ok(report)
    }

    async fn image(&self, screen: &Screen) -> Result<(), Failure> {
        let rt = self.runtime;
        let missing = rt.image_to_pull(&self.image, &PullPolicy::Missing, None);
        if let Some(missing) = missing.await? {
            screen.say(&format!("{} is not here, so it is pulled", self.image))?;
            let show = if screen.is_on() {
                Show::Stdout
            } else {
                Show::Nowhere
            };
            let pulled = progress::pull(rt, &missing, PullOptions::default(), show).await;
            pulled.map_err(|failure| {
                failure.with_advice("`wharf tour --image NAME` works from another image")
            })?;
        }
        let image = rt
            .inspect_image(&self.image, InspectImageOptions::default())
            .await?;
        let platform = image
            .platform
            .map(|platform| format!(", {platform}"))
            .unwrap_or_default();
        screen.say(&format!(
            "{} is here: {}{platform}",
            self.image,
            size(image.size)
        ))?;
        Ok(())
    }

    async fn start(
        &self,
        role: &'static str,
        script: &str,
        screen: &Screen,
    ) -> Result<Running, Failure> {
        let rt = self.runtime;
        let name = format!("{}{role}", self.prefix);
        // Whatever program the image is for, here it runs a shell.
        let config = ContainerConfig::new(&self.image)
            .with_name(&name)
            .with_entrypoint(["sh"])
            .with_command(["-c", script])
            .with_labels([(LABEL, &self.run)]);
        let id = rt.create_container(config).await?.id;
        screen.say(&format!("created {name}, id {}", id.short()))?;
        // Armed before the start, so that not even the shortest run is missed.
        let next_exit = WaitOptions::default().with_condition(WaitCondition::NextExit);
        let exit = rt.wait_container(&id, next_exit).await?;
        rt.start_container(&id, StartOptions::default()).await?;
        let logs = rt
            .container_logs(&id, LogsOptions::default().with_follow(true))
            .await?;
        screen.say("started; its end is waited for and its log is followed:")?;
        Ok(Running {
            role,
            name,
            id,
            log: Follow::new(role, logs),
            exit,
        })
    }

    async fn exec(&self, harbour: &Running, screen: &Screen) -> Result<Exec, Failure> {
        screen.say(&format!("$ {CALL}"))?;
        let config = ExecConfig::new(["sh", "-c", CALL]);
        let output = self.runtime.exec_container(&harbour.id, config).await?;
        let stdout = output.stdout_text();
        screen.say(&format!(
            "{}, exit code {}; the harbour answers in its log:",
            stdout.trim_end(),
            output.code()
        ))?;
        if output.code() != 0 {
            let stderr = output.stderr_text();
            return Err(Failure::Usage(format!(
                "the call failed with {}: {}",
                output.code(),
                stderr.trim_end()
            )));
        }
        Ok(Exec {
            command: CALL,
            exit_code: output.code(),
            stdout,
        })
    }
}

/// The end of a container whose log has ended.
async fn ended(container: Running) -> Result<Member, Failure> {
    let Running {
        role,
        name,
        id,
        log,
        exit,
    } = container;
    let late = |_| Failure::Usage(format!("the engine did not tell how {name} ended"));
    let exit = timeout(PATIENCE, exit).await.map_err(late)??;
    Ok(Member {
        role,
        name,
        id,
        exit_code: exit.code,
        log: log.lines,
    })
}

impl Report {
    fn summary(&self, screen: &Screen) -> Result<(), Failure> {
        let lines: usize = self.containers.iter().map(|member| member.log.len()).sum();
        let events = self.timeline.len();
        screen.part("Summary")?;
        screen.good(&format!(
            "{} containers, 1 exec, {lines} log lines, {events} events in {:.1} s; nothing left behind",
            self.containers.len(),
            self.seconds
        ))?;
        if self.engine == "fake" {
            screen.note("the same on a real engine: wharf tour --runtime docker:")?;
        }
        Ok(())
    }
}
