//! No command reveals a secret: `support::secrets` searches everything that a run of this suite leaves behind.

use crate::support::run::Home;
use crate::support::secrets::{MARK, Watch};
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

/// Returns what the watch reports for a shell that runs `line` in a home with a file.
fn caught(line: &str) -> String {
    let home = Home::new();
    home.write("given", MARK);
    let run = home.program("sh", ["-c", line]).env("SHOWN", MARK);
    let Err(said) = catch_unwind(AssertUnwindSafe(|| run.run())) else {
        return String::new();
    };
    *said.downcast::<String>().unwrap()
}

#[test]
fn a_secret_that_a_run_shows_on_purpose_is_found() {
    for (line, place) in [
        ("echo a $SHOWN", "in stdout: a hunter2"),
        ("echo huhunter2 >&2", "in stderr: huhunter2"),
        ("mkdir a; cat given >a/b", "/a/b"),
        ("echo 2 $SHOWN >>given", "/given"),
    ] {
        let said = caught(line);
        assert!(said.contains(place), "{line}: {said}");
    }
    assert_eq!(caught("cat given >/dev/null; echo hunter 2"), "");
}

#[test]
fn a_secret_on_the_command_line_of_a_child_is_found() {
    let home = Home::new();
    let mut parent = Command::new("sh")
        .args(["-c", "sh -c 'read -r line; :' $SHOWN; :"])
        .env("SHOWN", MARK)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut watch = Watch::begin(home.path());
    wait_for("the child runs", || {
        watch.look_at_children(parent.id());
        watch.has_children().then_some(())
    });
    drop(parent.stdin.take());
    parent.wait().unwrap();
    let said = catch_unwind(AssertUnwindSafe(|| watch.end(&[]))).unwrap_err();
    let said = said.downcast::<String>().unwrap();
    assert!(said.contains("in a child: sh"), "{said}");
}

#[test]
fn what_is_left_in_the_cache_and_on_disk_holds_no_secret_however_it_was_given() {
    // Without compression a dump contains the value in plain.
    let arguments = ["--requirepass", MARK, "--rdbcompression", "no"];
    let server = Server::start(Kind::Valkey, &arguments).login(&[MARK]);
    let stage = Stage::on(server, small());
    stage.api.switch("1-hunter2:1-ABC", small());
    let address = format!("redis://:{MARK}@127.0.0.1:{}/0", stage.server.port);
    for line in [
        "warm --record recording",
        "invalidate prp_100001 --cascade --refill",
        "get property prp_100002",
        "undo --force",
        "doctor --no-akamai",
        "log",
        "config",
    ] {
        let run = stage.command(line).arg("-vvv").arg("--url").arg(&address);
        let ended = run.arg("--account-key").arg("1-hunter2:1-ABC").run();
        assert!(matches!(ended.code(), 0 | 7), "{line}: {}", ended.stderr);
    }
    for written in ["recording", ".state/alecs-cache/undo"] {
        assert!(stage.home.path().join(written).exists(), "{written}");
    }
    let keys = stage.keys();
    assert!(
        keys.iter().any(|key| key == "akamai:acme:audit"),
        "{keys:?}"
    );
    for key in keys {
        let dump = stage.server.ask::<Vec<u8>>(&["DUMP", &key]);
        let dump = String::from_utf8_lossy(&dump);
        assert!(!dump.contains(MARK), "{key}: {dump}");
    }
}
