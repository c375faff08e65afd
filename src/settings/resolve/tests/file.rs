//! The configuration file and its profiles.

use super::*;

#[test]
fn relative_files_of_the_configuration_stand_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pw"), "hunter2").unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "password_file = 'pw'\nedgerc = '~/x'\n").unwrap();
    let case = Case::new().flag("config", config.to_str().unwrap());
    assert_eq!(case.password().as_deref(), Some("hunter2"));
    assert_eq!(
        case.settings().source.edgerc,
        PathBuf::from("/nonexistent/x")
    );
}

#[test]
fn a_profile_must_exist() {
    let file = "[profile.prod]\n[profile.test]\n";
    let failure = Case::new()
        .file(file)
        .variable("ALECS_CACHE_PROFILE", "dev")
        .try_resolve()
        .unwrap_err();
    assert_eq!(
        (failure.exit, failure.message.as_str()),
        (
            Exit::Config,
            "there is no profile `dev` (ALECS_CACHE_PROFILE)"
        )
    );
    assert!(failure.hint.unwrap().ends_with("has prod, test"));
    Case::new()
        .flag("default_profile", "dev")
        .refused(Exit::Config);
    let case = Case::new().file("default_profile = 'prod'\n[profile.prod]\nretries = 9\n");
    assert_eq!(case.settings().store.retries, 9);
    assert_eq!(case.settings().profile.as_deref(), Some("prod"));
}

#[test]
fn the_file_that_was_named_must_be_there_and_the_usual_one_need_not() {
    Case::new()
        .flag("config", "/nonexistent/c.toml")
        .refused(Exit::Config);
    Case::new()
        .variable("ALECS_CACHE_CONFIG", "/nonexistent/c.toml")
        .refused(Exit::Config);
    let folder = tempfile::tempdir().unwrap();
    let case = || Case::new().variable("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    assert_eq!(case().settings().store.retries, 3);
    std::fs::create_dir(folder.path().join("alecs-cache")).unwrap();
    std::fs::write(folder.path().join("alecs-cache/config.toml"), "retries = 1").unwrap();
    assert_eq!(case().settings().store.retries, 1);
}

#[test]
fn times_to_live_and_figures_are_taken_from_the_profile_then_the_file() {
    let file = "[ttl]\nrules = '1h'\nmap = 60\n[thresholds]\nhit_rate = 90\n[profile.p.ttl]\nrules = '30m'\n[profile.p.thresholds]\nhit_rate = 95.5\n";
    let plain = Case::new().file(file).settings();
    assert_eq!(plain.policy.ttl(Resource::Rules), Duration::from_hours(1));
    assert_eq!(plain.thresholds.get("hit_rate"), Some(90.0));
    let profile = Case::new()
        .file(file)
        .variable("ALECS_CACHE_PROFILE", "p")
        .settings();
    assert_eq!(profile.policy.ttl(Resource::Rules), Duration::from_mins(30));
    assert_eq!(profile.policy.ttl(Resource::Map), Duration::from_mins(1));
    assert_eq!(profile.thresholds.get("hit_rate"), Some(95.5));
    for text in [
        "[ttl]\nrules = '0s'",
        "[ttl]\nrules = 'x'",
        "[thresholds]\nhit_rate = -1",
        "cost_per_call = 'nan'",
        "protected = 'maybe'",
    ] {
        Case::new().file(text).refused(Exit::Config);
    }
}

#[test]
fn a_file_that_is_protected_stays_so_in_every_profile() {
    let protected = |text: &str| {
        Case::new()
            .file(text)
            .variable("ALECS_CACHE_PROFILE", "p")
            .settings()
            .protected
    };
    assert!(protected("[profile.p]\nprotected = true"));
    assert!(protected(
        "protected = true\n[profile.p]\nprotected = false"
    ));
    assert!(!protected(
        "[profile.p]\nretries = 1\n[profile.q]\nprotected = true"
    ));
}
