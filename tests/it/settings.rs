//! The sources of settings, as an operator sees them.

use crate::config::row;
use crate::support::run::{Ended, Home};
use crate::support::server::{Kind, Server, free_port};
use rustix::process::Signal;

#[test]
fn options_stand_before_and_behind_the_command() {
    let home = Home::new();
    let ended = home
        .run("-c acme --db 2 config -c beta -o json --url redis://b")
        .with(0);
    assert_eq!(
        ended.json()["customers"],
        serde_json::json!(["acme", "beta"])
    );
    assert_eq!(ended.json()["endpoint"], "redis://b:6379/2");
    let twice = home.run("--url redis://a config --url redis://b").with(2);
    let refused = "'--url <URL>' cannot be used multiple times";
    twice.says(refused);
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
    ended.says(
        "`-` is stdin and was given twice, in --password-file and in --sentinel-password-file",
    );
    // The command's own use of stdin is known before anybody waits for a password.
    for line in [
        "invalidate - --yes --password-file -",
        "get property - --password-file -",
        "warm --from - --password-file -",
        "invalidate - prp_1 - --yes",
    ] {
        let ended = home.command(line).silent_stdin().run().with(2);
        ended.says("stdin and was given twice");
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
    refused.says("ALECS_CACHE_URL");
}

#[test]
fn colour_is_off_where_it_cannot_be_seen_and_on_when_asked_for() {
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
