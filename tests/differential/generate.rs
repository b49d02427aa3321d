//! Random programs: what people do, and what they should not have done.

use super::{
    program::{LABEL, Program, Step, WORLD},
    side::IMAGE,
};
use fastrand::Rng;
use std::time::Duration;
use wharf_core::*;

impl Program {
    /// The program of so many steps that this seed gives.
    pub fn random(seed: u64, steps: usize) -> Self {
        let mut random = Random(Rng::with_seed(seed));
        // Without a container there is little to do.
        let mut program = vec![random.create()];
        program.resize_with(steps.max(1), || random.step());
        Self(program)
    }
}

struct Random(Rng);

type Kind = (u32, fn(&mut Random) -> Step);

/// How often each operation comes, and how its arguments are chosen.
const KINDS: &[Kind] = &[
    (16, Random::create),
    (20, |r| Step::StartContainer(r.container())),
    (7, |r| {
        // An old API cannot send another signal than the container's own.
        let options = StopOptions::default().with_grace(r.grace());
        Step::StopContainer(r.container(), options)
    }),
    (6, |r| {
        let options = RestartOptions::default().with_grace(r.grace());
        Step::RestartContainer(r.container(), options)
    }),
    (8, |r| {
        let mut options = KillOptions::default();
        options.signal = r.signal();
        Step::KillContainer(r.container(), options)
    }),
    (5, |r| Step::PauseContainer(r.container())),
    (5, |r| Step::UnpauseContainer(r.container())),
    (5, |r| Step::RenameContainer(r.container(), r.wished_name())),
    (8, |r| {
        let options = RemoveOptions::default()
            .with_force(r.chance(50))
            .with_volumes(r.chance(50));
        Step::RemoveContainer(r.container(), options)
    }),
    (3, |r| {
        let options = InspectOptions::default().with_size(r.chance(20));
        Step::InspectContainer(r.container(), options)
    }),
    (5, |r| {
        let condition = r.one_of(&["not-running", "next-exit", "removed"]);
        let options = WaitOptions::default().with_condition(condition);
        Step::WaitContainer(r.container(), options)
    }),
    (12, |r| {
        let config = r.exec();
        Step::ExecContainer(r.container(), config)
    }),
    (6, |r| {
        let options = LogsOptions::default()
            .with_stdout(r.chance(80))
            .with_stderr(r.chance(80))
            .with_follow(r.chance(30))
            .with_tail(match r.below(4) {
                0 => Tail::Last(u64::from(r.below(4))),
                _ => Tail::All,
            });
        Step::ContainerLogs(r.container(), options)
    }),
    (6, |r| {
        let mut options = ListOptions::default()
            .with_all(r.chance(70))
            .with_filters(r.filters());
        options.limit = r.chance(20).then(|| r.below(4));
        Step::ListContainers(options)
    }),
    (1, |r| {
        let mine = Filters::new().label(LABEL, WORLD);
        let filters = if r.chance(50) {
            mine
        } else {
            mine.label("colour", "blue")
        };
        Step::PruneContainers(PruneContainersOptions::default().with_filters(filters))
    }),
    (3, |r| Step::TagImage(r.image(), r.tag())),
    (1, |r| Step::InspectImage(r.image())),
    (2, |r| {
        let pattern = r.one_of(&["@*", "@img", "@img:*", "@img:v?", "*@other*", "@img:v1"]);
        let filters = Filters::new().reference(pattern);
        Step::ListImages(ListImagesOptions::default().with_filters(filters))
    }),
    (3, |r| {
        let options = RemoveImageOptions::default().with_force(r.chance(30));
        Step::RemoveImage(r.tag(), options)
    }),
    (2, |r| {
        let config = VolumeConfig::new(r.volume());
        Step::CreateVolume(match r.below(3) {
            0 => config.with_labels([("colour", "blue")]),
            _ => config,
        })
    }),
    (1, |r| Step::InspectVolume(r.volume())),
    (2, |r| {
        let mine = Filters::new().name(WORLD);
        let filters = match r.below(4) {
            0 => mine.label("colour", "blue"),
            1 => mine.dangling(r.chance(50)),
            _ => mine,
        };
        Step::ListVolumes(ListVolumesOptions::default().with_filters(filters))
    }),
    (3, |r| {
        let options = RemoveVolumeOptions::default().with_force(r.chance(30));
        Step::RemoveVolume(r.volume(), options)
    }),
];

