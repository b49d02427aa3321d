//! All registries of one world, and what has come of their limits.

use super::{Found, HUB, Limit, Registry, cannot_reach, canonical};
use std::{collections::BTreeMap, sync::Arc};
use wharf_core::{Credentials, Error, ErrorKind, ImageRef, Platform, Result, Timestamp};

/// All registries that there are in the fake's world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registries {
    all: BTreeMap<String, Arc<Registry>>,
    tallies: BTreeMap<String, Tally>,
}

impl Registries {
    /// One that is there already under that host is replaced.
    pub(crate) fn add(&mut self, registry: Registry) {
        self.all.insert(registry.host.clone(), Arc::new(registry));
    }

    fn reach(&self, host: &str) -> Result<&Arc<Registry>> {
        let registry = self.all.get(host);
        let registry = registry.ok_or_else(|| {
            let why =
                "lookup: no such host; the fake knows the registries that its builder was given";
            cannot_reach(host, why)
        })?;
        registry.check_reachable().map(|()| registry)
    }

    pub(crate) fn find(
        &mut self,
        reference: &ImageRef,
        platform: Option<&Platform>,
        credentials: Option<&Credentials>,
        now: Timestamp,
    ) -> Result<Found> {
        let registry = Arc::clone(self.reach(reference.registry())?);
        registry.check_account(credentials)?;
        let image = registry.image(reference, platform)?.clone();
        self.tally(&registry.host).grant(registry.limit, now)?;
        Ok(Found {
            image,
            line: registry.line,
        })
    }

    /// Whether that registry breaks off a connection that has come to where it may; one less is left then.
    pub(crate) fn breaks_off(&mut self, host: &str) -> bool {
        let Some(cut) = self.all.get(host).and_then(|registry| registry.line.cut) else {
            return false;
        };
        let tally = self.tally(host);
        let breaks = tally.cuts < cut.connections;
        tally.cuts += u32::from(breaks);
        breaks
    }

    fn tally(&mut self, host: &str) -> &mut Tally {
        self.tallies.entry(host.to_owned()).or_default()
    }

    /// The host's name as references have it, and what the registry says.
    pub(crate) fn login(
        &self,
        host: Option<&str>,
        credentials: &Credentials,
    ) -> Result<(String, &'static str)> {
        let host = host.map_or(HUB, canonical);
        self.reach(host)?.check_account(Some(credentials))?;
        Ok((host.to_owned(), "Login Succeeded"))
    }
}

/// What has come of a registry's limits so far.
#[derive(Debug, Clone, Default)]
struct Tally {
    granted: u32,
    /// When the time began that the limit is for.
    since: Option<Timestamp>,
    /// How many connections it has broken off.
    cuts: u32,
}

impl Tally {
    /// Grants one more pull, or not.
    fn grant(&mut self, limit: Option<Limit>, now: Timestamp) -> Result<()> {
        let Some(Limit { pulls, window }) = limit else {
            return Ok(());
        };
        let since = *self.since.get_or_insert(now);
        let age = (now - since).to_std().unwrap_or_default();
        if window.is_some_and(|window| age >= window) {
            self.since = Some(now);
            self.granted = 0;
        }
        if self.granted >= pulls {
            let why = "toomanyrequests: You have reached your pull rate limit; try again later";
            return Err(Error::new(ErrorKind::RateLimited, why).with_transient(true));
        }
        self.granted += 1;
        Ok(())
    }
}
