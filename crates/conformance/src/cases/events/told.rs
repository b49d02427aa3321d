//! What is told of what happens, in which order, with which attributes.

use super::{GROUP, expect, prelude::*};

/// Watches a container that runs until it is told to end.
async fn idle(ctx: &Context) -> Verdict<(Watch, ContainerId)> {
    ctx.watched(ctx.config(&format!("echo up; {IDLE}"))).await
}

pub(super) const CASES: &[Case] = &[
    case!("E1", a_life_is_told_in_its_order, |ctx| {
        let mut watch = ctx.watch().await?;
        let (id, _) = ctx.finished(ctx.config("exit 5")).await?;
        ctx.remove(&id).await?;
        let seen = watch.until(EventAction::Destroy).await?;
        expect(&seen, &["create", "start", "die", "destroy"])?;
        holds("all are about it", seen.iter().all(|event| event.id == *id))?;
        let kinds = seen.iter().all(|event| event.kind == EventKind::Container);
        holds("all are a container's", kinds)?;
        holds(
            "their times grow",
            seen.is_sorted_by_key(|event| event.time),
        )?;
    }),
    case!("E1", events_of_two_containers_keep_their_order, |ctx| {
        let mut watch = ctx.watch().await?;
        let one = ctx.exited("exit 1").await?;
        let two = ctx.exited("exit 2").await?;
        ctx.remove(&two).await?;
        ctx.remove(&one).await?;
        let mut seen = watch.until(EventAction::Destroy).await?;
        seen.extend(watch.until(EventAction::Destroy).await?);
        let ids: Vec<_> = seen.iter().map(|event| event.id.as_str()).collect();
        let (one, two) = (&*one, &*two);
        same("ids", ids, [one, one, one, two, two, two, two, one])?;
    }),
    case!("E2", events_bear_name_image_and_labels, |ctx| {
        let mut watch = ctx.watch().await?;
        let name = ctx.name();
        let mut config = ctx.config("exit 5").with_name(&name);
        config.labels.insert("colour".into(), "blue".into());
        let (id, _) = ctx.finished(config).await?;
        ctx.remove(&id).await?;
        for event in watch.until(EventAction::Destroy).await? {
            let attribute = |key: &str| event.attributes.get(key).map(String::as_str);
            let what = event.action.as_str();
            same(what, attribute("name"), Some(&*name))?;
            same(what, attribute("image"), Some(ctx.image()))?;
            same(what, attribute("colour"), Some("blue"))?;
            let code = (event.action == EventAction::Die).then_some("5");
            same(what, attribute("exitCode"), code)?;
        }
    }),
    case!("E3", a_stop_is_told_as_kill_die_and_stop, |ctx| {
        let script = "trap 'exit 7' TERM; echo up; while true; do sleep 0.2; done";
        let (mut watch, id) = ctx.watched(ctx.config(script)).await?;
        ctx.rt.stop_container(&id, StopOptions::default()).await?;
        ctx.remove(&id).await?;
        let mut seen = watch.until(EventAction::Destroy).await?;
        same(
            "signal",
            seen[0].attributes.get("signal").map(String::as_str),
            Some("15"),
        )?;
        // Engines before 23 tell the end before the stop.
        seen.sort_by_key(|event| event.action == EventAction::Die);
        seen.sort_by_key(|event| event.action == EventAction::Destroy);
        expect(&seen, &["kill", "stop", "die", "destroy"])?;
        same(
            "code",
            seen[2].attributes.get("exitCode").map(String::as_str),
            Some("7"),
        )?;
    }),
    case!("E3", a_stop_that_kills_tells_both_signals, |ctx| {
        let (mut watch, id) = ctx
            .watched(ctx.config(&format!("echo up; {STUBBORN}")))
            .await?;
        ctx.stop(&id).await?;
        ctx.remove(&id).await?;
        let seen = watch.until(EventAction::Destroy).await?;
        let kills = seen
            .iter()
            .filter(|event| event.action == EventAction::Kill);
        let signals: Vec<_> = kills
            .filter_map(|event| event.attributes.get("signal"))
            .collect();
        same("signals", signals, ["15", "9"])?;
    }),
    case!("E3", a_stop_of_a_stopped_one_is_not_told, |ctx| {
        let mut watch = ctx.watch().await?;
        let id = ctx.exited("exit 0").await?;
        watch.until(EventAction::Die).await?;
        ctx.stop(&id).await?;
        ctx.remove(&id).await?;
        expect(&watch.until(EventAction::Destroy).await?, &["destroy"])?;
    }),
    case!(
        "E4",
        a_remove_by_force_is_told_as_kill_die_and_destroy,
        |ctx| {
            let (mut watch, id) = ctx
                .watched(ctx.config(&format!("echo up; {STUBBORN}")))
                .await?;
            ctx.remove(&id).await?;
            let seen = watch.until(EventAction::Destroy).await?;
            expect(&seen, &["kill", "die", "destroy"])?;
            same(
                "signal",
                seen[0].attributes.get("signal").map(String::as_str),
                Some("9"),
            )?;
            same(
                "code",
                seen[1].attributes.get("exitCode").map(String::as_str),
                Some("137"),
            )?;
        }
    ),
    case!("E4", an_auto_remove_is_told_after_the_end, |ctx| {
        let mut watch = ctx.watch().await?;
        ctx.started(ctx.config("exit 5").with_auto_remove(true))
            .await?;
        let seen = watch.until(EventAction::Destroy).await?;
        expect(&seen, &["create", "start", "die", "destroy"])?;
    }),
    case!("E5", a_failed_start_is_no_start, |ctx| {
        let mut watch = ctx.watch().await?;
        let id = ctx
            .create(ctx.bare().with_command(["no-such-program"]))
            .await?;
        let started = ctx.rt.start_container(&id, StartOptions::default()).await;
        refused(started, ErrorKind::InvalidInput)?;
        ctx.remove(&id).await?;
        expect(
            &watch.until(EventAction::Destroy).await?,
            &["create", "destroy"],
        )?;
    }),
    case!("E5", a_create_that_fails_late_is_told_as_the_end, |ctx| {
        let mut watch = ctx.watch().await?;
        let config = ctx.config(IDLE).with_working_dir("/etc/passwd");
        let created = ctx.rt.create_container(config).await;
        refused(created, ErrorKind::InvalidInput)?;
        // It has an id, which is nobody's, and the labels.
        let id = watch.until(EventAction::Destroy).await?;
        expect(&id, &["destroy"])?;
        refused(
            ctx.rt
                .inspect_container(&id[0].id, InspectOptions::default())
                .await,
            ContainerNotFound,
        )?;
    }),
    case!(
        "E16",
        mounts_are_told_with_their_container,
        [Need::Volumes],
        |ctx| {
            let name = ctx.volume_name();
            let mut watch = ctx.watch_for(Filters::new().with("volume", &name)).await?;
            let mounts = [Mount::volume(&name, "/data")];
            let config = ctx.config("exit 0").with_mounts(mounts);
            let (id, _) = ctx.finished(config).await?;
            ctx.remove(&id).await?;
            let volumes = some("volumes", ctx.rt.volumes())?;
            volumes
                .remove_volume(&name, RemoveVolumeOptions::default())
                .await?;
            let seen = watch.until(EventAction::Destroy).await?;
            expect(&seen, &["create", "mount", "unmount", "destroy"])?;
            let containers = seen
                .iter()
                .map(|event| event.attributes.get("container").map(String::as_str));
            same(
                "containers",
                containers.collect::<Vec<_>>(),
                [None, Some(&*id), Some(&*id), None],
            )?;
        }
    ),
    case!(
        "E16",
        without_the_shared_network_nothing_is_mounted,
        [Need::Volumes, Need::Option("create_container.network")],
        |ctx| {
            let name = ctx.volume_name();
            let mut watch = ctx.watch_for(Filters::new().with("volume", &name)).await?;
            let first = ctx.running(IDLE).await?;
            let mode = NetworkMode::Container(first.to_string());
            let mounts = [Mount::volume(&name, "/data")];
            let config = ctx.config(IDLE).with_mounts(mounts).with_network(mode);
            let id = ctx.create(config).await?;
            ctx.remove(&first).await?;
            let started = ctx.rt.start_container(&id, StartOptions::default()).await;
            refused(started, ContainerNotFound)?;
            expect(
                &watch.until("unmount".into()).await?,
                &["create", "unmount"],
            )?;
        }
    ),
    case!("E6", an_exec_is_told_in_three_steps, |ctx| {
        let (mut watch, id) = idle(ctx).await?;
        ctx.rt
            .exec_container(&id, ExecConfig::new(["sh", "-c", "exit 3"]))
            .await?;
        let seen = watch.until(EventAction::ExecDie).await?;
        expect(&seen, &["exec_create", "exec_start", "exec_die"])?;
        let details: Vec<_> = seen.iter().map(|event| event.detail.as_deref()).collect();
        let line = Some("sh -c exit 3");
        same("details", details, [line, line, None])?;
        let attribute = |key| seen[2].attributes.get(key).map(String::as_str);
        same("code", attribute("exitCode"), Some("3"))?;
        some("the exec's id", attribute("execID"))?;
        holds(
            "all are about the container",
            seen.iter().all(|event| event.id == *id),
        )?;
    }),
    case!(
        "E7",
        a_kill_is_told_with_its_signal,
        [Need::Operation(Operation::KillContainer)],
        |ctx| {
            let (mut watch, id) = idle(ctx).await?;
            ctx.kill(&id, Signal::KILL).await?;
            let seen = watch.until(EventAction::Die).await?;
            expect(&seen, &["kill", "die"])?;
            same(
                "signal",
                seen[0].attributes.get("signal").map(String::as_str),
                Some("9"),
            )?;
            same(
                "code",
                seen[1].attributes.get("exitCode").map(String::as_str),
                Some("137"),
            )?;
        }
    ),
    case!(
        "E7",
        pause_and_unpause_are_told,
        [
            Need::Operation(Operation::PauseContainer),
            Need::Operation(Operation::UnpauseContainer),
        ],
        |ctx| {
            let (mut watch, id) = idle(ctx).await?;
            ctx.rt.pause_container(&id).await?;
            ctx.rt.unpause_container(&id).await?;
            expect(
                &watch.until(EventAction::Unpause).await?,
                &["pause", "unpause"],
            )?;
        }
    ),
    case!(
        "E7",
        a_rename_is_told_with_both_names,
        [Need::Operation(Operation::RenameContainer)],
        |ctx| {
            let (old, new) = (ctx.name(), ctx.name());
            let mut watch = ctx.watch().await?;
            let id = ctx.create(ctx.config(IDLE).with_name(&old)).await?;
            watch.until(EventAction::Create).await?;
            ctx.rt.rename_container(&id, &new).await?;
            let event = watch.next().await?;
            same("action", event.action, EventAction::Rename)?;
            same("new name", event.attributes.get("name"), Some(&new))?;
            same("old name", event.attributes.get("oldName"), Some(&old))?;
        }
    ),
    case!(
        "E7",
        a_restart_is_told_after_the_start,
        [Need::Operation(Operation::RestartContainer)],
        |ctx| {
            let (mut watch, id) = ctx.watched(ctx.config(&format!("echo up; {IDLE}"))).await?;
            ctx.rt
                .restart_container(&id, RestartOptions::default())
                .await?;
            let mut seen = watch.until(EventAction::Restart).await?;
            seen.retain(|event| event.action != EventAction::Stop);
            expect(&seen, &["kill", "die", "start", "restart"])?;
        }
    ),
    case!(
        "E8",
        a_tag_and_an_untag_are_told,
        [
            Need::Operation(Operation::TagImage),
            // Others tag the image under test too, this one only in turn.
            Need::PullableImage,
        ],
        |ctx| {
            let image = ctx.pullable().await?;
            ctx.pull(&image).await?;
            let id = ctx.image_info(image.as_str()).await?.id;
            let mut watch = ctx.watch_for(Filters::new().kind(EventKind::Image)).await?;
            let name = ctx.image_name()?;
            ctx.rt.tag_image(image.as_str(), &name).await?;
            ctx.rt
                .remove_image(name.as_str(), RemoveImageOptions::default())
                .await?;
            let mut seen = Vec::new();
            while !seen
                .iter()
                .any(|event: &Event| event.action == EventAction::Untag)
            {
                let event = watch.next().await?;
                // What was pulled a moment ago may be told too.
                if event.id == *id && event.action != EventAction::Pull {
                    seen.push(event);
                }
            }
            expect(&seen, &["tag", "untag"])?;
            let told = seen[0].attributes.get("name");
            same("name", told, Some(&name.familiar()))?;
        }
    ),
    case!(
        "E8",
        a_pull_and_a_delete_are_told,
        [Need::PullableImage],
        |ctx| {
            let image = ctx.pullable().await?;
            let mut watch = ctx.watch_for(Filters::new().kind(EventKind::Image)).await?;
            ctx.pull(&image).await?;
            let id = ctx.image_info(image.as_str()).await?.id;
            // Others may pull too.
            loop {
                let pull = watch.until(EventAction::Pull).await?;
                let told = pull.last().map(|event| event.id.parse::<ImageRef>());
                if some("a pull", told)?? == image {
                    break;
                }
            }
            ctx.rt
                .remove_image(image.as_str(), RemoveImageOptions::default())
                .await?;
            let seen = loop {
                let seen = watch.until(EventAction::Delete).await?;
                if seen.last().is_some_and(|event| event.id == *id) {
                    break seen;
                }
            };
            let untagged = |event: &Event| event.action == EventAction::Untag && event.id == *id;
            holds("the untag is told before", seen.iter().any(untagged))?;
        }
    ),
    case!("E12", what_is_read_is_not_told, |ctx| {
        let (mut watch, id) = ctx.watched(ctx.config("echo hi; sleep 300")).await?;
        ctx.inspect(&id).await?;
        ctx.list(Filters::new()).await?;
        ctx.logs(&id, LogsOptions::default()).await?;
        drop(ctx.wait(&id, WaitCondition::NextExit).await?);
        ctx.remove(&id).await?;
        let seen = watch.until(EventAction::Destroy).await?;
        expect(&seen, &["kill", "die", "destroy"])?;
    }),
];
