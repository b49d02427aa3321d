//! Images as fixtures: what a registry offers, or what is there from the start.

use crate::{
    fs::{self, Files, FsError, Tree},
    process,
    program::{Commands, Program, Rule},
    random::Random,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};
use wharf_core::{Env, Error, ImageConfig, ImageId, Platform, Result, Timestamp};

/// 2024-01-01T00:00:00Z: when the fixtures were made, and when a fake's clock starts.
pub(crate) const EPOCH: Timestamp = match Timestamp::from_timestamp(1_704_067_200, 0) {
    Some(time) => time,
    None => Timestamp::UNIX_EPOCH,
};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const BUSYBOX_SIZE: u64 = 2_160_000;

/// The files of busybox: immutable, and the same for every fake.
static BUSYBOX: LazyLock<fs::Image> = LazyLock::new(|| {
    // The applets' names are plain and differ, so there is nothing that could fail; an image without programs is what
    // would be left.
    fs::busybox(process::applet_names(), EPOCH).unwrap_or_else(|_| fs::Image::empty(EPOCH))
});

/// An image: its configuration, its files, its layers with their sizes.
///
/// Like a real image it is known by its content: two that are made alike have the same id, and what is built on another
/// shares that one's layers.
///
/// ```
/// use wharf_fake::ImageFixture;
///
/// let base = ImageFixture::busybox();
/// let app = base.clone().with_command(["httpd"]).with_layer(40_000_000).with_file("/www/index.html", "hi")?;
/// assert_ne!(app.id(), base.id());
/// assert!(app.size() > 40_000_000);
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImageFixture {
    pub(crate) config: ImageConfig,
    pub(crate) layers: Vec<Layer>,
    pub(crate) platform: Platform,
    pub(crate) created: Timestamp,
    pub(crate) files: fs::Image,
    /// What it brings in place of programs among its files.
    pub(crate) programs: Vec<Arc<Rule>>,
    /// Of all files and programs that were added, in their order.
    fingerprint: u64,
}

/// A layer of an image, by its content's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) digest: String,
    pub(crate) size: u64,
}

impl ImageFixture {
    /// An image like busybox: a shell and its applets, all of them working.
    pub fn busybox() -> Self {
        let config = ImageConfig::default()
            .with_command(["sh"])
            .with_env([("PATH", PATH)]);
        let fixture = Self {
            config,
            files: BUSYBOX.clone(),
            ..Self::scratch()
        };
        fixture.with_layer(BUSYBOX_SIZE)
    }

    /// An image without files, as `FROM scratch`.
    pub fn scratch() -> Self {
        Self {
            config: ImageConfig::default(),
            layers: Vec::new(),
            platform: host_platform(),
            created: EPOCH,
            files: fs::Image::empty(EPOCH),
            programs: Vec::new(),
            fingerprint: 0,
        }
    }

    /// What it gives to containers, all at once.
    #[must_use]
    pub fn with_config(mut self, config: ImageConfig) -> Self {
        self.config = config;
        self
    }

    /// Its command.
    #[must_use]
    pub fn with_command(mut self, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config = self.config.with_command(command);
        self
    }

    /// Its entrypoint.
    #[must_use]
    pub fn with_entrypoint(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config = self.config.with_entrypoint(words);
        self
    }

