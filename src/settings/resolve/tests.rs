//! What all flags, variables and files mean together.

mod credentials;
mod endpoint;
mod file;
mod servers;

use super::*;
use crate::domain::secret::Secret;
use crate::exit::Exit;
use crate::store::options::{Deployment, Node, ReadFrom, Tls};
use std::io::Write as _;
use tempfile::NamedTempFile;

/// An operator's situation: what was typed, what the environment and the file say.
struct Case {
    flags: Flags,
    variables: Vec<(String, String)>,
    file: Option<NamedTempFile>,
}

/// A situation as it is typed in a shell: variables, then options.
fn case(line: &str) -> Case {
    let (variables, options): (Vec<&str>, Vec<&str>) =
        line.split(' ').partition(|word| !word.starts_with("--"));
    let command = clap::Command::new("x").args(keys::options());
    // The value of an option is attached to it.
    let matches = command.no_binary_name(true).get_matches_from(options);
    let variables = ["HOME=/nonexistent"].into_iter().chain(variables);
    let pairs = variables.filter_map(|word| word.split_once('='));
    Case {
        flags: Flags::of(&matches),
        variables: pairs
            .map(|(name, text)| (name.into(), text.into()))
            .collect(),
        file: None,
    }
}

/// A situation with a configuration file.
fn with_file(text: &str, line: &str) -> Case {
    let mut case = case(line);
    let file = file_with(text);
    case.flags.set(&keys::config, file.path().to_str().unwrap());
    case.file = Some(file);
    case
}

impl Case {
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

    /// A setting as `config` shows it.
    fn row(&self, name: &str) -> (Option<String>, Precedence) {
        let rows = self.settings().rows;
        let row = rows.into_iter().find(|row| row.setting == name);
        let row = row.unwrap_or_else(|| panic!("{name} is not shown"));
        (row.value, row.origin.precedence)
    }
}

fn node(host: &str, port: u16) -> Node {
    let host = host.into();
    Node { host, port }
}