/// What containers run: programs that end by themselves at once, or never.
const COMMANDS: &[&[&str]] = &[
    &["true"],
    &["false"],
    &["echo", "hello", "world"],
    &["sleep", "1000"],
    &["sh", "-c", "exit 7"],
    &["sh", "-c", "exit 300"],
    &["sh", "-c", "echo out; echo err >&2; exit 3"],
    &["sh", "-c", "printf 'no end'; exit 1"],
    &[
        "sh",
        "-c",
        "echo one; echo two; echo three; sleep 0.3; echo four",
    ],
    &[
        "sh",
        "-c",
        "trap 'sleep 0.2; echo bye; exit 5' TERM; echo ready; while true; do sleep 0.1; done",
    ],
    &[
        "sh",
        "-c",
        "trap '' TERM; echo ready; while true; do sleep 0.1; done",
    ],
    &[
        "sh",
        "-c",
        "trap 'echo usr1' USR1; trap 'exit 9' INT; echo ready; while true; do sleep 0.1; done",
    ],
    &[
        "sh",
        "-c",
        "echo start >> /tmp/runs; wc -l < /tmp/runs; exit 2",
    ],
    &["sh", "-c", "echo x >> /data/f; cat /data/f; sleep 1000"],
    &["sh", "-c", "id -u; id -g; pwd; echo $COLOUR; echo $HOME"],
    &["sh", "-c", "sleep 1000 & echo child; exit 0"],
    &["sh", "-c", "sleep 1000 & wait"],
    &["sh", "-c", "kill -TERM $$; echo alive"],
    &["sh", "-c", "kill -INT $$; echo alive"],
    &[
        "sh",
        "-c",
        "(exit 4); echo $?; false || echo or; true && echo and",
    ],
    &["hostname"],
    &["sh", "-c", "env | sort"],
    &["cat"],
    &["sh"],
    &["nosuch"],
    &["/no/such"],
    &["/etc"],
    &["/etc/hostname"],
    &[""],
];

