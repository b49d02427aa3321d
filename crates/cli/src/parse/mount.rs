//! Mounts, in the short form of `-v` and the long form of `--mount`.

use super::size;
use std::path::{Path, absolute};
use wharf::{Mount, MountSource};

/// `[SOURCE:]TARGET[:ro|rw]`: a source with a slash is a path of the host, else a volume's name; without one the volume
/// is anonymous.
pub(crate) fn short(text: &str) -> Result<Mount, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, mode) = match *parts.as_slice() {
        [target] => (None, target, "rw"),
        [target, mode @ ("ro" | "rw")] => (None, target, mode),
        [source, target] => (Some(source), target, "rw"),
        [source, target, mode] => (Some(source), target, mode),
        _ => return Err("expected [SOURCE:]TARGET[:ro|rw]".to_owned()),
    };
    let read_only = match mode {
        "ro" => true,
        "rw" => false,
        other => return Err(format!("{other:?} is not known here: use ro or rw")),
    };
    let mount = match source {
        None => Mount::anonymous(target),
        Some(path) if path.contains('/') => Mount::bind(host_path(path)?, target),
        Some("." | "..") => return Err("write ./ for a folder of the host".to_owned()),
        Some(name) => Mount::volume(name, target),
    };
    Ok(mount.with_read_only(read_only))
}

/// `type=bind|volume|tmpfs,source=…,target=…[,readonly][,tmpfs-size=…]`.
pub(crate) fn long(text: &str) -> Result<Mount, String> {
    let (mut kind, mut source, mut target, mut read_only, mut size) =
        ("volume", None, None, false, None);
    for part in text.split(',') {
        match part.split_once('=').unwrap_or((part, "")) {
            ("type", value) => kind = value,
            ("source" | "src", value) => source = Some(value),
            ("target" | "dst" | "destination", value) => target = Some(value),
            ("readonly" | "ro", "" | "true" | "1") => read_only = true,
            ("readonly" | "ro", "false" | "0") => read_only = false,
            ("tmpfs-size", value) => size = Some(size::bytes(value)?),
            _ => {
                return Err(format!(
                    "{part:?} is not known here: use type, source, target, readonly, tmpfs-size"
                ));
            }
        }
    }
    let target = target.ok_or("target is missing")?;
    let mount = match (kind, source) {
        ("bind", Some(path)) => Mount::bind(host_path(path)?, target),
        ("bind", None) => return Err("a bind has a source".to_owned()),
        ("volume", Some(name)) => Mount::volume(name, target),
        ("volume", None) => Mount::anonymous(target),
        ("tmpfs", None) => Mount::new(MountSource::Tmpfs { size }, target),
        ("tmpfs", Some(_)) => return Err("a tmpfs has no source".to_owned()),
        _ => return Err(format!("type {kind:?} is none of bind, volume, tmpfs")),
    };
    if size.is_some() && kind != "tmpfs" {
        return Err("tmpfs-size is for type=tmpfs".to_owned());
    }
    Ok(mount.with_read_only(read_only))
}

/// The engine knows nothing of our working directory.
fn host_path(path: &str) -> Result<String, String> {
    let path = absolute(Path::new(path)).map_err(|error| error.to_string())?;
    Ok(path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_tells_paths_from_names() {
        let here = std::env::current_dir().unwrap().join("data");
        for (text, expected) in [
            ("/data", Mount::anonymous("/data")),
            ("/data:ro", Mount::anonymous("/data").with_read_only(true)),
            ("cache:/data", Mount::volume("cache", "/data")),
            (
                "/srv:/data:ro",
                Mount::bind("/srv", "/data").with_read_only(true),
            ),
            (
                "./data:/data:rw",
                Mount::bind(here.to_str().unwrap(), "/data"),
            ),
        ] {
            assert_eq!(short(text).unwrap(), expected, "{text}");
        }
        for text in ["a:b:c:d", "/a:/b:z", "..:/data"] {
            assert!(short(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_long_form_names_its_parts() {
        let tmpfs = MountSource::Tmpfs {
            size: Some(64 << 20),
        };
        for (text, expected) in [
            (
                "type=bind,source=/srv,target=/data,readonly",
                Mount::bind("/srv", "/data").with_read_only(true),
            ),
            ("src=cache,dst=/data", Mount::volume("cache", "/data")),
            ("type=volume,target=/data", Mount::anonymous("/data")),
            (
                "type=tmpfs,target=/tmp,tmpfs-size=64m",
                Mount::new(tmpfs, "/tmp"),
            ),
        ] {
            assert_eq!(long(text).unwrap(), expected, "{text}");
        }
        for text in [
            "type=bind,target=/a",
            "source=a",
            "type=nfs,target=/a",
            "target=/a,nope=1",
            "type=tmpfs,source=a,target=/a",
            "target=/a,tmpfs-size=1m",
            "type=tmpfs,target=/a,tmpfs-size=big",
        ] {
            assert!(long(text).is_err(), "{text}");
        }
    }
}
