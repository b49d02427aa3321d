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

#[tokio::test(start_paused = true)]
async fn an_images_volume_is_no_second_mount_of_one_place_however_it_is_spelled() {
    let config = ImageConfig::default()
        .with_command(["true"])
        .with_volumes(["/data/", "/x/../y"]);
    let image = ImageFixture::busybox().with_config(config);
    let fake = Fake::builder().image("app", image).unwrap().build();
    let runtime = fake.runtime();
    let mounts = [Mount::tmpfs("/data"), Mount::volume("own", "/y//")];
    let config = ContainerConfig::new("app").with_mounts(mounts);
    let id = runtime.create_container(config).await.unwrap().id;
    let info = runtime
        .inspect_container(&id, InspectOptions::default())
        .await
        .unwrap();
    let targets: Vec<_> = info.mounts.iter().map(|m| m.target.as_str()).collect();
    assert_eq!(targets, ["/data", "/y"]);
    assert_eq!(info.config.mounts[1].target, "/y//");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_refused_leaves_no_volume() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let mounts = [
        Mount::volume("data", "/data"),
        Mount::anonymous("/scratch"),
        Mount::bind("/missing", "/b"),
    ];
    let config = ContainerConfig::new("busybox").with_mounts(mounts);
    let refused = runtime.create_container(config).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    fake.leaks().none();
    assert!(fake.dump().events.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_gets_another_platform_than_the_hosts_is_told_unless_it_was_asked_for() {
    let arm = Platform::new("linux", "arm64");
    let image = ImageFixture::busybox().with_platform(arm.clone());
    let fake = Fake::builder().image("arm", image).unwrap().build();
    let runtime = fake.runtime();
    let config = ContainerConfig::new("arm");
    let created = runtime.create_container(config.clone()).await.unwrap();
    assert_eq!(
        created.warnings,
        [
            "The requested image's platform (linux/arm64) does not match the detected host platform (linux/amd64) and no \
          specific platform was requested"
        ]
    );
    let asked = config.clone().with_platform(arm);
    let created = runtime.create_container(asked).await.unwrap();
    assert!(created.warnings.is_empty());
    let own = Platform::new("linux", "amd64");
    let refused = runtime.create_container(config.with_platform(own));
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ImageNotFound);
}

#[tokio::test(start_paused = true)]
async fn a_volume_may_be_a_folder_of_the_host_and_nothing_else_of_it() {
    let host = Fake::builder()
        .host_folder("/srv/data", [("x", "hello")])
        .unwrap();
    let runtime = host.build().runtime();
    for (device, outcome) in [
        ("/srv/data", Ok("hello")),
        ("/srv/data/x", Err("not a directory")),
        ("srv/data", Err("no such file or directory")),
        ("/gone", Err("no such file or directory")),
    ] {
        let options = [("type", "none"), ("o", "bind"), ("device", device)];
        let name = format!("v{}", device.len());
        let volume = VolumeConfig::new(name.as_str()).with_driver_opts(options);
        let volumes = runtime.volumes().unwrap();
        volumes.create_volume(volume).await.unwrap();
        let config = ContainerConfig::new("busybox")
            .with_command(["cat", "/m/x"])
            .with_mounts([Mount::volume(name.as_str(), "/m")]);
        match (runtime.run(config, RunOptions::default()).await, outcome) {
            (Ok(output), Ok(text)) => assert_eq!(output.stdout_text(), text),
            (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
            (other, _) => panic!("{device}: {other:?}"),
        }
    }
}
