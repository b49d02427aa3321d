//! Is the suite honest? Backends that tell one lie each: every lie must make the case fail that is named beside it.

mod deaf;
mod lie;
mod place;
mod table;

use libtest_mimic::{Arguments, Failed, Trial, run};
use lie::{Lie, around};
use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    sync::Arc,
};
use table::{KEYS_WITHOUT, WITHOUT, lies};
use wharf_conformance::{Case, Need, Outcome, cases};
use wharf_core::{
    ContainerConfig, ContainerOps, Error, EventOps, EventsOptions, Filters, ImageOps,
    ListImagesOptions, ListOptions, ListVolumesOptions, Operation, PruneContainersOptions,
    PruneImagesOptions, PruneVolumesOptions, Runtime, VolumeConfig,
};
use wharf_fake::Fake;
use wharf_tests::{engine, harness, paused};

fn outcome(case: &Case, lie: Lie) -> Result<Outcome, Failed> {
    let closed = Arc::default();
    let harness = harness(&engine()?, move |runtime| around(lie, &closed, runtime))?;
    Ok(paused()?.block_on(case.run(&harness)).outcome)
}

fn named(name: &str) -> Result<&'static Case, Failed> {
    let found = cases().iter().find(|case| case.name == name);
    found.ok_or_else(|| format!("there is no case {name}").into())
}

fn is_caught(lie: Lie, name: &str) -> Result<(), Failed> {
    match outcome(named(name)?, lie)? {
        Outcome::Failed(why) if is_judgement(&why, lie) => Ok(()),
        other => Err(format!("{name} believes it: {other:?}").into()),
    }
}

/// Whether it is the case that found fault. A panic is mostly the liar's own, and what cannot be cleaned up says
/// nothing about a case that has passed.
fn is_judgement(why: &str, lie: Lie) -> bool {
    let panicked = why.starts_with("panicked: ");
    match lie {
        Lie::Panic(_) => panicked,
        _ => {
            !panicked
                && !["cannot connect: ", "passed, but "]
                    .iter()
                    .any(|no| why.starts_with(no))
        }
    }
}

/// Without its lie a liar is believed: it was the lie that was caught.
fn is_believed(honest: Lie, name: &str) -> Result<(), Failed> {
    match outcome(named(name)?, honest)? {
        Outcome::Passed => Ok(()),
        other => Err(format!("{name} does not pass without a lie: {other:?}").into()),
    }
}

/// Every case is named by a lie, or among the few that say why not; a new one too.
fn is_tried() -> Result<(), Failed> {
    let cases: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
    let tried: BTreeSet<_> = lies().map(|(_, name, _)| name).collect();
    let without: BTreeSet<_> = WITHOUT.iter().map(|(name, _)| *name).collect();
    let untried: BTreeSet<_> = cases.difference(&tried).copied().collect();
    if untried == without {
        return Ok(());
    }
    let needs: Vec<_> = untried.difference(&without).collect();
    let has: Vec<_> = without.difference(&untried).collect();
    Err(format!("these need a liar: {needs:?}; these need no reason why not: {has:?}").into())
}

/// The places of all keys that filters have in an engine in memory; the core names them where it is asked for another.
async fn places_of_keys(fake: &Fake) -> wharf_core::Result<Vec<String>> {
    let (runtime, filters) = (fake.runtime(), Filters::new().with("none", "such"));
    let volumes = runtime
        .volumes()
        .ok_or_else(|| Error::unsupported(Operation::ListVolumes))?;
    let mut places = Vec::new();
    macro_rules! keys { ($($ops:ident.$call:ident($Options:ident);)*) => { $(
        let options = $Options::default().with_filters(filters.clone());
        if let Err(error) = $ops.$call(options).await {
            let known = error.message().split("it knows ").nth(1).unwrap_or_default();
            let place = |key| format!("{}.filters.{key}", stringify!($Options));
            places.extend(known.split(", ").map(place));
        }
    )* } }
    keys! {
        runtime.list_containers(ListOptions);
        runtime.prune_containers(PruneContainersOptions);
        runtime.list_images(ListImagesOptions);
        runtime.prune_images(PruneImagesOptions);
        runtime.events(EventsOptions);
        volumes.list_volumes(ListVolumesOptions);
        volumes.prune_volumes(PruneVolumesOptions);
    }
    Ok(places)
}

