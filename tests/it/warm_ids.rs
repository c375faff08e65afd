//! `warm prp_…`: single properties, as after an activation.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};
use serde_json::Value;

const LIST: &str = "akamai:acme:properties:all";
const HASH: &str = "akamai:acme:hostnames";

#[test]
fn a_property_is_fetched_again_although_it_is_fresh_and_all_else_is_left() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.host_of("prp_100001");
    let before: Vec<(String, Option<String>)> = stage
        .data()
        .into_iter()
        .filter(|key| !key.contains("prp_100001") && ![LIST, HASH].contains(&key.as_str()))
        .map(|key| (key.clone(), stage.get(&key)))
        .filter(|(_, value)| {
            !value
                .as_deref()
                .is_some_and(|value| value.contains("prp_100001"))
        })
        .collect();
    stage.expire(LIST, 100);
    let calls = stage.api.seen().len();
    stage.api.edit(|account| {
        let property = account.property_mut("prp_100001").unwrap();
        property.name = "renamed".into();
        account.remove_hostname(&host);
        account.add_hostname("new.example.com", "prp_100001");
    });
    let report = stage.warm("prp_100001");
    assert_eq!(report["complete"], true, "{report}");
    let made = stage.api.seen().len() - calls;
    assert!(made <= 3, "{made} calls");
    assert_eq!(report["api_calls"], made);

    assert_eq!(
        stage.json("akamai:acme:property:prp_100001")["propertyName"],
        "renamed"
    );
    let list = stage.json(LIST);
    let listed: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["propertyId"] == "prp_100001")
        .collect();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["propertyName"], "renamed");
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert!(
        (90..=100).contains(&stage.left(LIST)),
        "the list keeps its deadline"
    );

    assert!(
        stage.get(&format!("akamai:acme:hostname:{host}")).is_none(),
        "a lost name goes"
    );
    let field: Option<String> = stage.server.ask(&["HGET", HASH, &host]);
    assert_eq!(field, None);
    let value = stage.json("akamai:acme:hostname:new.example.com");
    assert_eq!(value["property"]["propertyName"], "renamed");
    let field: String = stage.server.ask(&["HGET", HASH, "new.example.com"]);
    assert!(field.contains("prp_100001"));

    let after: Vec<(String, Option<String>)> = before
        .iter()
        .map(|(key, _)| (key.clone(), stage.get(key)))
        .collect();
    assert_eq!(after, before, "nothing else is touched");
}

impl Stage {
    fn host_of(&self, id: &str) -> String {
        let mut name = String::new();
        self.api.edit(|account| {
            name = account
                .hostnames
                .iter()
                .find(|host| host.property == id)
                .unwrap()
                .name
                .clone();
        });
        name
    }
}

#[test]
fn a_cold_cache_gets_the_property_but_no_list_and_no_hash() {
    let stage = Stage::new(small());
    let report = stage.warm("prp_100001");
    assert_eq!(report["complete"], true, "{report}");
    // The property, the hostnames of one or two versions, and their owners.
    assert!(report["api_calls"].as_u64().unwrap() <= 5, "{report}");
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
    assert!(
        stage
            .get("akamai:acme:property:prp_100001:hostnames")
            .is_some()
    );
    // The server would take a list of one property for the whole account.
    assert!(stage.get(LIST).is_none());
    let there: i64 = stage.server.ask(&["EXISTS", HASH]);
    assert_eq!(there, 0);
    for key in stage.data() {
        assert!(stage.left(&key) > 0, "{key} never expires");
    }
}

#[test]
fn several_at_once_and_one_that_is_not_there() {
    let stage = Stage::new(small());
    let report = stage
        .run("warm prp_100001 prp_999999 prp_100002 -o json")
        .with(7)
        .json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 1);
    assert_eq!(report["errors"][0]["id"], "prp_999999");
    assert_eq!(report["errors"][0]["code"], "not_found");
    assert_eq!(row(&report, "details")["stored"], 2);
    stage.run("warm prp_999999").with(5);
}

#[test]
fn what_only_names_is_fetched_of_the_property() {
    let stage = Stage::new(small());
    let report = stage.warm("prp_100001 --only rules,versions");
    assert_eq!(report["complete"], true, "{report}");
    let keys = stage.data();
    assert!(
        keys.iter()
            .any(|key| key.starts_with("akamai:acme:property:prp_100001:rules:v"))
    );
    assert!(
        keys.iter()
            .any(|key| key == "akamai:acme:property:prp_100001:versions")
    );
    assert!(!keys.iter().any(|key| key.ends_with(":hostnames")));
    stage.run("warm prp_100001 --only contracts").with(2);
}

