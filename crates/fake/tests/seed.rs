//! One seed, one run: whatever is done, and however much of it at once. And who fails is told the seed.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::{StreamExt, TryStreamExt, future::join_all};
use std::{
    env,
    process::{Command, Output},
    time::Duration,
};
use tokio::time::sleep;
use wharf_core::*;
use wharf_fake::{Dump, Fake, FakeRuntime, ImageFixture, Registry, Script};

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sh", "-c", script])
}

/// A service that is looked after while others come and go.
async fn service(runtime: &FakeRuntime, number: u64) -> Result<()> {
    let script = "trap 'echo bye; exit 0' TERM; head -c 4 /dev/urandom > /data/seen; while sleep 3; do echo $RANDOM; done";
    let config = shell(script)
        .with_labels([("number", number.to_string())])
        .with_ports(["80".parse::<PortMapping>()?])
        .with_mounts([
            Mount::volume(format!("data{number}"), "/data"),
            Mount::anonymous("/tmp/x"),
        ]);
    let id = runtime.create_container(config).await?.id;
    runtime
        .start_container(&id, StartOptions::default())
        .await?;
    sleep(Duration::from_millis(700 * number)).await;
    let command = ExecConfig::new(["sh", "-c", "echo $$; hostname; cat /etc/hosts"]);
    runtime.exec_container(&id, command).await?;
    runtime.pause_container(&id).await?;
    sleep(Duration::from_secs(2)).await;
    runtime.unpause_container(&id).await?;
    runtime
        .restart_container(&id, RestartOptions::default())
        .await?;
    if number.is_multiple_of(2) {
        runtime.kill_container(&id, KillOptions::default()).await?;
    } else {
        runtime.stop_container(&id, StopOptions::default()).await?;
    }
    if number.is_multiple_of(3) {
        let volumes = RemoveOptions::default().with_volumes(true);
        runtime.remove_container(&id, volumes).await?;
    }
    Ok(())
}

/// One that fails and is started again, is probed meanwhile, and runs what the test has chosen.
async fn troubled(runtime: &FakeRuntime) -> Result<()> {
    let check = HealthCheck::new(HealthTest::Shell("test -e /ready".into()));
    let config = ContainerConfig::new("busybox")
        .with_command(["moody"])
        .with_restart("on-failure:4".parse::<RestartPolicy>()?)
        .with_health_check(check.with_interval(Duration::from_secs(1)));
    let id = runtime.create_container(config).await?.id;
    runtime.start_container(&id, StartOptions::default()).await
}

