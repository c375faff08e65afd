//! How runs end, and their last line.

use crate::support::run::{BINARY, Home, Running};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

#[test]
fn help_and_version_are_data() {
    let home = Home::new();
    let help = home.run("--help").with(0);
    assert!(
        help.stdout.contains("Exit codes:") && help.stdout.contains("130  interrupted (SIGINT)")
    );
    assert_eq!(help.stderr, "");
    assert_eq!(
        home.run("--version").with(0).stdout,
        format!("alecs-cache {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(
        home.run("help warm")
            .with(0)
            .stdout
            .contains("--refresh-below")
    );
    for (name, path) in [("clear", "locks clear"), ("init", "config init")] {
        let help = home.run(&format!("help {name}")).with(0).stdout;
        assert_eq!(help, home.run(&format!("help {path}")).with(0).stdout);
    }
    // Help must not depend on anything that could be broken.
    home.config("nonsense");
    home.run("warm --help").with(0);
    home.run("completions bash").with(0);
    home.run("man").with(0);
}

#[test]
fn an_invalid_command_line_exits_with_2() {
    let home = Home::new();
    for line in [
        "",
        "nonsense",
        "config --nonsense",
        "config extra",
        "config --db x",
        "config --timeout 0",
        "config -o xml",
        "completions tcsh",
        "man nonsense",
    ] {
        let ended = home.run(line).with(2);
        assert_eq!(ended.stdout, "", "{line}");
        assert!(!ended.stderr.is_empty(), "{line}");
    }
}

#[test]
fn an_unsupported_output_format_is_refused() {
    let home = Home::new();
    for line in [
        "config -o prometheus",
        "-o csv config",
        "inspect x -o csv",
        "warm -o prometheus",
        "completions bash -o json",
    ] {
        let ended = home.run(line).with(2);
        assert!(
            ended.stderr.contains("possible values: table"),
            "{line}: {}",
            ended.stderr
        );
    }
}

#[test]
fn an_unsupported_output_format_from_the_environment_becomes_a_table() {
    let home = Home::new();
    let table = home.run("config --all").with(0).stdout;
    for (line, format) in [("config --all", "csv"), ("config --all", "prometheus")] {
        let run = home.command(line).env("ALECS_CACHE_OUTPUT", format);
        let shown = run.run().with(0).stdout;
        assert_eq!(shown.lines().next(), table.lines().next(), "{line}");
    }
    let bash = home.run("completions bash").with(0).stdout;
    let run = home
        .command("completions bash")
        .env("ALECS_CACHE_OUTPUT", "csv");
    assert_eq!(run.run().with(0).stdout, bash);
    std::fs::create_dir_all(home.path().join(".config/alecs-cache")).unwrap();
    let file = home.path().join(".config/alecs-cache/config.toml");
    std::fs::write(file, "output = 'csv'\n").unwrap();
    home.run("config").with(0);
    home.run("config -o csv").with(2);
}

#[test]
fn with_json_the_last_line_of_stderr_is_one_object() {
    let home = Home::new();
    let usage = home.run("config --zzz -o json").with(2);
    assert_eq!(
        usage.error(),
        json!({"code": "usage", "exit": 2, "message": "unexpected argument '--zzz' found", "hint": "run `alecs-cache config --help` to see what it takes"})
    );
    let other = home.path().join("cache-tool");
    std::os::unix::fs::symlink(BINARY, &other).unwrap();
    let run = home.program(other.to_str().unwrap(), ["config", "--zzz", "-o", "json"]);
    assert_eq!(run.run().with(2).error(), usage.error());
    for (line, hint) in [
        (
            "invalidate prp_1 --cascde",
            "pass `--cascade` if you mean that",
        ),
        ("get prperty", "pass `property` if you mean that"),
        ("warm --all --only details", "leave one of them out"),
        (
            "undo a b",
            "run `alecs-cache undo --help` to see what it takes",
        ),
    ] {
        let refused = home.run(&format!("{line} -o json")).with(2);
        assert_eq!(refused.error()["hint"], hint, "{line}");
    }
    let message = |line: &str| {
        home.run(line).with(2).error()["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(message("-o json").starts_with("'alecs-cache' requires a subcommand"));
    let nothing = home
        .command("")
        .env("ALECS_CACHE_OUTPUT", "json")
        .run()
        .with(2);
    assert_eq!(nothing.error()["message"], "a command is missing");
    assert_eq!(
        message("inspect -o json"),
        "the following required arguments were not provided: <KEY|ID|HOSTNAME|PATTERN>..."
    );
    let config = home.run("config -o json --profile x").with(3);
    assert_eq!(
        config.error(),
        json!({"code": "config", "exit": 3, "message": "there is no profile `x` (--profile)", "hint": "there is no configuration file; name one with --config"})
    );
    assert_eq!(config.stderr.lines().count(), 1);
    assert_eq!(config.stdout, "");
    let of_variable = home
        .command("config --profile x")
        .env("ALECS_CACHE_OUTPUT", "json")
        .run()
        .with(3);
    assert_eq!(of_variable.error()["exit"], 3);
}

#[test]
fn a_file_that_asks_for_json_gets_its_own_faults_in_json() {
    let home = Home::new();
    home.config("output = 'json'\nretries = 'many'\n");
    assert_eq!(home.run("locks").with(3).error()["code"], "config");
    home.config("output = 'json'\n");
    assert_eq!(home.run("locks --profile x").with(3).error()["exit"], 3);
    let table = home.run("locks --profile x -o table").with(3);
    assert!(table.stderr.starts_with("error: "), "{}", table.stderr);
}

#[test]
fn an_error_is_one_sentence_and_a_hint() {
    let home = Home::new();
    assert_eq!(
        home.run("config --profile x").with(3).stderr,
        "error: there is no profile `x` (--profile)\n  hint: there is no configuration file; name one with --config\n"
    );
}

#[test]
fn a_refused_command_line_is_one_sentence_and_a_hint() {
    let home = Home::new();
    for (line, message, hint) in [
        (
            "warm --budget 5 --budget 6",
            "the argument '--budget <N>' cannot be used multiple times",
            "leave one of them out",
        ),
        (
            "warm --force --every 5m",
            "the argument '--force' cannot be used with '--every <TIME>'",
            "leave one of them out",
        ),
        (
            "-q warm --only",
            "a value is required for '--only <RES>' but none was supplied",
            "run `alecs-cache warm --help` to see what it takes",
        ),
        (
            "wram",
            "unrecognized subcommand 'wram'",
            "pass `warm` if you mean that",
        ),
        (
            "config init --all",
            "unexpected argument '--all' found",
            "run `alecs-cache config init --help` to see what it takes",
        ),
        (
            "config --all init",
            "`--all` cannot be used with `config init`",
            "leave out `--all`",
        ),
    ] {
        let people = home.run(line).with(2);
        let expected = format!("error: {message}\n  hint: {hint}\n");
        assert_eq!(people.stderr, expected, "{line}");
        let script = home.run(&format!("{line} -o json")).with(2);
        assert_eq!(
            script.stderr.lines().count(),
            1,
            "{line}: {}",
            script.stderr
        );
        let error = json!({"code": "usage", "exit": 2, "message": message, "hint": hint});
        assert_eq!(script.error(), error, "{line}");
    }
}

#[test]
fn text_in_an_error_cannot_control_the_terminal() {
    let home = Home::new();
    let ended = home
        .command("config --profile")
        .arg("\u{1b}[2J\n::error::x")
        .run()
        .with(3);
    assert!(
        !ended.stderr.contains('\u{1b}') && !ended.stderr.contains("\n::"),
        "{:?}",
        ended.stderr
    );
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let home = Home::new();
    for line in [
        "config",
        "config -o json",
        "man",
        "completions zsh",
        "--help",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = home.command(line).stdout(writer).wait().with(0);
        assert_eq!(ended.stderr, "", "{line}");
    }
}

#[test]
fn a_pipe_that_is_closed_after_one_line_is_no_error() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let running = home.command("completions zsh").stdout(Stdio::from(writer));
    let mut lines = BufReader::new(reader).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("#compdef"));
    drop(lines);
    assert_eq!(running.wait().with(0).stderr, "");
}

#[test]
fn a_full_disk_is_an_error() {
    let home = Home::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = home.command("config").stdout(full).wait().with(1);
    assert!(
        ended
            .stderr
            .starts_with("error: cannot write to standard output: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_shell_gets_its_completions_and_every_command_has_a_page() {
    let home = Home::new();
    for (shell, mark) in [
        ("bash", "complete -o nospace"),
        ("zsh", "#compdef alecs-cache"),
        ("fish", "--command alecs-cache"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        assert!(
            home.run(&format!("completions {shell}"))
                .with(0)
                .stdout
                .contains(mark),
            "{shell}"
        );
    }
    let standing =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/man/alecs-cache.1")).unwrap();
    assert!(home.run("man").with(0).bytes == standing);
    for command in ["warm", "inspect", "config", "completions", "man"] {
        let page = home.run(&format!("man {command}")).with(0).stdout;
        assert!(
            page.contains(&format!("alecs\\-cache\\-{command}")),
            "{command}"
        );
    }
}

#[test]
fn a_run_that_waits_for_stdin_ends_with_the_signal() {
    let home = Home::new();
    let run = || {
        home.command("config --password-file -")
            .interruptible()
            .silent_stdin()
            .spawn()
    };
    let ends: [fn(&Running); 3] = [Running::interrupt, Running::terminate, Running::kill];
    for (end, signal) in ends.into_iter().zip([2, 15, 9]) {
        let running = run();
        running.is_interruptible();
        end(&running);
        assert_eq!(running.wait().signal(), Some(signal));
    }
}

#[test]
fn an_endless_list_on_stdin_is_read_until_the_operator_interrupts() {
    let home = Home::new();
    for line in ["invalidate - --yes", "get property -", "warm --from -"] {
        for (end, code) in [
            (Running::interrupt as fn(&Running), 130),
            (Running::terminate, 143),
        ] {
            let running = home.command(line).arg("-v").silent_stdin().spawn();
            running.listens();
            end(&running);
            running.wait().with(code);
        }
    }
}

#[test]
fn a_terminal_gets_colour_and_documents_in_lines() {
    let home = Home::new();
    let config = |line: &str| home.command(line).env("TERM", "xterm-256color");
    let table = config("config --all").on_terminal("");
    assert_eq!(table.code, Some(0));
    assert!(table.screen.contains("\u{1b}["), "{}", table.screen);
    let json = config("config -o json").on_terminal("");
    assert!(
        json.screen
            .contains("\r\n  \"schema\": \"alecs-cache/config/1\""),
        "{}",
        json.screen
    );
    for run in [
        config("config").env("NO_COLOR", "1"),
        config("config").env("TERM", "dumb"),
    ] {
        let shown = run.on_terminal("");
        assert!(!shown.screen.contains('\u{1b}'), "{}", shown.screen);
    }
    let error = config("config --profile x").on_terminal("");
    assert!(
        error
            .screen
            .starts_with("\u{1b}[31m\u{1b}[1merror:\u{1b}[0m there is no profile"),
        "{}",
        error.screen
    );
}

#[test]
fn invalid_input_is_quoted_without_control_characters() {
    let home = Home::new();
    for words in [
        vec!["-c", "\n::error::y", "config"],
        vec!["inspect", "prp_1", "--limit", "\u{1b}[31m1\r"],
        vec!["\n::warning::x"],
    ] {
        for output in ["table", "json"] {
            let mut line = words.clone();
            line.extend(["-o", output]);
            let ended = home.command_of(line).run().with(2);
            assert!(
                !ended.stderr.contains(['\u{1b}', '\r']),
                "{:?}",
                ended.stderr
            );
            assert!(!ended.stderr.contains("\n::"), "{:?}", ended.stderr);
        }
    }
}

#[test]
fn on_a_terminal_a_manual_page_is_shown_by_the_program_for_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let folder = home.path().join("programs");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("man");
    let script = "#!/bin/sh\necho shown by man $*\nexec cat >/dev/null\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let page = |path: &str| {
        let run = home
            .command("man warm")
            .env("PATH", path)
            .env("TERM", "xterm");
        let shown = run.on_terminal("");
        assert_eq!(shown.code, Some(0), "{}", shown.screen);
        shown.screen
    };
    let with = page(&format!("{}:/usr/bin:/bin", folder.display()));
    assert!(with.contains("shown by man -l -"), "{with}");
    assert!(!with.contains(".TH"), "{with}");
    // Without one, and in a pipe, the source of the page is printed.
    let without = page("/nowhere");
    assert!(without.contains(".TH ALECS-CACHE-WARM"), "{without}");
    let piped = home.run("man warm").with(0).stdout;
    assert!(piped.contains("2026-11-28"), "{piped}");
}

#[test]
fn long_output_goes_through_the_pager() {
    let home = Home::new();
    let config = |line: &str| home.command(line).columns(80).env("PAGER", "cat >paged");
    let paged = || std::fs::read_to_string(home.path().join("paged")).ok();
    let short = config("config url").on_terminal("");
    assert!(
        short.screen.contains("redis://127.0.0.1:6379"),
        "{}",
        short.screen
    );
    assert_eq!(paged(), None);
    let all = config("config --all").on_terminal("");
    assert_eq!((all.code, all.screen.as_str()), (Some(0), ""));
    let text = paged().unwrap();
    assert!(
        text.contains("sentinel_password_file") && text.lines().count() > 40,
        "{text}"
    );
    // Nobody can quit the pager, or it is not wanted.
    for run in [
        config("config --all --no-input"),
        config("config --all").env("CI", "true"),
        config("config --all").env("TERM", "dumb"),
        config("config --all").env("PAGER", ""),
    ] {
        std::fs::remove_file(home.path().join("paged")).ok();
        let screen = run.on_terminal("").screen;
        assert!(screen.contains("sentinel_password_file"), "{screen}");
        assert_eq!(paged(), None);
    }
    // Quitting early is no error, and a pager that does not start hides nothing.
    let absent = config("config --all").env("PAGER", "/nosuch/pager -x");
    let absent = absent.on_terminal("");
    assert_eq!(absent.code, Some(0), "{}", absent.screen);
    assert!(
        absent.screen.contains("sentinel_password_file"),
        "{}",
        absent.screen
    );
    let left = config("config --all")
        .env("PAGER", "head -n 1")
        .on_terminal("");
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(left.screen.contains("SETTING"), "{}", left.screen);
}
