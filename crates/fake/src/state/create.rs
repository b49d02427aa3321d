//! Making a container: from what was asked for and the image's defaults.

use super::{
    State, container::Container, glance::Glance, health::merged, image::Image,
    launch::make_working_dir, restart::Restarts, system::HOST_NAME,
};
use crate::{fs, image::host_platform, log::Log, program::Programs, random::seed_of};
use std::{sync::Arc, time::Duration};
use wharf_core::{
    ContainerConfig, ContainerState, CreatedContainer, Env, Error, ErrorKind, EventAction,
    NetworkMode, Platform, Result, whole_seconds,
};

impl State {
    pub(crate) fn create(&mut self, config: ContainerConfig) -> Result<CreatedContainer> {
        let image = self.image_of(&config)?;
        let name = self.new_name(config.name.as_deref())?;
        self.check_limits(&config)?;
        let id = self.random.id();
        let mut config = merge(config, &image, &name, &id)?;
        if let Some(NetworkMode::Container(other)) = &mut config.network
            && let Ok(key) = self.find(other)
        {
            *other = self.container(key)?.id.to_string();
        }
        let mounts = self.plan_mounts(&config, &image)?;
        let mounts = self.make_mounts(mounts);
        let root = fs::Tree::over(&image.files, self.host.disk_limit);
        root.seed(seed_of(&id));
        let files = fs::Files::new(root.clone(), self.clock.clone());
        let folder = config.working_dir.clone();
        let mut created = CreatedContainer::new(id.as_str());
        if config.network == Some(NetworkMode::Host) && !config.ports.is_empty() {
            let warning = "Published ports are discarded when using host network mode";
            created.warnings.push(warning.to_owned());
        }
        if config.platform.is_none() && !image.runs_on(&host_platform()) {
            created.warnings.push(foreign(&image.platform));
        }
        let restarts = Restarts::new(&config);
        let config = Arc::new(config);
        let programs = Programs::new(
            self.rules.clone(),
            Arc::clone(&image.programs),
            Arc::clone(&config),
        );
        let key = self.containers.insert(Container {
            id: id.into(),
            name,
            created: self.now,
            root,
            image,
            glance: Glance::of(&config.labels),
            config,
            state: ContainerState::Created,
            exit_code: None,
            oom_killed: false,
            error: None,
            started_at: None,
            finished_at: None,
            runs: 0,
            log: Arc::new(Log::new(self.host.log_limit)),
            mounts,
            restarts,
            programs: Arc::new(programs),
            health: None,
            active: None,
        });
        // As the engine does it: the volumes are there by then and stay, and the container is told as gone.
        if let Some(folder) = folder
            && let Err(why) = make_working_dir(&files, &folder)
        {
            self.destroy(key, true);
            return Err(Error::invalid("working_dir", why));
        }
        self.tell_container(key, EventAction::Create, []);
        Ok(created)
    }

    fn image_of(&self, config: &ContainerConfig) -> Result<Arc<Image>> {
        let image = self.images.resolve(&config.image)?;
        match &config.platform {
            Some(platform) if !image.runs_on(platform) => {
                let message = format!(
                    "image with reference {} was found but its platform ({}) does not match the specified platform \
                     ({platform})",
                    config.image, image.platform
                );
                Err(Error::new(ErrorKind::ImageNotFound, message))
            }
            _ => Ok(image),
        }
    }

    fn check_limits(&self, config: &ContainerConfig) -> Result<()> {
        let most = self.host.cpus;
        match config.cpus {
            Some(cpus) if cpus > f64::from(most) => {
                let why = format_args!(
                    "range of CPUs is from 0.01 to {most}.00, as there are only {most} CPUs available"
                );
                Err(Error::invalid("cpus", why))
            }
            _ => Ok(()),
        }
    }
}

fn foreign(platform: &Platform) -> String {
    format!(
        "The requested image's platform ({platform}) does not match the detected host platform ({}) and no specific \
         platform was requested",
        host_platform()
    )
}

/// The configuration as the engine holds it: the image's defaults are in.
fn merge(config: ContainerConfig, image: &Image, name: &str, id: &str) -> Result<ContainerConfig> {
    let mut config = config;
    let of_image = &image.config;
    match &config.entrypoint {
        // The image's command are arguments of the image's entrypoint: another one does not get them.
        Some(words) if !words.is_empty() => {}
        Some(_) => {
            config
                .command
                .get_or_insert_with(|| of_image.command.clone());
        }
        None => {
            config
                .command
                .get_or_insert_with(|| of_image.command.clone());
            config.entrypoint = Some(of_image.entrypoint.clone());
        }
    }
    config.entrypoint = config
        .entrypoint
        .filter(|words| !words.is_empty() && *words != [""]);
    config.command = config.command.filter(|words| !words.is_empty());
    if config.entrypoint.is_none() && config.command.is_none() {
        return Err(Error::invalid(
            "command",
            "no command specified, and the image has none",
        ));
    }
    let mut env: Env = of_image.env.clone();
    config
        .env
        .iter()
        .for_each(|(name, value)| env.insert(name, value));
    config.env = env;
    for (key, value) in &of_image.labels {
        config
            .labels
            .entry(key.clone())
            .or_insert_with(|| value.clone());
    }
    config.working_dir = config.working_dir.or_else(|| of_image.working_dir.clone());
    config.user = config.user.or_else(|| of_image.user.clone());
    config.stop_signal = config.stop_signal.or(of_image.stop_signal);
    config.health_check = merged(config.health_check, of_image.health_check.as_ref());
    config.stop_timeout = config.stop_timeout.map(|timeout| {
        let seconds = whole_seconds(timeout);
        Duration::from_secs(seconds.unsigned_abs())
    });
    config
        .ports
        .sort_by_key(|port| (port.container, port.protocol.to_string()));
    config.name = Some(name.to_owned());
    config.hostname = config.hostname.or_else(|| match config.network {
        Some(NetworkMode::Host) => Some(HOST_NAME.to_owned()),
        _ => id.get(..12).map(str::to_owned),
    });
    config.network = match config.network {
        Some(NetworkMode::Named(name)) if name == "default" => Some(NetworkMode::Bridge),
        None => Some(NetworkMode::Bridge),
        chosen => chosen,
    };
    Ok(config)
}
