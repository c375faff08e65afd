//! `get` of what does not exist, or does not exist any more.

use crate::support::account::{Account, problem};
use crate::support::akamai::Fault;
use crate::support::run::Ended;
use crate::support::stage::Stage;
use serde_json::json;

const LIST: &str = "akamai:acme:properties:all";
const HASH: &str = "akamai:acme:hostnames";

/// An account whose lists take few calls.
pub fn account() -> Account {
    Account::new(1)
        .regular()
        .groups(3)
        .contracts(1)
        .properties(10)
        .hostnames(30)
}

/// Ids that no property has, one a line.
fn unknown(from: usize, count: usize) -> String {
    let ids: Vec<String> = (from..from + count).map(|at| format!("prp_{at}")).collect();
    ids.join("\n")
}

impl Stage {
    /// Gets these ids, and returns the number of calls.
    fn counted_get(&self, resource: &str, ids: &str) -> (Ended, usize) {
        let before = self.api.seen().len();
        let line = format!("get -o json {resource} -");
        let ended = self.command(&line).stdin(ids).run();
        (ended, self.api.seen().len() - before)
    }
}

fn codes(ended: &Ended, code: &str) -> usize {
    let report = ended.json();
    let errors = report["errors"].as_array().into_iter().flatten();
    errors.filter(|error| error["code"] == code).count()
}

#[test]
fn many_ids_that_do_not_exist_cost_the_lists_and_no_more() {
    for resource in ["property", "hostnames", "versions", "rules"] {
        for state in ["cold", "fresh"] {
            let stage = Stage::new(account());
            if state == "fresh" {
                stage.warm("");
            }
            let most = 1 + account().pairs().len();
            let ids = unknown(900_000, 150);
            let (ended, made) = stage.counted_get(resource, &ids);
            assert!(made <= most, "{state} {resource}: {made} calls");
            assert_eq!(codes(&ended.with(5), "not_found"), 150);
            let (_, made) = stage.counted_get(resource, &ids);
            assert_eq!(made, 0, "{state} {resource}: all of it is remembered");
        }
    }
    // Those that exist are found beside them, in the same calls.
    let stage = Stage::new(account());
    let ids = format!("prp_100003\n{}\nprp_100004", unknown(900_000, 50));
    let (ended, made) = stage.counted_get("property", &ids);
    assert!(made <= 1 + account().pairs().len(), "{made}");
    let ended = ended.with(7);
    assert_eq!(ended.json()["items"].as_array().unwrap().len(), 2);
    assert_eq!(codes(&ended, "not_found"), 50);
}

#[test]
fn few_of_many_ids_are_asked_for_where_a_list_may_not_be_read() {
    let mut account = account();
    let hidden = account.groups[1].id.clone();
    account.forbidden.push(hidden);
    let lists = 1 + account.pairs().len();
    for state in ["cold", "fresh"] {
        let stage = Stage::new(account.clone());
        if state == "fresh" {
            stage.run("warm").with(0);
        }
        let (ended, made) = stage.counted_get("property", &unknown(900_000, 60));
        assert!(made <= lists + 1 + 20, "{state}: {made} calls");
        let ended = ended.with(7);
        let of = |code| codes(&ended, code);
        assert_eq!((of("not_found"), of("unlisted")), (20, 40), "{state}");
    }
}

#[test]
fn few_of_many_host_names_that_are_active_nowhere_are_searched_for() {
    let stage = Stage::new(account());
    let known = account().hostnames[0].name.clone();
    let names = (0..60).map(|at| format!("n{at}.nowhere.example\n"));
    let names: String = names.chain([known]).collect();
    let (ended, made) = stage.counted_get("hostname", &names);
    // The groups for the account, the list, the searches, the property.
    assert!(made <= 1 + 1 + 20 + 1, "{made} calls");
    let ended = ended.with(7);
    let of = |code| codes(&ended, code);
    assert_eq!((of("not_found"), of("unlisted")), (20, 40));
    assert_eq!(ended.json()["items"].as_array().map(Vec::len), Some(1));
}

/// What is cached of a property and its host names, besides the mark that it does not exist.
fn cached_of(stage: &Stage, id: &str, names: &[String]) -> Vec<String> {
    let mut left = stage.data();
    left.retain(|key| {
        let of_host = names.iter().any(|name| key.ends_with(&format!(":{name}")));
        let of_it = key.contains(id) && !key.contains(":absent:");
        let listed = |list: String| list.contains(&format!("\"{id}\""));
        of_it || of_host || key == LIST && stage.get(LIST).is_some_and(listed)
    });
    for name in names {
        let field: Option<String> = stage.server.ask(&["HGET", HASH, name]);
        left.extend(field.map(|_| format!("{HASH} {name}")));
    }
    left
}

