//! `invalidate`: how keys are removed: by generation, at a limited pace, named keys first.

use crate::invalidate::{HASH, data, fill, filled, report};
use crate::support::stage::Stage;
use serde_json::json;
use std::time::{Duration, Instant};

/// The index of generations as a warm run leaves it.
fn runs(stage: &Stage, of: &[(&str, u64)]) {
    for (key, run) in of {
        let run = run.to_string();
        let _: i64 = stage
            .server
            .ask(&["ZADD", "akamai:acme:generations", &run, key]);
    }
}

#[test]
fn keys_are_removed_by_the_run_that_wrote_them_without_a_scan() {
    let keys = [
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_2",
        "akamai:acme:groups:all",
        "akamai:beta:property:prp_1",
    ];
    let stage = filled(&keys);
    let _: String = stage.server.ask(&["SET", "session:1", "x"]);
    // A manipulated index does not lead outside the data.
    runs(
        &stage,
        &[
            (keys[0], 3),
            (keys[1], 4),
            (keys[2], 5),
            (keys[3], 3),
            ("session:1", 3),
            ("akamai:acme:property:prp_9", 3),
            ("akamai:acme:generation", 3),
            ("akamai:acme:warm:state", 3),
        ],
    );
    let record = "akamai:acme:warm:state";
    let _: i64 = stage.server.ask(&["HSET", record, "account", "act_1"]);
    let _: String = stage.server.ask(&["SET", "akamai:acme:generation", "5"]);
    let _: String = stage.server.ask(&["CONFIG", "RESETSTAT"]);
    let plan = report(&stage, &["--before-generation", "5", "--dry-run"]);
    assert_eq!((&plan["matched"], &plan["removed"]), (&json!(2), &json!(0)));
    let refused = stage.run("invalidate --before-generation 5 --max-keys 1 -o json");
    assert_eq!(refused.with(6).json()["removed"], 0);
    let done = report(&stage, &["--generation", "3", "--expect", "1"]);
    assert_eq!(done["removed"], 1);
    assert_eq!(stage.server.info("cmdstat_scan"), "", "nothing is scanned");
    assert!(!stage.keys().contains(&keys[0].to_owned()));
    let id = done["undo_id"].as_str().unwrap();
    let back = stage.run(&format!("undo {id} -o json")).with(0).json();
    assert_eq!(back["restored"], 1);
    let done = report(&stage, &["--before-generation", "5"]);
    assert_eq!(done["removed"], 2);
    assert_eq!(done["by_target"][0]["target"], "--before-generation 5");
    for key in [
        keys[2],
        keys[3],
        "session:1",
        "akamai:acme:generation",
        record,
    ] {
        assert!(stage.keys().contains(&key.to_owned()), "{key}");
    }
    let index = "akamai:acme:generations";
    stage.delete(index);
    let _: String = stage.server.ask(&["SET", index, "5"]);
    let unknown = stage.run("invalidate --generation 3 -o json").with(1);
    let message = unknown.error()["message"].to_string();
    assert!(message.contains(index), "{message}");
}

#[test]
fn a_pace_limits_the_keys_removed_per_second() {
    let stage = filled(&[]);
    for number in 0..100 {
        fill(&stage, &[&format!("akamai:acme:property:prp_{number}")]);
    }
    for undo in ["--no-undo", "--undo"] {
        let began = Instant::now();
        let line = format!("invalidate --pattern property:* --yes --pace 50/s {undo} -o json");
        let done = stage.run(&line).with(0).json();
        // The first batch of five is not delayed.
        assert!(began.elapsed() >= Duration::from_millis(1800), "{undo}");
        assert_eq!(done["removed"], 100);
        for number in 0..100 {
            fill(&stage, &[&format!("akamai:acme:property:prp_{number}")]);
        }
    }
    for rate in ["0", "-1", "fast", "5/m"] {
        stage
            .run(&format!("invalidate prp_1 --pace={rate}"))
            .with(2);
    }
}

