//! What all flags, variables and files mean together.

mod credentials;
mod endpoint;
mod file;
mod servers;

use super::*;
use crate::domain::secret::Secret;
use crate::domain::ttl::Resource;
use crate::exit::Exit;
use crate::output::Color;
use crate::store::options::{Deployment, Node, ReadFrom, Tls};
use std::io::Write as _;
use tempfile::NamedTempFile;

/// An operator's situation: what was typed, what the environment and the file say.
#[derive(Default)]
struct Case {
    flags: Flags,
    variables: Vec<(&'static str, String)>,
    file: Option<NamedTempFile>,
}

impl Case {
    fn new() -> Self {
        let case = Self::default();
        case.variable("HOME", "/nonexistent")
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn file(mut self, text: &str) -> Self {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        self.file = Some(file);
        self.flag("config", &path)
    }

    fn flag(mut self, name: &str, text: &str) -> Self {
        let key = keys::ALL.iter().find(|key| key.name == name).unwrap();
        self.flags.set(key, text);
        self
    }

    fn url(self, url: &str) -> Self {
        self.flag("url", url)
    }

    /// As a command that connects does it: a password that cannot be read is the end.
    fn try_resolve(&self) -> Result<Settings, Failure> {
        let environment: Environment = self.variables.iter().cloned().collect();
        let mut given = Given::read(&self.flags, &environment);
        if let Some(failure) = given.broken.take() {
            return Err(failure);
        }
        let mut settings = given.settings(true, Stdin::default())?;
        settings.unreadable.take().map_or(Ok(settings), Err)
    }

    fn settings(&self) -> Settings {
        self.try_resolve()
            .unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    fn endpoint(&self) -> String {
        self.settings().endpoint()
    }

    fn password(&self) -> Option<String> {
        let password = self.settings().store.password;
        password.map(|password| password.reveal().to_owned())
    }

    fn refused(&self, exit: Exit) -> String {
        let failure = self.try_resolve().expect_err("it was accepted");
        assert_eq!(failure.exit, exit, "{}", failure.message);
        failure.message
    }
}

fn node(host: &str, port: u16) -> Node {
    Node {
        host: host.into(),
        port,
    }
}

fn password_file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn without_anything_said_the_defaults_hold() {
    let settings = Case::new().settings();
    assert_eq!(settings.endpoint(), "redis://127.0.0.1:6379/0");
    let store = &settings.store;
    assert_eq!(
        (&store.username, &store.password, &store.tls, store.retries),
        (&None, &None, &None, 3)
    );
    assert_eq!(
        (store.connect_timeout, store.timeout),
        (Duration::from_secs(5), Duration::from_secs(10))
    );
    assert_eq!(
        settings.source.edgerc,
        PathBuf::from("/nonexistent/.edgerc")
    );
    assert_eq!(settings.source.timeout, Duration::from_secs(20));
    assert_eq!(
        (settings.scheme.prefix(), settings.customers.named),
        ("akamai:", false)
    );
    assert_eq!(settings.customers.texts().collect::<Vec<_>>(), ["default"]);
    assert_eq!(settings.policy, Policy::default());
    assert!(!settings.protected && settings.stale_for.is_zero() && settings.warnings.is_empty());
    assert!(
        settings
            .rows
            .iter()
            .all(|row| row.origin.precedence == Precedence::Default)
    );
}

#[test]
fn a_flag_outranks_the_environment_that_a_profile_and_that_the_file() {
    let file = "timeout = '1s'\n[profile.p]\ntimeout = '2s'\n";
    let timeout = |case: Case| case.settings().store.timeout.as_secs();
    assert_eq!(timeout(Case::new().file(file)), 1);
    assert_eq!(
        timeout(Case::new().file(file).variable("ALECS_CACHE_PROFILE", "p")),
        2
    );
    let environment = || {
        Case::new()
            .file(file)
            .flag("default_profile", "p")
            .variable("ALECS_CACHE_TIMEOUT", "3s")
    };
    assert_eq!(timeout(environment()), 3);
    assert_eq!(timeout(environment().flag("timeout", "4s")), 4);
}

#[test]
fn every_setting_is_taken_from_the_environment_and_from_the_file() {
    let wanted = [
        ("url", "redis://h:1/2"),
        ("master_name", "m"),
        ("username", "u"),
        ("db", "3"),
        ("read_from", "replica"),
        ("key_prefix", "p:"),
        ("connect_timeout", "6s"),
        ("timeout", "7s"),
        ("retries", "8"),
        ("wait", "9s"),
        ("customer", "acme"),
        ("edgerc", "/e"),
        ("section", "s"),
        ("akamai_host", "h"),
        ("akamai_timeout", "2m"),
        ("output", "json"),
        ("quiet", "true"),
        ("verbose", "2"),
        ("color", "always"),
        ("no_progress", "true"),
        ("no_input", "true"),
        ("stale_for", "1h"),
        ("cost_per_call", "0.5"),
        ("tls", "true"),
        ("tls_ca", "/ca"),
        ("tls_insecure", "true"),
        ("tls_server_name", "cache.example.com"),
        ("valkey_server", "/v"),
    ];
    let shown = |settings: &Settings, name: &str| {
        let row = settings
            .rows
            .iter()
            .find(|row| row.setting == name)
            .map(|row| (row.value.clone(), row.origin.precedence));
        row.unwrap_or_else(|| panic!("{name} is not shown"))
    };
    for (name, value) in wanted {
        if name == "master_name" {
            continue;
        }
        let key = keys::ALL.iter().find(|key| key.name == name).unwrap();
        let expected = |kind| (Some(value.to_owned()), kind);
        for variable in key.variables() {
            let case = Case::new().variable(variable, value);
            assert_eq!(
                shown(&case.settings(), name),
                expected(Precedence::Environment),
                "{variable}"
            );
        }
        let case = Case::new().file(&format!("{name} = '{value}'"));
        assert_eq!(
            shown(&case.settings(), name),
            expected(Precedence::File),
            "{name}"
        );
        let case = Case::new()
            .file(&format!("[profile.p]\n{name} = '{value}'"))
            .variable("ALECS_CACHE_PROFILE", "p");
        assert_eq!(
            shown(&case.settings(), name),
            expected(Precedence::Profile),
            "{name}"
        );
    }
}

#[test]
fn an_empty_prefix_is_refused_wherever_it_comes_from() {
    Case::new()
        .variable("ALECS_CACHE_KEY_PREFIX", "")
        .refused(Exit::Config);
    Case::new().file("key_prefix = ''").refused(Exit::Config);
    Case::new()
        .file("key_prefix = 'a[b]:'")
        .refused(Exit::Config);
}

#[test]
fn customers_are_taken_once_each_and_wrong_names_are_refused() {
    let case = Case::new().variable("ALECS_CUSTOMER", "acme,beta,acme");
    let customers = case.settings().customers;
    assert!(customers.named);
    assert_eq!(customers.texts().collect::<Vec<_>>(), ["acme", "beta"]);
    for name in ["a*", "acme:x", "[a-z]", "stats", "acme,"] {
        Case::new()
            .variable("ALECS_CUSTOMER", name)
            .refused(Exit::Config);
    }
    let listed = Case::new()
        .file("customer = ['acme', 'beta']")
        .settings()
        .customers;
    assert_eq!(listed.texts().collect::<Vec<_>>(), ["acme", "beta"]);
}

#[test]
fn no_color_outranks_the_file_and_not_our_own_variable() {
    let color = |case: Case| case.settings().output.color;
    assert_eq!(
        color(
            Case::new()
                .variable("NO_COLOR", "1")
                .file("color = 'always'")
        ),
        Color::Never
    );
    assert_eq!(color(Case::new().variable("NO_COLOR", "")), Color::Auto);
    assert_eq!(
        color(
            Case::new()
                .variable("NO_COLOR", "1")
                .variable("ALECS_CACHE_COLOR", "always")
        ),
        Color::Always
    );
    assert_eq!(
        color(
            Case::new()
                .variable("NO_COLOR", "1")
                .flag("color", "always")
        ),
        Color::Always
    );
    let dumb = |case: Case| case.settings().output.dumb;
    assert!(dumb(Case::new().variable("TERM", "dumb")));
    assert!(dumb(Case::new()));
    assert!(!dumb(Case::new().variable("TERM", "xterm")));
}

#[test]
fn a_value_that_makes_no_sense_names_its_origin() {
    let message = Case::new()
        .variable("ALECS_CACHE_RETRIES", "many")
        .refused(Exit::Config);
    assert_eq!(
        message,
        "invalid value 'many' for retries (ALECS_CACHE_RETRIES): expected an integer from 0 to 1000"
    );
    let case = Case::new().file("\nread_from = 'nowhere'");
    let path = case.file.as_ref().unwrap().path().to_owned();
    assert_eq!(
        case.refused(Exit::Config),
        format!(
            "invalid value 'nowhere' for read_from ({}:2): expected one of primary, prefer-replica, replica",
            path.display()
        )
    );
}

#[test]
fn flags_are_shown_with_their_names() {
    let case = Case::new()
        .flag("output", "json")
        .flag("read_from", "prefer-replica");
    let settings = case.settings();
    for (key, flag) in [
        (&keys::output, "--output"),
        (&keys::read_from, "--read-from"),
    ] {
        let origin = Origin::new(Precedence::Flag, flag);
        assert_eq!(settings.origin_of(key), Some(&origin));
    }
    assert_eq!(settings.store.read_from, ReadFrom::PreferReplica);
}

#[test]
fn the_names_that_are_known_are_those_that_config_shows() {
    let shown: Vec<String> = (Case::new().settings().rows.into_iter())
        .map(|row| row.setting)
        .collect();
    let mut known = keys::names();
    for name in &known {
        assert!(shown.contains(name), "{name} is not shown");
    }
    // A password has no name in the file; where it came from is shown all the same.
    known.extend(["password", "sentinel_password"].map(str::to_owned));
    for name in &shown {
        assert!(known.contains(name), "{name} is not known");
    }
}
