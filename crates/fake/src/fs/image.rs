//! The tree of an image like busybox.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Clock, Device, Files, FsError, Image, Owner, Tree};

/// What is in `/bin/busybox`: a file with this content runs as the applet that it is called by.
pub(crate) const BUSYBOX: &[u8] = b"\x7fELF\x02\x01\x01\0 built-in programs of the fake engine\n";

const DIRECTORIES: &[(&str, u32)] = &[
    ("/bin", 0o755),
    ("/dev", 0o755),
    ("/etc", 0o755),
    ("/home", 0o755),
    ("/lib", 0o755),
    ("/proc", 0o555),
    ("/root", 0o700),
    ("/sys", 0o555),
    ("/tmp", 0o1777),
    ("/usr", 0o755),
    ("/usr/bin", 0o755),
    ("/usr/sbin", 0o755),
    ("/var", 0o755),
    ("/var/spool", 0o755),
    ("/var/www", 0o755),
];

const FILES: &[(&str, &str)] = &[
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\n\
         daemon:x:1:1:daemon:/usr/sbin:/bin/false\n\
         bin:x:2:2:bin:/bin:/bin/false\n\
         sys:x:3:3:sys:/dev:/bin/false\n\
         sync:x:4:100:sync:/bin:/bin/sync\n\
         mail:x:8:8:mail:/var/spool/mail:/bin/false\n\
         www-data:x:33:33:www-data:/var/www:/bin/false\n\
         operator:x:37:37:Operator:/var:/bin/false\n\
         nobody:x:65534:65534:nobody:/home:/bin/false\n",
    ),
    (
        "/etc/group",
        "root:x:0:\n\
         daemon:x:1:\n\
         bin:x:2:\n\
         sys:x:3:\n\
         adm:x:4:\n\
         tty:x:5:\n\
         disk:x:6:\n\
         mail:x:8:\n\
         www-data:x:33:\n\
         operator:x:37:\n\
         users:x:100:\n\
         nobody:x:65534:\n",
    ),
    ("/etc/shadow", "root:*:::::::\nnobody:*:::::::\n"),
];

const DEVICES: &[(&str, Device)] = &[
    ("/dev/null", Device::Null),
    ("/dev/zero", Device::Zero),
    ("/dev/full", Device::Full),
    ("/dev/random", Device::Random),
    ("/dev/urandom", Device::Random),
    ("/dev/stdin", Device::Descriptor(0)),
    ("/dev/stdout", Device::Descriptor(1)),
    ("/dev/stderr", Device::Descriptor(2)),
];

/// The tree of a small busybox image made at `time`: `/bin` with a link for each of `applets`,
/// the accounts root, nobody and the system's, `/dev`, `/tmp` for all.
///
/// # Errors
/// None for applet names that are plain and differ.
pub(crate) fn busybox<'a>(
    applets: impl IntoIterator<Item = &'a str>,
    time: DateTime<Utc>,
) -> Result<Image, FsError> {
    let tree = Tree::over(&Image::empty(time), u64::MAX);
    let files = Files::new(tree.clone(), Arc::new(Fixed(time)));
    for (path, mode) in DIRECTORIES {
        files.mkdir(path, *mode)?;
    }
    for (path, content) in FILES {
        files.write(path, content.as_bytes(), 0o644)?;
    }
    files.set_mode("/etc/shadow", 0o600)?;
    files.set_owner(
        "/home",
        Owner {
            uid: 65534,
            gid: 65534,
        },
    )?;
    for (path, device) in DEVICES {
        files.make_device(*device, path, 0o666)?;
    }
    files.write("/bin/busybox", BUSYBOX, 0o755)?;
    for name in applets {
        files.hard_link("/bin/busybox", &format!("/bin/{name}"))?;
    }
    files.symlink("../../bin/env", "/usr/bin/env")?;
    Ok(tree.freeze())
}

#[derive(Debug)]
struct Fixed(DateTime<Utc>);

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}