    /// One more environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.env.insert(name, value);
        self
    }

    /// One more label.
    #[must_use]
    pub fn with_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.labels.insert(key.into(), value.into());
        self
    }

    /// One more file, with its folders; a script is executable. Fails with
    /// [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where there cannot be a file.
    pub fn with_file(mut self, path: &str, content: impl AsRef<[u8]>) -> Result<Self> {
        let content = content.as_ref();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mode = if content.starts_with(b"#!") {
            0o755
        } else {
            0o644
        };
        self.change(path, |files| {
            files.mkdir_all(folder, 0o755)?;
            files.write(path, content, mode)
        })?;
        self.fingerprint = hash(self.fingerprint, &[path.as_bytes(), content]);
        Ok(self)
    }

    /// One more folder, with those above it.
    pub(crate) fn with_folder(mut self, path: &str) -> Result<Self> {
        self.change(path, |files| files.mkdir_all(path, 0o755))?;
        Ok(self)
    }

    fn change(
        &mut self,
        path: &str,
        make: impl FnOnce(&Files) -> std::result::Result<(), FsError>,
    ) -> Result<()> {
        let tree = Tree::over(&self.files, u64::MAX);
        let files = Files::new(tree.clone(), Arc::new(Fixed(self.created)));
        make(&files).map_err(|error| Error::invalid("path", format_args!("{path}: {error}")))?;
        self.files = tree.freeze();
        Ok(())
    }

    /// One more program, which its containers have without a file for it: an image without a shell can have it too.
    /// What is about the same commands goes. Fails with [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where it
    /// could never run, and where the commands are those of another image.
    ///
    /// ```
    /// use wharf_core::{ContainerConfig, RunOptions, RuntimeExt};
    /// use wharf_fake::{Fake, ImageFixture, Script};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wharf_core::Result<()> {
    /// let image = ImageFixture::scratch()
    ///     .with_command(["migrate", "--all"])
    ///     .with_program("migrate", Script::new().eprint("no such table\n").exit(3))?;
    /// let runtime = Fake::builder().image("migrate:1", image)?.build().runtime();
    /// let output = runtime.run(ContainerConfig::new("migrate:1"), RunOptions::default()).await?;
    /// assert_eq!((output.code(), output.stderr_text().as_str()), (3, "no such table\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Its id has the program in it: a script by its steps, a closure by where it stands in the source. Two images that
    /// differ by nothing but what one closure has captured are one to the engine, the first; a
    /// [label](Self::with_label) tells them apart.
    pub fn with_program(
        mut self,
        commands: impl Into<Commands>,
        program: impl Into<Program>,
    ) -> Result<Self> {
        let commands = commands.into();
        commands.check_of_image()?;
        let rule = Rule::new(commands, program.into())?;
        self.fingerprint = hash(self.fingerprint, &[rule.fingerprint().as_bytes()]);
        self.programs.retain(|old| !old.is_for_the_same(&rule));
        self.programs.push(rule);
        Ok(self)
    }

    /// One more layer of so many bytes, which a pull fetches. It adds no files of its own.
    #[must_use]
    pub fn with_layer(mut self, size: u64) -> Self {
        let below = self.layers.last().map_or("", |layer| &layer.digest);
        let seed = hash(0, &[below.as_bytes(), &size.to_le_bytes()]);
        self.layers.push(Layer {
            digest: digest(seed),
            size,
        });
        self
    }

    /// Its platform; else `linux/amd64`. The pretended host runs images of any platform, as hosts do that emulate
    /// others; who gets another one than the host's without asking for it is warned.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self
    }

    /// When it was made.
    #[must_use]
    pub fn with_created(mut self, created: Timestamp) -> Self {
        self.created = created;
        self
    }

    /// Its id, which its content determines.
    pub fn id(&self) -> ImageId {
        let ImageConfig {
            command,
            entrypoint,
            labels,
            working_dir,
            user,
            ..
        } = &self.config;
        let pairs = Env::to_pairs(&self.config.env);
        let rest = (
            &self.config.exposed_ports,
            &self.config.volumes,
            &self.config.stop_signal,
            &self.config.health_check,
        );
        let digests: Vec<_> = self.layers.iter().map(|layer| &layer.digest).collect();
        let text = format!(
            "{command:?}{entrypoint:?}{pairs:?}{labels:?}{working_dir:?}{user:?}{rest:?}{digests:?}{}{}",
            self.platform, self.created,
        );
        digest(hash(self.fingerprint, &[text.as_bytes()])).into()
    }

    /// Bytes of all its layers.
    pub fn size(&self) -> u64 {
        total(self.layers.iter().map(|layer| layer.size))
    }

    /// The digest by which a registry knows it.
    pub(crate) fn manifest(&self) -> String {
        digest(hash(1, &[self.id().as_bytes()]))
    }
}

impl Default for ImageFixture {
    fn default() -> Self {
        Self::busybox()
    }
}

/// The sum of sizes, which are whatever somebody has said.
pub(crate) fn total(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

/// FNV-1a: small, and the same for ever, which is all that is asked of it.
pub(crate) fn hash(seed: u64, parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in parts.iter().flat_map(|part| part.iter().chain(&[0xff])) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

fn digest(seed: u64) -> String {
    format!("sha256:{}", Random::new(seed).id())
}

#[derive(Debug)]
struct Fixed(Timestamp);

impl fs::Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What the pretended host is.
pub(crate) fn host_platform() -> Platform {
    Platform::new("linux", "amd64")
}

/// Whether an image of the platform `own` is one for `wanted`, which takes any variant where it names none.
pub(crate) fn suits(own: &Platform, wanted: &Platform) -> bool {
    own.os == wanted.os
        && own.architecture == wanted.architecture
        && (wanted.variant.is_none() || own.variant == wanted.variant)
}

/// The images of a registry: by repository, by tag, one for each platform.
pub(crate) type Shelf = BTreeMap<String, BTreeMap<String, Vec<ImageFixture>>>;

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_core::{HealthCheck, HealthTest};

    fn checked(probe: &str) -> ImageConfig {
        let check = HealthCheck::new(HealthTest::Shell(probe.into()));
        ImageFixture::busybox().config.with_health_check(check)
    }

    #[test]
    fn the_content_determines_the_id() {
        let image = ImageFixture::busybox;
        assert_eq!(image().id(), image().id());
        let others = [
            image().with_command(["ls"]),
            image().with_variable("A", "1"),
            image().with_variable("A", "2"),
            image().with_label("a", "1"),
            image().with_file("/a", "1").unwrap(),
            image().with_file("/a", "2").unwrap(),
            image().with_layer(5),
            image().with_platform(Platform::new("linux", "arm64")),
            image().with_config(checked("true")),
            image().with_config(checked("false")),
        ];
        let mut ids: Vec<_> = others.iter().map(ImageFixture::id).collect();
        ids.push(image().id());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), others.len() + 1);
    }

    #[test]
    fn what_is_built_on_another_shares_its_layers() {
        let base = ImageFixture::busybox();
        let app = base.clone().with_layer(10);
        assert_eq!(app.layers[..1], base.layers[..]);
        assert_ne!(app.layers[1], base.clone().with_layer(11).layers[1]);
    }
}
