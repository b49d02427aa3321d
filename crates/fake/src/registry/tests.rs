//! What registries grant, refuse and count.

use super::*;
use chrono::TimeDelta;
use wharf_core::Timestamp;

fn kind<T: fmt::Debug>(outcome: Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

fn find(registry: Registry, name: &str, credentials: Option<(&str, &str)>) -> Result<Found> {
    let mut all = Registries::default();
    all.add(registry);
    let credentials = credentials.map(|(user, password)| Credentials::new(user, password));
    let name = name.parse().unwrap();
    all.find(&name, None, credentials.as_ref(), Timestamp::UNIX_EPOCH)
}

fn private() -> Registry {
    Registry::new("r.test:5000")
        .with_image("app:1", ImageFixture::busybox())
        .with_account("alice", "secret1")
}

#[test]
fn what_it_refuses_and_why() {
    let ok = Some(("alice", "secret1"));
    assert!(find(private(), "r.test:5000/app:1", ok).is_ok());
    for (name, credentials, expected) in [
        ("r.test:5000/app:1", None, ErrorKind::Unauthorized),
        (
            "r.test:5000/app:1",
            Some(("alice", "wrong")),
            ErrorKind::Unauthorized,
        ),
        ("r.test:5000/app:2", ok, ErrorKind::ImageNotFound),
        ("r.test:5000/other:1", ok, ErrorKind::ImageNotFound),
        ("elsewhere.test/app:1", ok, ErrorKind::ConnectionFailed),
    ] {
        assert_eq!(kind(find(private(), name, credentials)), expected, "{name}");
    }
    let down = private().unreachable("connection refused");
    assert_eq!(
        kind(find(down, "r.test:5000/app:1", ok)),
        ErrorKind::ConnectionFailed
    );
}

#[test]
fn a_limit_of_pulls_is_a_passing_refusal() {
    let mut all = Registries::default();
    all.add(Registry::hub().with_pull_limit(1));
    let busybox = "busybox".parse().unwrap();
    let mut find = |second| {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::seconds(second);
        all.find(&busybox, None, None, now).map(|_| ())
    };
    find(0).unwrap();
    let error = find(1_000_000).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::RateLimited, true)
    );
}

#[test]
fn a_limit_for_a_time_is_over_with_it_and_begins_with_the_next_pull() {
    let mut all = Registries::default();
    all.add(Registry::hub().with_pull_limit_per(2, Duration::from_secs(60)));
    let (busybox, missing) = ("busybox".parse().unwrap(), "busybox:no".parse().unwrap());
    for (second, granted) in [
        (100, true),
        (159, true),
        (159, false),
        (160, true),
        (219, true),
        (219, false),
        (500, true),
        (559, true),
        (559, false),
    ] {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::seconds(second);
        // What is not there takes nothing.
        assert_eq!(
            kind(all.find(&missing, None, None, now)),
            ErrorKind::ImageNotFound
        );
        let found = all.find(&busybox, None, None, now);
        assert_eq!(found.is_ok(), granted, "second {second}");
    }
}

#[test]
fn a_platform_is_chosen_or_refused() {
    let arm = "linux/arm64/v8".parse::<Platform>().unwrap();
    let amd = Platform::new("linux", "amd64");
    let image = ImageFixture::busybox();
    for order in [[&amd, &arm], [&arm, &amd]] {
        let mut all = Registries::default();
        let offer = |hub: Registry, platform: &&Platform| {
            hub.with_image("app", image.clone().with_platform((*platform).clone()))
        };
        all.add(order.iter().fold(Registry::hub(), offer));
        let app = "app".parse().unwrap();
        let mut find = |platform: Option<&Platform>| {
            all.find(&app, platform, None, Timestamp::UNIX_EPOCH)
                .map(|found| found.image.platform)
        };
        assert_eq!(find(None).unwrap(), amd);
        assert_eq!(find(Some(&arm)).unwrap(), arm);
        assert_eq!(find(Some(&Platform::new("linux", "arm64"))).unwrap(), arm);
        let s390x = Platform::new("linux", "s390x");
        assert_eq!(kind(find(Some(&s390x))), ErrorKind::ImageNotFound);
    }
}

