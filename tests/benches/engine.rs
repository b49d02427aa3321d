//! What wharf costs beside its peers, on a real engine, all in one run: `just bench`.
//!
//! Clients take turns, round by round, so that a machine that slows down slows all of them; medians are printed, and
//! ratios, which are what counts. The engine is the first argument, a `unix://` URL, else the first of `WHARF_ENGINES`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program to be watched"
)]

mod raw;

use bollard::{Docker as Bollard, query_parameters as query};
use futures::StreamExt;
use raw::Raw;
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use wharf::{
    ContainerConfig, InspectOptions, LogsOptions, Runtime, RuntimeExt, StartOptions, WaitOptions,
    fake::Fake,
};

const NAME: &str = "wharf-bench";
const LINE: usize = 100;
const LOG_BYTES: usize = 64 << 20;

#[tokio::main]
async fn main() {
    // Cargo passes `--bench`.
    let url = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let Some(url) = url.or_else(first_engine) else {
        println!("no engine: name one by URL, or start some and set WHARF_ENGINES");
        return;
    };
    let socket = url
        .strip_prefix("unix://")
        .expect("a unix:// URL")
        .to_owned();
    let wharf = wharf::connect(&url).await.unwrap();
    let bollard = Bollard::connect_with_unix(&socket, 120, bollard::API_DEFAULT_VERSION).unwrap();
    let info = wharf.info().await.unwrap();
    println!("{} {} at {url}\n", info.engine, info.version);

    wharf.remove_container_if_exists(NAME).await.unwrap();
    write_log(&*wharf).await;
    inspect(&socket, &wharf, &bollard).await;
    logs(&socket, &wharf, &bollard).await;
    wharf.remove_container_if_exists(NAME).await.unwrap();
    the_trait().await;
}

fn first_engine() -> Option<String> {
    let engines = std::env::var("WHARF_ENGINES").ok()?;
    Some(engines.split(',').next()?.split_once('=')?.1.to_owned())
}

/// A container that has written 64 MB of 100-byte lines, and has exited.
async fn write_log(runtime: &dyn Runtime) {
    let (text, lines) = ("x".repeat(LINE - 1), LOG_BYTES / LINE);
    let script = format!("yes {text} | head -n {lines}");
    let config = ContainerConfig::new("busybox")
        .with_name(NAME)
        .with_command(["sh", "-c", &script]);
    runtime.create_container(config).await.unwrap();
    runtime
        .start_container(NAME, StartOptions::default())
        .await
        .unwrap();
    let exit = runtime
        .wait_container(NAME, WaitOptions::default())
        .await
        .unwrap();
    assert_eq!(exit.await.unwrap().code, 0);
}

async fn inspect(socket: &str, wharf: &Arc<dyn Runtime>, bollard: &Bollard) {
    const ROUNDS: usize = 20;
    const CALLS: u32 = 100;
    let mut raw_client = Raw::connect(socket);
    let path = format!("/v1.41/containers/{NAME}/json");
    let (mut raw, mut ours, mut theirs) = (Times::new(), Times::new(), Times::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(raw_client.get(&path));
        }
        raw.add(start.elapsed() / CALLS);
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(
                wharf
                    .inspect_container(NAME, InspectOptions::default())
                    .await
                    .unwrap(),
            );
        }
        ours.add(start.elapsed() / CALLS);
        let start = Instant::now();
        for _ in 0..CALLS {
            let options = None::<query::InspectContainerOptions>;
            black_box(bollard.inspect_container(NAME, options).await.unwrap());
        }
        theirs.add(start.elapsed() / CALLS);
    }
    table("inspect a container", &mut raw, &mut ours, &mut theirs);
}

async fn logs(socket: &str, wharf: &Arc<dyn Runtime>, bollard: &Bollard) {
    const ROUNDS: usize = 5;
    let path = format!("/v1.41/containers/{NAME}/logs?stdout=1&stderr=1");
    let expected = LOG_BYTES / LINE * LINE;
    let (mut raw, mut ours, mut theirs) = (Times::new(), Times::new(), Times::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        assert!(Raw::connect(socket).drain(&path) > expected);
        raw.add(start.elapsed());

        let start = Instant::now();
        let mut stream = wharf
            .container_logs(NAME, LogsOptions::default())
            .await
            .unwrap();
        let mut bytes = 0;
        while let Some(chunk) = stream.next().await {
            bytes += chunk.unwrap().bytes.len();
        }
        ours.add(start.elapsed());
        assert_eq!(bytes, expected);

        let start = Instant::now();
        let options = query::LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .build();
        let mut stream = bollard.logs(NAME, Some(options));
        let mut bytes = 0;
        while let Some(chunk) = stream.next().await {
            bytes += chunk.unwrap().into_bytes().len();
        }
        theirs.add(start.elapsed());
        assert_eq!(bytes, expected);
    }
    table(
        "64 MB of log in lines of 100 bytes",
        &mut raw,
        &mut ours,
        &mut theirs,
    );
}

/// What stands between a caller and a backend: the checks, a pointer, layers. Over the fake, which answers at once.
async fn the_trait() {
    const ROUNDS: usize = 20;
    const CALLS: u32 = 20_000;
    let fake = Fake::new();
    let checked = fake.runtime();
    let config = ContainerConfig::new("busybox").with_name(NAME);
    let pointer: Arc<dyn Runtime> = Arc::new(checked.clone());
    pointer.create_container(config).await.unwrap();
    let layered: Arc<dyn Runtime> = Arc::new(pointer.clone().layer(wharf::layers::Trace::new()));
    let backend = checked.get_ref();
    let mut times = [const { Times::new() }; 3];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            let options = InspectOptions::default();
            black_box(
                wharf::ContainerOps::inspect_container(backend, NAME, options)
                    .await
                    .unwrap(),
            );
        }
        times[0].add(start.elapsed() / CALLS);
        for (runtime, times) in [&pointer, &layered].into_iter().zip(&mut times[1..]) {
            let start = Instant::now();
            for _ in 0..CALLS {
                let options = InspectOptions::default();
                black_box(runtime.inspect_container(NAME, options).await.unwrap());
            }
            times.add(start.elapsed() / CALLS);
        }
    }
    let [direct, pointer, layered] = times.map(|mut times| times.median());
    println!("what the trait costs, over the fake's inspect");
    println!(
        "  the backend called directly        {:8.3} us",
        micros(direct)
    );
    for (name, time) in [
        ("checked, behind Arc<dyn Runtime>", pointer),
        ("… and with one layer", layered),
    ] {
        let more = micros(time) - micros(direct);
        println!("  {name:<34} {:8.3} us  {more:+.3}", micros(time));
    }
}

/// The time that each round took.
struct Times(Vec<Duration>);

impl Times {
    const fn new() -> Self {
        Self(Vec::new())
    }
    fn add(&mut self, time: Duration) {
        self.0.push(time);
    }
    fn median(&mut self) -> Duration {
        self.0.sort_unstable();
        self.0[self.0.len() / 2]
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn table(title: &str, raw: &mut Times, ours: &mut Times, theirs: &mut Times) {
    let floor = raw.median();
    println!("{title}");
    for (name, time) in [
        ("raw socket", floor),
        ("wharf", ours.median()),
        ("bollard", theirs.median()),
    ] {
        let ratio = time.as_secs_f64() / floor.as_secs_f64();
        println!("  {name:<12} {:12.1} us  {ratio:5.2} x raw", micros(time));
    }
    let gain = theirs.median().as_secs_f64() / ours.median().as_secs_f64();
    println!("  wharf is {gain:.2} times as fast as bollard\n");
}