#[test]
fn a_bucket_property_and_one_active_nowhere() {
    let mut account = small();
    account.property_mut("prp_100001").unwrap().bucket = true;
    let idle = account.property_mut("prp_100002").unwrap();
    (idle.staging, idle.production) = (None, None);
    let stage = Stage::new(account);
    for id in ["prp_100001", "prp_100002"] {
        let report = stage.warm(id);
        assert_eq!(report["complete"], true, "{report}");
    }
    assert_eq!(
        stage.api.calls("/papi/v1/properties/prp_100001/hostnames"),
        1
    );
    assert_eq!(
        stage
            .get("akamai:acme:property:prp_100002:hostnames")
            .as_deref(),
        Some("[]")
    );
}

/// Returns a warm cache, and a host name that has moved from `prp_100001` to `prp_100002` since.
fn host_moved_to_another() -> (Stage, String) {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.host_of("prp_100001");
    stage.api.edit(|account| {
        account.remove_hostname(&host);
        account.add_hostname(&host, "prp_100002");
    });
    (stage, host)
}

#[test]
fn a_name_that_another_property_serves_by_now_is_left_to_it() {
    let (stage, host) = host_moved_to_another();
    stage.warm("prp_100002");
    stage.warm("prp_100001");
    let value = stage.json(&format!("akamai:acme:hostname:{host}"));
    assert_eq!(value["property"]["propertyId"], "prp_100002");
    let field: String = stage.server.ask(&["HGET", HASH, &host]);
    assert!(field.contains("prp_100002"), "{field}");
}

#[test]
fn a_host_name_that_has_moved_is_fetched_with_the_property_that_serves_it_now() {
    let (stage, host) = host_moved_to_another();
    stage.run(&format!("warm --check {host}")).with(6);
    stage.warm(&host);
    let value = stage.json(&format!("akamai:acme:hostname:{host}"));
    assert_eq!(value["property"]["propertyId"], "prp_100002");
    let field: String = stage.server.ask(&["HGET", HASH, &host]);
    assert!(field.contains("prp_100002"), "{field}");
    stage.run(&format!("warm --check {host}")).with(0);

    // The cache alone has it.
    let _: i64 = stage
        .server
        .ask(&["HSET", HASH, "ghost.example.org", &field]);
    let ended = stage.run("warm --check ghost.example.org -o json").with(6);
    assert_eq!(ended.json()["complete"], true);
    stage.run("warm ghost.example.org").with(5);
    let left: Option<String> = stage.server.ask(&["HGET", HASH, "ghost.example.org"]);
    assert_eq!(left, None);
}

#[test]
fn a_property_whose_host_names_fail_keeps_the_old_ones() {
    let stage = Stage::new(
        Account::new(1)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(2)
            .hostnames(4),
    );
    stage.warm("");
    let before = stage.get("akamai:acme:property:prp_100001:hostnames");
    stage
        .api
        .fault("/versions/", 99, Fault::Status(403, vec![], "{}".into()));
    let report = stage.run("warm prp_100001 -o json").with(7).json();
    assert_eq!(report["errors"][0]["resource"], "hostnames");
    assert_eq!(
        stage.get("akamai:acme:property:prp_100001:hostnames"),
        before
    );
}

#[test]
fn a_bare_number_is_a_property_and_a_host_name_stands_for_the_one_that_serves_it() {
    let stage = Stage::new(small());
    let report = stage.warm("100001");
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
    // For an uncached hostname, a search finds the property.
    let host = stage.host_of("prp_100002");
    let report = stage.warm(&host.to_uppercase());
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get("akamai:acme:property:prp_100002").is_some());
    assert!(stage.get(&format!("akamai:acme:hostname:{host}")).is_some());
    assert_eq!(stage.api.calls("find-by-value"), 1);
    // For a cached one, the cache.
    let plan = stage.warm(&format!("--dry-run {host}"));
    let calls = stage.api.seen().len();
    let report = stage.warm(&format!("{host} prp_100002 {host}"));
    assert_eq!(report["api_calls"], stage.api.seen().len() - calls);
    assert_eq!(plan["planned_calls"], report["api_calls"], "{plan}");
    assert_eq!(stage.api.calls("find-by-value"), 1);

    let ended = stage.run("warm nobody.example.com -o json").with(5);
    assert_eq!(ended.json()["errors"][0]["id"], "nobody.example.com");
    for word in [
        "prp_",
        "prp_1:lock",
        "localhost",
        "*.example.com/x",
        "w*.example.com",
        "**.example.com",
        "-1x",
    ] {
        stage.run(&format!("warm -- {word}")).with(2);
    }
}

