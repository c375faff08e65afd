//! Combining flags, variables and the configuration file into settings.

use super::*;
use crate::store::options::{Deployment, Tls};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Resolves a configuration file and a line of a shell (variables, then options) for a command that connects. `HERE`
/// is the folder of the file, which holds three others: `pw`, `open`, which others can read, and `empty`.
fn resolve(file: &str, line: &str) -> Result<Settings, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    for (name, text, mode) in [
        ("pw", "of-file\n", 0o600),
        ("open", "of-file", 0o644),
        ("empty", "\n", 0o600),
        ("config.toml", &file.replace("HERE", here), 0o600),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let line = line.replace("HERE", here);
    let words = line.split_whitespace();
    let (mut options, variables): (Vec<&str>, Vec<&str>) =
        words.partition(|word| word.starts_with("--"));
    let config = format!("--config={here}/config.toml");
    if !file.is_empty() {
        options.push(&config);
    }
    // The value of an option is attached to it.
    let command = clap::Command::new("x").args(keys::options());
    let flags = Flags::of(&command.no_binary_name(true).get_matches_from(options));
    let variables = ["HOME=/nonexistent"].into_iter().chain(variables);
    let environment = variables.filter_map(|word| word.split_once('=')).collect();
    let mut given = Given::read(&flags, &environment);
    if let Some(failure) = given.broken.take() {
        return Err(failure);
    }
    let mut settings = given.settings(true, &[])?;
    settings.unreadable.take().map_or(Ok(settings), Err)
}

/// Returns what a test looks at: the endpoint, the password, the warnings, a setting as `config` shows it, or its
/// origin for `from NAME`.
fn shown(settings: &Settings, what: &str) -> String {
    let (name, from) = what
        .strip_prefix("from ")
        .map_or((what, false), |name| (name, true));
    let row = || {
        settings
            .rows
            .iter()
            .find(|row| row.setting == name)
            .unwrap()
    };
    let password = settings.store.password.as_ref();
    let value = match name {
        "endpoint" => Some(settings.endpoint()),
        "warnings" => Some(settings.warnings.join("; ")),
        "password" => password.map(|secret| secret.reveal().to_owned()),
        _ if from => row().origin.from.rsplit('/').next().map(str::to_owned),
        _ => row().value.clone(),
    };
    value.unwrap_or_else(|| "-".to_owned())
}

/// Checks lines of the form `line of a shell | what to look at | expected`. For a refusal, look at `exit`: the exit
/// code and a part of the message.
fn holds(file: &str, table: &str) {
    for row in table.trim().lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [line, what, expected] = cells.as_slice() else {
            panic!("{row}");
        };
        match resolve(file, line) {
            Ok(settings) => assert_eq!(shown(&settings, what), *expected, "{file} {row}"),
            Err(failure) => {
                let (exit, message) = (failure.exit.code(), failure.message);
                let (code, part) = expected.split_once(' ').unwrap();
                assert!(
                    *what == "exit" && message.contains(part),
                    "{file} {row}: {message}"
                );
                assert_eq!(exit.to_string(), code, "{file} {row}");
                assert!(!message.contains("hunter2"), "{message}");
            }
        }
    }
}

/// Like `holds`, with a configuration file in front of each line; its lines are separated by semicolons.
fn holds_with_files(table: &str) {
    for row in table.trim().lines() {
        let (file, row) = row.split_once('|').unwrap();
        holds(&file.trim().replace("; ", "\n"), row);
    }
}

#[test]
fn an_address_of_the_api_is_shown_without_its_password() {
    let table = "
        --akamai-host=http://u:hunter2@127.0.0.1:1           | akamai_host | http://********@127.0.0.1:1
        ALECS_CACHE_AKAMAI_HOST=http://u:hunter2@127.0.0.1:1 | akamai_host | http://********@127.0.0.1:1
        --akamai-host=127.0.0.1:1                            | akamai_host | 127.0.0.1:1
        ";
    holds("", table);
    let file = "akamai_host = 'http://:hunter2@127.0.0.1:1'";
    holds(file, "| akamai_host | http://********@127.0.0.1:1");
}

