//! Cleaning up after a case: what it made and nothing else.

use crate::{
    check::{Failure, Verdict},
    context::{CASE_LABEL, Context},
};
use std::{sync::Arc, time::Duration};
use wharf_core::*;

/// Removes all that the case made. Goes on after a failure, and tells of the first.
pub(crate) async fn sweep(context: &Context) -> Verdict {
    let Context { rt, text, .. } = context;
    let made = context.made();
    // While a container still holds it. Whatever else is not found is gone as it should be; this is not.
    let mut first = match &made.held_image {
        Some(image) => name_again(context, image).await,
        None => Ok(()),
    };
    let mut note = |outcome: Result<()>| {
        let gone = outcome.as_ref().is_err_and(Error::is_not_found);
        if let (Err(error), false, Ok(())) = (outcome, gone, &first) {
            first = Err(Failure::from(error));
        }
    };
    // A dropped create leaves a container that only its label can find. A list that ignores its filter must not cost
    // others their containers, so the label is looked at here.
    let mine = ListOptions::default()
        .with_all(true)
        .with_filters(context.mine());
    let listed = rt.list_containers(mine).await.unwrap_or_else(|error| {
        note(Err(error));
        Vec::new()
    });
    let by_label = listed
        .into_iter()
        .filter(|found| found.labels.get(CASE_LABEL) == Some(text));
    // The newest first: a container may depend on an older one.
    let mut containers: Vec<ContainerId> = made.containers.into_iter().rev().collect();
    let listed = by_label
        .map(|found| found.id)
        .filter(|id| !containers.contains(id));
    let unknown: Vec<_> = listed.collect();
    containers.extend(unknown);
    for id in containers {
        note(remove(rt, &id).await);
    }
    for image in made.images {
        let force = RemoveImageOptions::default().with_force(true);
        note(rt.remove_image(image.as_str(), force).await.map(drop));
    }
    if let Some(volumes) = rt.volumes() {
        for volume in made.volumes {
            let force = RemoveVolumeOptions::default().with_force(true);
            note(volumes.remove_volume(&volume, force).await);
        }
    }
    if let Some(networks) = rt.networks() {
        for network in made.networks {
            note(networks.remove_network(&network).await);
        }
    }
    first
}

/// Gives the image under test the name that cases know it by.
async fn name_again(context: &Context, image: &str) -> Verdict {
    let name: ImageRef = context.image().parse()?;
    Ok(context.rt.tag_image(image, &name).await?)
}

/// Removes a container, or waits for the end of a removal that is under way, but not for ever: others are to be removed
/// too.
async fn remove(rt: &Arc<dyn Runtime>, id: &str) -> Result<()> {
    let mut tries = 50;
    loop {
        tries -= 1;
        match rt.remove_container_if_exists(id).await {
            Err(error) if error.kind() == ErrorKind::Conflict && tries > 0 => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return outcome.map(drop),
        }
    }
}
