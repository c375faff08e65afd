//! `.edgerc` and the environment as people write them.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

const FILE: &str = "\
# all of it
[default]
host = https://akab-1.luna.akamaiapis.net/
client_token = token-1
client_secret = 50%+/=;x
access_token = access-1
max_body = 2048

[acme.eu]
host = \"AKAB-2.luna.akamaiapis.net\" ; quoted
client-token = 'token-2'
client-secret = secret-2
access-token = access-2
account_key =
account-switch-key = 1-A:1-B

[half]
host = akab-3
client_token = token-3
";

fn written(folder: &tempfile::TempDir, mode: u32) -> PathBuf {
    let path = folder.path().join("edgerc");
    fs::write(&path, FILE).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn shown(warnings: &[CredentialsWarning]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

fn found(section: &str, variables: &[(&str, &str)]) -> Result<LoadedCredentials, Error> {
    let folder = tempfile::tempdir().unwrap();
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    let environment = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    find(&written(&folder, 0o600), section, &environment).map_err(|error| {
        let text = error.to_string();
        Error::Credentials(text.replace(&folder.path().display().to_string(), ""))
    })
}

fn values(section: &str, variables: &[(&str, &str)]) -> [String; 6] {
    let LoadedCredentials {
        credentials: found,
        warnings,
    } = self::found(section, variables).unwrap();
    assert_eq!(warnings, []);
    [
        found.host,
        found.client_token.reveal().to_owned(),
        found.client_secret.reveal().to_owned(),
        found.access_token.reveal().to_owned(),
        found.max_body.to_string(),
        found
            .account_key
            .map_or_else(String::new, |key| key.reveal().to_owned()),
    ]
}

#[test]
fn a_section_is_read_in_every_spelling_that_the_official_clients_read() {
    assert_eq!(
        values("default", &[]),
        [
            "akab-1.luna.akamaiapis.net",
            "token-1",
            "50%+/=;x",
            "access-1",
            "2048",
            ""
        ]
    );
    assert_eq!(
        values("acme.eu", &[]),
        [
            "akab-2.luna.akamaiapis.net",
            "token-2",
            "secret-2",
            "access-2",
            "131072",
            "1-A:1-B"
        ]
    );
}

#[test]
fn an_endless_file_is_refused() {
    let error = sections(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
}

#[test]
fn the_whole_environment_comes_before_the_file_and_a_part_of_it_never_mixes() {
    let whole = [
        ("AKAMAI_ACME_EU_HOST", "https://env.example/"),
        ("AKAMAI_ACME_EU_CLIENT_TOKEN", "t"),
        ("AKAMAI_ACME_EU_CLIENT_SECRET", "s"),
        ("AKAMAI_ACME_EU_ACCESS_TOKEN", "a"),
    ];
    assert_eq!(
        values("acme.eu", &whole),
        ["env.example", "t", "s", "a", "131072", ""]
    );
    // Variables of another section, unprefixed names and empty values do not count.
    assert_eq!(values("default", &whole)[1], "token-1");
    let plain = [("AKAMAI_HOST", "x"), ("AKAMAI_CLIENT_TOKEN", "x")];
    assert_eq!(values("acme.eu", &plain)[1], "token-2");
    let half = found("acme.eu", &whole[..2]).unwrap();
    assert_eq!(half.credentials.host, "akab-2.luna.akamaiapis.net");
    assert_eq!(
        shown(&half.warnings),
        [
            "the credentials of `acme.eu` in the environment are not used without \
              AKAMAI_ACME_EU_CLIENT_SECRET, AKAMAI_ACME_EU_ACCESS_TOKEN: \
              set all variables of the section, or none"
        ]
    );
    let beside = [
        ("AKAMAI_ACCOUNT_KEY", "1-X:1-Y"),
        ("AKAMAI_MAX_BODY", "7"),
        ("AKAMAI_HOST", " "),
    ];
    assert_eq!(
        values("default", &beside)[1..],
        ["token-1", "50%+/=;x", "access-1", "7", "1-X:1-Y"]
    );
}

#[test]
fn what_is_missing_is_named_and_no_secret_is() {
    let error = |section, variables: &[_]| found(section, variables).unwrap_err().to_string();
    assert_eq!(
        error("beta", &[]),
        "no section `beta` in `/edgerc` (it has `default`, `acme.eu`, `half`), and AKAMAI_BETA_HOST is not set"
    );
    assert_eq!(
        error("half", &[]),
        "section `half` of `/edgerc` has no `client_secret`"
    );
    assert_eq!(
        error("default", &[("AKAMAI_MAX_BODY", "many")]),
        "AKAMAI_MAX_BODY is not a whole number"
    );
    let broken = [
        ("AKAMAI_HOST", "h"),
        ("AKAMAI_CLIENT_TOKEN", "t"),
        ("AKAMAI_CLIENT_SECRET", "s\nx"),
        ("AKAMAI_ACCESS_TOKEN", "a"),
    ];
    assert_eq!(
        error("default", &broken),
        "`client_secret` in the environment holds a character that no token holds"
    );
    let missing = find(Path::new("/nowhere/edgerc"), "a", &|_| None)
        .unwrap_err()
        .to_string();
    assert!(
        missing == "no credentials: `/nowhere/edgerc` does not exist, and AKAMAI_A_HOST is not set",
        "{missing}"
    );
    let folder = find(Path::new("/"), "a", &|_| None)
        .unwrap_err()
        .to_string();
    assert_eq!(folder, "cannot read `/`: it is a folder");
    let shown = format!("{:?}", found("acme.eu", &[]).unwrap());
    assert!(!shown.contains("-2\"") && !shown.contains("1-A"), "{shown}");
}

#[test]
fn a_file_that_others_may_read_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, 0o640);
    let found = find(&path, "default", &|_| None).unwrap();
    assert_eq!(
        shown(&found.warnings),
        [format!(
            "`{}` holds secrets and is open to others (mode 640): chmod 600 it",
            path.display()
        )]
    );
    assert_eq!(sections(&path).unwrap(), ["default", "acme.eu", "half"]);
}

#[test]
fn a_host_is_a_name_with_at_most_a_port() {
    for (text, host) in [
        ("A.example", Some("a.example")),
        ("https://a.example:443//", Some("a.example")),
        ("a.example:8443", Some("a.example:8443")),
        ("http://[::1]:80", Some("[::1]:80")),
        ("", None),
        ("a b", None),
        ("a.example/papi", None),
        ("user@a.example", None),
        ("a.example?x", None),
        ("ftp://a.example", None),
    ] {
        assert_eq!(bare_host(text).as_deref(), host, "{text}");
    }
}

fn error_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edgerc");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let error = find(&path, "default", &|_| None).unwrap_err().to_string();
    error.replace(&path.display().to_string(), "FILE")
}

