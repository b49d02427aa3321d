//! What a program finds around it: volumes, disks, CPUs, addresses, other processes.

use super::*;
use wharf_fake::ImageFixture;

#[tokio::test(start_paused = true)]
async fn volumes_outlive_containers_and_begin_with_what_the_image_has() {
    let image = ImageFixture::busybox()
        .with_file("/data/seed", "from the image\n")
        .unwrap();
    let fake = Fake::builder().image("app", image).unwrap().build();
    let runtime = fake.runtime();
    let mount = [Mount::volume("data", "/data")];
    let config = |script: &str| {
        let config = ContainerConfig::new("app").with_command(["sh", "-c", script]);
        config.with_mounts(mount.clone())
    };
    let run = |script| runtime.run(config(script), RunOptions::default());
    assert_eq!(
        run("cat /data/seed; echo more > /data/own")
            .await
            .unwrap()
            .code(),
        0
    );
    assert_eq!(
        run("cat /data/own /data/seed").await.unwrap().stdout_text(),
        "more\nfrom the image\n"
    );
    let in_memory = VolumeConfig::new("memory").with_driver_opts([("type", "tmpfs")]);
    runtime
        .volumes()
        .unwrap()
        .create_volume(in_memory)
        .await
        .unwrap();
    let config = |script: &str| shell(script).with_mounts([Mount::volume("memory", "/m")]);
    let once = runtime
        .run(config("echo x > /m/x; ls /m"), RunOptions::default())
        .await
        .unwrap();
    assert_eq!(once.stdout_text(), "x\n");
    let again = runtime
        .run(config("ls /m"), RunOptions::default())
        .await
        .unwrap();
    assert_eq!(again.stdout_text(), "");
}

#[tokio::test(start_paused = true)]
async fn a_disk_has_its_limit_in_root_volume_tmpfs_and_folder() {
    let builder = Fake::builder().disk_limit(100_000);
    let runtime = builder.host_folder("/srv", []).unwrap().build().runtime();
    let mounts = [
        Mount::volume("data", "/volume"),
        Mount::tmpfs("/tmpfs"),
        Mount::bind("/srv", "/bound"),
    ];
    let fill = "for d in /root /volume /tmpfs /bound; do head -c 200000 /dev/zero >$d/x || echo full; done";
    let config = shell(fill).with_mounts(mounts);
    let output = runtime.run(config, RunOptions::default()).await.unwrap();
    assert_eq!(output.stdout_text(), "full\n".repeat(4));
}

#[tokio::test(start_paused = true)]
async fn a_program_sees_the_hosts_cpus_and_its_address_on_any_network() {
    let runtime = Fake::builder().cpus(6).build().runtime();
    for network in [NetworkMode::Bridge, NetworkMode::None] {
        let config = shell("nproc; grep gate /etc/hosts")
            .with_network(network)
            .with_extra_hosts([ExtraHost::gateway("gate")]);
        let output = runtime.run(config, RunOptions::default()).await.unwrap();
        assert_eq!(output.stdout_text(), "6\n172.17.0.1\tgate\n");
    }
}

#[tokio::test(start_paused = true)]
async fn an_init_is_one_of_the_processes_that_are_counted() {
    let runtime = Fake::new().runtime();
    for (init, code) in [(false, 0), (true, 2)] {
        let config = shell("sleep 1; exit 0").with_pids_limit(2).with_init(init);
        let output = runtime.run(config, RunOptions::default()).await.unwrap();
        assert_eq!(output.code(), code, "{}", output.stderr_text());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_folder_of_the_host_can_be_bound_and_its_path_spelled_anyhow() {
    let builder = Fake::builder()
        .host_folder(
            "/etc/app/",
            [("app.toml", "port = 80"), ("sub/x", "in sub")],
        )
        .unwrap();
    let runtime = builder
        .host_folder("/etc/app/empty", [])
        .unwrap()
        .build()
        .runtime();
    let seen = async |source: &str, script: &str| {
        let config = shell(script).with_mounts([Mount::bind(source, "/m")]);
        runtime.run(config, RunOptions::default()).await
    };
    for (source, script, output) in [
        ("/etc/app", "ls /m", "app.toml\nempty\nsub\n"),
        ("/etc/app/", "cat /m/sub/x", "in sub"),
        ("/etc/./app/sub", "ls /m", "x\n"),
        (
            "/etc/app/app.toml",
            "cat /m; echo port = 81 >/m",
            "port = 80",
        ),
        ("/etc/app/app.toml", "cat /m", "port = 81\n"),
        ("/etc/app/sub", "cd /m; cat ../m/x; ls ..", "in subbin"),
    ] {
        let found = seen(source, script).await.unwrap().stdout_text();
        assert!(found.starts_with(output), "{source}: {script}: {found:?}");
    }
    for missing in ["/etc/app/app.tom", "/etc/app/sub/y", "/srv"] {
        let error = seen(missing, "true").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{missing}");
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_moved_from_one_bind_to_another_of_the_same_folder() {
    let builder = Fake::builder().host_folder("/srv/d", [("x", "")]).unwrap();
    let runtime = builder.build().runtime();
    let mounts = [Mount::bind("/srv", "/a"), Mount::bind("/srv", "/b")];
    // Linux says EXDEV, and mv then copies: a folder does not become its own parent.
    let script = "mkdir /b/d/e; mv /a/d /b/d/e/d 2>/dev/null; ls /a; ls /a/d";
    let config = shell(script).with_mounts(mounts);
    let output = runtime.run(config, RunOptions::default()).await.unwrap();
    assert!(output.stdout_text().starts_with("d\n"), "{output:?}");
}

#[test]
fn a_folder_of_the_host_is_absolute_and_its_files_are_in_it() {
    for path in ["srv", "", "./srv", "/srv/../etc"] {
        let error = Fake::builder().host_folder(path, []).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path:?}");
    }
    for name in ["/etc/passwd", "../y", "a/../../y", "a/", ""] {
        let error = Fake::builder()
            .host_folder("/srv", [(name, "")])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
}
