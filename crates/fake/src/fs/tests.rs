//! Files as programs and engines use them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::*;

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }
}

fn image() -> Image {
    busybox(["cat", "sh"], Still.now()).unwrap()
}

fn files_over(image: &Image, budget: u64) -> Files {
    Files::new(Tree::over(image, budget), Arc::new(Still))
}

fn files() -> Files {
    files_over(&image(), 1 << 20)
}

const NOBODY: Owner = Owner {
    uid: 65534,
    gid: 65534,
};

#[test]
fn containers_share_an_image_and_keep_their_writes_apart() {
    let image = image();
    let (one, two) = (files_over(&image, 1 << 20), files_over(&image, 1 << 20));
    one.write("/etc/passwd", b"changed", 0o644).unwrap();
    one.write("/new", b"x", 0o644).unwrap();
    one.remove_file("/bin/cat").unwrap();
    assert_eq!(one.read("/etc/passwd").unwrap(), b"changed");
    assert_eq!(one.stat("/bin/cat"), Err(FsError::NotFound));
    assert!(two.read("/etc/passwd").unwrap().starts_with(b"root:"));
    assert!(two.exists("/bin/cat") && !two.exists("/new"));
    // What was removed can be made again, and is new.
    one.write("/bin/cat", b"mine", 0o755).unwrap();
    assert_eq!(one.read("/bin/cat").unwrap(), b"mine");
    assert_eq!(one.read("/bin/sh").unwrap(), BUSYBOX);
}

#[test]
fn a_tree_that_was_only_read_holds_nothing() {
    let tree = Tree::over(&image(), 0);
    let files = Files::new(tree.clone(), Arc::new(Still));
    assert!(files.read("/bin/sh").is_ok() && files.list("/").is_ok());
    assert_eq!(tree.used(), 0);
    assert_eq!(files.write("/x", b"", 0o644), Err(FsError::NoSpace));
}

#[test]
fn a_frozen_tree_is_an_image_to_build_on() {
    let tree = Tree::over(&image(), 1 << 20);
    let files = Files::new(tree.clone(), Arc::new(Still));
    files.write("/layer", b"1", 0o644).unwrap();
    files.remove_file("/bin/cat").unwrap();
    let frozen = tree.freeze();
    files.write("/layer", b"2", 0o644).unwrap();
    let above = files_over(&frozen, 1 << 20);
    assert_eq!(above.read("/layer").unwrap(), b"1");
    assert!(!above.exists("/bin/cat"));
    above.write("/layer", b"3", 0o644).unwrap();
    assert_eq!(files.read("/layer").unwrap(), b"2");
}

#[test]
fn paths_are_walked_as_linux_does() {
    let files = files();
    files.mkdir_all("/a/b/c", 0o755).unwrap();
    files.write("/a/f", b"x", 0o644).unwrap();
    files.symlink("b/c", "/a/rel").unwrap();
    files.symlink("/a", "/abs").unwrap();
    files.symlink("loop", "/loop").unwrap();
    files.symlink("nowhere", "/dangling").unwrap();
    for (path, canonical) in [
        ("/", "/"),
        ("//a///b/", "/a/b"),
        ("a", "/a"),
        ("/a/./b/..", "/a"),
        ("/../../a", "/a"),
        ("/a/rel/..", "/a/b"),
        ("/abs/rel", "/a/b/c"),
        ("/abs/../etc", "/etc"),
    ] {
        assert_eq!(files.canonical(path).as_deref(), Ok(canonical), "{path}");
    }
    for (path, error) in [
        ("", FsError::NotFound),
        ("/nope", FsError::NotFound),
        ("/nope/..", FsError::NotFound),
        ("/a/f/", FsError::NotADirectory),
        ("/a/f/..", FsError::NotADirectory),
        ("/loop", FsError::Loop),
        ("/loop/x", FsError::Loop),
        ("/dangling", FsError::NotFound),
        ("/a\0", FsError::InvalidPath),
    ] {
        assert_eq!(files.canonical(path), Err(error), "{path:?}");
    }
    let long = "n".repeat(256);
    assert_eq!(
        files.mkdir(&format!("/{long}"), 0o755),
        Err(FsError::NameTooLong)
    );
    assert_eq!(files.stat(&"/a".repeat(3000)), Err(FsError::NameTooLong));
    assert_eq!(files.lstat("/loop").unwrap().file_type, FileType::Symlink);
    files.write("/dangling", b"made", 0o644).unwrap();
    assert_eq!(
        files.read("/nowhere").unwrap(),
        b"made",
        "a write goes through the link"
    );
}

