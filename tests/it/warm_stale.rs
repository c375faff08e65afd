//! `warm` of values that `get --stale-for` stored for longer than their TTL.

use crate::support::stage::{Stage, row, small};

/// Gets resources so that they may be served stale for an hour.
fn stored_for_longer(stage: &Stage) {
    for what in [
        "properties",
        "contracts",
        "groups",
        "property prp_100000",
        "hostnames prp_100000",
        "versions prp_100000",
    ] {
        stage.run(&format!("get {what} --stale-for 1h")).with(0);
    }
}

/// Shortens a key's TTL by `seconds`.
fn pass(stage: &Stage, key: &str, seconds: i64) {
    let key = format!("akamai:acme:{key}");
    let left = (stage.left(&key) - seconds).to_string();
    let there: i64 = stage.server.ask(&["EXPIRE", &key, &left]);
    assert_eq!(there, 1);
}

#[test]
fn what_may_be_stale_is_fetched_however_long_it_will_stand() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.run("invalidate --everything --yes").with(0);
    stored_for_longer(&stage);
    for (key, passed) in [
        ("properties:all", 400),
        ("property:prp_100000", 1_000),
        ("property:prp_100000:hostnames", 2_000),
        ("property:prp_100000:versions", 1_000),
    ] {
        pass(&stage, key, passed);
    }
    stage.api.edit(|account| {
        account.property_mut("prp_100000").unwrap().name = "renamed".into();
    });
    let report = stage.warm("--only properties,details,hostnames,versions");
    assert_eq!(row(&report, "properties")["stored"], 1, "{report}");
    assert_eq!(row(&report, "details")["stored"], 4, "{report}");
    assert_eq!(row(&report, "versions")["stored"], 4, "{report}");
    let renamed = stage.json("akamai:acme:property:prp_100000");
    assert_eq!(renamed["propertyName"], "renamed");
    for (key, time) in [
        ("properties:all", 300),
        ("property:prp_100000", 900),
        ("property:prp_100000:hostnames", 1_800),
        ("property:prp_100000:versions", 900),
    ] {
        let left = stage.left(&format!("akamai:acme:{key}"));
        assert!((1..=time).contains(&left), "{key}: {left}");
    }
    assert_eq!(
        stage.warm("--only properties,details,hostnames,versions")["api_calls"],
        0
    );
}

#[test]
fn where_it_is_known_how_long_values_may_be_stale_those_that_are_not_are_kept() {
    let stage = Stage::new(small());
    stage.run("get groups --stale-for 1h").with(0);
    let warm = |line: &str| {
        let line = format!("warm -o json --only groups {line}");
        let run = stage.command(&line).env("ALECS_CACHE_STALE_FOR", "1h");
        run.run().with(0).json()
    };
    assert_eq!(warm("--dry-run")["planned_calls"], 0);
    assert_eq!(row(&warm(""), "groups")["kept"], 1);
    // 80% of its own day have passed.
    pass(&stage, "account:groups", 70_000);
    assert_eq!(warm("--dry-run")["planned_calls"], 1);
    assert_eq!(row(&warm(""), "groups")["stored"], 1);
    assert_eq!(warm("")["api_calls"], 0);
}