#[test]
fn the_database_of_a_url_counts_as_said_if_it_is_another() {
    let table = "
        --url=redis://h/0          | from db |
        --url=redis://h/2          | from db | --url
        --url=redis://h/2          | db      | 2
        --url=redis://h/0          | db      | 0
        ";
    holds("", table);
    holds("db = 3", "--url=redis://h/0 | from db | --url");
}

#[test]
fn without_anything_said_the_defaults_hold() {
    let settings = resolve("", "").unwrap();
    for (name, value) in [
        ("endpoint", "redis://127.0.0.1:6379/0"),
        ("url", "redis://127.0.0.1:6379/0"),
        ("username", "-"),
        ("password", "-"),
        ("tls", "false"),
        ("retries", "3"),
        ("connect_timeout", "5s"),
        ("timeout", "10s"),
        ("akamai_timeout", "20s"),
        ("edgerc", "/nonexistent/.edgerc"),
        ("key_prefix", "akamai:"),
        ("customer", "default"),
        ("protected", "false"),
        ("stale_for", "0s"),
        ("warnings", ""),
    ] {
        assert_eq!(shown(&settings, name), value, "{name}");
    }
    assert_eq!(settings.policy, Policy::default());
    assert!(!settings.customers.named);
    let mut origins = settings.rows.iter().map(|row| row.origin.precedence);
    assert!(origins.all(|origin| origin == Precedence::Default));
    let mut names: Vec<String> = settings.rows.into_iter().map(|row| row.setting).collect();
    let mut known = keys::names();
    known.sort();
    names.sort();
    assert_eq!(names, known);
}

#[test]
fn a_flag_outranks_the_environment_that_a_profile_and_that_the_file() {
    let table = "
                                                        | timeout     | 1s
        ALECS_CACHE_PROFILE=p                           | timeout     | 2s
        ALECS_CACHE_TIMEOUT=3s --profile=p              | timeout     | 3s
        ALECS_CACHE_TIMEOUT=3s --profile=p --timeout=4s | timeout     | 4s
        --output=json                                   | from output | --output
        ";
    holds("timeout = '1s'\n[profile.p]\ntimeout = '2s'\n", table);
}

#[test]
fn every_setting_is_taken_from_the_environment_and_from_the_file() {
    let values = "url=redis://h:1/2 username=u db=3 read_from=replica key_prefix=p: connect_timeout=6s timeout=7s \
        retries=8 wait=9s customer=acme,beta edgerc=/e section=s akamai_host=h akamai_timeout=2m output=json quiet=true \
        verbose=2 color=never no_progress=true no_input=true stale_for=1h cost_per_call=0.5 tls=true tls_ca=/ca \
        tls_insecure=true tls_server_name=cache.example.com valkey_server=/v";
    for (name, value) in values.split(' ').filter_map(|pair| pair.split_once('=')) {
        let key = keys::ALL.iter().find(|key| key.name == name).unwrap();
        for variable in key.variables() {
            holds("", &format!("{variable}={value} | {name} | {value}"));
            holds(
                "",
                &format!("{variable}={value} | from {name} | {variable}"),
            );
        }
        let text = format!("{name} = '{value}'");
        holds(&text, &format!("| {name} | {value}"));
        holds(
            &format!("[profile.p]\n{text}"),
            &format!("--profile=p | {name} | {value}"),
        );
    }
}