#[test]
fn what_may_not_be_made_or_removed_says_why() {
    let files = files();
    files.mkdir_all("/d/e", 0o755).unwrap();
    files.write("/f", b"", 0o644).unwrap();
    assert_eq!(files.mkdir("/d", 0o755), Err(FsError::Exists));
    assert_eq!(files.mkdir("/no/d", 0o755), Err(FsError::NotFound));
    assert_eq!(files.mkdir("/f/d", 0o755), Err(FsError::NotADirectory));
    assert_eq!(files.mkdir_all("/f/d", 0o755), Err(FsError::NotADirectory));
    assert_eq!(files.remove_dir("/d"), Err(FsError::NotEmpty));
    assert_eq!(files.remove_file("/d"), Err(FsError::IsADirectory));
    assert_eq!(files.remove_dir("/f"), Err(FsError::NotADirectory));
    assert_eq!(files.remove_dir("/"), Err(FsError::Busy));
    assert_eq!(files.write("/d", b"", 0o644), Err(FsError::IsADirectory));
    assert_eq!(files.write("/g/", b"", 0o644), Err(FsError::IsADirectory));
    assert_eq!(files.read("/d"), Err(FsError::IsADirectory));
    assert_eq!(files.read_link("/f"), Err(FsError::InvalidPath));
    assert_eq!(files.hard_link("/d", "/x"), Err(FsError::NotPermitted));
    assert_eq!(files.list("/f"), Err(FsError::NotADirectory));
    let new = OpenOptions {
        exclusive: true,
        ..OpenOptions::writing(0o644)
    };
    assert_eq!(files.open("/f", new).err(), Some(FsError::Exists));
}

#[test]
fn renaming_keeps_the_tree_a_tree() {
    let files = files();
    files.mkdir_all("/a/b", 0o755).unwrap();
    files.mkdir_all("/full/x", 0o755).unwrap();
    files.mkdir("/empty", 0o755).unwrap();
    files.write("/f", b"f", 0o644).unwrap();
    files.write("/g", b"g", 0o644).unwrap();
    assert_eq!(files.rename("/a", "/a/b/c"), Err(FsError::InvalidPath));
    assert_eq!(files.rename("/a", "/a/c"), Err(FsError::InvalidPath));
    assert_eq!(files.rename("/a", "/full"), Err(FsError::NotEmpty));
    assert_eq!(files.rename("/a", "/f"), Err(FsError::NotADirectory));
    assert_eq!(files.rename("/f", "/a"), Err(FsError::IsADirectory));
    assert_eq!(files.rename("/nope", "/x"), Err(FsError::NotFound));
    files.rename("/f", "/g").unwrap();
    assert_eq!(files.read("/g").unwrap(), b"f");
    assert!(!files.exists("/f"));
    files.rename("/a", "/empty").unwrap();
    assert_eq!(files.list("/empty").unwrap(), ["b"]);
    files.rename("/g", "/g").unwrap();
    assert!(files.exists("/g"));
}

#[test]
fn a_removed_file_lives_until_it_is_closed() {
    let tree = Tree::over(&image(), 1 << 20);
    let files = Files::new(tree.clone(), Arc::new(Still));
    files.write("/f", b"hello", 0o644).unwrap();
    files.hard_link("/f", "/g").unwrap();
    assert_eq!(files.stat("/f").unwrap().links, 2);
    let open = files.open("/f", OpenOptions::reading()).unwrap();
    files.remove_file("/f").unwrap();
    files.remove_file("/g").unwrap();
    let used = tree.used();
    let twin = open.clone();
    assert_eq!(open.read(2).unwrap(), "he"[..]);
    assert_eq!(
        twin.read(9).unwrap(),
        "llo"[..],
        "a clone shares the offset"
    );
    drop((open, twin));
    assert!(tree.used() < used);
}

#[test]
fn space_is_counted_and_given_back() {
    let tree = Tree::over(&Image::empty(Still.now()), 8192);
    let files = Files::new(tree.clone(), Arc::new(Still));
    let file = files.open("/f", OpenOptions::writing(0o644)).unwrap();
    let empty = tree.used();
    let written = file.write(&[1; 10_000]).unwrap();
    assert!(written < 8192 && written > 4096, "{written}");
    assert_eq!(file.write(b"x"), Err(FsError::NoSpace));
    assert_eq!(files.mkdir("/d", 0o755), Err(FsError::NoSpace));
    files.write("/f", b"", 0o644).unwrap();
    assert_eq!(tree.used(), empty);
    files.mkdir("/d", 0o755).unwrap();
    drop(file);
    files.remove_dir("/d").unwrap();
    files.remove_file("/f").unwrap();
    assert!(tree.used() < empty);
}

