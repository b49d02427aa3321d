//! The flags of `run` that say what the container is made from.

use crate::{
    failure::Failure,
    parse::{extra_host, label, mount, size, time},
};
use std::{
    collections::BTreeMap,
    env::{self, VarError},
    fs,
    path::PathBuf,
    time::Duration,
};
use wharf::{
    ContainerConfig, Env, ExtraHost, Mount, NetworkMode, Platform, PortMapping, RestartPolicy,
    Signal,
};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The container")]
pub(crate) struct ConfigArgs {
    /// Its name; else the engine invents one
    #[arg(long)]
    name: Option<String>,

    /// An environment variable; without a value, that of this process
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// A file of environment variables, a line each
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,

    /// A label
    #[arg(short, long = "label", value_name = "KEY[=VALUE]", value_parser = label)]
    labels: Vec<(String, String)>,

    /// A port to publish on the host
    #[arg(short, long = "publish", value_name = "[[IP:]PORT:]PORT[/PROTOCOL]")]
    ports: Vec<PortMapping>,

    /// A folder of the host, which has to be there, or a volume, which is made where it is not; and where it is mounted
    #[arg(short, long = "volume", value_name = "[SOURCE:]TARGET[:ro]", value_parser = mount::short)]
    volumes: Vec<Mount>,

    /// A mount: type=bind|volume|tmpfs,source=…,target=…[,readonly][,tmpfs-size=…]
    #[arg(long = "mount", value_name = "MOUNT", value_parser = mount::long)]
    mounts: Vec<Mount>,

    /// Its working directory
    #[arg(short, long, value_name = "FOLDER")]
    workdir: Option<String>,

    /// The user, by name or uid, and optionally the group
    #[arg(short, long, value_name = "USER[:GROUP]")]
    user: Option<String>,

    /// Its host name
    // `-h` is docker's, so help is `--help` alone here.
    #[arg(short = 'h', long)]
    hostname: Option<String>,

    /// A terminal: stdout and stderr become one
    #[arg(short, long)]
    tty: bool,

    /// The entrypoint in place of the image's; an empty one resets it
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,

    /// At most so much memory: 512m; 0 for no limit
    #[arg(short, long, value_name = "SIZE", value_parser = size::bytes)]
    memory: Option<u64>,

    /// At most so many CPUs: 1.5; 0 for no limit
    #[arg(long, value_name = "N")]
    cpus: Option<f64>,

    /// At most so many processes; 0 and -1 for no limit
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pids_limit: Option<i64>,

    /// What happens when it exits: no, always, unless-stopped, on-failure[:MAX]
    #[arg(long, value_name = "POLICY", default_value = "no")]
    restart: RestartPolicy,

    /// Give it all privileges of the host
    #[arg(long)]
    privileged: bool,

    /// A kernel capability to add
    #[arg(long, value_name = "CAPABILITY")]
    cap_add: Vec<String>,

    /// A kernel capability to drop
    #[arg(long, value_name = "CAPABILITY")]
    cap_drop: Vec<String>,

    /// Make its root file system read-only
    #[arg(long)]
    read_only: bool,

    /// What a stop sends in place of SIGTERM
    #[arg(long, value_name = "SIGNAL")]
    stop_signal: Option<Signal>,

    /// How many seconds a stop waits before it kills
    #[arg(long, value_name = "SECONDS", value_parser = time::patience, allow_negative_numbers = true)]
    stop_timeout: Option<u64>,

    /// Run a tiny init as its first process, which forwards signals
    #[arg(long)]
    init: bool,

    /// The network it joins: bridge, host, none, container:NAME, or a network's name
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,

    /// A line for its /etc/hosts
    #[arg(long, value_name = "NAME:IP", value_parser = extra_host)]
    add_host: Vec<ExtraHost>,

    /// Which variant of the image
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    pub(crate) platform: Option<Platform>,
}

impl ConfigArgs {
    /// What the container is made from.
    pub(crate) fn into_config(
        self,
        image: String,
        command: Vec<String>,
    ) -> Result<ContainerConfig, Failure> {
        let env = environment(&self.env_file, &self.env)?;
        let mut config = ContainerConfig::new(image)
            .with_env(env)
            .with_labels(self.labels)
            .with_ports(self.ports)
            .with_mounts(self.volumes.into_iter().chain(self.mounts))
            .with_tty(self.tty)
            .with_restart(self.restart)
            .with_privileged(self.privileged)
            .with_cap_add(self.cap_add)
            .with_cap_drop(self.cap_drop)
            .with_read_only_root(self.read_only)
            .with_init(self.init)
            .with_extra_hosts(self.add_host);
        config.name = self.name;
        config.command = (!command.is_empty()).then_some(command);
        config.entrypoint = self.entrypoint.map(|program| {
            if program.is_empty() {
                vec![]
            } else {
                vec![program]
            }
        });
        config.working_dir = self.workdir;
        config.user = self.user;
        config.hostname = self.hostname;
        config.memory = self.memory.filter(|limit| *limit > 0);
        config.cpus = self.cpus.filter(|limit| *limit != 0.0);
        config.pids_limit = self
            .pids_limit
            .and_then(|limit| u64::try_from(limit).ok())
            .filter(|limit| *limit > 0);
        config.stop_signal = self.stop_signal;
        config.stop_timeout = self.stop_timeout.map(Duration::from_secs);
        config.network = self.network.map(NetworkMode::from);
        config.platform = self.platform;
        Ok(config)
    }
}