#[test]
fn an_image_of_one_platform_is_taken_whatever_is_asked_for() {
    let arm = Platform::new("linux", "arm64");
    let image = ImageFixture::busybox().with_platform(arm.clone());
    let mut all = Registries::default();
    all.add(Registry::hub().with_image("arm", image));
    let name = "arm".parse().unwrap();
    for asked in [None, Some(&arm), Some(&Platform::new("linux", "s390x"))] {
        let found = all.find(&name, asked, None, Timestamp::UNIX_EPOCH);
        assert_eq!(found.unwrap().image.platform, arm, "{asked:?}");
    }
}

#[test]
fn a_host_has_one_name_however_it_is_spelled() {
    let mut all = Registries::default();
    all.add(Registry::new("index.docker.io").with_account("alice", "secret1"));
    all.add(Registry::new("https://r.test:5000/v2/"));
    let alice = Credentials::new("alice", "secret1");
    for (spelling, host) in [
        (None, HUB),
        (Some("docker.io"), HUB),
        (Some("https://index.docker.io/v1/"), HUB),
        (Some("registry-1.docker.io"), HUB),
        (Some("r.test:5000"), "r.test:5000"),
        (Some("http://r.test:5000"), "r.test:5000"),
    ] {
        assert_eq!(all.login(spelling, &alice).unwrap().0, host, "{spelling:?}");
    }
}

#[test]
fn an_identity_token_is_refused_by_name() {
    let mut all = Registries::default();
    all.add(private());
    let token = Credentials::new("", "").with_identity_token("t0ken");
    let error = all.login(Some("r.test:5000"), &token).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("identity_token"), "{error}");
}

#[test]
fn an_image_may_be_offered_under_its_whole_name() {
    for name in [
        "docker.io/library/redis:7",
        "library/redis:7",
        "redis:7",
        "docker.io/redis:7",
    ] {
        let mut all = Registries::default();
        all.add(Registry::hub().with_image(name, ImageFixture::busybox()));
        let redis = "redis:7".parse().unwrap();
        let found = all.find(&redis, None, None, Timestamp::UNIX_EPOCH);
        assert!(
            found.is_ok(),
            "{name}: {:?}",
            found.map(|found| found.image)
        );
    }
}

#[test]
fn what_no_reference_can_mean_is_refused() {
    let image = ImageFixture::busybox;
    let wrong = |registry: Registry| {
        let error = registry.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.message().to_owned()
    };
    for name in ["UPPER/case:1", "", "a b", "a:", "a@sha256:00"] {
        let said = wrong(Registry::new("r.test").with_image(name, image()));
        assert!(said.contains(&format!("r.test/{name}")), "{said}");
    }
    for host in ["", "nodots", "two words.test"] {
        wrong(Registry::new(host).with_image("a", image()));
        wrong(Registry::new(host));
    }
    let busybox = format!("busybox@sha256:{}", "0".repeat(64));
    assert!(wrong(Registry::hub().with_image(&busybox, image())).contains("digest"));
    for host in [
        "r.test",
        "localhost",
        "r:5000",
        "docker.io",
        "https://r.test/v2/",
    ] {
        assert!(
            Registry::new(host).with_image("a", image()).check().is_ok(),
            "{host}"
        );
    }
}

#[test]
fn a_connection_must_have_something_to_break_off() {
    let image = ImageFixture::busybox().with_layer(1_000_000);
    let registry = |cuts, after| {
        Registry::hub()
            .with_image("a", image.clone())
            .with_cuts(cuts, after)
    };
    assert!(registry(1, 999_999).check().is_ok());
    assert!(registry(0, 1_000_000_000).check().is_ok());
    let error = registry(1, 1_000_000_000).check().unwrap_err();
    assert!(
        error
            .message()
            .contains("no image of docker.io has a layer"),
        "{error}"
    );
}
