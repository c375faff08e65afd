//! `config`: the settings with their origins, and the file that `config init` writes.

use crate::support::run::{Ended, Home};
use serde_json::Value;

/// Returns a row of `config -o json`.
pub fn row(ended: &Ended, setting: &str) -> (Value, String, Value) {
    let document = ended.json();
    let rows = document["settings"].as_array().unwrap().clone();
    let row = rows
        .into_iter()
        .find(|row| row["setting"] == setting)
        .unwrap();
    (
        row["value"].clone(),
        row["origin"].as_str().unwrap().to_owned(),
        row["from"].clone(),
    )
}

#[test]
fn config_names_the_endpoint_the_customer_and_every_origin() {
    let home = Home::new();
    let config = home.config("retries = 7\n[profile.prod]\nurl = 'valkey://cache:6380/2'\n");
    let ended = home
        .command("-c acme --timeout 1m config -o json --profile prod")
        .env("ALECS_CACHE_WAIT", "30s")
        .run()
        .with(0);
    let document = ended.json();
    assert_eq!(document["schema"], "alecs-cache/config/1");
    assert_eq!(document["endpoint"], "redis://cache:6380/2");
    assert_eq!(document["customer"], "acme");
    assert!(document["elapsed_ms"].is_u64());
    let file = config.display().to_string();
    for (setting, value, origin, from) in [
        ("timeout", "1m", "flag", "--timeout".to_owned()),
        ("wait", "30s", "environment", "ALECS_CACHE_WAIT".to_owned()),
        (
            "url",
            "valkey://cache:6380/2",
            "profile",
            format!("profile prod, {file}:3"),
        ),
        ("retries", "7", "file", format!("{file}:1")),
    ] {
        assert_eq!(
            row(&ended, setting),
            (value.into(), origin.into(), from.into()),
            "{setting}"
        );
    }
    assert_eq!(
        row(&ended, "read_from"),
        ("primary".into(), "default".into(), Value::Null)
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn config_shows_the_named_settings_and_suggests_a_name_for_a_typo() {
    let home = Home::new();
    let table = home.run("config url ttl.rules --db 3").with(0).stdout;
    let names: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, ["SETTING", "url", "ttl.rules"]);
    let document = home.run("config key-prefix -o json").with(0).json();
    assert_eq!(document["settings"].as_array().unwrap().len(), 1);
    assert_eq!(document["settings"][0]["setting"], "key_prefix");
    let slip = home.run("config ulr").with(2);
    assert_eq!(
        slip.stderr,
        "error: no setting `ulr`; did you mean `url`?\n  hint: list all with `alecs-cache config --all`\n"
    );
}

#[test]
fn config_is_a_table_for_people() {
    let home = Home::new();
    let ended = home.run("config --db 3").with(0);
    let mut lines = ended.stdout.lines();
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["SETTING", "VALUE", "ORIGIN"]
    );
    let db = lines.find(|line| line.starts_with("db ")).unwrap();
    assert_eq!(
        db.split_whitespace().collect::<Vec<_>>(),
        ["db", "3", "--db"]
    );
}

#[test]
fn config_shows_the_settings_also_where_a_password_cannot_be_read() {
    let home = Home::new();
    let line = "--password-file /nonexistent/pw --section s config";
    let ended = home.run(&format!("{line} -o json")).with(0);
    assert_eq!(
        row(&ended, "password"),
        (
            "cannot be read".into(),
            "flag".into(),
            "--password-file".into()
        )
    );
    assert_eq!(row(&ended, "section").0, "s");
    assert_eq!(row(&ended, "password_file").0, "/nonexistent/pw");
    assert!(
        ended.stderr.starts_with("warning: ") && ended.stderr.contains("`/nonexistent/pw`"),
        "{}",
        ended.stderr
    );
    let refused = home
        .command("inspect prp_1 -o json")
        .env("ALECS_CACHE_PASSWORD_FILE", "/nonexistent/pw")
        .run()
        .with(3);
    let message = refused.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`/nonexistent/pw`"), "{message}");
}

#[test]
fn config_shows_what_differs_and_with_all_every_key_of_the_file() {
    let home = Home::new();
    let shown = home.run("config --db 3").with(0);
    assert_eq!(shown.stdout.lines().count(), 2, "{}", shown.stdout);
    let none = home.run("config").with(0).stdout;
    assert!(
        none.contains("config --all") && none.lines().count() == 1,
        "{none}"
    );
    let all = home.run("config --all").with(0).stdout;
    let document = home.run("config -o json").with(0);
    for key in alecs_cache::testing::settings::keys::ALL {
        let listed = all
            .lines()
            .any(|line| line.split(' ').next() == Some(key.name));
        assert!(listed, "{} is missing in {all}", key.name);
        row(&document, key.name);
    }
}

