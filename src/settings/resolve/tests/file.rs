//! The configuration file and its profiles.

use super::*;

#[test]
fn relative_files_of_the_configuration_are_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pw"), "hunter2").unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "password_file = 'pw'\nedgerc = '~/x'\n").unwrap();
    let case = case(&format!("--config={}", config.display()));
    assert_eq!(case.password().as_deref(), Some("hunter2"));
    assert_eq!(case.settings().source.edgerc, Path::new("/nonexistent/x"));
}

#[test]
fn a_profile_must_exist() {
    let file = "[profile.prod]\n[profile.test]\n";
    let case = with_file(file, "ALECS_CACHE_PROFILE=dev");
    let failure = case.try_resolve().unwrap_err();
    assert_eq!(failure.exit, Exit::Config);
    assert_eq!(
        failure.message,
        "there is no profile `dev` (ALECS_CACHE_PROFILE)"
    );
    assert!(failure.hint.unwrap().ends_with("has prod, test"));
    super::case("--profile=dev").refused(Exit::Config);
    let case = with_file(
        "default_profile = 'prod'\n[profile.prod]\nretries = 9\n",
        "",
    );
    assert_eq!(case.settings().store.retries, 9);
    assert_eq!(case.settings().profile.as_deref(), Some("prod"));
}

#[test]
fn the_file_that_was_named_must_be_there_and_the_usual_one_need_not() {
    case("--config=/nonexistent/c.toml").refused(Exit::Config);
    case("ALECS_CACHE_CONFIG=/nonexistent/c.toml").refused(Exit::Config);
    let folder = tempfile::tempdir().unwrap();
    let line = format!("XDG_CONFIG_HOME={}", folder.path().display());
    assert_eq!(case(&line).settings().store.retries, 3);
    std::fs::create_dir(folder.path().join("alecs-cache")).unwrap();
    std::fs::write(folder.path().join("alecs-cache/config.toml"), "retries = 1").unwrap();
    assert_eq!(case(&line).settings().store.retries, 1);
}

#[test]
fn times_to_live_and_figures_are_taken_from_the_profile_then_the_file() {
    let file = "[ttl]\nrules = '1h'\nmap = 60\n[thresholds]\nhit_rate = 90\n\
        [profile.p.ttl]\nrules = '30m'\n[profile.p.thresholds]\nhit_rate = 95.5\n";
    for (line, minutes, hit_rate) in [("", 60, 90.0), ("--profile=p", 30, 95.5)] {
        let Settings {
            policy, thresholds, ..
        } = with_file(file, line).settings();
        assert_eq!(policy.ttl(Resource::Rules), Duration::from_mins(minutes));
        assert_eq!(policy.ttl(Resource::Map), Duration::from_mins(1));
        assert_eq!(thresholds.get("hit_rate"), Some(hit_rate));
    }
    for text in [
        "[ttl]\nrules = '0s'",
        "[ttl]\nrules = 'x'",
        "[thresholds]\nhit_rate = -1",
        "cost_per_call = 'nan'",
        "protected = 'maybe'",
    ] {
        with_file(text, "").refused(Exit::Config);
    }
}

#[test]
fn a_file_that_is_protected_stays_so_in_every_profile() {
    for (file, expected) in [
        ("[profile.p]\nprotected = true", true),
        ("protected = true\n[profile.p]\nprotected = false", true),
        ("[profile.p]\n[profile.q]\nprotected = true", false),
    ] {
        let protected = with_file(file, "--profile=p").settings().protected;
        assert_eq!(protected, expected, "{file}");
    }
}