#[test]
fn a_file_of_any_line_breaks_is_read_and_the_remedy_is_named_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edgerc");
    for breaks in ["\r", "\r\n", "\n\r"] {
        fs::write(&path, FILE.replace('\n', breaks)).unwrap();
        let found = find(&path, "default", &|_| None).unwrap();
        assert_eq!(found.credentials.client_secret.reveal(), "50%+/=;x");
    }
    let one_line = "`FILE`: it looks like one line; was it pasted into a CI secret? Its line breaks are lost: write each key on a line of its own";
    for lost in [" ", "", "\\n"] {
        let error = error_of(
            FILE.replace('\n', lost)
                .trim_start_matches("# all of it")
                .as_bytes(),
        );
        assert_eq!(error, format!("cannot read {one_line}"), "{lost:?}");
    }
    let utf16: Vec<u8> = FILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[&[0xff, 0xfe], utf16.as_slice()].concat(), utf16] {
        assert_eq!(
            error_of(&bytes),
            "cannot read `FILE`: it is UTF-16; save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`"
        );
    }
    let bare = FILE
        .replace("[default]", "")
        .split("\n\n[")
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        error_of(bare.as_bytes()),
        "cannot read `FILE`: it has keys and no section; write the section's name above them, as in `[default]`"
    );
    // A token may end like a key.
    let odd = FILE.replace("50%+/=;x", "50%host=");
    fs::write(&path, odd).unwrap();
    find(&path, "default", &|_| None).unwrap();
}