/// What the files say, then what the flags say, which goes before.
fn environment(files: &[PathBuf], flags: &[String]) -> Result<Env, Failure> {
    let mut variables = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::Usage(format!("--env-file {}: {error}", file.display())))?;
        for line in text.lines().map(str::trim_start) {
            if !line.is_empty() && !line.starts_with('#') {
                set(&mut variables, line)?;
            }
        }
    }
    for flag in flags {
        set(&mut variables, flag)?;
    }
    Ok(variables.into())
}

/// A name without a value takes that of this process, and is left out where there is none.
pub(crate) fn set(variables: &mut BTreeMap<String, String>, text: &str) -> Result<(), Failure> {
    let pair = match text.split_once('=') {
        Some((name, value)) => Some((name, value.to_owned())),
        None => match env::var(text) {
            Ok(value) => Some((text, value)),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                let why = format!("the variable {text} of this process is no UTF-8");
                return Err(Failure::Usage(why));
            }
        },
    };
    if let Some((name, value)) = pair {
        variables.insert(name.to_owned(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::io::Write;

    #[derive(Parser)]
    #[command(disable_help_flag = true)]
    struct Line {
        #[command(flatten)]
        config: ConfigArgs,
    }

    fn config(line: &str) -> ContainerConfig {
        let words = std::iter::once("run").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).unwrap();
        line.config
            .into_config("busybox".to_owned(), vec![])
            .unwrap()
    }

    #[test]
    fn without_flags_everything_is_as_the_image_and_the_engine_have_it() {
        assert_eq!(config(""), ContainerConfig::new("busybox"));
    }

    #[test]
    fn every_flag_reaches_the_configuration() {
        let config = config(
            "--name web -e A=1 --env B=2 -l a=b --label c -p 8080:80 -v /srv:/data:ro --mount type=tmpfs,target=/t \
             -w /app -u 1000:100 -h web1 -t -m 512m --cpus 1.5 --pids-limit 64 --restart on-failure:3 --privileged \
             --cap-add NET_ADMIN --cap-drop ALL --read-only --stop-signal INT --stop-timeout 3 --init \
             --network container:db --add-host db:10.0.0.1 --platform linux/arm64 --entrypoint sh",
        );
        let expected = ContainerConfig::new("busybox")
            .with_name("web")
            .with_env([("A", "1"), ("B", "2")])
            .with_labels([("a", "b"), ("c", "")])
            .with_ports(["8080:80".parse::<PortMapping>().unwrap()])
            .with_mounts([
                Mount::bind("/srv", "/data").with_read_only(true),
                Mount::tmpfs("/t"),
            ])
            .with_working_dir("/app")
            .with_user("1000:100")
            .with_hostname("web1")
            .with_tty(true)
            .with_memory(512 << 20)
            .with_cpus(1.5)
            .with_pids_limit(64)
            .with_restart(RestartPolicy::on_failure(3))
            .with_privileged(true)
            .with_cap_add(["NET_ADMIN"])
            .with_cap_drop(["ALL"])
            .with_read_only_root(true)
            .with_stop_signal(Signal::INT)
            .with_stop_timeout(Duration::from_secs(3))
            .with_init(true)
            .with_network(NetworkMode::Container("db".to_owned()))
            .with_extra_hosts(["db:10.0.0.1".parse::<ExtraHost>().unwrap()])
            .with_platform("linux/arm64".parse::<Platform>().unwrap())
            .with_entrypoint(["sh"]);
        assert_eq!(config, expected);
    }

    #[test]
    fn an_empty_entrypoint_resets_it_and_no_limit_is_none() {
        let reset = Line::try_parse_from(
            "run --pids-limit -1 -m 0 --cpus 0 --entrypoint"
                .split(' ')
                .chain([""]),
        )
        .unwrap();
        let config = reset
            .config
            .into_config("busybox".to_owned(), vec!["ls".to_owned()])
            .unwrap();
        assert_eq!(config.entrypoint, Some(vec![]));
        assert_eq!(
            (config.memory, config.cpus, config.pids_limit),
            (None, None, None)
        );
        assert_eq!(config.command, Some(vec!["ls".to_owned()]));
    }

    #[test]
    fn flags_go_before_files_and_an_absent_variable_is_left_out() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"# colours\nA=file\n\n  B=file\nWHARF_TEST_NOT_SET\n")
            .unwrap();
        let env = environment(&[file.path().to_owned()], &["A=flag".to_owned()]).unwrap();
        assert_eq!(env.to_pairs(), ["A=flag", "B=file"]);
        assert!(environment(&[PathBuf::from("/nonexistent")], &[]).is_err());
    }
}