#[test]
fn config_works_with_a_broken_file_and_marks_the_line() {
    let home = Home::new();
    home.config("db = 1\nulr = 'redis://:hunter2@h'\n");
    let ended = home.run("config --retries 2").with(3);
    assert!(
        ended.stdout.contains("retries") && ended.stdout.contains("--retries"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stderr
            .contains("line 2: `ulr = …`; did you mean `url`?"),
        "{}",
        ended.stderr
    );
    for (line, meant) in [
        ("profile = 'x'", "default_profile"),
        ("[ttl]\nrule = '1h'", "rules"),
        ("[thresholds]\nhitrate = 1", "hit_rate"),
    ] {
        home.config(line);
        let ended = home.run("config -o json").with(3);
        let hint = ended.error()["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains(&format!("did you mean `{meant}`?")), "{hint}");
    }
    home.config("[profile.production]\ndb = 1");
    let hint = home.run("config --profile prodution").with(3).stderr;
    assert!(hint.contains("did you mean `production`?"), "{hint}");
}

#[test]
fn config_init_writes_a_private_file_from_options_and_never_over_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let line = "config init --url redis://127.0.0.1:7777/3 -c acme --edgerc /e";
    home.run(line).with(0);
    let path = home.path().join(".config/alecs-cache/config.toml");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ended = home.run("config -o json").with(0);
    assert_eq!(ended.json()["endpoint"], "redis://127.0.0.1:7777/3");
    assert_eq!(row(&ended, "customer").0, "acme");
    assert_eq!(row(&ended, "edgerc").0, "/e");
    let before = std::fs::read_to_string(&path).unwrap();
    let other = line.replace("7777", "7778");
    let refused = home.run(&other).with(2);
    refused.says("--force");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    home.run(&format!("{other} --force")).with(0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("7778"));
    // A broken file can be replaced too.
    home.config("nonsense");
    home.run(&format!("{line} --force")).with(0);
    home.run("config").with(0);
}

#[test]
fn config_init_writes_every_option_that_is_about_later_runs() {
    let home = Home::new();
    let line = "config init -q --color never --no-progress --no-input --mode cluster --node h:1 --node h:2 --tls \
                --tls-ca certs/ca.pem --timeout 20s -c acme,beta --edgerc ./edgerc --section s";
    let ended = home.run(line).with(0);
    assert_eq!(ended.stderr, "");
    let shown = home.run("config -o json").with(0);
    // The runs of a test are in its home.
    let path = |name: &str| home.path().join(name).display().to_string();
    for (setting, value) in [
        ("mode", "cluster"),
        ("nodes", "h:1,h:2"),
        ("tls", "true"),
        ("tls_ca", &path("certs/ca.pem")),
        ("timeout", "20s"),
        ("customer", "acme,beta"),
        ("edgerc", &path("edgerc")),
        ("section", "s"),
    ] {
        let (found, origin, _) = row(&shown, setting);
        assert_eq!((found, origin), (value.into(), "file".into()), "{setting}");
    }
    for setting in ["quiet", "color", "no_progress", "no_input", "url"] {
        assert_eq!(row(&shown, setting).1, "default", "{setting}");
    }
    let stdin = "config init --force --url redis://h -c acme --edgerc /e --password-file -";
    home.run(stdin).with(2).says("stdin");
}

#[test]
fn config_init_asks_on_a_terminal_and_refuses_without_one_and_keeps_passwords_out() {
    let home = Home::new();
    let refused = home.run("config init --profile prod").with(2);
    refused.says("not a profile");
    home.run("config init -o json").with(2);
    for format in ["json", "csv", "prometheus"] {
        let other = home.path().join(format);
        home.command("config init --url redis://h -c acme --edgerc ~/.edgerc --config")
            .arg(&other)
            .env("ALECS_CACHE_OUTPUT", format)
            .run()
            .with(0);
    }
    let refused = home.run("config init").with(2);
    refused.says("--url");
    let secret = home
        .run("config init --url redis://:hunter2@h -c acme --edgerc /e")
        .with(2);
    secret.says("password");
    let ended = home
        .command("config init -c acme --edgerc /e")
        .on_terminal_when("Address of Valkey", "redis://h:1\r");
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    let document = home.run("config -o json").with(0).json();
    assert_eq!(
        (&document["endpoint"], &document["customer"]),
        (&"redis://h:1/0".into(), &"acme".into())
    );
    let folder = std::fs::read_dir(home.path().join(".config/alecs-cache")).unwrap();
    assert_eq!(folder.count(), 1);
    // What is in force is proposed.
    let command = home.command("config init --force --edgerc /e");
    let ended = command
        .env("VALKEY_HOST", "cache.example.net")
        .env("VALKEY_PORT", "7777")
        .env("VALKEY_PASSWORD", "hunter2")
        .env("ALECS_CUSTOMER", "beta")
        .on_terminal_when(
            "Address of Valkey [redis://cache.example.net:7777/0]",
            "\r\r",
        );
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    let document = home.run("config -o json").with(0).json();
    assert_eq!(
        (&document["endpoint"], &document["customer"]),
        (&"redis://cache.example.net:7777/0".into(), &"beta".into())
    );
}