#[test]
fn a_value_that_makes_no_sense_is_refused_with_its_origin() {
    let table = "
        ALECS_CACHE_RETRIES=many | exit     | 3 invalid value 'many' for retries (ALECS_CACHE_RETRIES): expected an integer
        ALECS_CACHE_KEY_PREFIX=  | exit     | 3 for key_prefix
        ALECS_CUSTOMER=a*        | exit     | 3 'a*' for customer
        ALECS_CUSTOMER=acme:x    | exit     | 3 'acme:x' for customer
        ALECS_CUSTOMER=stats     | exit     | 3 the key scheme uses this word itself
        ALECS_CUSTOMER=acme,     | exit     | 3 for customer
        ALECS_CUSTOMER=a,b,a     | customer | a,b
        ALECS_CUSTOMER=          | customer | default
        ";
    holds("", table);
    holds_with_files(
        "
        ; read_from = 'nowhere'       | | exit | 3 config.toml:2): expected one of primary, prefer-replica, replica
        key_prefix = 'a[b]:'          | | exit | 3 for key_prefix
        [ttl]; rules = '0s'           | | exit | 3 for ttl.rules
        [ttl]; rules = 'x'            | | exit | 3 for ttl.rules
        [thresholds]; hit_rate = -1   | | exit | 3 for thresholds.hit_rate
        [thresholds]; hit_rate = 900  | | exit | 3 expected a number from 0 to 100
        [thresholds]; search_ms = 900 | | thresholds.search_ms | 900
        cost_per_call = 'nan'         | | exit | 3 for cost_per_call
        protected = 'maybe'           | | exit | 3 for protected
        protected = 'maybe'; [profile.p]; protected = false | --profile=p | exit | 3 for protected
        url = 'hunter2'               | | exit | 3 for url
        url = ['hunter2', 'b']        | | exit | 3 line 1 has a value of the wrong type for `url` (array)
        url = {host = 'hunter2'}      | | exit | 3 line 1 has a value of the wrong type for `url` (table)
        db = 0x10                     | | exit | 3 line 1 has a value of the wrong type for `db` (integer)
        db = 1; url = 'redis://:hunter2@h; | | exit | 3 line 2 is not TOML:
        [profile]; p = 1              | | exit | 3 line 2 gives profile `p` no table of settings
        key-prefix = 'x:'; key_prefix = 'y:' | | exit | 3 line 2 has `key_prefix` twice
        ; ; urll = 'x'                | | exit | 3 line 3 has the unknown key `urll`
        [profile.p]; x = 1            | | exit | 3 line 2 has the unknown key `x` in [profile.p]
        [profile.p]; profile = 'q'    | | exit | 3 line 2 has the unknown key `profile` in [profile.p]
        [profile.p]; default_profile = 'q' | | exit | 3 line 2 has the unknown key `default_profile` in [profile.p]
        [ttl]; rule = '1h'            | | exit | 3 line 2 has the unknown key `rule` in [ttl]
        [profile.p.thresholds]; hits = 1 | | exit | 3 line 2 has the unknown key `hits` in [profile.p] in [thresholds]
        [redis]; url = 'x'            | | exit | 3 line 1 has the unknown key `redis`
        password = 'x'                | | exit | 3 line 1 has the unknown key `password`
        config = 'x'                  | | exit | 3 line 1 has the unknown key `config`
        ",
    );
}

#[test]
fn no_color_outranks_the_file_and_not_our_own_variable() {
    let table = "
        NO_COLOR=1                        | color | never
        NO_COLOR=1 ALECS_CACHE_COLOR=auto | color | auto
        NO_COLOR=1 --color=auto           | color | auto
        NO_COLOR=                         | color | always
        ";
    holds("color = 'always'", table);
    let dumb = |line: &str| resolve("", line).unwrap().output.dumb;
    assert!(dumb("TERM=dumb") && dumb("") && !dumb("TERM=xterm"));
}

#[test]
fn the_file_has_profiles_lists_and_files_beside_it() {
    let file = "default_profile = 'prod'\npassword-file = 'pw'\nedgerc = '~/x'\ncustomer = ['a', 'b']\nnodes = []\n\
        [profile.prod]\nretries = 9\n[profiles.test]\n";
    let table = "
                                | retries       | 9
                                | password      | of-file
                                | edgerc        | /nonexistent/x
                                | customer      | a,b
                                | from customer | config.toml:4
        --profile=test          | retries       | 3
        ALECS_CACHE_PROFILE=dev | exit          | 3 there is no profile `dev` (ALECS_CACHE_PROFILE)
        ";
    holds(file, table);
    let table = "
        --profile=dev                          | exit    | 3 there is no profile `dev` (--profile)
        --config=/nonexistent/c.toml           | exit    | 3 cannot read the configuration file `/nonexistent/c.toml`
        ALECS_CACHE_CONFIG=/nonexistent/c.toml | exit    | 3 ALECS_CACHE_CONFIG
        XDG_CONFIG_HOME=/nonexistent           | retries | 3
        ";
    holds("", table);
}

