//! The sources of settings, as an operator sees them.

use crate::support::run::{Ended, Home};
use crate::support::server::{Kind, Server, free_port};
use rustix::process::Signal;
use serde_json::Value;

/// Returns a row of `config -o json`.
fn row(ended: &Ended, setting: &str) -> (Value, String, Value) {
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
fn options_stand_before_and_behind_the_command() {
    let home = Home::new();
    let ended = home
        .run("-c acme --url redis://a config -c beta -o json --url redis://b")
        .with(0);
    assert_eq!(
        ended.json()["customers"],
        serde_json::json!(["acme", "beta"])
    );
    assert_eq!(ended.json()["endpoint"], "redis://b:6379/0");
}

#[test]
fn the_environment_of_the_server_is_understood() {
    let home = Home::new();
    let ended = home
        .command("config -o json")
        .env("VALKEY_HOST", "cache.internal")
        .env("VALKEY_PORT", "7000")
        .env("VALKEY_PASSWORD", "hunter2")
        .env("REDIS_URL", "redis://somebody.else")
        .run()
        .with(0);
    assert_eq!(ended.json()["endpoint"], "redis://cache.internal:7000/0");
    assert_eq!(row(&ended, "password").0, "********");
}

#[test]
fn a_configuration_file_of_the_current_folder_is_not_read() {
    let home = Home::new();
    let folder = home.path().join("strange");
    std::fs::create_dir_all(folder.join("alecs-cache")).unwrap();
    for name in [
        "config.toml",
        "alecs-cache.toml",
        ".alecs-cache.toml",
        "alecs-cache/config.toml",
    ] {
        std::fs::write(folder.join(name), "url = 'redis://stranger'").unwrap();
    }
    for relative in ["", ".", "alecs-cache/.."] {
        let command = home
            .command("config -o json")
            .current_dir(&folder)
            .env("XDG_CONFIG_HOME", relative)
            .env("HOME", relative);
        let ended = command.run().with(0);
        assert_eq!(ended.json()["endpoint"], "redis://127.0.0.1:6379/0");
    }
}

#[test]
fn a_malformed_file_is_refused_with_the_line() {
    let home = Home::new();
    let config = home.config("db = 1\nurll = 'redis://h'\n");
    let ended = home.run("locks").with(3);
    assert_eq!(
        ended.stderr,
        format!(
            "error: `{}` line 2 has the unknown key `urll`\n  hint: line 2: `urll = …`; did you mean `url`?\n",
            config.display()
        )
    );
    home.config("db = \n");
    assert!(
        home.run("config")
            .with(3)
            .stderr
            .contains("line 1 is not TOML")
    );
    home.config("[profile.prod]\nretries = 'many'\n");
    assert!(
        home.run("config --profile prod")
            .with(3)
            .stderr
            .contains("invalid value 'many' for retries")
    );
    home.run("config --config nowhere.toml").with(3);
    home.run("config --profile test").with(3);
}

#[test]
fn no_password_is_shown_anywhere() {
    // Every run of this suite checks for the mark; here it is given in every way.
    let home = Home::new();
    let password = home.write("pw", "hunter2\n");
    let bad = [
        "redis://u:hunter2@h:x",
        "http://u:hunter2@h",
        "redis://h/hunter2",
        "redis://h#hunter2",
        "hunter2",
    ];
    for url in bad {
        home.command("config -vvv --url").arg(url).run().with(2);
    }
    for output in ["table", "json"] {
        let run = |rest: &str| home.command(&format!("-o {output} {rest}"));
        run("config -vvv --url redis://u:hunter2@h --account-key hunter2")
            .run()
            .with(0);
        run("config -vvv --password-file")
            .arg(&password)
            .run()
            .with(0);
        run("config -vvv --password-file -")
            .stdin("hunter2\n")
            .run()
            .with(0);
        for name in [
            "VALKEYCLI_AUTH",
            "REDISCLI_AUTH",
            "VALKEY_PASSWORD",
            "CACHE_PASSWORD",
            "AKAMAI_EDGERC_ACCOUNT_KEY",
        ] {
            run("config -vvv").env(name, "hunter2").run().with(0);
        }
        run("config --password=hunter2").run().with(2);
        run("config")
            .env("REDIS_URL", "redis://:hunter2@[x")
            .run()
            .with(3);
    }
}

#[test]
fn a_password_on_the_command_line_works_with_a_warning() {
    let home = Home::new();
    let ended = home.run("config --url redis://:hunter2@h").with(0);
    assert_eq!(
        ended.stderr,
        "warning: others on this machine can see the password in --url; use --password-file or VALKEYCLI_AUTH\n\
         all others have their defaults; --all lists them\n"
    );
    assert_eq!(
        home.run("config -q --url redis://:hunter2@h")
            .with(0)
            .stderr,
        ""
    );
}

#[test]
fn stdin_is_used_for_one_file_only() {
    let home = Home::new();
    let line = "config --mode sentinel --sentinel s --password-file - --sentinel-password-file -";
    let ended = home.command(line).silent_stdin().run().with(2);
    assert!(
        ended.stderr.contains(
            "`-` is stdin and was given twice, in --password-file and in --sentinel-password-file"
        ),
        "{}",
        ended.stderr
    );
    // The command's own use of stdin is known before anybody waits for a password.
    for line in [
        "invalidate - --yes --password-file -",
        "get property - --password-file -",
        "warm --from - --password-file -",
        "invalidate - prp_1 - --yes",
    ] {
        let ended = home.command(line).silent_stdin().run().with(2);
        assert!(
            ended.stderr.contains("stdin and was given twice"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn contradictions_are_refused_with_a_reason() {
    let home = Home::new();
    for (line, reason) in [
        (
            "config --mode cluster --node a:1 --db 1",
            "a cluster has only database 0",
        ),
        ("config --mode sentinel", "sentinel mode needs a sentinel"),
        (
            "config --node a:1",
            "--node names nodes of a cluster, but the mode is single",
        ),
        ("config --key-prefix=", "expected a non-empty prefix"),
        ("config --key-prefix a*:", "expected a non-empty prefix"),
        ("config --tls-ca x", "--tls-ca has no effect without TLS"),
    ] {
        let ended = home.run(line).with(2);
        assert!(ended.stderr.contains(reason), "{line}: {}", ended.stderr);
    }
    for name in ["a*", "acme:x", "[a-z]", "stats", ""] {
        home.command("config -c").arg(name).run().with(2);
    }
}

#[test]
fn a_stronger_address_is_not_mixed_with_the_servers_of_a_weaker_profile() {
    let home = Home::new();
    home.config(
        "[profile.cluster]\nmode = \"cluster\"\nnodes = [\"a:1\"]\n\
         [profile.sentinel]\nmode = \"sentinel\"\nsentinels = [\"s:1\"]\n",
    );
    let endpoint = |run: crate::support::run::Run| {
        run.run().with(0).json()["endpoint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let cluster = || home.command("--profile cluster config -o json");
    assert_eq!(endpoint(cluster()), "cluster://a:1");
    assert_eq!(
        endpoint(cluster().arg("--url").arg("redis://b:2")),
        "cluster://b:2"
    );
    assert_eq!(
        endpoint(cluster().env("ALECS_CACHE_URL", "redis://b:2")),
        "cluster://b:2"
    );
    assert_eq!(
        endpoint(cluster().env("VALKEY_HOST", "b").env("VALKEY_PORT", "2")),
        "cluster://b:2"
    );
    let both = cluster()
        .arg("--url")
        .arg("redis://b:2")
        .arg("--node")
        .arg("c:3");
    assert_eq!(endpoint(both), "cluster://c:3,b:2");
    let sentinel = home.command("--profile sentinel config");
    let refused = sentinel.env("ALECS_CACHE_URL", "redis://b:2").run();
    assert!([2, 3].contains(&refused.code()), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("ALECS_CACHE_URL"),
        "{}",
        refused.stderr
    );
}

#[test]
fn colour_is_off_where_nobody_can_see_it_and_on_when_asked_for() {
    let home = Home::new();
    let escape = |ended: Ended| ended.with(0).stdout.contains('\u{1b}');
    assert!(!escape(home.run("config")));
    assert!(escape(home.run("config --color always")));
    assert!(!escape(
        home.command("config")
            .env("NO_COLOR", "1")
            .env("ALECS_CACHE_COLOR", "")
            .run()
    ));
    assert!(!escape(home.run("config --color never")));
    home.config("color = 'always'");
    assert!(escape(home.run("config")));
    assert!(!escape(home.command("config").env("NO_COLOR", "1").run()));
}

#[test]
fn a_password_is_asked_for_on_a_terminal_without_showing_it() {
    let server = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]);
    let home = Home::new();
    let inspect = |more: &str| {
        home.command(&format!(
            "inspect akamai:default:properties:all --password-file - --url redis://127.0.0.1:{} {more}",
            server.port
        ))
    };
    let asked = |keys: &str| inspect("").on_terminal_when("Password for Valkey: ", keys);
    for (keys, code) in [
        ("hunter2\n", 5),
        ("wrong\n", 4),
        ("\n", 3),
        ("\u{4}", 12),
        ("hunt\u{4}\u{4}", 12),
        ("hunt\u{3}", 130),
    ] {
        let ended = asked(keys);
        assert_eq!(ended.code, Some(code), "{}", ended.screen);
        assert!(!ended.screen.contains("hunt"), "{}", ended.screen);
        assert!(ended.echo, "the terminal is as it was");
    }
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let ended = inspect("").signalled_at("Password for Valkey: ", signal);
        assert_eq!(ended.code, Some(143), "{signal:?}: {}", ended.screen);
        assert!(ended.echo, "the terminal is as it was: {signal:?}");
    }
    let refused = inspect("--no-input").on_terminal("");
    assert_eq!(refused.code, Some(2), "{}", refused.screen);
    assert!(
        !refused.screen.contains("Password for"),
        "{}",
        refused.screen
    );
    inspect("--no-input").stdin("hunter2\n").run().with(5);
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
fn akamai_settings_do_not_affect_commands_without_api_calls() {
    let server = Server::valkey();
    let home = Home::new();
    let run = |line: &str| {
        home.command(line)
            .env(
                "ALECS_CACHE_URL",
                format!("redis://127.0.0.1:{}", server.port),
            )
            .env("ALECS_CACHE_AKAMAI_TIMEOUT", "soon")
            .env("AKAMAI_EDGERC", "/nonexistent/edgerc")
            .run()
    };
    run("--section s --edgerc x inspect prp_1").with(5);
    run("locks --account-key k --akamai-host h").with(0);
    run("config").with(3);
    let flags = home
        .run("--edgerc /e --akamai-timeout 7s config -o json")
        .with(0);
    assert_eq!(row(&flags, "edgerc").0, "/e");
    assert_eq!(row(&flags, "akamai_timeout").0, "7s");
    let options = home.run("help options").with(0).stdout;
    assert!(options.contains("--edgerc"), "{options}");
}

#[test]
fn help_topics_fit_the_terminal_and_80_columns() {
    let home = Home::new();
    for topic in ["options", "exit-codes", "environment"] {
        for columns in [0, 50, 80, 200] {
            let run = home.command(&format!("help {topic}"));
            let run = run.columns(columns).env("NO_COLOR", "1");
            let ended = run.env("PAGER", "cat").on_terminal("");
            let fits = match usize::from(columns) {
                50 => 50,
                _ => 80,
            };
            // A word that is longer than a line is not broken.
            let long = |line: &&str| line.len() > fits && line.trim().contains(' ');
            let screen = ended.screen.replace('\r', "");
            let lines: Vec<&str> = screen.lines().filter(long).collect();
            assert_eq!(lines, [""; 0], "{topic} at {columns}");
        }
    }
}

#[test]
fn a_log_says_how_the_servers_were_reached_and_nothing_secret() {
    let server = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]);
    let home = Home::new();
    let run = |line: &str| {
        home.command(&format!("{line} hit-rate -o json"))
            .env("VALKEY_HOST", "127.0.0.1")
            .env("VALKEY_PORT", server.port.to_string())
            .env("VALKEY_PASSWORD", "hunter2")
            .run()
            .with(0)
            .stderr
    };
    assert_eq!(run(""), "");
    let info = format!("info: connected to `redis://127.0.0.1:{}/0`\n", server.port);
    assert_eq!(run("-v"), info);
    let debug = run("-vv");
    assert!(
        debug.contains(&info) && debug.contains("answered `HLEN`"),
        "{debug}"
    );
    run("-vvv");
}

#[test]
fn the_log_names_the_cause_of_a_lost_server() {
    let home = Home::new();
    let port = free_port();
    let run = |more: &str| {
        let line = format!("hit-rate --url redis://127.0.0.1:{port} --retries 0{more}");
        home.run(&line).with(10).stderr
    };
    assert!(!run("").contains("caused by"));
    let log = run(" -vv");
    let cause = log.lines().find(|line| line.contains("caused by: "));
    assert!(cause.is_some_and(|line| line.contains("refused")), "{log}");
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
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    home.run(&format!("{other} --force")).with(0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("7778"));
    // A broken file can be replaced too.
    home.config("nonsense");
    home.run(&format!("{line} --force")).with(0);
    home.run("config").with(0);
}

#[test]
fn config_init_asks_on_a_terminal_and_refuses_without_one_and_keeps_passwords_out() {
    let home = Home::new();
    let refused = home.run("config init --profile prod").with(2);
    assert!(
        refused.stderr.contains("not a profile"),
        "{}",
        refused.stderr
    );
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
    assert!(refused.stderr.contains("--url"), "{}", refused.stderr);
    let secret = home
        .run("config init --url redis://:hunter2@h -c acme --edgerc /e")
        .with(2);
    assert!(secret.stderr.contains("password"), "{}", secret.stderr);
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