#[test]
fn mounts_cover_what_is_below_them() {
    let volume = Tree::over(&Image::empty(Still.now()), 1 << 20);
    let mount = |read_only| Mount {
        target: "/data".to_owned(),
        tree: volume.clone(),
        read_only,
    };
    let writer = files().with_mounts(vec![mount(false)], false).unwrap();
    let reader = files().with_mounts(vec![mount(true)], true).unwrap();
    writer.write("/data/f", b"shared", 0o644).unwrap();
    assert_eq!(reader.read("/data/f").unwrap(), b"shared");
    assert_eq!(reader.write("/data/f", b"", 0o644), Err(FsError::ReadOnly));
    assert_eq!(reader.write("/data/g", b"", 0o644), Err(FsError::ReadOnly));
    assert_eq!(reader.remove_file("/data/f"), Err(FsError::ReadOnly));
    assert_eq!(reader.set_mode("/data/f", 0), Err(FsError::ReadOnly));
    assert_eq!(
        reader.mkdir("/x", 0o755),
        Err(FsError::ReadOnly),
        "its root is read-only too"
    );
    reader.write("/dev/null", b"swallowed", 0o666).unwrap();
    assert_eq!(writer.rename("/data/f", "/f"), Err(FsError::CrossDevice));
    assert_eq!(writer.hard_link("/data/f", "/f"), Err(FsError::CrossDevice));
    assert_eq!(writer.remove_dir("/data"), Err(FsError::Busy));
    assert_eq!(writer.canonical("/data/../etc").unwrap(), "/etc");
    assert!(!files().exists("/data/f"));
}

#[test]
fn rights_are_those_of_the_user() {
    let root = files();
    let nobody = root.as_owner(NOBODY);
    root.write("/secret", b"s", 0o600).unwrap();
    root.write("/program", b"p", 0o711).unwrap();
    root.write("/tmp/roots", b"r", 0o644).unwrap();
    assert_eq!(nobody.read("/secret"), Err(FsError::Permission));
    assert_eq!(nobody.read("/etc/shadow"), Err(FsError::Permission));
    assert!(nobody.read("/etc/passwd").is_ok());
    assert_eq!(nobody.write("/x", b"", 0o644), Err(FsError::Permission));
    assert_eq!(nobody.list("/root"), Err(FsError::Permission));
    assert_eq!(nobody.stat("/root/x"), Err(FsError::Permission));
    assert!(nobody.allows("/program", Access::Execute) && !root.allows("/secret", Access::Execute));
    nobody.write("/tmp/mine", b"m", 0o644).unwrap();
    assert_eq!(nobody.stat("/tmp/mine").unwrap().owner, NOBODY);
    assert_eq!(
        nobody.remove_file("/tmp/roots"),
        Err(FsError::NotPermitted),
        "/tmp is sticky"
    );
    assert_eq!(
        nobody.set_mode("/tmp/roots", 0o666),
        Err(FsError::NotPermitted)
    );
    assert_eq!(
        nobody.set_owner("/tmp/mine", Owner::default()),
        Err(FsError::NotPermitted)
    );
    nobody.remove_file("/tmp/mine").unwrap();
    root.remove_file("/tmp/roots").unwrap();
}

#[test]
fn devices_are_what_they_are_on_linux() {
    let files = files();
    let both = OpenOptions {
        write: true,
        ..OpenOptions::reading()
    };
    let null = files.open("/dev/null", both).unwrap();
    assert_eq!(
        (null.write(b"abc"), null.read(5).unwrap().len()),
        (Ok(3), 0)
    );
    let zero = files.open("/dev/zero", both).unwrap();
    assert_eq!(zero.read(3).unwrap(), [0; 3][..]);
    assert_eq!(
        files.open("/dev/full", both).unwrap().write(b"x"),
        Err(FsError::NoSpace)
    );
    let random = files.open("/dev/urandom", both).unwrap();
    assert_ne!(random.read(8).unwrap(), random.read(8).unwrap());
    assert_eq!(
        files.stat("/dev/stdin").unwrap().file_type,
        FileType::Device(Device::Descriptor(0))
    );
}