async fn run(seed: u64) -> (Vec<Event>, Dump) {
    let big = ImageFixture::busybox().with_layer(30_000_000);
    let registry = Registry::new("r.test").with_image("big", big);
    let moody = Script::new()
        .print("up\n")
        .wait(Duration::from_millis(1_500))
        .write_file("/ready", "")
        .on_starts(..3, Script::new().exit(1))
        .forever();
    let fake = Fake::builder()
        .seed(seed)
        .registry(registry)
        .unwrap()
        .program("moody", moody)
        .unwrap()
        .build();
    let runtime = fake.runtime();
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let pull = runtime.ensure_image("r.test/big", PullPolicy::Missing);
    let services = (0..20).map(|number| service(&runtime, number));
    let jobs = (0..20).map(|number| {
        let script = format!("sleep 0.{number}; echo $HOSTNAME; exit {number}");
        runtime.run(shell(&script), RunOptions::default())
    });
    let (pulled, troubled, services, jobs) =
        tokio::join!(pull, troubled(&runtime), join_all(services), join_all(jobs));
    pulled.unwrap();
    troubled.unwrap();
    services.into_iter().collect::<Result<()>>().unwrap();
    assert!(jobs.iter().all(Result::is_ok));
    runtime
        .prune_containers(
            PruneContainersOptions::default().with_filters(Filters::new().label("number", "1")),
        )
        .await
        .unwrap();
    let dump = fake.dump();
    // The engine's last word: what comes after it is the next run's.
    let end = dump.time;
    let all = events.take_while(|event| {
        let more = event
            .as_ref()
            .is_ok_and(|event| event.action != EventAction::Prune);
        std::future::ready(more)
    });
    let all: Vec<Event> = all.try_collect().await.unwrap();
    assert!(all.iter().all(|event| event.time <= end));
    (all, dump)
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run_and_another_gives_other_ids() {
    let (events, dump) = run(3).await;
    let (again, dump_again) = run(3).await;
    assert_eq!(events, again);
    assert_eq!(dump, dump_again);
    let troubled = dump.containers.iter().find(|c| c.info.health.is_some());
    assert_eq!(troubled.map(|c| c.info.restart_count), Some(2));
    // Enough has happened to be worth the comparison.
    assert!(events.len() > 500, "{}", events.len());
    let ids = |dump: &Dump| -> Vec<ContainerId> {
        let containers = dump.containers.iter();
        containers
            .map(|container| container.info.id.clone())
            .collect()
    };
    let (_, other) = run(4).await;
    let (ids, other) = (ids(&dump), ids(&other));
    assert_eq!(ids.len(), other.len());
    assert!(!ids.is_empty());
    let both: Vec<_> = ids.iter().filter(|id| other.contains(id)).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// Says which part of this file a process of its own is to play.
const ROLE: &str = "WHARF_FAKE_TEST_ROLE";

/// Plays `role` as a test in a process of its own.
fn play(test: &str, role: &str, seed: Option<&str>) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env_remove("WHARF_FAKE_SEED");
    if let Some(seed) = seed {
        command.env("WHARF_FAKE_SEED", seed);
    }
    command.output().unwrap()
}

fn told(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| line.starts_with("wharf-fake:"));
    lines.map(str::to_owned).collect()
}

#[test]
fn who_fails_is_told_the_seed_once_and_nobody_else_is() {
    let fake = Fake::builder().seed(42);
    match env::var(ROLE).as_deref() {
        Ok("fails") => {
            let fake = fake.build();
            let (_clone, _runtime) = (fake.clone(), fake.runtime());
            panic!("as it has to");
        }
        Ok("passes") => return drop(fake.build()),
        Ok(_) => {
            // A thread that panics, while the fake is somebody else's.
            let fake = fake.build();
            let clone = fake.clone();
            let thread = std::thread::spawn(move || {
                let _mine = clone;
                panic!("as it has to");
            });
            assert!(thread.join().is_err());
            return;
        }
        Err(_) => {}
    }
    let test = "who_fails_is_told_the_seed_once_and_nobody_else_is";
    let failed = play(test, "fails", None);
    assert!(!failed.status.success());
    assert_eq!(
        told(&failed),
        ["wharf-fake: seed 42; Fake::builder().seed(42) gives the same run again"]
    );
    for role in ["passes", "elsewhere"] {
        let passed = play(test, role, None);
        assert!(passed.status.success(), "{role}");
        assert!(told(&passed).is_empty(), "{role}");
    }
}

