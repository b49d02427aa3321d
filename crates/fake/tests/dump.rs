//! The dump: all that can be seen, the same whenever the same was done, and nothing that is better hidden.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use std::time::Duration;
use wharf_core::*;
use wharf_fake::{Dump, Fake, FakeRuntime, ImageFixture};

const SECRET: &str = "hunter2";

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    id
}

async fn scenario(fake: &Fake) {
    let runtime = fake.runtime();
    let script = "echo out; echo err >&2; printf 12345 > /root/new; rm /etc/group; echo x >> /etc/passwd; \
                  mkdir -p /data/a; echo v > /data/a/b; echo s > /srv/new; sleep 100";
    let config = ContainerConfig::new("busybox")
        .with_name("web")
        .with_command(["sh", "-c", script])
        .with_env([("TOKEN", SECRET)])
        .with_mounts([Mount::volume("data", "/data"), Mount::bind("/srv", "/srv")]);
    started(&runtime, config).await;
    runtime
        .create_container(ContainerConfig::new("busybox"))
        .await
        .unwrap();
    let options = [("type", "tmpfs"), ("o", "size=4k"), ("device", SECRET)];
    let volume = VolumeConfig::new("memory").with_driver_opts(options);
    let volumes = runtime.volumes().unwrap();
    volumes.create_volume(volume).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
}

fn fake(seed: u64) -> Fake {
    let image = ImageFixture::busybox().with_variable("KEY", SECRET);
    Fake::builder()
        .seed(seed)
        .image("secretive", image)
        .unwrap()
        .host_folder("/srv", [("old", SECRET)])
        .unwrap()
        .build()
}

async fn dump(seed: u64) -> Dump {
    let fake = fake(seed);
    scenario(&fake).await;
    fake.dump()
}

#[tokio::test(start_paused = true)]
async fn it_shows_containers_files_logs_volumes_images_networks_and_events() {
    let dump = dump(7).await;
    assert_eq!((dump.seed, dump.containers.len()), (7, 2));
    let web = &dump.containers[0];
    assert_eq!(web.info.name, "web");
    assert_eq!(web.info.state, ContainerState::Running);
    let log: Vec<_> = web.log.iter().map(|line| &line.bytes[..]).collect();
    assert_eq!(log, [&b"out\n"[..], b"err\n"]);
    assert!(web.log.iter().all(|line| line.timestamp.is_some()));
    let files: Vec<_> = web
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.change.as_str(), file.size))
        .collect();
    let passwd = files[3].2.unwrap();
    assert_eq!(
        files,
        [
            ("/data", "added", None),
            ("/etc", "modified", None),
            ("/etc/group", "deleted", None),
            ("/etc/passwd", "modified", Some(passwd)),
            ("/root", "modified", None),
            ("/root/new", "added", Some(5)),
            ("/srv", "added", None),
        ]
    );
    let volumes: Vec<_> = dump
        .volumes
        .iter()
        .map(|volume| (volume.info.name.as_str(), volume.anonymous))
        .collect();
    assert_eq!(volumes, [("data", false), ("memory", false)]);
    let host: Vec<_> = dump.host.iter().map(|f| &f.path[..]).collect();
    assert_eq!(host, ["/srv", "/srv/new"]);
    let data: Vec<_> = dump.volumes[0].files.iter().map(|f| &f.path[..]).collect();
    assert_eq!(data, ["/a", "/a/b"]);
    let tags: Vec<_> = dump.images.iter().flat_map(|image| &image.tags).collect();
    assert!(tags.contains(&&"busybox:latest".to_owned()), "{tags:?}");
    let names: Vec<_> = dump.networks.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["bridge", "host", "none"]);
    assert_eq!(
        dump.networks[0].containers.values().collect::<Vec<_>>(),
        ["web"]
    );
    assert_eq!(dump.events[0].action, EventAction::Create);
    let ran = dump.time - web.info.started_at.unwrap();
    assert_eq!(ran.num_seconds(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_same_calls_give_the_same_text_and_another_seed_gives_another() {
    let [first, second, other] = [dump(7).await, dump(7).await, dump(8).await];
    let json = |dump: &Dump| serde_json::to_string_pretty(dump).unwrap();
    assert_eq!(json(&first), json(&second));
    assert_eq!(first.to_string(), second.to_string());
    assert_ne!(first.containers[0].info.id, other.containers[0].info.id);
    assert_eq!(serde_json::from_str::<Dump>(&json(&first)).unwrap(), first);
}

#[tokio::test(start_paused = true)]
async fn values_that_are_better_hidden_are_hidden() {
    let dump = dump(7).await;
    let json = serde_json::to_string(&dump).unwrap();
    assert!(!json.contains(SECRET), "{json}");
    assert_eq!(dump.containers[0].info.config.env["TOKEN"], "…");
    let memory = &dump.volumes[1].info.options;
    assert_eq!(memory["device"], "…");
}

#[tokio::test(start_paused = true)]
async fn to_look_changes_nothing_and_needs_no_tokio_runtime_of_its_own() {
    let fake = fake(7);
    assert_eq!(fake.dump(), fake.dump());
    scenario(&fake).await;
    let here = fake.dump();
    let elsewhere = std::thread::spawn({
        let fake = fake.clone();
        move || fake.dump()
    });
    assert_eq!(elsewhere.join().unwrap(), here);
    assert!(
        here.to_string()
            .contains("web of busybox: running, 2 log records")
    );
}