#[test]
fn what_is_cached_of_a_deleted_property_goes_with_it() {
    let id = "prp_100000";
    let key = format!("akamai:acme:property:{id}");
    let names = account().hostnames.into_iter();
    let names: Vec<String> = names
        .filter(|host| host.property == id)
        .map(|host| host.name)
        .collect();
    assert!(!names.is_empty());
    for state in ["missing", "due", "of many"] {
        let stage = Stage::new(account());
        stage.warm("--all");
        stage.run(&format!("search {}", names[0])).with(0);
        assert!(cached_of(&stage, id, &names).len() > 2 * names.len());
        stage.api.edit(|account| account.remove_property(id));
        let line = match state {
            "missing" => {
                stage.delete(&key);
                format!("get property {id}")
            }
            "due" => {
                stage.expire(&key, 30);
                format!("get property {id}")
            }
            _ => {
                let all: Vec<String> = account()
                    .properties
                    .iter()
                    .map(|one| one.id.clone())
                    .collect();
                for id in &all {
                    let key = format!("akamai:acme:property:{id}");
                    stage.delete(&key);
                }
                format!("get property {}", all.join(" "))
            }
        };
        let code = match state {
            "missing" => 5,
            "due" => 0,
            _ => 7,
        };
        stage.run(&line).with(code);
        assert_eq!(cached_of(&stage, id, &names), [""; 0], "{state}");
        stage.run(&format!("get hostname {}", names[0])).with(5);
        let found = stage.run(&format!("search {} -o json", names[0])).with(0);
        assert_eq!(found.json()["total"], 0, "{state}: {}", found.stdout);
        assert!(stage.get("akamai:acme:property:prp_100001").is_some());
        assert!(stage.get(LIST).is_some(), "{state}: the others stay listed");
    }
}

#[test]
fn if_a_part_of_a_property_is_missing_the_property_is_asked_for_and_decides() {
    let id = "prp_100000";
    let names = account().hostnames.into_iter();
    let names: Vec<String> = names
        .filter(|host| host.property == id)
        .map(|host| host.name)
        .collect();
    for part in ["rules", "hostnames", "activations"] {
        let stage = Stage::new(account());
        stage.warm("--all");
        for key in stage.keys() {
            if key.starts_with(&format!("akamai:acme:property:{id}:{part}")) {
                stage.delete(&key);
            }
        }
        let before = cached_of(&stage, id, &names);
        let (_, body) = problem(404, "papi/v0/http/not-found", "Not Found", "no such part");
        let missing = Fault::Status(404, vec![], body.to_string());
        stage.api.fault(&format!("/{part}"), 9, missing);
        let line = format!("get {part} {id}");
        stage.run(&line).with(5);
        assert_eq!(cached_of(&stage, id, &names), before, "{part}");

        stage.api.heal();
        stage.api.edit(|account| account.remove_property(id));
        for key in stage.keys() {
            if key.contains(":absent:") {
                stage.delete(&key);
            }
        }
        let ended = stage.run(&line).with(5);
        let says = format!("error: property {id} does not exist");
        assert!(ended.stderr.starts_with(&says), "{}", ended.stderr);
        assert_eq!(cached_of(&stage, id, &names), [""; 0], "{part}");
    }
}

#[test]
fn for_an_id_of_which_nothing_is_cached_the_keyspace_is_not_walked() {
    let stage = Stage::new(account());
    stage.warm("");
    let _: String = stage.server.ask(&["CONFIG", "RESETSTAT"]);
    stage.run("get property prp_900000").with(5);
    let commands: String = stage.server.ask(&["INFO", "commandstats"]);
    assert!(!commands.contains("cmdstat_scan"), "{commands}");
}

#[test]
fn a_limit_on_one_of_several_items_is_a_partial_failure() {
    let stage = Stage::new(account());
    let body = json!({"title": "Limit", "limitKey": "K"}).to_string();
    let limited = Fault::Status(429, vec![], body);
    stage.api.fault("/properties/prp_100001", 2, limited);
    let ended = stage.run("get property prp_100000 prp_100001 -o json");
    assert_eq!(codes(&ended.with(7), "rate_limited"), 1);
    stage.run("get property prp_100001").with(9);
}