#[test]
fn a_seed_that_varies_is_the_environments_where_it_has_one() {
    if env::var(ROLE).is_ok() {
        let fake = Fake::builder()
            .random_seed()
            .map(wharf_fake::Builder::build);
        let _held = fake.unwrap();
        panic!("as it has to");
    }
    let test = "a_seed_that_varies_is_the_environments_where_it_has_one";
    let line = |seed| told(&play(test, "fails", seed)).pop();
    assert!(
        line(Some("77"))
            .unwrap()
            .starts_with("wharf-fake: seed 77;")
    );
    let (one, other) = (line(None), line(None));
    assert!(one.is_some() && other.is_some());
    assert_ne!(one, other);
    let refused = play(test, "fails", Some("x"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("WHARF_FAKE_SEED") && said.contains("no seed"),
        "{said}"
    );
}

#[test]
fn a_seed_taken_at_random_is_told_when_the_fake_is_built() {
    let builder = || Fake::builder().random_seed().unwrap();
    match env::var(ROLE).as_deref() {
        Ok("returns") => {
            // No panic is under way when the handle goes.
            println!("\ntaken: {}", builder().build().seed());
            std::process::exit(1);
        }
        Ok("decides") => return drop(builder().seed(3).build()),
        Ok(_) => return drop(builder()),
        Err(_) => {}
    }
    let test = "a_seed_taken_at_random_is_told_when_the_fake_is_built";
    let failed = play(test, "returns", None);
    assert!(!failed.status.success());
    let printed = String::from_utf8_lossy(&failed.stdout);
    let seed = printed
        .lines()
        .find_map(|line| line.strip_prefix("taken: "))
        .unwrap();
    let line = format!(
        "wharf-fake: seed {seed}, taken at random; WHARF_FAKE_SEED={seed} gives the same run again"
    );
    assert_eq!(told(&failed), [line]);
    // Who says which one knows it.
    assert!(told(&play(test, "returns", Some("77"))).is_empty());
    for role in ["decides", "builds nothing"] {
        let passed = play(test, role, None);
        assert!(
            passed.status.success() && told(&passed).is_empty(),
            "{role}"
        );
    }
}

/// What looks random to the programs of a container.
async fn drawn(runtime: &FakeRuntime, id: &ContainerId) -> (String, Vec<u8>) {
    let draw = async |script| {
        let exec = ExecConfig::new(["sh", "-c", script]);
        runtime.exec_container(id, exec).await.unwrap().stdout
    };
    let numbers = draw("echo $RANDOM $RANDOM; (echo $RANDOM); echo $(echo $RANDOM) $RANDOM").await;
    let bytes = draw("head -c 16 /dev/urandom").await.to_vec();
    (String::from_utf8_lossy(&numbers).into_owned(), bytes)
}

async fn idle(runtime: &FakeRuntime) -> ContainerId {
    let id = runtime
        .create_container(shell("sleep 1000"))
        .await
        .unwrap()
        .id;
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    id
}

#[tokio::test(start_paused = true)]
async fn what_programs_draw_is_the_seeds_and_the_containers() {
    let mut all = Vec::new();
    for seed in [1, 2] {
        let fake = Fake::builder().seed(seed).build();
        let runtime = fake.runtime();
        let (one, other) = (idle(&runtime).await, idle(&runtime).await);
        let made = fake.snapshot();
        let fork = fake.fork();
        let first = drawn(&runtime, &one).await;
        assert_eq!(drawn(&fork.runtime(), &one).await, first);
        all.extend([
            first.clone(),
            drawn(&runtime, &one).await,
            drawn(&runtime, &other).await,
        ]);
        fake.restore(&made);
        assert_eq!(drawn(&runtime, &one).await, first);

        let again = Fake::builder().seed(seed).build().runtime();
        let one = idle(&again).await;
        assert_eq!(drawn(&again, &one).await, first);
    }
    for (text, _) in &all {
        let (one, other) = text.split_once(' ').unwrap();
        assert!(!other.starts_with(&format!("{one}\n")), "{text}");
    }
    let numbers = all.iter().flat_map(|(text, _)| text.split_whitespace());
    let mut numbers: Vec<u16> = numbers.map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 30);
    assert!(numbers.iter().all(|number| *number < 1 << 15));
    numbers.sort_unstable();
    numbers.dedup();
    // Two may be the same by chance, but not the ten of one draw.
    assert!(numbers.len() > 25, "{numbers:?}");
    let mut bytes: Vec<_> = all.into_iter().map(|(_, bytes)| bytes).collect();
    bytes.sort();
    bytes.dedup();
    assert_eq!(bytes.len(), 6);
}