#[test]
fn a_profile_overrides_the_tables_of_the_file_and_never_its_protection() {
    holds_with_files(
        "
        [ttl]; rules = '1h'; [profile.p.ttl]; rules = 60                    |             | ttl.rules | 1h
        [ttl]; rules = '1h'; [profile.p.ttl]; rules = 60                    | --profile=p | ttl.rules | 1m
        [thresholds]; hit_rate = 90; [profile.p.thresholds]; hit_rate = 9.5 |             | thresholds.hit_rate | 90
        [thresholds]; hit_rate = 90; [profile.p.thresholds]; hit_rate = 9.5 | --profile=p | thresholds.hit_rate | 9.5
        [profile.p]; protected = true                                       | --profile=p | protected | true
        protected = true; [profile.p]; protected = false                    | --profile=p | protected | true
        [profile.p]; [profile.q]; protected = true                          | --profile=p | protected | false
        ",
    );
    let Settings {
        policy, thresholds, ..
    } = resolve("[ttl]\nrules = '1h'\n[thresholds]\nhit_rate = 90", "").unwrap();
    assert_eq!(policy.ttl(Resource::Rules), Duration::from_hours(1));
    assert_eq!(thresholds.get("hit_rate"), Some(90.0));
}

#[test]
fn the_endpoint_is_found_in_the_order_of_the_variables() {
    let mut variables = vec![
        ("ALECS_CACHE_URL=redis://a", "redis://a:6379/0"),
        ("VALKEY_URL=redis://b", "redis://b:6379/0"),
        ("VALKEY_HOST=c", "redis://c:6379/0"),
        ("VALKEY_PORT=7001", "redis://127.0.0.1:7001/0"),
        ("CACHE_HOST=d", "redis://d:6379/0"),
        ("CACHE_PORT=7002", "redis://127.0.0.1:7002/0"),
        ("REDIS_URL=redis://e", "redis://e:6379/0"),
    ];
    while let Some((strongest, endpoint)) = variables.first() {
        // A port belongs to the host of the same program.
        let left = variables.iter().map(|(variable, _)| *variable);
        let left = left.filter(|name| !(strongest.contains("_HOST") && name.contains("_PORT")));
        let left: Vec<&str> = left.collect();
        holds("", &format!("{} | endpoint | {endpoint}", left.join(" ")));
        variables.remove(0);
    }
}

#[test]
fn the_environment_of_the_server_just_works() {
    let server = "VALKEY_HOST=cache VALKEY_PORT=7000 VALKEY_PASSWORD=pw CACHE_HOST=other CACHE_PASSWORD=wrong \
        REDIS_URL=redis://:wrong@x";
    let table = "
        SERVER                                                       | endpoint | redis://cache:7000/0
        SERVER                                                       | password | pw
        SERVER                                                       | from url | VALKEY_HOST, VALKEY_PORT
        CACHE_PASSWORD=pw                                            | endpoint | redis://127.0.0.1:6379/0
        CACHE_PASSWORD=pw                                            | password | pw
        VALKEY_PASSWORD=pw CACHE_PASSWORD=pw --url=redis://elsewhere | password | -
        CACHE_HOST=h VALKEY_PASSWORD=pw                              | password | -
        ALECS_CACHE_URL= VALKEY_HOST= VALKEY_PASSWORD=               | endpoint | redis://127.0.0.1:6379/0
        ALECS_CACHE_URL= VALKEY_HOST= VALKEY_PASSWORD=               | password | -
        VALKEY_HOST=u:hunter2@h                                      | exit     | 3 VALKEY_HOST
        CACHE_PORT=x                                                 | exit     | 3 CACHE_PORT
        ";
    holds("", &table.replace("SERVER", server));
}

