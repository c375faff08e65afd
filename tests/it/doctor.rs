//! `doctor`: reports every broken setup with a hint, all at once.

use crate::support::akamai::{Akamai, Fault};
use crate::support::run::{Ended, Home, Run};
use crate::support::server::{Kind, Server, free_port};
use crate::support::stage::{Stage, small};
use serde_json::Value;

pub fn stage() -> Stage {
    Stage::new(small())
}

/// Checks a stage's own server, API and credentials.
pub fn look(stage: &Stage, line: &str) -> Run {
    stage
        .command(&format!("doctor -o json {line}"))
        .env(
            "AKAMAI_EDGERC",
            Akamai::edgerc(stage.home.path(), &["acme", "beta"]),
        )
        .env("ALECS_CACHE_AKAMAI_HOST", stage.api.url())
}

/// Checks a server only.
pub fn look_at(home: &Home, url: &str, more: &str) -> Run {
    home.command(&format!(
        "doctor --no-akamai -c acme -o json --url {url} --retries 0 {more}"
    ))
}

#[track_caller]
pub fn check(ended: &Ended, name: &str) -> Value {
    let report = ended.json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found
        .unwrap_or_else(|| panic!("no check {name} in {report:#}"))
        .clone()
}

/// Returns the message and the hint of a failed check.
#[track_caller]
pub fn failed(ended: &Ended, name: &str) -> (String, String) {
    let check = check(ended, name);
    assert_eq!(check["ok"], false, "{check:#}");
    let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
    (text("detail"), text("hint"))
}

pub fn names_of_failed(ended: &Ended) -> Vec<String> {
    let report = ended.json();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_sound_set_up_passes_and_nothing_is_written() {
    let stage = stage();
    let ended = look(&stage, "").run().with(0);
    assert_eq!(names_of_failed(&ended), [""; 0]);
    assert!(
        check(&ended, "akamai")["detail"]
            .as_str()
            .unwrap()
            .contains("2 groups")
    );
    assert_eq!(check(&ended, "akamai")["customer"], "acme");
    assert!(
        check(&ended, "valkey")["detail"]
            .as_str()
            .unwrap()
            .contains("Valkey")
    );
    assert_eq!(stage.keys(), [""; 0]);
    // One call, and no failed command.
    assert_eq!(stage.api.seen().len(), 1);
    assert_eq!(stage.server.info("total_error_replies"), "0");
    let text = stage.command("doctor --no-akamai").run().with(0).stdout;
    assert!(
        text.starts_with("All checks passed.\n") && text.contains("✓ role: primary"),
        "{text}"
    );
}

#[test]
fn during_a_block_of_this_address_no_call_is_made_and_its_end_is_named() {
    for met_by in ["get property prp_100000", "doctor"] {
        let stage = stage();
        stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
        if met_by == "doctor" {
            look(&stage, "").run().with(9);
        } else {
            stage.run(met_by).with(9);
        }
        let calls = stage.api.seen().len();
        let (detail, hint) = failed(&look(&stage, "").run().with(9), "akamai");
        assert!(detail.contains("blocked this address"), "{detail}");
        assert!(detail.contains("making no call for "), "{detail}");
        assert!(hint.contains("wait at least a minute"), "{hint}");
        assert_eq!(stage.api.seen().len(), calls, "{met_by}");
        stage.run("get property prp_100001").with(9);
        assert_eq!(stage.api.seen().len(), calls, "{met_by}");
    }
}

#[test]
fn a_failing_api_and_a_server_of_another_mode_have_hints_and_the_last_line_names_the_cause() {
    let stage = stage();
    let down = Fault::Status(500, vec![], "{}".to_owned());
    stage.api.fault("/papi/v1/", 9, down);
    let ended = look(&stage, "").run();
    let (detail, hint) = failed(&ended, "akamai");
    assert!(hint.contains("run it again later"), "{hint}");
    let error = ended.error();
    assert_eq!(error["message"], format!("akamai: {detail}"));
    assert_eq!(error["hint"], hint);

    let sentinel = format!("127.0.0.1:{}", stage.server.port);
    for (mode, what, instead) in [
        (
            format!("--mode sentinel --sentinel {sentinel}"),
            "is not a sentinel",
            "name a sentinel",
        ),
        (
            format!("--mode cluster --node {sentinel}"),
            "is not a node of a cluster",
            "use --mode single",
        ),
    ] {
        let line = format!("doctor --no-akamai -c acme -o json {mode}");
        let ended = stage.home.run(&line).with(3);
        let (detail, hint) = failed(&ended, "valkey");
        assert_eq!(detail, format!("`{sentinel}` {what}"));
        assert!(hint.starts_with(instead), "{hint}");
        assert_eq!(ended.error()["hint"], hint);
    }
}

#[test]
fn a_wrong_password_is_reported_beside_the_other_side() {
    let server = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]);
    let home = Home::new();
    let ended = home
        .command(&format!("doctor -c acme -o json --url {}", server.url()))
        .env("VALKEYCLI_AUTH", "hunter2-wrong")
        .run()
        .with(4);
    let (detail, hint) = failed(&ended, "valkey");
    assert!(detail.contains("refused the credentials"), "{detail}");
    assert!(hint.contains("--password-file"), "{hint}");
    let (detail, hint) = failed(&ended, "credentials");
    assert!(detail.contains(".edgerc does not exist"), "{detail}");
    assert!(hint.contains("[acme]"), "{hint}");
    assert!(!ended.stdout.contains("wrong"));
    // A CI job has no file.
    let mut run = home
        .command("doctor -c acme -o json")
        .env("ALECS_CACHE_URL", server.url());
    for name in ["HOST", "CLIENT_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN"] {
        run = run.env(&format!("AKAMAI_{name}"), "hunter2");
    }
    let (_, hint) = failed(&run.run().with(4), "credentials");
    assert!(hint.contains("--section default"), "{hint}");
}

