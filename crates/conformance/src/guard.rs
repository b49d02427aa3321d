//! Before a prune: what makes it safe on an engine that somebody uses, and for the cases that come after it.

use crate::{
    check::{Verdict, holds},
    context::{CASE_LABEL, Context, IDLE},
};
use std::collections::BTreeMap;
use wharf_core::*;

/// Each `…_mind_labels` goes before a prune that is narrowed to the case's own: a backend whose lists of a kind do not
/// mind the label would prune what is somebody else's.
impl Context {
    pub(crate) async fn containers_mind_labels(&self) -> Verdict {
        let options = ListOptions::default()
            .with_all(true)
            .with_filters(self.mine());
        let listed = self.rt.list_containers(options).await?;
        self.are_mine("containers", listed.iter().map(|found| &found.labels))
    }

    pub(crate) async fn images_mind_labels(&self) -> Verdict {
        let options = ListImagesOptions::default()
            .with_all(true)
            .with_filters(self.mine());
        let listed = self.rt.list_images(options).await?;
        self.are_mine("images", listed.iter().map(|found| &found.labels))
    }

    /// Where volumes cannot be listed, containers tell.
    pub(crate) async fn volumes_mind_labels(&self) -> Verdict {
        let listed = self.rt.capabilities().supports(Operation::ListVolumes);
        let Some(volumes) = self.rt.volumes().filter(|_| listed) else {
            return self.containers_mind_labels().await;
        };
        let options = ListVolumesOptions::default().with_filters(self.mine());
        let listed = volumes.list_volumes(options).await?;
        self.are_mine("volumes", listed.iter().map(|found| &found.labels))
    }

    /// Where networks cannot be listed, containers tell.
    pub(crate) async fn networks_mind_labels(&self) -> Verdict {
        let listed = self.rt.capabilities().supports(Operation::ListNetworks);
        let Some(networks) = self.rt.networks().filter(|_| listed) else {
            return self.containers_mind_labels().await;
        };
        let options = ListNetworksOptions::default().with_filters(self.mine());
        let listed = networks.list_networks(options).await?;
        self.are_mine("networks", listed.iter().map(|found| &found.labels))
    }

    fn are_mine<'a>(
        &self,
        what: &str,
        mut labels: impl Iterator<Item = &'a BTreeMap<String, String>>,
    ) -> Verdict {
        holds(
            format_args!("lists of {what} mind their filters, else no prune is safe here"),
            labels.all(|labels| labels.get(CASE_LABEL) == Some(&self.text)),
        )
    }

    /// Before a prune of all unused images. From now on a container uses the image under test, so that it stays. But of
    /// several names it loses all but the last: the one that cases know it by is given back when the case is over.
    pub(crate) async fn hold_image(&self) -> Verdict<ImageId> {
        let container = self.created(IDLE).await?;
        let image = self.inspect(&container).await?.image_id;
        self.give_name_back(&image);
        Ok(image)
    }
}
