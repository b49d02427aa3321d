//! Transitions without a runtime: what is refused, what is told, what is left.

use super::*;
use crate::{
    image::{EPOCH, ImageFixture},
    run::Collector,
};
use wharf_core::{
    ContainerConfig, ContainerState, ErrorKind, EventAction, EventKind, ExecConfig, Exit, Filters,
    Grace, ImageRef, ListOptions, Mount, PortMapping, RemoveImageOptions, RemoveOptions, Result,
    Signal,
};

fn state() -> State {
    let host = Host {
        cpus: 2,
        memory: 1 << 30,
        log_limit: 1 << 20,
        disk_limit: 1 << 20,
    };
    let mut state = State::new(
        host,
        &fs::Image::empty(EPOCH),
        1,
        Arc::new(EngineClock::new(EPOCH)),
    );
    state.install(&ImageFixture::busybox(), &name("busybox"));
    state.tick();
    state
}

fn name(text: &str) -> ImageRef {
    text.parse().unwrap()
}

fn config() -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name("web")
        .with_command(["sleep", "60"])
}

fn create(state: &mut State, config: ContainerConfig) -> Key {
    let created = state.create(config).unwrap();
    state.find(&created.id).unwrap()
}

fn start(state: &mut State, key: Key) -> Launch {
    state.tick();
    state.start(key).unwrap().unwrap()
}

fn running(state: &mut State) -> Key {
    let key = create(state, config());
    start(state, key);
    key
}

/// What was told since the last look, without the kinds that do not matter.
fn told(state: &mut State) -> Vec<String> {
    let (events, _) = state.take_outcome();
    events
        .iter()
        .map(|event| format!("{}:{}", event.kind, event.action))
        .collect()
}

fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

#[test]
fn an_id_goes_before_a_name_and_a_name_before_a_prefix() {
    let mut state = state();
    let first = create(&mut state, config());
    let id = state.container(first).unwrap().id.to_string();
    let second = create(&mut state, config().with_name(&id[..12]));
    assert_eq!(state.find(&id).unwrap(), first);
    assert_eq!(state.find(&id[..12]).unwrap(), second);
    assert_eq!(state.find(&id[..13]).unwrap(), first);
    assert_eq!(state.find("web").unwrap(), first);
    assert_eq!(kind(state.find("we")), ErrorKind::ContainerNotFound);
    assert_eq!(kind(state.find("")), ErrorKind::InvalidInput);
}

#[test]
fn a_create_that_fails_leaves_nothing() {
    let mut state = state();
    create(
        &mut state,
        config().with_mounts([Mount::volume("data", "/data")]),
    );
    told(&mut state);
    let fresh = || {
        config()
            .with_name("other")
            .with_mounts([Mount::volume("new", "/data")])
    };
    let cases = [
        (fresh().with_name("web"), ErrorKind::AlreadyExists),
        (ContainerConfig::new("nope"), ErrorKind::ImageNotFound),
        (fresh().with_cpus(2.5), ErrorKind::InvalidInput),
        (
            fresh().with_mounts([Mount::bind("/nope", "/x")]),
            ErrorKind::InvalidInput,
        ),
    ];
    for (config, expected) in cases {
        assert_eq!(kind(state.create(config.clone())), expected, "{config:?}");
    }
    assert_eq!(state.containers.len(), 1);
    assert_eq!(state.list_volumes(&Filters::new()).len(), 1);
    assert_eq!(told(&mut state), [""; 0]);
}

#[test]
fn a_life_is_told_in_the_order_of_the_engine() {
    let mut state = state();
    let key = create(
        &mut state,
        config().with_mounts([Mount::volume("data", "/data")]),
    );
    assert_eq!(told(&mut state), ["volume:create", "container:create"]);
    let run = start(&mut state, key).run;
    assert_eq!(
        told(&mut state),
        ["volume:mount", "network:connect", "container:start"]
    );
    state.exited(key, run, Exit::new(3)).unwrap();
    assert_eq!(
        told(&mut state),
        ["network:disconnect", "volume:unmount", "container:die"]
    );
    // What comes from a run that is over is nothing new.
    let again = start(&mut state, key).run;
    told(&mut state);
    state.exited(key, run, Exit::new(9)).unwrap();
    assert_eq!(told(&mut state), [""; 0]);
    state.stop(key, None, Grace::Now).unwrap();
    assert_eq!(
        told(&mut state),
        [
            "container:kill",
            "container:kill",
            "network:disconnect",
            "volume:unmount",
            "container:stop",
            "container:die",
        ]
    );
    assert_ne!(run, again);
    assert_eq!(state.inspect(key, false).unwrap().exit_code, Some(137));
    state.remove(key, &RemoveOptions::default()).unwrap();
    assert_eq!(told(&mut state), ["container:destroy"]);
}

