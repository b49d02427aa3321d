use crate::{
    context::Context,
    failure::Outcome,
    human::size,
    output::{BOLD, Format, json, stdout},
};
use serde::Serialize;
use std::io::Write;
use wharf::{Capabilities, ErrorKind, Info, Operation, Version};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,
}

/// All that is known of an engine.
#[derive(Serialize)]
struct About {
    info: Info,
    /// None where the engine does not tell.
    version: Option<Version>,
    capabilities: Capabilities,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let runtime = context.connect().await?;
        let version = match runtime.version().await {
            Ok(version) => Some(version),
            Err(error) if error.kind() == ErrorKind::Unsupported => None,
            Err(error) => return Err(error.into()),
        };
        let capabilities = runtime.capabilities();
        let about = About {
            info: runtime.info().await?,
            version,
            capabilities,
        };
        if self.format.json {
            json(&about)?;
            return Ok(0);
        }
        let lines: Vec<(&str, String)> = lines(&about)
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
            .collect();
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, text) in lines {
            writeln!(stdout(), "{BOLD}{name:width$}{BOLD:#}  {text}")?;
        }
        Ok(0)
    }
}

/// What is told, in order; what is not known is left out.
fn lines(about: &About) -> Vec<(&'static str, Option<String>)> {
    let Info {
        containers_running: running,
        containers_paused: paused,
        containers_stopped: stopped,
        ..
    } = about.info;
    let info = &about.info;
    let version = about.version.as_ref();
    let has = &about.capabilities;
    let missing: Vec<_> = Operation::ALL
        .iter()
        .filter(|op| !has.supports(**op))
        .map(|op| op.name())
        .collect();
    let options: Vec<_> = has.missing_options().collect();
    vec![
        ("Engine", Some(format!("{} {}", info.engine, info.version))),
        ("API", version.and_then(api)),
        (
            "Platform",
            version.and_then(|version| Some(version.platform.as_ref()?.to_string())),
        ),
        ("Host", info.name.clone()),
        ("Operating system", info.operating_system.clone()),
        ("Kernel", info.kernel_version.clone()),
        ("CPUs", info.cpus.map(|cpus| cpus.to_string())),
        ("Memory", info.memory.map(size)),
        (
            "Containers",
            Some(format!(
                "{} ({running} running, {paused} paused, {stopped} stopped)",
                info.containers
            )),
        ),
        ("Images", Some(info.images.to_string())),
        ("Storage driver", info.storage_driver.clone()),
        ("Logging driver", info.logging_driver.clone()),
        ("Root folder", info.root_dir.clone()),
        ("Not supported", joined(&missing)),
        ("Missing options", joined(&options)),
    ]
}

fn api(version: &Version) -> Option<String> {
    let newest = version.api_version.as_ref()?;
    Some(match &version.min_api_version {
        Some(oldest) => format!("{oldest} to {newest}"),
        None => newest.clone(),
    })
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(", "))
}
