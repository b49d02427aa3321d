//! The suite's own promises: it is safe on an engine that somebody uses, and cleans up whatever happens.

use wharf_conformance::{Outcome, cases, run_all};
use wharf_core::*;
use wharf_fake::Fake;
use wharf_tests::{engine, harness, paused};

/// What somebody keeps on an engine, in a form that shows any change.
async fn belongings(fake: &Fake) -> Result<Vec<String>> {
    let runtime = fake.runtime();
    let mut found = Vec::new();
    let all = ListOptions::default().with_all(true);
    for container in runtime.list_containers(all).await? {
        let info = runtime
            .inspect_container(&container.id, InspectOptions::default())
            .await?;
        found.push(format!("{info:?}"));
    }
    for image in runtime
        .list_images(ListImagesOptions::default().with_all(true))
        .await?
    {
        found.push(format!("{image:?}"));
    }
    if let Some(volumes) = runtime.volumes() {
        for volume in volumes.list_volumes(ListVolumesOptions::default()).await? {
            found.push(format!("{volume:?}"));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Containers in every state, a name for an image that nothing uses, volumes with a name and without.
async fn move_in(fake: &Fake) -> Result<()> {
    let runtime = fake.runtime();
    runtime
        .tag_image("busybox", &"keepsake:v1".parse()?)
        .await?;
    for (name, script) in [
        ("web", "sleep 1000000"),
        ("job", "exit 3"),
        ("frozen", "sleep 1000000"),
    ] {
        let config = ContainerConfig::new("busybox")
            .with_name(name)
            .with_command(["sh", "-c", script])
            .with_mounts([
                Mount::volume(format!("{name}-data"), "/data"),
                Mount::anonymous("/tmp"),
            ]);
        runtime.create_container(config).await?;
        runtime
            .start_container(name, StartOptions::default())
            .await?;
    }
    runtime
        .wait_container("job", WaitOptions::default())
        .await?
        .await?;
    runtime.pause_container("frozen").await?;
    runtime
        .create_container(ContainerConfig::new("keepsake:v1").with_name("unborn"))
        .await?;
    if let Some(volumes) = runtime.volumes() {
        volumes.create_volume(VolumeConfig::new("unused")).await?;
    }
    Ok(())
}

#[test]
fn a_whole_run_leaves_what_is_somebody_elses() {
    paused().unwrap().block_on(async {
        let fake = engine().unwrap();
        move_in(&fake).await.unwrap();
        let before = belongings(&fake).await.unwrap();
        let harness = harness(&fake, |runtime| runtime)
            .unwrap()
            .with_exclusive(false);
        let report = run_all(&harness, 4, |_| ()).await;
        assert_eq!(report.failed, 0, "{:#?}", failures(&report.cases));
        assert_eq!(belongings(&fake).await.unwrap(), before);
    });
}

#[test]
fn a_report_has_every_case_in_order_and_counts_them() {
    paused().unwrap().block_on(async {
        let harness = harness(&engine().unwrap(), |runtime| runtime).unwrap();
        let mut told = 0;
        let report = run_all(&harness, 4, |_| told += 1).await;
        let names = |names: Vec<&'static str>| names;
        let expected = names(cases().iter().map(|case| case.name).collect());
        assert_eq!(
            names(report.cases.iter().map(|case| case.name).collect()),
            expected
        );
        assert_eq!(told, expected.len());
        assert_eq!((report.engine.as_str(), report.failed), ("fake", 0));
        let counted = report.passed + report.unsupported + report.skipped;
        assert_eq!(counted, expected.len() as u64);
    });
}

#[test]
fn a_case_that_fails_hangs_or_panics_leaves_nothing() {
    /// Starts nothing: one that says no, one that never answers, one that panics.
    #[derive(Debug, Clone, Copy)]
    enum Trouble {
        Fails,
        Hangs,
        Panics,
    }
    impl Layer for Trouble {
        async fn around<'a, T: wharf_core::Outcome>(
            &self,
            call: Call<'_>,
            next: impl Next<'a, T>,
        ) -> Result<T> {
            match (call.operation(), self) {
                (Operation::StartContainer, Self::Fails) => {
                    Err(Error::new(ErrorKind::Internal, "no"))
                }
                (Operation::StartContainer, Self::Hangs) => futures::future::pending().await,
                (Operation::StartContainer, Self::Panics) => panic!("a backend's own fault"),
                _ => next().await,
            }
        }
    }
    let case = cases()
        .iter()
        .find(|case| case.name == "start_runs_it")
        .unwrap();
    for (trouble, expected) in [
        (Trouble::Fails, "Internal"),
        (Trouble::Hangs, "not done within 30s"),
        (Trouble::Panics, "panicked: a backend's own fault"),
    ] {
        paused().unwrap().block_on(async {
            let fake = engine().unwrap();
            let before = belongings(&fake).await.unwrap();
            let wrap = move |runtime| std::sync::Arc::new(RuntimeExt::layer(runtime, trouble)) as _;
            let outcome = case.run(&harness(&fake, wrap).unwrap()).await.outcome;
            match outcome {
                Outcome::Failed(why) => assert!(why.contains(expected), "{why}"),
                other => panic!("{trouble:?}: {other:?}"),
            }
            assert_eq!(belongings(&fake).await.unwrap(), before, "{trouble:?}");
        });
    }
}

#[test]
fn a_backend_that_cannot_be_reached_fails_every_case() {
    paused().unwrap().block_on(async {
        let harness = wharf_conformance::Harness::new("nobody", || {
            Box::pin(async { Err(Error::new(ErrorKind::ConnectionFailed, "there is none")) })
        });
        let report = run_all(&harness, 4, |_| ()).await;
        assert_eq!((report.engine.as_str(), report.passed), ("nobody", 0));
        assert_eq!(report.failed, cases().len() as u64);
    });
}

fn failures(reports: &[wharf_conformance::CaseReport]) -> Vec<&wharf_conformance::CaseReport> {
    reports
        .iter()
        .filter(|report| matches!(report.outcome, Outcome::Failed(_)))
        .collect()
}