#[test]
fn a_program_that_is_not_there_leaves_the_container_created() {
    let mut state = state();
    let key = create(&mut state, config().with_command(["nope"]));
    told(&mut state);
    assert_eq!(kind(state.start(key)), ErrorKind::InvalidInput);
    assert_eq!(told(&mut state), ["network:disconnect"]);
    let info = state.inspect(key, false).unwrap();
    assert_eq!(
        (info.state, info.exit_code),
        (ContainerState::Created, Some(127))
    );
    assert!(
        info.error
            .unwrap()
            .contains("executable file not found in $PATH")
    );
    assert_eq!(info.started_at, None);
    let key = create(&mut state, config().with_name("dir").with_command(["/tmp"]));
    state.start(key).unwrap_err();
    assert_eq!(state.inspect(key, false).unwrap().exit_code, Some(126));
    let key = create(&mut state, config().with_name("user").with_user("nosuch"));
    assert_eq!(kind(state.start(key)), ErrorKind::InvalidInput);
    assert_eq!(state.inspect(key, false).unwrap().exit_code, Some(128));
}

#[test]
fn what_a_state_forbids_is_a_conflict() {
    let mut state = state();
    let created = create(&mut state, config().with_name("created"));
    let paused = running(&mut state);
    state.pause(paused).unwrap();
    assert_eq!(kind(state.kill(created, Signal::TERM)), ErrorKind::Conflict);
    assert_eq!(kind(state.pause(created)), ErrorKind::Conflict);
    assert_eq!(kind(state.unpause(created)), ErrorKind::Conflict);
    assert_eq!(kind(state.start(paused)), ErrorKind::Conflict);
    assert_eq!(kind(state.pause(paused)), ErrorKind::Conflict);
    assert_eq!(
        kind(state.remove(paused, &RemoveOptions::default())),
        ErrorKind::Conflict
    );
    let exec = ExecConfig::new(["true"]);
    let collector = Collector::new(1, false);
    assert_eq!(
        kind(state.exec(created, &exec, collector.streams())),
        ErrorKind::Conflict
    );
    assert_eq!(
        kind(state.exec(paused, &exec, collector.streams())),
        ErrorKind::Conflict
    );
    assert!(state.stop(created, None, Grace::Now).unwrap().is_none());
    told(&mut state);
    state.kill(paused, Signal::USR1).unwrap();
    assert_eq!(told(&mut state), ["container:kill", "container:unpause"]);
}

#[test]
fn who_removes_itself_keeps_its_name_until_it_is_gone() {
    let mut state = state();
    let key = create(&mut state, config().with_auto_remove(true));
    let run = start(&mut state, key).run;
    told(&mut state);
    state.exited(key, run, Exit::new(0)).unwrap();
    assert_eq!(
        state.container(key).unwrap().state,
        ContainerState::Removing
    );
    assert_eq!(kind(state.create(config())), ErrorKind::AlreadyExists);
    let remove = state.remove(key, &RemoveOptions::default().with_force(true));
    assert_eq!(kind(remove), ErrorKind::Conflict);
    state.reap(key);
    assert_eq!(
        told(&mut state),
        ["network:disconnect", "container:die", "container:destroy"]
    );
    state.create(config()).unwrap();
}