#[test]
fn named_keys_are_removed_before_the_walk_and_the_rest_after_it() {
    let keys = [
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_1:details",
        "akamai:acme:property:prp_1:activations",
        "akamai:acme:property:prp_1:rules:v4",
        "akamai:acme:property:prp_1:rules:v9",
        "akamai:acme:properties:all",
        "akamai:acme:properties:tree",
        "akamai:acme:properties:ctr_1:grp_1:10",
        "akamai:acme:hostname:map",
        "akamai:acme:hostname:www.a.example",
        "akamai:acme:search:x",
    ];
    let stage = filled(&keys);
    let set = |key: &str, value: serde_json::Value| {
        let value = value.to_string();
        stage.server_writes(key, &value);
    };
    set(
        "akamai:acme:property:prp_1:hostnames",
        json!([{"cnameFrom": "www.a.example"}]),
    );
    let _: i64 = stage
        .server
        .ask(&["RPUSH", "akamai:acme:property:prp_1:versions", "v4", "v3"]);
    let field = json!({"propertyId": "prp_1", "property": {}}).to_string();
    for name in ["www.a.example", "only.in.the.hash"] {
        let _: i64 = stage.server.ask(&["HSET", HASH, name, &field]);
    }
    set("akamai:acme:hostname:only.in.the.hash", json!({}));
    let script = "for i = 1, 5000 do redis.call('SET', 'akamai:acme:hostname:h' .. i .. '.b', '{}', 'EX', 900) end";
    let _: Option<String> = stage.server.ask(&["EVAL", script, "0"]);
    let _: String = stage
        .server
        .ask(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let _: String = stage
        .server
        .ask(&["CONFIG", "SET", "slowlog-max-len", "20000"]);
    let done = report(&stage, &["prp_1", "--cascade"]);
    assert_eq!(done["fields"], 2);
    // Everything except bookkeeping, counted once.
    assert_eq!(
        (&done["matched"], &done["removed"]),
        (&json!(14), &json!(14))
    );
    assert_eq!(data(&stage).len(), 5000);
    let log: Vec<(i64, i64, i64, Vec<String>, String, String)> =
        stage.server.ask(&["SLOWLOG", "GET", "-1"]);
    // Newest first.
    let mut commands = log.iter().rev().map(|(_, _, _, command, ..)| command);
    let scanned = commands
        .clone()
        .position(|command| command[0].eq_ignore_ascii_case("SCAN"))
        .unwrap();
    let early: Vec<&String> = commands
        .by_ref()
        .take(scanned)
        .filter(|command| command[0].eq_ignore_ascii_case("UNLINK"))
        .flat_map(|command| &command[1..])
        .collect();
    for key in [0, 1, 2, 3, 5, 6, 8, 9].map(|at| keys[at].to_owned()) {
        assert!(early.contains(&&key), "{key} waits for the walk: {early:?}");
    }
    let id = done["undo_id"].as_str().unwrap();
    let back = stage.run(&format!("undo {id} -o json")).with(0).json();
    assert_eq!(
        (&back["restored"], &back["fields"]),
        (&json!(14), &json!(2))
    );
}

#[test]
fn values_of_every_size_and_type_come_back_and_one_that_is_too_large_stays() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    for (number, size) in [0, 1, 16_383, 16_384, 16_385, 3_000_000].iter().enumerate() {
        let key = format!("akamai:acme:property:prp_2:rules:v{number}");
        let value = "x".repeat(*size);
        stage.server_writes(&key, &value);
    }
    let _: i64 = stage
        .server
        .ask(&["RPUSH", "akamai:acme:property:prp_2:versions", "v5", "v4"]);
    let before: Vec<String> = stage.keys();
    let digest = |key: &String| -> Vec<u8> { stage.server.ask(&["DUMP", key]) };
    let digests: Vec<Vec<u8>> = before.iter().map(digest).collect();
    let done = report(&stage, &["--pattern", "property:*", "--yes"]);
    assert_eq!(done["removed"], 8);
    stage.run("undo").with(0);
    let own = |key: &String| !key.ends_with(":invalidated") && !key.ends_with(":audit");
    let after: Vec<String> = stage.keys().into_iter().filter(own).collect();
    assert_eq!(after, before);
    assert_eq!(after.iter().map(digest).collect::<Vec<_>>(), digests);

    let large = "akamai:acme:property:prp_3";
    let _: i64 = stage.server.ask(&["SETRANGE", large, "140000000", "x"]);
    let refused = stage.run("invalidate prp_3 -o json").with(2);
    let hint = refused.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--no-undo"), "{hint}");
    assert!(data(&stage).contains(&large.to_owned()));
    assert_eq!(report(&stage, &["prp_3", "--no-undo"])["removed"], 1);
}