#[test]
fn a_url_says_database_user_and_password_unless_an_option_or_a_stronger_place_does() {
    let table = "
                                                | password | of-url
                                                | db       | 4
        ALECS_CACHE_DB=6                        | db       | 6
        VALKEYCLI_AUTH=of-variable              | password | of-variable
        ALECS_CACHE_PASSWORD_FILE=HERE/pw       | password | of-file
        --url=redis://h --password-file=HERE/pw | password | of-file
        ";
    holds(
        "url = 'redis://:of-url@h/4'\npassword_file = 'empty'",
        table,
    );
    let table = "
        --url=redis://h/4                                                | db       | 4
        --url=redis://h/4 --db=5                                         | db       | 5
        ALECS_CACHE_DB=6 --url=redis://h/4                               | db       | 4
        ALECS_CACHE_DB=6 --url=redis://h                                 | db       | 6
        VALKEYCLI_USER=of-variable                                       | username | of-variable
        VALKEYCLI_USER=of-variable --url=redis://of-url@h                | username | of-url
        VALKEYCLI_USER=of-variable --url=redis://of-url@h --username=u   | username | u
        VALKEYCLI_USER=of-variable --url=redis://:pw@h                   | username | -
        VALKEYCLI_AUTH=a REDISCLI_AUTH=b                                 | password | a
        REDISCLI_AUTH=b                                                  | password | b
        VALKEYCLI_AUTH=a --url=redis://:of-url@h                         | password | of-url
        VALKEYCLI_AUTH=a VALKEY_URL=redis://:of-url@h                    | password | of-url
        VALKEYCLI_AUTH=a ALECS_CACHE_PASSWORD_FILE=HERE/pw               | password | of-file
        VALKEYCLI_AUTH=a --url=redis://:of-url@h --password-file=HERE/pw | password | of-file
        --password-file=/nonexistent/pw                                  | exit     | 3 `/nonexistent/pw`
        --password-file=HERE/empty                                       | exit     | 3 there is no password in
        --url=http://u:hunter2@h                                         | exit     | 2 invalid value for --url
        VALKEY_URL=redis://u:hunter2@h:x                                 | exit     | 3 VALKEY_URL
        ";
    holds("", table);
}

#[test]
fn a_password_that_others_can_see_is_warned_of_and_never_shown() {
    let settings = resolve("", "--url=redis://u:hunter2@h").unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert_eq!(shown(&settings, "url"), "redis://********@h");
    assert!(shown(&settings, "warnings").contains("can see the password in --url"));
    holds("", "VALKEY_URL=redis://u:hunter2@h | warnings |");
    let settings = resolve("", "--password-file=HERE/open").unwrap();
    assert!(shown(&settings, "warnings").contains("others can read the password file"));
}

#[test]
fn an_embedded_server_is_in_the_state_folder_unless_named_and_has_no_users() {
    let here = std::env::current_dir().unwrap();
    let table = "
        --url=embedded:                                 | endpoint | embedded:/nonexistent/.local/state/alecs-cache/embedded
        XDG_STATE_HOME=/s --url=embedded:               | endpoint | embedded:/s/alecs-cache/embedded
        --url=embedded:~/x                              | endpoint | embedded:/nonexistent/x
        --url=embedded:x                                | endpoint | embedded:CURRENT/x
        REDISCLI_AUTH=pw --url=embedded:/x              | password | -
        ALECS_CACHE_PASSWORD_FILE=/no --url=embedded:/x | password | -
        HOME= --url=embedded:                           | exit     | 3 neither XDG_STATE_HOME nor HOME
        --url=embedded:/x --username=u                  | exit     | 2 --username has no effect: an embedded server is private
        ";
    holds("", &table.replace("CURRENT", here.to_str().unwrap()));
}

#[test]
fn sentinels_are_reached_with_their_own_user_and_password() {
    let line = "--mode=sentinel --sentinel=s --sentinel-username=w";
    for line in [
        format!("{line} --sentinel-password-file=HERE/pw"),
        format!("ALECS_CACHE_SENTINEL_PASSWORD=of-file {line}"),
    ] {
        let target = resolve("", &line).unwrap().store.target;
        let Deployment::Sentinel {
            username: Some(user),
            password: Some(password),
            ..
        } = target
        else {
            panic!("{line}");
        };
        assert_eq!((user.as_str(), password.reveal()), ("w", "of-file"));
    }
    let line = "ALECS_CACHE_MODE=sentinel ALECS_CACHE_MASTER_NAME=m";
    let table = format!("{line} | endpoint | sentinel://m@a:26379,b:1");
    holds("sentinels = ' a, b:1'", &table);
}

#[test]
fn a_cluster_is_found_through_its_nodes_or_the_url_and_has_no_databases() {
    let table = "
        --node=a:1,b:2                     | endpoint | cluster://a:1,b:2
        --url=redis://u:pw@c:3             | endpoint | cluster://c:3
        --url=redis://u:pw@c:3             | username | u
        --url=redis://c:3 --node=a:1       | endpoint | cluster://a:1,c:3
        REDIS_URL=redis://other --node=a:1 | endpoint | cluster://a:1
        --node=a:1 --url=redis://h/0       | db       | 0
        --node=a:1 --db=1                  | exit     | 2 a cluster has only database 0
        --node=a:1 --db=0                  | exit     | 2 a cluster has only database 0
        --node=a:1 ALECS_CACHE_DB=1        | exit     | 3 a cluster has only database 0
        --node=a:1 --url=redis://h/4       | exit     | 2 a cluster has only database 0
        ";
    holds("mode = 'cluster'", table);
}

