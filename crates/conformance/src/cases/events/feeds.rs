//! Feeds of events: what they choose, where they begin and end.

use super::{GROUP, expect, prelude::*};

async fn events(ctx: &Context, options: EventsOptions) -> Verdict<Vec<Event>> {
    Ok(ctx.rt.events(options).await?.try_collect().await?)
}

pub(super) const CASES: &[Case] = &[
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
    case!("E9", a_container_filter_takes_a_whole_name, |ctx| {
        let name = ctx.name();
        let mut watch = ctx.watch_for(ctx.mine().container(&name)).await?;
        let longer = ctx.config("exit 0").with_name(format!("{name}-two"));
        ctx.create(longer).await?;
        let id = ctx.create(ctx.config("exit 0").with_name(&name)).await?;
        same("id", watch.next().await?.id, &*id)?;
    }),
    case!("E9", an_image_filter_takes_the_name, |ctx| {
        let mine = ctx.mine().with("image", ctx.image());
        let mut by_image = ctx.watch_for(mine).await?;
        let other = ctx.mine().with("image", "no-such-image:none");
        let mut none = ctx.watch_for(other).await?;
        let id = ctx.created(IDLE).await?;
        same("id", by_image.next().await?.id, &*id)?;
        let told = tokio::time::timeout(Duration::from_millis(700), none.next()).await;
        holds("nothing is told of another image", told.is_err())?;
    }),
    case!(
        "E9",
        a_volume_filter_of_events_takes_the_name,
        [Need::Volumes],
        |ctx| {
            let (one, two) = (ctx.volume_name(), ctx.volume_name());
            let mut watch = ctx.watch_for(Filters::new().with("volume", &two)).await?;
            for name in [&one, &two] {
                let mounts = [Mount::volume(name, "/data")];
                ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
            }
            let event = watch.next().await?;
            same("volume", (event.kind, event.id), (EventKind::Volume, two))?;
        }
    ),
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
        let until = EventsOptions::default().with_until(now + chrono::TimeDelta::seconds(6));
        let mine = ctx.mine().action(EventAction::Create);
        let feed = ctx.rt.events(until.with_filters(mine)).await?;
        // One that is told at once, one that the feed must have been open for, and one that comes after its end.
        let one = ctx.created(IDLE).await?;
        let (seen, others) = futures::join!(feed.try_collect::<Vec<Event>>(), async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let two = ctx.created(IDLE).await?;
            tokio::time::sleep(Duration::from_secs(6)).await;
            Ok::<_, Failure>((two, ctx.created(IDLE).await?))
        });
        let (two, three) = others?;
        let ids: Vec<String> = seen?.into_iter().map(|event| event.id).collect();
        let has = |id: &ContainerId| ids.iter().any(|told| *told == **id);
        same(
            "told",
            (has(&one), has(&two), has(&three)),
            (true, true, false),
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
];
