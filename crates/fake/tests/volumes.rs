//! Volumes: what fills them, and how large they are.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, ImageFixture};

/// Starts a container, and gives all that it has written when it has exited.
async fn run(runtime: &FakeRuntime, id: &str) -> String {
    let next = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container(id, next).await.unwrap();
    runtime
        .start_container(id, StartOptions::default())
        .await
        .unwrap();
    exit.await.unwrap();
    runtime.logs_text(id).await.unwrap()
}

fn shell(image: &str, script: &str) -> ContainerConfig {
    ContainerConfig::new(image)
        .with_command(["sh", "-c", script])
        .with_mounts([Mount::volume("data", "/data")])
}

#[tokio::test(start_paused = true)]
async fn what_a_program_takes_out_of_a_volume_does_not_come_back() {
    let image = ImageFixture::busybox()
        .with_file("/data/seed", "x")
        .unwrap();
    let fake = Fake::builder().image("seeded", image).unwrap().build();
    let runtime = fake.runtime();
    let config = shell("seeded", "echo $(ls /data); rm -f /data/*");
    let id = runtime.create_container(config).await.unwrap().id;
    assert_eq!(run(&runtime, &id).await, "seed\n");
    assert_eq!(run(&runtime, &id).await, "seed\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_volume_in_memory_is_as_large_as_its_options_say() {
    let runtime = Fake::new().runtime();
    let volumes = runtime.volumes().unwrap();
    let options = [("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=4k")];
    let small = VolumeConfig::new("data").with_driver_opts(options);
    volumes.create_volume(small).await.unwrap();
    let script = "yes | head -c 3000 > /data/a && echo fits; yes | head -c 3000 > /data/b";
    let id = runtime
        .create_container(shell("busybox", script))
        .await
        .unwrap()
        .id;
    let log = run(&runtime, &id).await;
    assert!(
        log.starts_with("fits\n") && log.contains("No space left on device"),
        "{log}"
    );

    let owned = VolumeConfig::new("owned").with_driver_opts([("type", "tmpfs"), ("o", "uid=5")]);
    let refused = volumes.create_volume(owned).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(
        refused.message().contains("create_volume.driver_opts"),
        "{refused}"
    );
}
