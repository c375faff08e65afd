//! `invalidate`, run again after a removal that failed or was too narrow.

use crate::invalidate::{data, fill, filled, report};
use crate::support::stage::Stage;
use serde_json::json;

/// Writes a property and everything that shows it.
fn with_property(stage: &Stage) {
    let item = json!({"propertyId": "prp_1", "propertyName": "site", "contractId": "ctr_1", "groupId": "grp_1"});
    let host = json!({"property": item, "hostname": {"cnameFrom": "www.a.example"}});
    for (rest, value) in [
        ("property:prp_1", item.clone()),
        ("properties:all", json!([item])),
        ("properties:ctr_1:grp_1:50", json!({"content": []})),
        ("properties:tree", json!({})),
        (
            "property:prp_1:hostnames",
            json!([{"cnameFrom": "www.a.example"}]),
        ),
        ("property:Site:details", json!({"content": []})),
        ("hostname:www.a.example", host),
        ("search:site", json!([{"property": item}])),
    ] {
        stage.server_writes(&format!("akamai:acme:{rest}"), &value.to_string());
    }
}

fn may_scan(stage: &Stage, may: bool) {
    let rule = if may { "+scan" } else { "-scan" };
    let _: String = stage.server.ask(&["ACL", "SETUSER", "default", rule]);
}

#[test]
fn a_cascade_that_failed_half_way_removes_the_rest_when_it_is_run_again() {
    for target in [
        "prp_1",
        "www.a.example",
        "hostname:www.a.example",
        "property:Site:details",
        "--tag property:prp_1",
    ] {
        let stage = filled(&[]);
        with_property(&stage);
        may_scan(&stage, false);
        let line = format!("invalidate {target} --cascade --yes -o json");
        stage.run(&line).with(4);
        may_scan(&stage, true);
        let left = data(&stage);
        assert!(
            left.contains(&"akamai:acme:search:site".into()),
            "{target}: {left:?}"
        );
        // No property shows in it.
        fill(&stage, &["akamai:acme:groups:all"]);
        let plan = stage.run(&format!("{line} --dry-run")).with(0).json();
        let done = stage.run(&line).with(0).json();
        assert_eq!(data(&stage), ["akamai:acme:groups:all"], "{target}");
        assert_eq!(done["removed"], left.len(), "{target}");
        assert_eq!(plan["matched"], done["matched"], "{target}");
    }
}

#[test]
fn a_cascade_after_a_removal_without_it_removes_what_that_left() {
    let stage = filled(&[]);
    with_property(&stage);
    report(&stage, &["prp_1"]);
    report(&stage, &["prp_1", "--cascade"]);
    assert_eq!(data(&stage), Vec::<String>::new());
}

#[test]
fn a_key_of_a_property_shows_that_the_property_is_cached() {
    let keys = [
        "akamai:acme:property:prp_1:activations",
        "akamai:acme:properties:all",
        "akamai:acme:search:site",
    ];
    let stage = filled(&keys);
    let done = report(&stage, &["property:prp_1:activations", "--cascade"]);
    assert_eq!(done["removed"], 3);
}

#[test]
fn a_property_that_was_never_cached_or_invalidated_removes_nothing() {
    let keys = ["akamai:acme:properties:all", "akamai:acme:search:site"];
    let stage = filled(&keys);
    // A pattern has no mark of its own that would tell what was cached.
    report(&stage, &["prp_2", "--pattern", "hostname:*", "--yes"]);
    for target in ["prp_1", "prp_1", "www.a.example", "www.a.example"] {
        let done = report(&stage, &[target, "--cascade"]);
        assert_eq!(done["removed"], 0, "{target}");
    }
    assert_eq!(data(&stage), keys);
}