#[test]
fn both_sides_are_reported_at_once_and_the_first_code_by_rank_counts() {
    let home = Home::new();
    let line = format!(
        "doctor -c acme,beta -o json --retries 0 --url redis://127.0.0.1:{}",
        free_port()
    );
    let ended = home.run(&line).with(10);
    assert_eq!(
        names_of_failed(&ended),
        ["valkey", "credentials", "credentials"]
    );
    let text = home.run(&line.replace(" -o json", "")).with(10).stdout;
    assert!(text.starts_with("3 of 3 checks failed.\n"), "{text}");
}

#[test]
fn what_failed_and_what_needs_attention_is_in_color() {
    let colored = |url: &str, code: i32| {
        let home = Home::new();
        let line = "doctor --no-akamai -c acme --retries 0 --color always --url";
        let ended = home.command(&format!("{line} {url}")).run().with(code);
        let lines = ended.stdout.lines().map(ToOwned::to_owned);
        lines.collect::<Vec<String>>()
    };
    let failed = colored("redis://127.0.0.1:1", 10);
    assert!(
        failed[0].starts_with("\u{1b}[31m\u{1b}[1m1 of 1 check"),
        "{failed:?}"
    );
    assert!(failed[1].starts_with("\u{1b}[31m✗ "), "{failed:?}");
    let server = Server::start(Kind::Valkey, &["--maxmemory", "0"]);
    let sound = colored(&server.url(), 0);
    assert_eq!(sound[0], "\u{1b}[32m\u{1b}[1mAll checks passed.\u{1b}[0m");
    let memory = sound.iter().find(|line| line.contains("memory: "));
    assert!(
        memory.is_some_and(|line| line.starts_with("\u{1b}[33m✓ ")),
        "{sound:?}"
    );
    assert!(sound[1].starts_with("✓ "), "{sound:?}");
}