#[test]
fn a_request_limit_is_a_number_and_the_default_section_of_the_environment_is_hinted_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edgerc");
    let with = |limit: &str| FILE.replace("max_body = 2048", &format!("request_limit = {limit}"));
    fs::write(&path, with("45")).unwrap();
    let found = find(&path, "default", &|_| None).unwrap();
    assert_eq!(found.credentials.request_limit, Some(45));
    assert!(error_of(with("0").as_bytes()).contains("`request_limit` in section `default`"));
    let variables = [
        ("AKAMAI_HOST", "h"),
        ("AKAMAI_CLIENT_TOKEN", "t"),
        ("AKAMAI_CLIENT_SECRET", "s"),
        ("AKAMAI_ACCESS_TOKEN", "a"),
    ];
    let error = found_error("acme", &variables);
    assert!(
        error.ends_with("AKAMAI_HOST and the others are set: --section default uses them"),
        "{error}"
    );
    // A CI job has variables but no file.
    let environment = |name: &str| {
        let mut known = variables.iter().filter(|(known, _)| *known == name);
        known.next().map(|(_, value)| (*value).to_owned())
    };
    let absent = find(&folder.path().join("absent"), "acme", &environment).unwrap_err();
    let absent = absent.to_string();
    assert!(
        absent.starts_with("no credentials: ") && absent.ends_with("--section default uses them"),
        "{absent}"
    );
}

#[test]
fn variables_that_are_missing_beside_others_are_named_if_the_file_has_nothing_either() {
    let mut variables = vec![
        ("AKAMAI_ACME_HOST", "h"),
        ("AKAMAI_ACME_CLIENT_TOKEN", "hunter2"),
        ("AKAMAI_ACME_CLIENT_SECRET", ""),
        ("AKAMAI_ACME_ACCESS_TOKEN", "hunter2"),
    ];
    let empty = "AKAMAI_ACME_CLIENT_SECRET is empty (AKAMAI_ACME_HOST is set)";
    assert_eq!(found_error("acme", &variables), empty);
    variables.truncate(3);
    assert_eq!(
        found_error("acme", &variables),
        "AKAMAI_ACME_CLIENT_SECRET is empty, AKAMAI_ACME_ACCESS_TOKEN is not set (AKAMAI_ACME_HOST is set)"
    );
}

fn found_error(section: &str, variables: &[(&str, &str)]) -> String {
    found(section, variables).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn no_file_however_damaged_makes_an_error_or_a_warning_show_a_secret(
        lines in prop::collection::vec(
            prop_oneof![
                4 => Just("host = akab-1.example".to_owned()),
                1 => "host = \\PC{0,9}".prop_map(|line| line),
                4 => "(client_token|client_secret|access_token|account_key|max_body|request_limit)( ?[=:] ?|)[\"']?hunter2\\PC{0,4}",
                1 => "\\[(acme|\\PC{0,5})\\]?",
                1 => "\\PC{0,9}",
            ],
            0..9,
        ),
        ending in prop::sample::select(vec!["\n", "\r\n", "\r", "\0\n"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("edgerc");
        fs::write(&file, format!("[acme]\n{}", lines.join(ending))).unwrap();
        let said = match find(&file, "acme", &|_| None) {
            Ok(found) => format!("{found:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!said.contains("hunter2"), "{}", said);
    }
}