#[test]
fn servers_that_contradict_the_mode_are_refused_and_so_are_options_that_would_do_nothing() {
    let table = "
        --mode=cluster                                   | exit | 2 cluster mode needs a node
        --mode=sentinel                                  | exit | 2 sentinel mode needs a sentinel
        ALECS_CACHE_MODE=sentinel                        | exit | 3 sentinel mode needs a sentinel
        --node=a:1                                       | exit | 2 --node names nodes of a cluster, but the mode is single
        --sentinel=a:1                                   | exit | 2 --sentinel names sentinels, but the mode is single
        --master-name=m                                  | exit | 2 --master-name names a master's name, but the mode is single
        ALECS_CACHE_NODES=a                              | exit | 3 ALECS_CACHE_NODES names nodes of a cluster, but the mode
        --mode=cluster --url=unix:///s                   | exit | 2 --url names a unix socket, but the mode is cluster
        --mode=cluster --url=embedded:                   | exit | 2 --url names an embedded server, but the mode is cluster
        --mode=sentinel --sentinel=a:1 --url=redis://h   | exit | 2 --url names one server, but the mode is sentinel
        --sentinel-username=u                            | exit | 2 --sentinel-username has no effect without sentinels
        --tls-ca=/ca                                     | exit | 2 --tls-ca has no effect without TLS
        --tls-insecure                                   | exit | 2 --tls-insecure has no effect without TLS
        --tls-server-name=h                              | exit | 2 --tls-server-name has no effect without TLS
        --url=unix:///s --tls                            | exit | 2 --tls has no effect: TLS is for servers
        --url=rediss://h --tls-cert=/c                   | exit | 2 --tls-cert and --tls-key go together
        ALECS_CACHE_MASTER_NAME=m ALECS_CACHE_TLS_CA=/ca | endpoint | redis://127.0.0.1:6379/0
        ";
    holds("", table);
}

#[test]
fn a_stronger_place_leaves_weaker_servers_aside_and_the_variable_of_others_moves_nothing() {
    holds_with_files(
        "
        mode = 'cluster'; nodes = ['a:1'] |                                 | endpoint | cluster://a:1
        mode = 'cluster'; nodes = ['a:1'] | REDIS_URL=redis://stray         | endpoint | cluster://a:1
        mode = 'cluster'; nodes = ['a:1'] | --mode=single --url=redis://h   | endpoint | redis://h:6379/0
        [profile.p]; mode = 'sentinel'; sentinels = 's' | REDIS_URL=redis://stray --profile=p | endpoint | sentinel://mymaster@s:26379
        | REDIS_URL=redis://h --mode=sentinel --sentinel=s:1                | endpoint | sentinel://mymaster@s:1
        | REDIS_URL=redis://h ALECS_CACHE_MODE=cluster ALECS_CACHE_NODES=a  | endpoint | cluster://a:6379
        url = 'redis://own'               | REDIS_URL=redis://stray         | endpoint | redis://own:6379/0
        url = 'redis://own'               | VALKEY_HOST=h                   | endpoint | redis://h:6379/0
        retries = 1                       | REDIS_URL=redis://stray         | endpoint | redis://stray:6379/0
        ",
    );
}

#[test]
fn tls_comes_from_the_scheme_or_the_flag() {
    let tls = |file: &str, line: &str| resolve(file, line).unwrap().store.tls;
    let on = Some(Tls::default());
    assert_eq!(tls("", "--url=rediss://h"), on);
    assert_eq!(tls("", "--url=valkeys://h"), on);
    let chosen = tls("", "--url=redis://h --tls --tls-insecure --tls-ca=/ca").unwrap();
    assert!(chosen.insecure && chosen.ca == Some("/ca".into()));
    assert_eq!(tls("", "ALECS_CACHE_TLS_CA=/ca"), None);
    assert_eq!(tls("tls = true", "ALECS_CACHE_TLS=false"), None);
}