#[test]
fn a_wildcard_host_name_is_warmed_like_any_other() {
    let mut account = small();
    account.add_hostname("*.wild.example.com", "prp_100001");
    let stage = Stage::new(account);
    for cached in [false, true] {
        let report = stage.warm("*.wild.example.com");
        assert_eq!(report["complete"], true, "{cached}: {report}");
        let name = stage.json("akamai:acme:hostname:*.wild.example.com");
        assert_eq!(name["property"]["propertyId"], "prp_100001");
        assert_eq!(name["hostname"]["cnameFrom"], "*.wild.example.com");
    }
    stage.warm("*.wild.example.com --check");
}

#[test]
fn an_id_that_does_not_exist_and_a_property_that_is_the_same_leave_the_list_as_it_is() {
    let stage = Stage::new(small());
    stage.warm("");
    let index = |stage: &Stage| -> Option<String> {
        let index = "akamai:acme:generations";
        stage.server.ask(&["ZSCORE", index, LIST])
    };
    let before = (stage.get(LIST), index(&stage));
    stage.run("warm prp_99").with(5);
    let report = stage.warm("prp_100001");
    let rows = report["resources"].as_array().unwrap();
    assert!(
        rows.iter().all(|row| row["resource"] != "properties"),
        "{report}"
    );
    assert_eq!((stage.get(LIST), index(&stage)), before);
}

#[test]
fn a_budget_of_many_ids_is_kept_and_what_was_fetched_is_written_and_said() {
    let account = Account::new(3)
        .regular()
        .groups(100)
        .contracts(1)
        .properties(12)
        .hostnames(12);
    let ids: Vec<&str> = account
        .properties
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    let ids = ids[..10].join(" ");
    let stage = Stage::new(account.clone());
    stage.warm("");
    let line = format!("{ids} --only details");
    let plan = stage.run(&format!("warm {line} --dry-run --budget 4 -o json"));
    assert_eq!(plan.with(9).json()["planned_calls"], 10);
    stage.api.edit(|account| {
        for property in &mut account.properties {
            property.name = "new".into();
        }
    });
    stage.api.take_seen();
    let first = stage
        .run(&format!("warm {line} --budget 4 -o json"))
        .with(9);
    let report = first.json();
    assert_eq!(
        (&report["api_calls"], &report["complete"]),
        (&4.into(), &false.into())
    );
    assert_eq!(row(&report, "details")["stored"], 4, "{report}");
    let new = |stage: &Stage| {
        let keys = stage.data().into_iter();
        let own =
            |key: &String| key.starts_with("akamai:acme:property:prp_") && !key.ends_with('s');
        keys.filter(own)
            .filter(|key| stage.json(key)["propertyName"] == "new")
            .count()
    };
    assert_eq!(new(&stage), 4);
    let listed = |stage: &Stage| {
        let list = stage.json(LIST);
        let listed = list.as_array().unwrap().iter();
        listed.filter(|one| one["propertyName"] == "new").count()
    };
    assert_eq!(listed(&stage), 4, "the list has what came");
    // The others are reported, and a second run fetches them.
    let errors = report["errors"].as_array().unwrap();
    let unasked = errors.iter().filter(|one| one["code"] == "unasked");
    let left: Vec<&str> = unasked.map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(left.len(), 6, "{report}");
    let second = stage.command("warm - --only details --budget 6 -o json");
    let second = second.stdin(left.join("\n")).run().with(0).json();
    assert_eq!(
        (&second["api_calls"], &second["complete"]),
        (&6.into(), &true.into())
    );
    assert_eq!((new(&stage), listed(&stage)), (10, 10));
}

#[test]
fn the_hash_of_host_names_counts_among_the_keys_that_are_stored() {
    let stage = Stage::new(small());
    let names = small().hostnames.into_iter();
    let names = names.filter(|host| host.property == "prp_100001").count();
    assert!(names > 0);
    for (state, hash) in [("cold", 0), ("fresh", 1)] {
        let report = stage.warm("prp_100001");
        let stored = &row(&report, "hostnames")["stored"];
        // The property's list, and a key for each name.
        assert_eq!(*stored, 1 + names + hash, "{state}: {report}");
        assert_eq!(row(&report, "details")["stored"], 1);
        stage.warm("");
    }
}

#[test]
fn the_report_comes_first_and_the_errors_last() {
    let stage = Stage::new(small());
    let ended = stage
        .command("warm prp_100000 prp_999999")
        .merged()
        .run()
        .with(7);
    let starts = ["API call", "error: ", "hint: "];
    let at = starts.map(|start| ended.stdout.find(start));
    assert!(at.is_sorted() && at[0].is_some(), "{}", ended.stdout);
}