/// What is executed in a running container.
const EXECS: &[&[&str]] = &[
    &["true"],
    &["sh", "-c", "echo out; echo err >&2; exit 3"],
    &["cat"],
    &["sh", "-c", "env | sort"],
    &["pwd"],
    &["id", "-u"],
    &["sh", "-c", "echo exec >> /tmp/runs; cat /tmp/runs"],
    &["sh", "-c", "echo y >> /data/f; cat /data/f"],
    &["sh", "-c", "kill -TERM 1; echo $?"],
    &["sh", "-c", "kill -9 $$"],
    &["sh", "-c", "echo $0 $#", "a", "b"],
    &["hostname"],
    &["ls", "/data"],
    &["sh", "-c", "tr a-z A-Z"],
    &["nosuch"],
    &["/etc/hostname"],
    &["/no/such"],
];

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0.u32(0..bound.max(1))
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        self.0.choice(words).copied().unwrap_or_default()
    }

    fn words(&mut self, lists: &[&[&'static str]]) -> Vec<&'static str> {
        self.0.choice(lists).copied().unwrap_or_default().to_vec()
    }

    fn step(&mut self) -> Step {
        let mut at = self.below(KINDS.iter().map(|(weight, _)| weight).sum());
        for (weight, make) in KINDS {
            if at < *weight {
                return make(self);
            }
            at -= weight;
        }
        self.create()
    }

    fn name(&mut self) -> String {
        format!("{WORLD}{}", self.one_of(&["a", "b", "c"]))
    }

    /// A container to do something with, by name, id or the beginning of one; now and then there is none such.
    fn container(&mut self) -> String {
        match self.below(20) {
            0 => self
                .one_of(&["@nobody", "#99", "#99:12", "@", "@a "])
                .to_owned(),
            1..=3 => format!("#{}", self.below(4)),
            4 | 5 => format!("#{}:12", self.below(4)),
            _ => self.name(),
        }
    }

    fn wished_name(&mut self) -> String {
        match self.below(8) {
            0 => self.one_of(&["@a b", "/@a", "-@", "", "@é"]).to_owned(),
            1 => "@d".to_owned(),
            _ => self.name(),
        }
    }

    fn image(&mut self) -> String {
        match self.below(4) {
            0 => self.tag(),
            1 => "@nosuch:v1".to_owned(),
            _ => IMAGE.to_owned(),
        }
    }

    fn tag(&mut self) -> String {
        self.one_of(&["@img:v1", "@img:v2", "@img", "@other/img:v1"])
            .to_owned()
    }

    fn volume(&mut self) -> String {
        self.one_of(&["@v1", "@v2"]).to_owned()
    }

    /// Enough for every handler to end, or for none.
    fn grace(&mut self) -> Grace {
        match self.below(4) {
            0 => Grace::After(Duration::from_secs(2)),
            _ => Grace::Now,
        }
    }

    fn signal(&mut self) -> Option<Signal> {
        let signal = self.one_of(&[
            "", "KILL", "TERM", "TERM", "INT", "USR1", "USR2", "WINCH", "HUP", "CONT",
        ]);
        signal.parse().ok()
    }

    fn filters(&mut self) -> Filters {
        let mine = Filters::new().label(LABEL, WORLD);
        match self.below(10) {
            0 => mine.name(self.name()),
            1 => mine.name("-a$"),
            2 => {
                mine.status(self.one_of(&["created", "running", "exited", "paused", "restarting"]))
            }
            3 => mine.status("running").status("exited"),
            4 => mine.exited(i64::from(self.below(8))),
            5 => mine.label("colour", self.one_of(&["blue", "red"])),
            8 => mine.health(self.one_of(&["none", "starting", "healthy"])),
            6 => mine.ancestor(self.one_of(&[IMAGE, "@img:v1", "@nosuch"])),
            7 => mine.with("volume", self.volume()),
            _ => mine,
        }
    }

    fn create(&mut self) -> Step {
        let mut config = ContainerConfig::new(IMAGE)
            .with_labels([(LABEL, WORLD)])
            .with_command(self.words(COMMANDS));
        if !self.chance(5) {
            config.name = Some(self.wished_name());
        }
        // Each container is unlike the last one in a few ways only.
        for _ in 0..self.below(4) {
            config = self.varied(config);
        }
        // A shell at a terminal asks it where its cursor is, and there is nobody to answer.
        let shell = config
            .command
            .as_ref()
            .is_none_or(|command| command == &["sh"]);
        config.tty &= !shell;
        // What is started again and again never comes to rest.
        let stays = |word: &String| {
            word.contains("while") || word.ends_with("1000") || word.ends_with("wait")
        };
        let ends = !config.command.iter().flatten().any(stays) || config.entrypoint.is_some();
        if ends
            && matches!(
                config.restart,
                RestartPolicy::Always | RestartPolicy::UnlessStopped
            )
        {
            config.restart = RestartPolicy::No;
        }
        // A signal ends what an init runs and does not catch it, and a stop without grace sends SIGKILL right behind:
        // which of the two comes first is luck.
        let catches = |word: &String| word.contains("TERM;");
        let lingers = !ends || config.open_stdin || config.tty;
        let catches = config.stop_signal.is_none() && config.command.iter().flatten().any(catches);
        config.init &= !lingers || catches;
        // Which of several reasons for a failed start an engine finds first is a matter of its version.
        if matches!(config.network, Some(NetworkMode::Named(_))) {
            config.command = Some(vec!["true".into()]);
            config.entrypoint = None;
            config.user = None;
        }
        Step::CreateContainer(config)
    }

    fn varied(&mut self, mut config: ContainerConfig) -> ContainerConfig {
        match self.below(32) {
            0 => config.with_env([("COLOUR", self.one_of(&["blue", "", "a=b"]))]),
            1 => {
                let colour = self.one_of(&["blue", "red"]);
                config.labels.insert("colour".into(), colour.into());
                config
            }
            2 => config.with_tty(true),
            3 => config.with_open_stdin(true),
            4 => config.with_user(self.one_of(&["1000", "1000:1000", "nosuch", "0", "root"])),
            5 => config.with_working_dir(self.one_of(&[
                "/tmp",
                "/made/here",
                "/etc/passwd",
                "relative",
            ])),
            6 => config.with_hostname(self.one_of(&["pier", "a.b", "bad_host!"])),
            7 => config.with_entrypoint([self.one_of(&["echo", "sh", "nosuch", "true"])]),
            8 => {
                config.command = None;
                config
            }
            9 => config.with_auto_remove(true),
            10 => config.with_init(true),
            11 => config.with_read_only_root(true),
            12 => config.with_network(NetworkMode::from(
                self.one_of(&["none", "bridge", "host", "@nonet"]),
            )),
            13 => config.with_stop_signal(Signal::USR2),
            14 => config.with_stop_timeout(Duration::from_secs(1)),
            15 | 16 => config.with_mounts([Mount::volume(self.volume(), "/data")]),
            17 => config.with_mounts([Mount::anonymous("/data"), Mount::tmpfs("/tmp")]),
            18 => {
                let mount = Mount::volume(self.volume(), "/data").with_read_only(true);
                config.with_mounts([mount])
            }
            19 => {
                self.one_of(&["@img:v1", "@nosuch", "busybox:latest", "UPPER/case"])
                    .clone_into(&mut config.image);
                config
            }
            20 => config.with_memory(u64::from(self.below(3)) << 24),
            21 | 22 => config.with_restart(RestartPolicy::on_failure(1 + self.below(2))),
            23 | 24 => config.with_restart(if self.chance(50) {
                RestartPolicy::Always
            } else {
                RestartPolicy::UnlessStopped
            }),
            // It is never probed: how often it would be is a matter of time.
            25 => config.with_health_check(
                HealthCheck::new(HealthTest::Command(vec!["true".into()]))
                    .with_interval(Duration::from_secs(1000)),
            ),
            26 => config.with_ports(
                ["80".parse::<PortMapping>(), "127.0.0.1::53/udp".parse()]
                    .into_iter()
                    .flatten()
                    .take(1 + self.below(2) as usize),
            ),
            27 => config.with_extra_hosts("pier:10.1.2.3".parse::<ExtraHost>().ok()),
            28 => config.with_network(NetworkMode::Container(self.name())),
            29 => config.with_cap_drop([self.one_of(&["ALL", "NET_RAW", "NONSENSE"])]),
            30 => config.with_cpus(f64::from(self.below(4)) / 2.0),
            _ => config.with_pids_limit(20),
        }
    }

    fn exec(&mut self) -> ExecConfig {
        let config = ExecConfig::new(
            self.words(EXECS)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
        match self.below(8) {
            0 => config.with_env([("COLOUR", "red")]),
            1 => config.with_user(self.one_of(&["1000", "root", "nosuch"])),
            2 => config.with_working_dir(self.one_of(&["/tmp", "/no/such"])),
            // From a terminal one may read for ever.
            3 => {
                let reads = config
                    .command
                    .iter()
                    .any(|word| word == "cat" || word.starts_with("tr "));
                config.with_tty(!reads)
            }
            4 | 5 => config.with_input("from stdin\n"),
            _ => config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_program_every_time() {
        let program = Program::random(7, 20);
        assert_eq!(program, Program::random(7, 20));
        assert_ne!(program, Program::random(8, 20));
        assert_eq!(program.0.len(), 20);
    }

    #[test]
    fn programs_have_every_operation() {
        let text: String = (0..200)
            .map(|seed| Program::random(seed, 20).to_json().unwrap())
            .collect();
        for operation in [
            "create_container",
            "start_container",
            "stop_container",
            "restart_container",
            "kill_container",
            "pause_container",
            "unpause_container",
            "rename_container",
            "remove_container",
            "inspect_container",
            "wait_container",
            "exec_container",
            "container_logs",
            "list_containers",
            "prune_containers",
            "tag_image",
            "inspect_image",
            "list_images",
            "remove_image",
            "create_volume",
            "inspect_volume",
            "list_volumes",
            "remove_volume",
        ] {
            assert!(text.contains(operation), "{operation}");
        }
    }
}