fn file_with(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn without_anything_said_the_defaults_hold() {
    let settings = case("").settings();
    assert_eq!(settings.endpoint(), "redis://127.0.0.1:6379/0");
    let store = &settings.store;
    assert_eq!(
        (&store.username, &store.password, &store.tls, store.retries),
        (&None, &None, &None, 3)
    );
    assert_eq!(
        (
            store.connect_timeout,
            store.timeout,
            settings.source.timeout
        ),
        (
            Duration::from_secs(5),
            Duration::from_secs(10),
            Duration::from_secs(20)
        )
    );
    assert_eq!(settings.source.edgerc, Path::new("/nonexistent/.edgerc"));
    assert_eq!(
        (settings.scheme.prefix(), settings.customers.named),
        ("akamai:", false)
    );
    assert_eq!(settings.customers.texts().collect::<Vec<_>>(), ["default"]);
    assert_eq!(settings.policy, Policy::default());
    assert!(!settings.protected && settings.stale_for.is_zero() && settings.warnings.is_empty());
    let mut origins = settings.rows.iter().map(|row| row.origin.precedence);
    assert!(origins.all(|origin| origin == Precedence::Default));
}

#[test]
fn a_flag_outranks_the_environment_that_a_profile_and_that_the_file() {
    let file = "timeout = '1s'\n[profile.p]\ntimeout = '2s'\n";
    for (line, seconds) in [
        ("", 1),
        ("ALECS_CACHE_PROFILE=p", 2),
        ("ALECS_CACHE_TIMEOUT=3s --profile=p", 3),
        ("ALECS_CACHE_TIMEOUT=3s --profile=p --timeout=4s", 4),
    ] {
        let timeout = with_file(file, line).settings().store.timeout;
        assert_eq!(timeout.as_secs(), seconds, "{line}");
    }
}

#[test]
fn every_setting_is_taken_from_the_environment_and_from_the_file() {
    let values = "url=redis://h:1/2 username=u db=3 read_from=replica key_prefix=p: connect_timeout=6s timeout=7s \
        retries=8 wait=9s customer=acme edgerc=/e section=s akamai_host=h akamai_timeout=2m output=json quiet=true \
        verbose=2 color=always no_progress=true no_input=true stale_for=1h cost_per_call=0.5 tls=true tls_ca=/ca \
        tls_insecure=true tls_server_name=cache.example.com valkey_server=/v";
    for (name, value) in values.split(' ').filter_map(|pair| pair.split_once('=')) {
        let key = keys::ALL.iter().find(|key| key.name == name).unwrap();
        let of = |origin| (Some(value.to_owned()), origin);
        for variable in key.variables() {
            let row = case(&format!("{variable}={value}")).row(name);
            assert_eq!(row, of(Precedence::Environment), "{variable}");
        }
        let text = format!("{name} = '{value}'");
        let row = with_file(&text, "").row(name);
        assert_eq!(row, of(Precedence::File), "{name}");
        let row = with_file(&format!("[profile.p]\n{text}"), "--profile=p").row(name);
        assert_eq!(row, of(Precedence::Profile), "{name}");
    }
}

#[test]
fn an_empty_prefix_is_refused_wherever_it_comes_from() {
    case("ALECS_CACHE_KEY_PREFIX=").refused(Exit::Config);
    with_file("key_prefix = ''", "").refused(Exit::Config);
    with_file("key_prefix = 'a[b]:'", "").refused(Exit::Config);
}

#[test]
fn customers_are_taken_once_each_and_wrong_names_are_refused() {
    let customers = case("ALECS_CUSTOMER=acme,beta,acme").settings().customers;
    assert!(customers.named);
    assert_eq!(customers.texts().collect::<Vec<_>>(), ["acme", "beta"]);
    for name in ["a*", "acme:x", "[a-z]", "stats", "acme,"] {
        case(&format!("ALECS_CUSTOMER={name}")).refused(Exit::Config);
    }
    let listed = with_file("customer = ['acme', 'beta']", "")
        .settings()
        .customers;
    assert_eq!(listed.texts().collect::<Vec<_>>(), ["acme", "beta"]);
}

#[test]
fn no_color_outranks_the_file_and_not_our_own_variable() {
    let color = |line: &str| with_file("color = 'always'", line).settings().output.color;
    assert_eq!(color("NO_COLOR=1"), Color::Never);
    assert_eq!(color("NO_COLOR=1 ALECS_CACHE_COLOR=auto"), Color::Auto);
    assert_eq!(color("NO_COLOR=1 --color=auto"), Color::Auto);
    assert_eq!(color("NO_COLOR="), Color::Always);
    let dumb = |line: &str| case(line).settings().output.dumb;
    assert!(dumb("TERM=dumb") && dumb("") && !dumb("TERM=xterm"));
}

#[test]
fn a_value_that_makes_no_sense_names_its_origin() {
    assert_eq!(
        case("ALECS_CACHE_RETRIES=many").refused(Exit::Config),
        "invalid value 'many' for retries (ALECS_CACHE_RETRIES): expected an integer from 0 to 1000"
    );
    let case = with_file("\nread_from = 'nowhere'", "");
    let path = case.file.as_ref().unwrap().path();
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
    let settings = case("--output=json --read-from=prefer-replica").settings();
    for key in [&keys::output, &keys::read_from] {
        let origin = Origin::new(Precedence::Flag, key.flag());
        assert_eq!(settings.origin_of(key), Some(&origin));
    }
    assert_eq!(settings.store.read_from, ReadFrom::PreferReplica);
}

#[test]
fn the_names_that_are_known_are_those_that_config_shows() {
    let rows = case("").settings().rows;
    let mut shown: Vec<String> = rows.into_iter().map(|row| row.setting).collect();
    // A password has no name in the file; where it came from is shown all the same.
    shown.retain(|name| !["password", "sentinel_password"].contains(&&**name));
    let mut known = keys::names();
    known.sort();
    shown.sort();
    assert_eq!(shown, known);
}
