//! `undo` restores nothing that has expired, is newer or was invalidated again since.

use crate::invalidate::{data, fill, filled, report};
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use crate::undo::undo;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn what_expired_what_is_newer_and_what_was_invalidated_again_stays_away() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_2",
        "akamai:acme:property:prp_3",
        "akamai:acme:property:prp_4",
    ]);
    let _: i64 = stage
        .server
        .ask(&["PEXPIRE", "akamai:acme:property:prp_1", "2000"]);
    report(&stage, &["prp_1", "prp_2", "prp_3", "prp_4"]);
    stage.server_writes("akamai:acme:property:prp_2", "new");
    report(&stage, &["prp_3", "--no-undo"]);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let back = undo(&stage, "");
    assert_eq!(
        (
            &back["restored"],
            &back["skipped_newer"],
            &back["skipped_expired"],
            &back["skipped_invalidated"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!(1)),
        "{back}"
    );
    assert_eq!(
        stage.get("akamai:acme:property:prp_2").as_deref(),
        Some("new")
    );
    assert_eq!(
        data(&stage),
        ["akamai:acme:property:prp_2", "akamai:acme:property:prp_4"]
    );
}

#[test]
fn host_names_do_not_return_when_their_property_was_invalidated_again() {
    let stage = Stage::new(small());
    stage.warm("");
    report(&stage, &["prp_100002", "--cascade"]);
    // It finds nothing, but still declares cached values outdated.
    report(&stage, &["prp_100002", "--cascade"]);
    let before = stage.data();
    let back = undo(&stage, "");
    assert_eq!(back["restored"], 0, "{back}");
    assert!(back["skipped_invalidated"].as_u64() > Some(2), "{back}");
    assert_eq!(stage.data(), before);
}

/// Simulates an hour later: the file is older, and the marks are gone.
fn age(stage: &Stage) {
    let folder = stage.home.path().join(".state/alecs-cache/undo");
    let mut files = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let file = files
        .find(|file| file.extension().is_some_and(|end| end == "undo"))
        .unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let mut header: Value = serde_json::from_slice(&bytes[..end]).unwrap();
    let at = header["marked"]["acme"].as_u64().unwrap();
    header["marked"]["acme"] = json!(at - 3_600_000);
    let old = [header.to_string().as_bytes(), &bytes[end..]].concat();
    std::fs::write(&file, old).unwrap();
    stage.delete("akamai:acme:invalidated");
}

#[test]
fn a_later_invalidation_counts_also_when_its_mark_is_gone() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    report(&stage, &["prp_1", "prp_2"]);
    fill(&stage, &["akamai:acme:property:prp_2"]);
    report(&stage, &["prp_2", "--no-undo"]);
    age(&stage);
    let back = undo(&stage, "");
    assert_eq!(
        (&back["restored"], &back["skipped_invalidated"]),
        (&json!(1), &json!(1)),
        "its own entry is no later one: {back}"
    );
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
}

#[test]
fn an_audit_log_that_no_longer_reaches_back_restores_nothing() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    report(&stage, &["prp_1"]);
    age(&stage);
    let script = "redis.call('DEL', 'akamai:acme:audit') \
        for i = 1, 1000 do redis.call('XADD', 'akamai:acme:audit', '*', 'marks', '[]') end";
    let _: Option<String> = stage.server.ask(&["EVAL", script, "0"]);
    let back = undo(&stage, "");
    assert_eq!(
        (&back["restored"], &back["skipped_invalidated"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn what_is_invalidated_meanwhile_is_left_out_of_what_follows() {
    const KEYS: usize = 4000;
    const WHILE: Duration = Duration::from_secs(2);
    let stage = Stage::new(small()).behind_proxy();
    let keys: Vec<String> = (0..KEYS)
        .map(|n| format!("akamai:acme:property:prp_{n}"))
        .collect();
    fill(&stage, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    report(&stage, &["--everything", "--yes"]);
    stage.proxy().on("SET").times(1).delay(WHILE);
    let run = stage.command("undo -o json").spawn();
    wait_for("it puts something back", || {
        (stage.proxy().seen("SET") > 0).then_some(())
    });
    let began = Instant::now();
    let (seconds, micros): (u64, u64) = stage.server.ask(&["TIME"]);
    let now = (seconds * 1000 + micros / 1000 + 1).to_string();
    let marks = "akamai:acme:invalidated";
    let _: i64 = stage.server.ask(&["ZADD", marks, "GT", &now, "*"]);
    if began.elapsed() > WHILE / 2 {
        return;
    }
    let ended = run.wait().with(0).json();
    assert_eq!(ended["skipped_invalidated"], KEYS, "{ended}");
    assert_eq!(stage.data(), [""; 0]);
    let sent = stage.proxy().seen("SET");
    assert!(sent < KEYS, "{sent} of {KEYS} were restored");
}

#[test]
fn what_embeds_a_property_that_was_stored_anew_since_does_not_come_back() {
    let key = |rest: &str| format!("akamai:acme:{rest}");
    let embedding = [
        key("properties:all"),
        key("hostname:map"),
        key("property:prp_100001:details"),
        key("property:prp_100001:versions"),
    ];
    for changes in [true, false] {
        let stage = Stage::new(small());
        stage.warm("--all");
        fill(
            &stage,
            &[
                "akamai:acme:search:anything",
                "akamai:acme:property:prp_100001:details",
            ],
        );
        let before: Vec<String> = stage.data();
        report(&stage, &["prp_100001", "prp_100002", "--cascade"]);
        if changes {
            stage.api.change(|account, now| {
                account.draft("prp_100001", now);
            });
        }
        stage.run("warm prp_100001 --only details").with(0);
        let new = stage.json(&key("property:prp_100001"));
        let there: Vec<&String> = embedding
            .iter()
            .filter(|key| before.contains(key))
            .collect();
        assert!(there.len() > 3, "{before:?}");
        let planned = undo(&stage, "--dry-run");
        let done = undo(&stage, "");
        for count in ["restored", "fields", "skipped_newer"] {
            assert_eq!(planned[count], done[count], "{count}");
        }
        assert!(done["skipped_newer"].as_u64() > Some(if changes { 3 } else { 0 }));
        for key in there {
            let kind: String = stage.server.ask(&["TYPE", key]);
            assert_eq!(kind == "none", changes, "{key}");
        }
        assert_eq!(stage.json(&key("property:prp_100001")), new);
        // What does not show the version comes back either way.
        for rest in [
            "property:prp_100002",
            "property:prp_100002:hostnames",
            "properties:tree",
            "search:anything",
        ] {
            assert!(stage.get(&key(rest)).is_some(), "{rest}");
        }
        let again = undo(&stage, "");
        assert_eq!(again["restored"], 0, "{again}");
    }
}
