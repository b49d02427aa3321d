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
