//! Bad input is refused before a backend is called, in words that name the field.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

mod toy;

use std::{sync::atomic::Ordering::SeqCst, time::Duration};
use toy::Toy;
use wharf_core::*;

/// The configuration is refused, for that field, and nothing reaches the backend.
#[track_caller]
fn refused(outcome: Result<impl std::fmt::Debug>, runtime: &Checked<Toy>, field: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(
        error.message().starts_with(&format!("{field}: ")),
        "{field}: {error}"
    );
    assert!(
        error.operation().is_some() && !error.was_sent(),
        "{error:?}"
    );
    assert_eq!(
        runtime.get_ref().calls.load(SeqCst),
        0,
        "{field} reached the backend"
    );
}

#[tokio::test]
async fn a_configuration_that_cannot_be_right_names_its_field() {
    let runtime = Checked::new(Toy::default());
    let config = || ContainerConfig::new("busybox");
    let health = |test| HealthCheck::new(test).with_interval(Duration::from_micros(1));
    let cases = vec![
        ("image", ContainerConfig::new("")),
        ("reference", ContainerConfig::new("Not A Reference")),
        ("name", config().with_name("a/b")),
        ("name", config().with_name("..")),
        ("name", config().with_name("x")),
        ("command", config().with_command(Vec::<String>::new())),
        ("command", config().with_command(["a\0b"])),
        (
            "stop_timeout",
            config().with_stop_timeout(Duration::from_secs(1 << 40)),
        ),
        ("env", config().with_env([("", "x")])),
        ("env", config().with_env([("A=B", "x")])),
        ("labels", config().with_labels([("", "x")])),
        ("working_dir", config().with_working_dir("rel")),
        ("hostname", config().with_hostname("a b")),
        ("cpus", config().with_cpus(0.0)),
        ("cpus", config().with_cpus(-1.0)),
        ("cpus", config().with_cpus(f64::NAN)),
        ("cpus", config().with_cpus(f64::INFINITY)),
        ("cpus", config().with_cpus(1e9)),
        ("memory", config().with_memory(1024)),
        ("memory", config().with_memory(u64::MAX)),
        ("pids_limit", config().with_pids_limit(0)),
        ("mounts", config().with_mounts([Mount::tmpfs("rel")])),
        ("mounts", config().with_mounts([Mount::tmpfs("/")])),
        (
            "mounts",
            config().with_mounts([Mount::tmpfs("/a"), Mount::anonymous("/b/../a/")]),
        ),
        ("mounts", config().with_mounts([Mount::bind("rel", "/a")])),
        ("mounts", config().with_mounts([Mount::volume("a/b", "/a")])),
        (
            "restart",
            config().with_restart(RestartPolicy::Other("sometimes".into())),
        ),
        (
            "auto_remove",
            config()
                .with_auto_remove(true)
                .with_restart(RestartPolicy::Always),
        ),
        ("cap_add", config().with_cap_add(["NOPE"])),
        ("cap_drop", config().with_cap_drop(["CAP_NOPE"])),
        (
            "id",
            config().with_network(NetworkMode::Container("a/b".into())),
        ),
        ("network", config().with_network("a b")),
        (
            "health_check",
            config().with_health_check(HealthCheck::new(HealthTest::Shell(String::new()))),
        ),
        (
            "health_check",
            config().with_health_check(health(HealthTest::Shell("true".into()))),
        ),
    ];
    for (field, config) in cases {
        refused(runtime.create_container(config).await, &runtime, field);
    }
}