/// Every key of filters is one that a liar does not hear.
fn is_every_key_tried() -> Result<(), Failed> {
    let fake = engine()?;
    let keys = paused()?.block_on(places_of_keys(&fake))?;
    let tried: BTreeSet<_> = lies()
        .filter_map(|(_, _, lie)| match lie {
            Lie::Unheard(place) => Some(place),
            _ => None,
        })
        .collect();
    let untried = keys.iter().filter(|key| !tried.contains(key.as_str()));
    let untried: Vec<_> = untried.map(String::as_str).collect();
    if keys.len() > 30 && untried == KEYS_WITHOUT {
        return Ok(());
    }
    Err(format!("of {} keys these need a liar: {untried:?}", keys.len()).into())
}

/// A backend that minds no filters.
fn without_filters(argument: &mut dyn Any) {
    macro_rules! unfilter { ($($Options:ty)*) => { $(
        if let Some(options) = argument.downcast_mut::<$Options>() {
            options.filters = Filters::new();
        }
    )* } }
    unfilter! { ListOptions ListImagesOptions ListVolumesOptions }
    unfilter! { PruneContainersOptions PruneImagesOptions PruneVolumesOptions }
}

/// What a prune of everything would take.
async fn belongings(fake: &Fake) -> wharf_core::Result<String> {
    let runtime = fake.runtime();
    let all = ListOptions::default().with_all(true);
    let containers = runtime.list_containers(all).await?;
    let images = runtime.list_images(ListImagesOptions::default()).await?;
    let volumes = runtime
        .volumes()
        .ok_or_else(|| Error::unsupported(Operation::ListVolumes))?;
    let volumes = volumes.list_volumes(ListVolumesOptions::default()).await?;
    Ok(format!("{containers:?} {images:?} {volumes:?}"))
}

/// Where somebody else's things are, such a backend is found out before it has pruned them.
fn is_stopped_in_time(case: &Case) -> Result<(), Failed> {
    let fake = engine()?;
    let lie = Lie::Hear(without_filters);
    let harness = harness(&fake, move |runtime| around(lie, &Arc::default(), runtime))?;
    paused()?.block_on(async {
        let runtime = fake.runtime();
        for name in ["attic:v1", "cellar:v1"] {
            runtime.tag_image("busybox", &name.parse()?).await?;
        }
        let keepsake = ContainerConfig::new("attic:v1").with_labels([("keep", "me")]);
        runtime.create_container(keepsake).await?;
        if let Some(volumes) = runtime.volumes() {
            volumes.create_volume(VolumeConfig::new("keepsake")).await?;
        }
        let before = belongings(&fake).await?;
        let outcome = case.run(&harness.with_exclusive(false)).await.outcome;
        match outcome {
            Outcome::Failed(why) if why.contains("mind their filters") => {}
            other => return Err(format!("{other:?}").into()),
        }
        let after = belongings(&fake).await?;
        if before == after {
            return Ok(());
        }
        Err(format!("expected {before}, got {after}").into())
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (what, name, lie) in lies() {
        let title = format!("caught::{}", what.replace(' ', "_"));
        trials.push(Trial::test(title, move || is_caught(lie, name)));
    }
    trials.push(Trial::test("every_case_has_a_liar", is_tried));
    trials.push(Trial::test("every_filter_has_a_liar", is_every_key_tried));
    let honest: BTreeMap<_, _> = lies()
        .map(|(_, name, lie)| ((name, lie.hears()), lie.honest()))
        .collect();
    for ((name, hears), lie) in honest {
        let liar = if hears { "hearing" } else { "telling" };
        trials.push(Trial::test(format!("honest::{liar}::{name}"), move || {
            is_believed(lie, name)
        }));
    }
    let prunes =
        |case: &&Case| case.name.contains("prune") && !case.needs.contains(&Need::Exclusive);
    for case in cases().iter().filter(prunes) {
        let title = format!("in_time::{}", case.name);
        trials.push(Trial::test(title, move || is_stopped_in_time(case)));
    }
    run(&arguments, trials).exit_code()
}
