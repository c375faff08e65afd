//! `invalidate` of properties that only other items show: the list, host names, the hash or the map.

use crate::invalidate::{HASH, data, filled, report};
use crate::support::stage::Stage;
use serde_json::{Value, json};

const HOST: &str = "akamai:acme:hostname:www.a.example";

fn item(name: &str) -> Value {
    json!({"propertyId": "prp_1", "propertyName": name, "contractId": "ctr_1", "groupId": "grp_1"})
}

/// Writes the value of a host name, a field of the hash, or the map: whatever shows `prp_1` under this name.
fn shows(stage: &Stage, place: &str, name: &str) {
    let host = json!({"property": item(name), "hostname": {}});
    match place {
        "hash" => {
            let field = json!({"propertyId": "prp_1", "property": item(name)}).to_string();
            let _: i64 = stage.server.ask(&["HSET", HASH, "www.a.example", &field]);
        }
        "map" => {
            let map = json!({"www.a.example": host}).to_string();
            stage.server_writes("akamai:acme:hostname:map", &map);
        }
        _ => stage.server_writes(HOST, &host.to_string()),
    }
}

#[test]
fn a_tag_finds_a_property_that_only_a_host_name_shows() {
    for place in ["key", "hash", "map"] {
        for tag in ["group:grp_1", "contract:ctr_1", "name:si*"] {
            let stage = filled(&["akamai:acme:search:site"]);
            shows(&stage, place, "site");
            report(&stage, &["--tag", tag]);
            assert_eq!(data(&stage), Vec::<String>::new(), "{place} {tag}");
        }
    }
}

#[test]
fn without_cascade_the_lists_go_also_if_only_a_host_name_shows_the_property() {
    for (place, stays) in [("key", &[HOST][..]), ("hash", &[HASH]), ("map", &[])] {
        let stage = filled(&["akamai:acme:properties:all:all:50"]);
        shows(&stage, place, "site");
        assert_eq!(report(&stage, &["prp_2"])["removed"], 0, "{place}");
        let plan = report(&stage, &["prp_1", "--dry-run"]);
        let done = report(&stage, &["prp_1"]);
        assert_eq!(data(&stage), stays, "{place}");
        assert_eq!(plan["matched"], done["removed"], "{place}");
    }
}

#[test]
fn a_cascade_takes_the_details_by_each_name_that_a_cached_item_shows() {
    for place in ["list", "key", "hash"] {
        let other = "akamai:acme:property:other:details";
        let stage = filled(&[
            other,
            "akamai:acme:property:new:details",
            "akamai:acme:property:Old:details",
        ]);
        stage.server_writes("akamai:acme:property:prp_1", &item("old").to_string());
        match place {
            "list" => stage.server_writes(
                "akamai:acme:properties:all",
                &json!([item("new")]).to_string(),
            ),
            _ => shows(&stage, place, "new"),
        }
        let plan = report(&stage, &["prp_1", "--cascade", "--dry-run"]);
        let done = report(&stage, &["prp_1", "--cascade"]);
        assert_eq!(data(&stage), [other], "{place}");
        assert_eq!(plan["matched"], done["removed"], "{place}");
    }
}

/// Several targets remove at least what each of them removes alone.
#[test]
fn what_only_another_targets_keys_show_is_known() {
    let all = ["akamai:acme:properties:all", "akamai:acme:search:site"];
    let lists = ["akamai:acme:properties:ctr_1:all:5"];
    for (place, cached, targets) in [
        ("list", &all[1..], "ctr_1 prp_1 --cascade"),
        ("list", &all[1..], "prp_1 properties:all --cascade"),
        ("list", &all[1..], "ctr_1 --tag property:prp_1"),
        ("map", &lists, "www.a.example prp_1"),
        ("key", &lists, "hostname:www.a.example prp_1"),
        ("key", &all[1..], "--pattern hostname:* --tag name:si*"),
    ] {
        let stage = filled(cached);
        if place == "list" {
            stage.server_writes(all[0], &json!([item("site")]).to_string());
        } else {
            shows(&stage, place, "site");
        }
        let line: Vec<&str> = targets.split(' ').collect();
        let plan = report(&stage, &[&line[..], &["--dry-run"]].concat());
        assert_eq!(plan["matched"], data(&stage).len(), "{targets}: {plan}");
        report(&stage, &[&line[..], &["--yes"]].concat());
        assert_eq!(data(&stage), Vec::<String>::new(), "{targets}");
    }
}

#[test]
fn a_property_or_host_name_that_only_a_search_shows_takes_the_searches() {
    let result = json!([{"property": item("site"), "hostname": {"cnameFrom": "www.a.example"}}]);
    for words in [&["prp_1", "--cascade"][..], &["--tag", "property:prp_1"]] {
        let stage = filled(&["akamai:acme:search:other"]);
        stage.server_writes("akamai:acme:search:site", &result.to_string());
        report(&stage, words);
        assert_eq!(data(&stage), Vec::<String>::new(), "{words:?}");
        stage.server_writes("akamai:acme:search:site", &result.to_string());
        assert_eq!(report(&stage, &["prp_2", "--cascade"])["removed"], 0);
    }
}