#[tokio::test]
async fn names_that_would_lead_elsewhere_in_a_url_are_refused() {
    let runtime = Checked::new(Toy::default());
    for id in [
        "", "../info", "a/b", "/web", "a#b", "a?b", "%2e%2e", "a b", "a\nb", ".",
    ] {
        let inspect = runtime
            .inspect_container(id, InspectOptions::default())
            .await;
        refused(inspect, &runtime, "id");
        // A slash is right in an image's name.
        if id != "a/b" {
            let image = runtime
                .inspect_image(id, InspectImageOptions::default())
                .await;
            refused(image, &runtime, "reference");
        }
        refused(
            runtime.volumes().unwrap().inspect_volume(id).await,
            &runtime,
            "volume",
        );
    }
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let runtime = Checked::new(Toy::default());
    let neither = LogsOptions::default().with_stdout(false).with_stderr(false);
    refused(
        runtime.container_logs("web", neither).await,
        &runtime,
        "stdout",
    );
    let nothing = ExecConfig::new(Vec::<String>::new());
    refused(
        runtime.exec_container("web", nothing).await,
        &runtime,
        "command",
    );
    let relative = ExecConfig::new(["true"]).with_working_dir("rel");
    refused(
        runtime.exec_container("web", relative).await,
        &runtime,
        "working_dir",
    );
    let unknown = ListOptions::default().with_filters(Filters::new().with("nope", "x"));
    refused(runtime.list_containers(unknown).await, &runtime, "filters");
    let long = StopOptions::default().with_grace(Duration::from_secs(u64::MAX));
    refused(runtime.stop_container("web", long).await, &runtime, "grace");
    let odd = WaitOptions::default().with_condition("sometime");
    refused(
        runtime.wait_container("web", odd).await,
        &runtime,
        "condition",
    );
    let now = Timestamp::UNIX_EPOCH;
    let backwards = EventsOptions::default()
        .with_since(now + Duration::from_secs(1))
        .with_until(now);
    refused(runtime.events(backwards).await, &runtime, "since");
}

#[tokio::test]
async fn what_the_helpers_cannot_do_is_refused_too() {
    let runtime = Checked::new(Toy::default());
    let again = ContainerConfig::new("busybox").with_restart(RestartPolicy::Always);
    let run = runtime.run(again, RunOptions::default()).await.unwrap_err();
    assert!(run.message().starts_with("restart: "), "{run}");
    let odd = runtime
        .ensure_image("busybox", "sometimes".into())
        .await
        .unwrap_err();
    assert!(odd.message().starts_with("policy: "), "{odd}");
    let pinned: ImageRef = format!("app@sha256:{}", "a".repeat(64)).parse().unwrap();
    refused(
        runtime.tag_image("busybox", &pinned).await,
        &runtime,
        "target",
    );
}

#[tokio::test]
async fn a_password_goes_to_no_other_registry() {
    let runtime = Checked::new(Toy::default());
    let image: ImageRef = "other.example/app".parse().unwrap();
    let pull = |registry: &str| {
        let credentials = Credentials::new("alice", "secret").with_registry(registry);
        runtime.pull_image(&image, PullOptions::default().with_credentials(credentials))
    };
    refused(pull("ghcr.io").await, &runtime, "credentials");
    pull("https://other.example/").await.unwrap();
}

#[test]
fn what_may_be_a_secret_is_not_shown() {
    let exec = ExecConfig::new(["login"])
        .with_input("hunter2")
        .with_env([("TOKEN", "hunter2")]);
    let volume = VolumeConfig::new("share").with_driver_opts([("o", "password=hunter2")]);
    let credentials = Credentials::new("alice", "hunter2");
    for shown in [
        format!("{exec:?}"),
        format!("{volume:?}"),
        format!("{credentials:?}"),
    ] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn what_makes_sense_reaches_the_backend_and_errors_say_where_they_happened() {
    let runtime = Checked::new(Toy::default());
    let config =
        ContainerConfig::new("localhost:5000/team/app@sha256:".to_owned() + &"a".repeat(64))
            .with_name("web")
            .with_cpus(0.5)
            .with_memory(6 << 20)
            .with_mounts([
                Mount::bind("/srv", "/srv").with_read_only(true),
                Mount::volume("data", "/d"),
            ])
            .with_ports(["8080:80".parse::<PortMapping>().unwrap()])
            .with_cap_add(["net_admin", "CAP_SYS_TIME", "ALL"])
            .with_restart(RestartPolicy::on_failure(3));
    runtime.create_container(config).await.unwrap();
    let error = runtime
        .remove_container("missing", RemoveOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Some(Operation::RemoveContainer));
    assert_eq!(
        error.resource(),
        Some(&Resource::new(ResourceKind::Container, "missing"))
    );
    assert_eq!(error.to_string(), "remove_container: No such container");
}