#[test]
fn addresses_and_ports_are_given_back() {
    let mut state = state();
    let port: PortMapping = "8080:80".parse().unwrap();
    let key = create(
        &mut state,
        config().with_ports([port.clone(), "81".parse().unwrap()]),
    );
    let run = start(&mut state, key).run;
    let info = state.inspect(key, false).unwrap();
    assert_eq!(info.ports.len(), 4);
    assert_eq!(info.ports[0].host.unwrap().to_string(), "0.0.0.0:8080");
    assert_eq!(info.ports[1].host.unwrap().to_string(), "[::]:8080");
    assert!(info.ports[2].host.unwrap().port() >= 32_768);
    assert_eq!(
        info.networks["bridge"].ip_address.unwrap().to_string(),
        "172.17.0.2"
    );
    let second = create(&mut state, config().with_name("second").with_ports([port]));
    let error = state.start(second).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error
            .message()
            .ends_with("Bind for 0.0.0.0:8080 failed: port is already allocated")
    );
    assert_eq!(state.inspect(second, false).unwrap().exit_code, Some(128));
    state.exited(key, run, Exit::new(0)).unwrap();
    start(&mut state, second);
    let info = state.inspect(second, false).unwrap();
    assert_eq!(
        info.networks["bridge"].ip_address.unwrap().to_string(),
        "172.17.0.2"
    );
    assert!(state.inspect(key, false).unwrap().ports.is_empty());
}

#[test]
fn lists_are_newest_first_and_filtered() {
    let mut state = state();
    let first = running(&mut state);
    let second = create(
        &mut state,
        config().with_name("two").with_labels([("team", "harbour")]),
    );
    let names = |state: &State, options: ListOptions| -> Vec<String> {
        state
            .list(&options)
            .unwrap()
            .into_iter()
            .map(|summary| summary.name)
            .collect()
    };
    let all = || ListOptions::default().with_all(true);
    assert_eq!(names(&state, all()), ["two", "web"]);
    assert_eq!(names(&state, ListOptions::default()), ["web"]);
    assert_eq!(names(&state, ListOptions::default().with_limit(1)), ["two"]);
    let by = |filters: Filters| all().with_filters(filters);
    assert_eq!(names(&state, by(Filters::new().name("^/w"))), ["web"]);
    assert_eq!(
        names(&state, by(Filters::new().label("team", "harbour"))),
        ["two"]
    );
    assert_eq!(
        names(
            &state,
            by(Filters::new().status("created").status("exited"))
        ),
        ["two"]
    );
    assert_eq!(
        names(&state, by(Filters::new().ancestor("busybox"))),
        ["two", "web"]
    );
    assert_eq!(
        names(&state, by(Filters::new().with("since", "web"))),
        ["two"]
    );
    assert_eq!(names(&state, by(Filters::new().name("["))), [""; 0]);
    let unknown = by(Filters::new().with("before", "nope"));
    assert_eq!(kind(state.list(&unknown)), ErrorKind::ContainerNotFound);
    state.kill(first, Signal::KILL).unwrap();
    let exited = ListOptions::default().with_filters(Filters::new().exited(137));
    assert_eq!(names(&state, exited), ["web"]);
    let _ = second;
}

#[test]
fn a_name_is_taken_from_an_image_before_the_image_goes() {
    let mut state = state();
    state.tag("busybox", &name("other:1")).unwrap();
    let removed = state
        .remove_image("other:1", &RemoveImageOptions::default())
        .unwrap();
    assert_eq!(
        (removed.untagged, removed.deleted.len()),
        (vec!["other:1".to_owned()], 0)
    );
    let key = create(&mut state, config());
    assert_eq!(
        kind(state.remove_image("busybox", &RemoveImageOptions::default())),
        ErrorKind::Conflict
    );
    let id = state.container(key).unwrap().image.id.to_string();
    assert_eq!(
        kind(state.remove_image(&id, &RemoveImageOptions::default())),
        ErrorKind::Conflict
    );
    state.remove(key, &RemoveOptions::default()).unwrap();
    told(&mut state);
    let removed = state
        .remove_image("busybox", &RemoveImageOptions::default())
        .unwrap();
    assert_eq!(removed.untagged[0], "busybox:latest");
    assert_eq!(removed.deleted[0], *id);
    assert!(told(&mut state).ends_with(&["image:untag".to_owned(), "image:delete".to_owned()]));
    assert_eq!(
        kind(state.inspect_image("busybox")),
        ErrorKind::ImageNotFound
    );
}

