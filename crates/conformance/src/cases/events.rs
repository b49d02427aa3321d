//! Cases on events. Every feed is opened before what it shall show.

use super::prelude::*;

const GROUP: &str = "events";

/// The actions of a container's life that every engine tells in this order.
fn expect(events: &[Event], expected: &[&str]) -> Verdict {
    same("actions", actions(events), expected.to_vec())
}

async fn events(ctx: &Context, options: EventsOptions) -> Verdict<Vec<Event>> {
    Ok(ctx.rt.events(options).await?.try_collect().await?)
}

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
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let mut watch = ctx.watch().await?;
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
            let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
            let mut watch = ctx.watch().await?;
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
            let id = ctx.up(ctx.config(&format!("echo up; {IDLE}"))).await?;
            let mut watch = ctx.watch().await?;
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
        [Need::Operation(Operation::TagImage)],
        |ctx| {
            let id = ctx.image_info(ctx.image()).await?.id;
            let mut watch = ctx.watch_for(Filters::new().kind(EventKind::Image)).await?;
            let name = ctx.tag().await?;
            let tag = loop {
                let event = watch.next().await?;
                if event.attributes.get("name") == Some(&name.familiar()) {
                    break event;
                }
            };
            same(
                "tag",
                (tag.action, tag.id.as_str()),
                (EventAction::Tag, &*id),
            )?;
            ctx.rt
                .remove_image(name.as_str(), RemoveImageOptions::default())
                .await?;
            let seen = watch.until(EventAction::Untag).await?;
            same(
                "untag",
                seen.last().map(|event| event.id.as_str()),
                Some(&*id),
            )?;
            let deleted = |event: &Event| event.action == EventAction::Delete && event.id == *id;
            holds("nothing is deleted", !seen.iter().any(deleted))?;
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
            let pull = watch.until(EventAction::Pull).await?;
            let pull = some("a pull", pull.last())?;
            same("pulled", pull.id.parse::<ImageRef>()?, image.clone())?;
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
    case!("E9", filters_choose_events, |ctx| {
        let both = ctx
            .mine()
            .action(EventAction::Create)
            .action(EventAction::Destroy);
        let mut watch = ctx.watch_for(both).await?;
        let id = ctx.exited("exit 0").await?;
        ctx.remove(&id).await?;
        expect(
            &watch.until(EventAction::Destroy).await?,
            &["create", "destroy"],
        )?;
    }),
    case!("E9", a_container_filter_takes_name_and_id, |ctx| {
        let name = ctx.name();
        let id = ctx.create(ctx.config("exit 0").with_name(&name)).await?;
        let other = ctx.created("exit 0").await?;
        let by_name = ctx.watch_for(ctx.mine().container(&name)).await?;
        let by_id = ctx.watch_for(ctx.mine().container(&*id)).await?;
        ctx.start(&other).await?;
        ctx.exit(&other).await?;
        ctx.start(&id).await?;
        for mut watch in [by_name, by_id] {
            let mut seen = watch.until(EventAction::Die).await?;
            seen.retain(|event| event.action != EventAction::Create);
            expect(&seen, &["start", "die"])?;
            holds("all are about it", seen.iter().all(|event| event.id == *id))?;
        }
    }),
    case!("E9", a_label_filter_of_events_takes_a_value, |ctx| {
        let mut watch = ctx.watch_for(ctx.mine().label("colour", "blue")).await?;
        let mut config = ctx.config(IDLE);
        config.labels.insert("colour".into(), "red".into());
        ctx.create(config.clone()).await?;
        config.labels.insert("colour".into(), "blue".into());
        let blue = ctx.create(config).await?;
        same("id", watch.next().await?.id, &*blue)?;
    }),
    case!("E9", a_type_filter_leaves_other_kinds_out, |ctx| {
        let mut watch = ctx
            .watch_for(Filters::new().kind(EventKind::Container))
            .await?;
        let id = ctx.started(ctx.config(IDLE)).await?;
        ctx.remove(&id).await?;
        loop {
            let event = watch.next().await?;
            same("kind", &event.kind, &EventKind::Container)?;
            if event.id == *id && event.action == EventAction::Destroy {
                break;
            }
        }
    }),
    case!("E10", since_and_until_in_the_past_give_what_was, |ctx| {
        let mut watch = ctx.watch().await?;
        let id = ctx.exited("exit 0").await?;
        ctx.remove(&id).await?;
        let seen = watch.until(EventAction::Destroy).await?;
        let (first, last) = (seen[0].time, seen[3].time);
        let after = chrono::TimeDelta::nanoseconds(1);
        let past = EventsOptions::default()
            .with_since(first)
            .with_until(last + after);
        expect(
            &events(ctx, past.with_filters(ctx.mine())).await?,
            &["create", "start", "die", "destroy"],
        )?;
        let later = EventsOptions::default()
            .with_since(first + after)
            .with_until(last + after);
        expect(
            &events(ctx, later.with_filters(ctx.mine())).await?,
            &["start", "die", "destroy"],
        )?;
    }),
    case!("E10", since_gives_what_was_and_what_comes, |ctx| {
        let mut watch = ctx.watch().await?;
        let id = ctx.created(IDLE).await?;
        let since = watch.next().await?.time;
        let options = EventsOptions::default()
            .with_since(since)
            .with_filters(ctx.mine());
        let mut feed = ctx.rt.events(options).await?;
        ctx.remove(&id).await?;
        for action in [EventAction::Create, EventAction::Destroy] {
            same(
                "action",
                some("an event", feed.next().await)??.action,
                action,
            )?;
        }
    }),
    case!("E10", until_in_the_future_ends_then, |ctx| {
        let mut watch = ctx.watch().await?;
        ctx.created(IDLE).await?;
        let now = watch.next().await?.time;
        let until = EventsOptions::default().with_until(now + chrono::TimeDelta::seconds(3));
        let feed = ctx.rt.events(until.with_filters(ctx.mine())).await?;
        let id = ctx.created(IDLE).await?;
        let seen: Vec<Event> = feed.try_collect().await?;
        same(
            "the last",
            seen.last().map(|event| event.id.as_str()),
            Some(&*id),
        )?;
    }),
    case!("E11", every_feed_gets_every_event, |ctx| {
        let mut feeds = [ctx.watch().await?, ctx.watch().await?, ctx.watch().await?];
        let id = ctx.exited("exit 0").await?;
        ctx.remove(&id).await?;
        for feed in &mut feeds {
            let seen = feed.until(EventAction::Destroy).await?;
            expect(&seen, &["create", "start", "die", "destroy"])?;
        }
    }),
    case!("E11", a_feed_that_is_dropped_leaves_the_others, |ctx| {
        let mut kept = ctx.watch().await?;
        drop(ctx.watch().await?);
        ctx.created(IDLE).await?;
        same("action", kept.next().await?.action, EventAction::Create)?;
    }),
    case!("E11", nothing_after_the_opening_is_missed, |ctx| {
        for _ in 0..5 {
            let mut watch = ctx.watch().await?;
            let id = ctx.created(IDLE).await?;
            while watch.next().await?.id != *id {}
        }
    }),
    case!("E11", what_was_long_before_is_not_told, |ctx| {
        ctx.created(IDLE).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut watch = ctx.watch().await?;
        let id = ctx.created(IDLE).await?;
        same("the first", watch.next().await?.id, &*id)?;
    }),
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
