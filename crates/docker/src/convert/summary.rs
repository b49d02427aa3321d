//! `GET /containers/json`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use wharf_core::{ContainerSummary, PublishedPort};

use super::container::{MountPoint, bare, mounts};
use super::{Keys, nullable, size, unix_time};
use crate::dialect::Dialect;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    names: Vec<String>,
    #[serde(default)]
    image: String,
    #[serde(default, rename = "ImageID")]
    image_id: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    created: i64,
    #[serde(default, deserialize_with = "nullable")]
    ports: Vec<Published>,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    network_settings: Networks,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<MountPoint>,
    size_rw: Option<i64>,
    size_root_fs: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Published {
    #[serde(default, rename = "IP")]
    ip: String,
    private_port: u16,
    #[serde(default)]
    public_port: u16,
    #[serde(default)]
    r#type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Networks {
    #[serde(deserialize_with = "nullable")]
    networks: Keys,
}

impl Listed {
    /// `sized` says whether sizes were asked for: the engine leaves out those that are zero.
    pub(crate) fn into_summary(self, dialect: Dialect, sized: bool) -> ContainerSummary {
        let state = dialect.state(&self.state);
        let runs = state.is_running();
        let mut summary = ContainerSummary::new(
            self.id,
            own_name(&self.names),
            state,
            dialect.image_name(&self.image),
            dialect.image_id(&self.image_id),
        );
        summary.command = self.command;
        summary.created = unix_time(self.created);
        summary.status = self.status;
        summary.labels = self.labels;
        if runs {
            // Old engines still list the ports of a start that failed.
            summary.ports = self.ports.iter().map(published).collect();
            summary.ports.sort_by_key(PublishedPort::sort_key);
        }
        summary.networks = self.network_settings.networks.0;
        summary.mounts = mounts(self.mounts);
        if sized {
            // A zero is left out; an engine that did not count says -1.
            summary.size_rw = size(self.size_rw.unwrap_or_default());
            summary.size_root = size(self.size_root_fs.unwrap_or_default());
        }
        summary
    }
}

/// Beside its own name a container has one for each link to it, `/other/alias`.
fn own_name(names: &[String]) -> String {
    let mut names = names.iter().map(|name| bare(name));
    names
        .find(|name| !name.contains('/'))
        .unwrap_or_default()
        .to_owned()
}

fn published(port: &Published) -> PublishedPort {
    let mut published = PublishedPort::new(port.private_port, port.r#type.as_str());
    if port.public_port > 0 {
        let ip = if port.ip.is_empty() {
            "0.0.0.0"
        } else {
            &port.ip
        };
        published.host = ip
            .parse()
            .ok()
            .map(|ip| SocketAddr::new(ip, port.public_port));
    }
    published
}

#[cfg(test)]
mod tests {
    use wharf_core::ContainerState;

    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    #[test]
    fn lists_of_all_engines_look_alike() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "list_containers.json");
            let wire: Vec<Listed> = serde_json::from_slice(&wire).unwrap();
            let listed: Vec<_> = wire
                .into_iter()
                .map(|listed| listed.into_summary(dialect, true))
                .collect();
            let of = |name: &str| listed.iter().find(|summary| summary.name == name).unwrap();

            let web = of("rec-web");
            assert_eq!(web.state, ContainerState::Running);
            assert!(web.image.starts_with("busybox") && web.image_id.starts_with("sha256:"));
            assert!(web.status.starts_with("Up ") && web.command.starts_with("sh -c"));
            assert!(
                web.ports
                    .iter()
                    .any(|port| port.host.is_some_and(|h| h.port() == 5353))
            );
            assert!(
                web.ports
                    .iter()
                    .any(|port| port.container == 99 && port.host.is_none())
            );
            assert_eq!(web.networks.len(), 1);
            assert_eq!(web.labels["a"], "b=c");
            assert!(
                web.mounts
                    .iter()
                    .any(|mount| mount.name.as_deref() == Some("rec-data"))
            );
            assert!(web.created.is_some() && web.size_rw.is_some() && web.size_root.is_some());

            assert_eq!(of("rec-done").state, ContainerState::Exited, "{engine}");
            assert_eq!(of("rec-bad").state, ContainerState::Created, "{engine}");
        }
    }

    #[test]
    fn a_link_is_not_its_name() {
        assert_eq!(own_name(&["/app/db".to_owned(), "/db".to_owned()]), "db");
        assert_eq!(own_name(&[]), "");
    }

    #[test]
    fn a_size_that_was_not_counted_fails_no_list() {
        let wire = br#"[{"Id":"c","SizeRw":-1,"SizeRootFs":-1},{"Id":"d","SizeRootFs":7}]"#;
        let listed: Vec<Listed> = serde_json::from_slice(wire).unwrap();
        let sizes: Vec<_> = listed
            .into_iter()
            .map(|listed| listed.into_summary(Dialect::Docker, true))
            .map(|summary| (summary.size_rw, summary.size_root))
            .collect();
        assert_eq!(sizes, [(None, None), (Some(0), Some(7))]);
    }
}