#[test]
fn a_seed_gives_the_same_world() {
    let world = || {
        let mut state = state();
        let key = create(&mut state, ContainerConfig::new("busybox"));
        start(&mut state, key);
        state.inspect(key, false).unwrap()
    };
    let (first, second) = (world(), world());
    assert_eq!(
        (&first.id, &first.name, first.pid),
        (&second.id, &second.name, second.pid)
    );
}

#[test]
fn a_prune_is_told_even_when_there_was_nothing() {
    let mut state = state();
    let pruned = state.prune_containers(&Filters::new()).unwrap();
    assert!(pruned.removed.is_empty());
    let (events, _) = state.take_outcome();
    let told = &events[0];
    assert_eq!(
        (&told.kind, &told.action),
        (&EventKind::Container, &EventAction::Prune)
    );
    assert_eq!(told.attributes["reclaimed"], "0");
}

#[test]
fn a_start_without_a_place_for_its_files_gives_everything_back() {
    let mut state = state();
    let odd = ImageFixture::scratch().with_file("/etc", "no folder");
    state.install(&odd.unwrap(), &name("odd"));
    let port = PortMapping::new(std::num::NonZeroU16::new(80).unwrap())
        .with_host_port(std::num::NonZeroU16::new(8080).unwrap());
    let odd = ContainerConfig::new("odd").with_command(["sh"]);
    let key = create(&mut state, odd.with_ports([port.clone()]));
    told(&mut state);
    assert_eq!(kind(state.start(key)), ErrorKind::Internal);
    assert!(!told(&mut state).contains(&"network:connect".to_owned()));
    let key = create(&mut state, config().with_ports([port]));
    start(&mut state, key);
    let info = state.inspect(key, false).unwrap();
    let address = info.networks["bridge"].ip_address.unwrap();
    assert_eq!(
        address.to_string(),
        "172.17.0.2",
        "the first address is free"
    );
}

#[test]
fn who_writes_nothing_has_written_nothing() {
    let mut state = state();
    let mounts = [Mount::volume("data", "/deep/down")];
    let key = create(&mut state, config().with_mounts(mounts));
    start(&mut state, key);
    assert_eq!(state.inspect(key, true).unwrap().size_rw, Some(0));
    let files = state.container(key).unwrap().active.as_ref().unwrap();
    let files = files.files.clone();
    let hostname = state.inspect(key, false).unwrap().config.hostname.unwrap();
    assert_eq!(
        String::from_utf8(files.read("/etc/hostname").unwrap()).unwrap(),
        format!("{hostname}\n")
    );
    files.write("/etc/hosts", b"mine", 0o644).unwrap();
    assert_eq!(files.remove_file("/etc/hosts"), Err(fs::FsError::Busy));
    assert_eq!(state.inspect(key, true).unwrap().size_rw, Some(0));
    files.write("/file", b"12345", 0o644).unwrap();
    assert_eq!(state.inspect(key, true).unwrap().size_rw, Some(5));
}

#[test]
fn a_process_of_an_earlier_run_that_ran_out_of_memory_is_not_told() {
    let mut state = state();
    let key = create(&mut state, config());
    let run = start(&mut state, key).run;
    let output = Collector::new(100, false).streams();
    let launch = state.exec(key, &ExecConfig::new(["sleep", "60"]), output);
    let ExecLaunch::Ready { exec, process, .. } = launch.unwrap() else {
        panic!("it is there");
    };
    state.exited(key, run, Exit::new(0)).unwrap();
    start(&mut state, key);
    told(&mut state);
    process.pid.kernel().run_out_of_memory();
    state.end_exec(key, exec, 137);
    assert!(told(&mut state).is_empty());
    assert!(!state.container(key).unwrap().oom_killed);
}

#[test]
fn that_the_memory_ran_out_is_told_before_the_end_that_comes_in_between() {
    let mut state = state();
    let key = create(&mut state, config());
    let kernel = start(&mut state, key).process.pid.kernel().clone();
    told(&mut state);
    kernel.run_out_of_memory();
    state.kill(key, Signal::KILL).unwrap();
    assert!(state.container(key).unwrap().oom_killed);
    let told = told(&mut state);
    let oom = told.iter().position(|line| line.contains("oom"));
    let die = told.iter().position(|line| line.contains("die"));
    assert!(oom.is_some() && oom < die, "{told:?}");
}
