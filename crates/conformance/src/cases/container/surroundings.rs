//! `create_container`: its fields on ports, mounts and networks.

use super::{GROUP, prelude::*};
use std::{net::IpAddr, num::NonZeroU16};

const PORT: NonZeroU16 = NonZeroU16::new(8080).unwrap();

pub(super) const CASES: &[Case] = &[
    case!("C15", a_published_port_is_free_and_the_hosts, |ctx| {
        let config = ctx.config(IDLE).with_ports([PortMapping::new(PORT)]);
        let id = ctx.started(config).await?;
        let info = ctx.inspect(&id).await?;
        same("ports wished", info.config.ports, [PortMapping::new(PORT)])?;
        let published = some("a published port", info.ports.first())?;
        same("container port", published.container, PORT.get())?;
        same("protocol", &published.protocol, &Protocol::Tcp)?;
        holds(
            "a host port was chosen",
            some("an address", published.host)?.port() != 0,
        )?;
    }),
    case!("C15", ports_are_published_while_it_runs, |ctx| {
        let id = ctx
            .create(ctx.config(IDLE).with_ports([PortMapping::new(PORT)]))
            .await?;
        none("ports before", ctx.inspect(&id).await?.ports)?;
        ctx.start(&id).await?;
        holds("there are ports", !ctx.inspect(&id).await?.ports.is_empty())?;
        ctx.stop(&id).await?;
        none("ports after", ctx.inspect(&id).await?.ports)?;
    }),
    case!("C15", a_start_that_fails_publishes_nothing, |ctx| {
        let config = ctx.bare().with_command(["no-such-program"]);
        let id = ctx
            .create(config.with_ports([PortMapping::new(PORT)]))
            .await?;
        let started = ctx.rt.start_container(&id, StartOptions::default()).await;
        refused(started, ErrorKind::InvalidInput)?;
        none("ports", ctx.inspect(&id).await?.ports)?;
        let options = ListOptions::default().with_all(true);
        let list = ctx.rt.list_containers(options.with_filters(ctx.mine()));
        let listed = list.await?.pop();
        none("ports in the list", some("the container", listed)?.ports)?;
    }),
    case!("C15", a_port_is_published_where_it_was_wished, |ctx| {
        let first = ctx
            .started(ctx.config(IDLE).with_ports([PortMapping::new(PORT)]))
            .await?;
        let ports = ctx.inspect(&first).await?.ports;
        let free = some("a port", ports.first().and_then(|port| port.host))?.port();
        ctx.remove(&first).await?;
        let local = IpAddr::from([127, 0, 0, 1]);
        let wish = PortMapping::new(PORT)
            .with_protocol(Protocol::Udp)
            .with_host_ip(local)
            .with_host_port(some("a port", NonZeroU16::new(free))?);
        let id = ctx
            .started(ctx.config(IDLE).with_ports([wish.clone()]))
            .await?;
        let info = ctx.inspect(&id).await?;
        same("wish", info.config.ports, [wish])?;
        let published = PublishedPort::new(PORT, Protocol::Udp).with_host((local, free));
        same("ports", info.ports, [published])?;
    }),
    case!("C15", ports_are_told_by_number_and_protocol, |ctx| {
        let port = |number| PortMapping::new(number);
        let wishes = [
            port(PORT).with_protocol(Protocol::Udp),
            port(NonZeroU16::MAX),
            port(PORT),
            port(NonZeroU16::MIN),
        ];
        let id = ctx.started(ctx.config(IDLE).with_ports(wishes)).await?;
        let expected = [
            (1, Protocol::Tcp),
            (8080, Protocol::Tcp),
            (8080, Protocol::Udp),
            (u16::MAX, Protocol::Tcp),
        ];
        let told = |ports: &[PublishedPort]| {
            let mut told: Vec<_> = ports
                .iter()
                .map(|port| (port.container, port.protocol.clone()))
                .collect();
            // One of each address family.
            told.dedup();
            told
        };
        // An engine that gives them in a new order each time is seldom right three times.
        for _ in 0..3 {
            let info = ctx.inspect(&id).await?;
            let wished = info.config.ports.iter();
            let wished: Vec<_> = wished
                .map(|port| (port.container.get(), port.protocol.clone()))
                .collect();
            same("wished", wished, expected.clone())?;
            same("published", told(&info.ports), expected.clone())?;
            let options = ListOptions::default().with_filters(ctx.mine());
            let listed = ctx.rt.list_containers(options).await?;
            let listed = some("it in a list", listed.first())?;
            same("listed", told(&listed.ports), expected.clone())?;
        }
    }),
    case!("C15", a_port_is_told_by_its_host_addresses, |ctx| {
        let locals = [3, 1, 2].map(|last| IpAddr::from([127, 0, 0, last]));
        let wishes = locals.map(|local| PortMapping::new(PORT).with_host_ip(local));
        let id = ctx.started(ctx.config(IDLE).with_ports(wishes)).await?;
        let mut expected = locals;
        expected.sort_unstable();
        let told = |ports: Vec<PublishedPort>| -> Vec<IpAddr> {
            let hosts = ports.into_iter().filter_map(|port| port.host);
            hosts.map(|host| host.ip()).collect()
        };
        for _ in 0..3 {
            same("published", told(ctx.inspect(&id).await?.ports), expected)?;
            let options = ListOptions::default().with_filters(ctx.mine());
            let listed = ctx.rt.list_containers(options).await?.pop();
            same(
                "listed",
                told(some("it in a list", listed)?.ports),
                expected,
            )?;
        }
    }),
    case!("C16", mounts_are_told_by_their_targets, |ctx| {
        let mounts = [
            Mount::tmpfs("/tmp/scratch"),
            Mount::volume(ctx.volume().await?, "/zoo"),
            Mount::anonymous("/middle"),
            Mount::volume(ctx.volume().await?, "/data"),
        ];
        let id = ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
        let targets = |mounts: Vec<MountInfo>| {
            let targets = mounts.into_iter().map(|mount| mount.target);
            targets
                .filter(|target| !target.starts_with("/tmp"))
                .collect::<Vec<_>>()
        };
        for _ in 0..3 {
            let expected = ["/data", "/middle", "/zoo"];
            same(
                "inspected",
                targets(ctx.inspect(&id).await?.mounts),
                expected,
            )?;
            let options = ListOptions::default()
                .with_all(true)
                .with_filters(ctx.mine());
            let listed = ctx.rt.list_containers(options).await?.pop();
            same(
                "listed",
                targets(some("it in a list", listed)?.mounts),
                expected,
            )?;
        }
    }),
    case!("C16", a_volume_is_made_mounted_and_shared, |ctx| {
        let volume = ctx.volume_name();
        let write = ctx
            .config("echo tide > /data/log")
            .with_mounts([Mount::volume(&volume, "/data")]);
        same("exit of the writer", ctx.finished(write).await?.1.code, 0)?;
        let read = ctx
            .config("cat /other/log")
            .with_mounts([Mount::volume(&volume, "/other")]);
        let (id, _) = ctx.finished(read).await?;
        let output = text(
            &ctx.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        );
        same("output of the reader", output, "tide\n")?;
        let info = ctx.inspect(&id).await?;
        let mount = some("a mount", info.mounts.first())?;
        same("kind", &mount.kind, &MountKind::Volume)?;
        same("name", mount.name.as_ref(), Some(&volume))?;
        same("target", mount.target.as_str(), "/other")?;
        holds("it is writable", !mount.read_only)?;
        same(
            "wish",
            info.config.mounts,
            [Mount::volume(&volume, "/other")],
        )?;
    }),
    case!("C16", a_mounts_target_is_shown_without_detours, |ctx| {
        let config = ctx.config(IDLE).with_mounts([
            Mount::volume(ctx.volume().await?, "/data/"),
            Mount::anonymous("/a//b/../c/."),
        ]);
        let id = ctx.create(config).await?;
        let mounts = ctx.inspect(&id).await?.mounts;
        let mut targets: Vec<_> = mounts.iter().map(|mount| mount.target.as_str()).collect();
        targets.sort_unstable();
        same("targets", targets, ["/a/c", "/data"])?;
    }),
    case!("C16", a_read_only_mount_refuses_writes, |ctx| {
        let mount = Mount::volume(ctx.volume().await?, "/data").with_read_only(true);
        let config = ctx
            .config("echo x > /data/x || exit 9")
            .with_mounts([mount]);
        let (id, exit) = ctx.finished(config).await?;
        same("exit code", exit.code, 9)?;
        let mounts = ctx.inspect(&id).await?.mounts;
        holds(
            "it is read-only",
            some("a mount", mounts.first())?.read_only,
        )?;
    }),
    case!("C16", a_tmpfs_is_empty_and_forgotten, |ctx| {
        let script = "test -e /scratch/x && exit 9; echo x > /scratch/x";
        let config = ctx.config(script).with_mounts([Mount::tmpfs("/scratch")]);
        let (id, exit) = ctx.finished(config).await?;
        same("first exit", exit.code, 0)?;
        let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
        ctx.start(&id).await?;
        same("second exit", exit.await?.code, 0)?;
    }),
    case!("C16", a_bind_is_the_hosts_folder, [Need::BindDir], |ctx| {
        let dir = some("a folder", ctx.harness.bind_dir.clone())?;
        let file = ctx.name();
        let bind = || [Mount::bind(&dir, "/host")];
        let write = ctx
            .config(&format!("echo tide > /host/{file}"))
            .with_mounts(bind());
        same("exit of the writer", ctx.finished(write).await?.1.code, 0)?;
        let script = format!("cat /host/{file} && rm /host/{file}");
        let (id, _) = ctx
            .finished(ctx.config(&script).with_mounts(bind()))
            .await?;
        let output = text(
            &ctx.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        );
        same("output of the reader", output, "tide\n")?;
        let mounts = ctx.inspect(&id).await?.mounts;
        let mount = some("a mount", mounts.first())?;
        same("kind", &mount.kind, &MountKind::Bind)?;
        same("source", mount.source.as_ref(), Some(&dir))?;
        same("target", mount.target.as_str(), "/host")?;
    }),
    case!(
        "C16",
        a_bind_of_a_missing_folder_is_invalid_input,
        [Need::BindDir],
        |ctx| {
            let dir = some("a folder", ctx.harness.bind_dir.as_ref())?;
            let mounts = [Mount::bind(format!("{dir}/{}", ctx.name()), "/host")];
            let config = ctx.config(IDLE).with_mounts(mounts);
            refused(
                ctx.rt.create_container(config).await,
                ErrorKind::InvalidInput,
            )?;
            none("containers", ctx.list(Filters::new()).await?)?;
        }
    ),
    case!("C22", without_a_network_it_has_no_address, |ctx| {
        let id = ctx
            .started(ctx.config(IDLE).with_network(NetworkMode::None))
            .await?;
        let info = ctx.inspect(&id).await?;
        same("field", info.config.network, Some(NetworkMode::None))?;
        let addresses = info
            .networks
            .values()
            .filter_map(|network| network.ip_address)
            .count();
        same("addresses", addresses, 0)?;
    }),
    case!(
        "C22",
        it_has_an_address_in_its_network_while_it_runs,
        |ctx| {
            let id = ctx.running(IDLE).await?;
            let addresses = |info: ContainerInfo| {
                info.networks
                    .into_values()
                    .filter_map(|network| network.ip_address)
                    .count()
            };
            same("addresses", addresses(ctx.inspect(&id).await?), 1)?;
            ctx.stop(&id).await?;
            same("addresses after", addresses(ctx.inspect(&id).await?), 0)?;
        }
    ),
    case!(
        "C22",
        the_networks_id_is_told_from_the_first_start_on,
        |ctx| {
            let id = ctx.created(IDLE).await?;
            let told = async || {
                let networks = ctx.inspect(&id).await?.networks;
                let mut ids = networks.into_values().map(|network| network.network_id);
                some("a network", ids.next())
            };
            same("before", told().await?, None)?;
            ctx.start(&id).await?;
            let while_it_runs = some("a network's id", told().await?)?;
            ctx.stop(&id).await?;
            same("after", told().await?, Some(while_it_runs))?;
        }
    ),
    case!("C22", the_hosts_network_is_kept, |ctx| {
        let id = ctx
            .create(ctx.config(IDLE).with_network(NetworkMode::Host))
            .await?;
        same(
            "field",
            ctx.inspect(&id).await?.config.network,
            Some(NetworkMode::Host),
        )?;
    }),
    case!("C23", extra_hosts_are_in_the_hosts_file, |ctx| {
        let host = ExtraHost::new("lighthouse", [10, 1, 2, 3].into());
        let config = ctx
            .config("cat /etc/hosts")
            .with_extra_hosts([host.clone()]);
        let (id, _) = ctx.finished(config).await?;
        same("field", ctx.inspect(&id).await?.config.extra_hosts, [host])?;
        let hosts = text(
            &ctx.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        );
        let has = |line: &str| line.split_whitespace().eq(["10.1.2.3", "lighthouse"]);
        holds(
            format_args!("lighthouse is in {hosts:?}"),
            hosts.lines().any(has),
        )?;
    }),
];
