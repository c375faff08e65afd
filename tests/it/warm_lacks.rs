//! `warm` after a run that could not fetch everything: what stands without its parts is not taken for
//! whole, however fresh it is.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};
use serde_json::{Value, json};

const LIST: &str = "akamai:acme:properties:all";
const STATE: &str = "akamai:acme:warm:state";

/// The pair that a property of the stand-in account belongs to.
fn pair_of(account: &Account, id: &str) -> (String, String) {
    let property = account.property(id).unwrap();
    let contract = property.contract.clone();
    let contract = contract.strip_prefix("ctr_").unwrap_or(&contract);
    (format!("ctr_{contract}"), property.group.clone())
}

/// A cache after a run in which the group of a property was forbidden, without a former list.
fn partly_warm(line: &str) -> (Stage, String) {
    let account = small();
    let stage = Stage::new(account.clone());
    let (contract, group) = pair_of(&account, "prp_100000");
    stage
        .api
        .edit(|account| account.forbidden.push(group.clone()));
    stage.run(&format!("warm -o json {line}")).with(7);
    (stage, format!("{contract}/{group}"))
}

impl Stage {
    fn lacks(&self, resource: &str) -> Option<Value> {
        let field = format!("lacks:{resource}");
        let value: Option<String> = self.server.ask(&["HGET", STATE, &field]);
        value.map(|value| serde_json::from_str(&value).unwrap())
    }

    fn listed(&self) -> usize {
        self.json(LIST).as_array().unwrap().len()
    }

    fn allow_all(&self) {
        self.api.edit(|account| account.forbidden.clear());
    }
}

#[test]
fn a_fresh_list_that_lacks_a_group_is_not_whole_until_the_group_has_come() {
    let (stage, pair) = partly_warm("");
    assert_eq!(stage.lacks("properties"), Some(json!([pair])));
    assert_eq!(stage.left(STATE), -1);
    let short = stage.listed();
    assert!(short < 4);
    // The lacking pair alone is asked, and fails as before.
    let plan = stage.warm("--dry-run");
    assert_eq!(plan["planned_calls"], 1, "{plan}");
    let ended = stage.run("warm -o json").with(7);
    let report = ended.json();
    assert_eq!(report["complete"], false);
    assert_eq!(report["api_calls"], 1, "{report}");
    assert_eq!(report["errors"][0]["id"], pair.as_str());
    assert_eq!(stage.listed(), short);

    stage.allow_all();
    let left = stage.left(LIST);
    let report = stage.warm("");
    assert_eq!(report["complete"], true);
    assert_eq!(stage.api.calls("/papi/v1/properties?"), 2 + 1 + 1);
    assert_eq!(stage.listed(), 4);
    assert!(
        stage.left(LIST) <= left,
        "the rest of the list is as old as it was"
    );
    for id in ["prp_100000", "prp_100001", "prp_100002", "prp_100003"] {
        for key in [id.to_owned(), format!("{id}:hostnames")] {
            assert!(
                stage.get(&format!("akamai:acme:property:{key}")).is_some(),
                "{key}"
            );
        }
    }
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 6);
    let there: i64 = stage.server.ask(&["EXISTS", STATE]);
    assert_eq!(there, 0, "nothing is lacking any more");
    let report = stage.warm("");
    assert_eq!(
        (&report["complete"], &report["api_calls"]),
        (&json!(true), &json!(0))
    );
}

#[test]
fn what_a_pair_has_lost_meanwhile_leaves_the_list_with_its_answer() {
    let stage = Stage::new(small());
    stage.warm("");
    let (_, group) = pair_of(&small(), "prp_100000");
    stage.api.edit(|account| account.forbidden.push(group));
    stage.run("warm --force -o json").with(7);
    assert_eq!(stage.listed(), 4, "the former entries stay");
    stage.allow_all();
    stage
        .api
        .edit(|account| account.remove_property("prp_100000"));
    let report = stage.warm("");
    assert_eq!(stage.listed(), 3, "{report}");
}

#[test]
fn whatever_is_asked_for_first_the_pair_is_asked() {
    for only in [
        "details",
        "hostnames",
        "tree",
        "rules,versions",
        "properties",
        "map",
    ] {
        let (stage, pair) = partly_warm("");
        let report = stage
            .run(&format!("warm --only {only} -o json"))
            .with(7)
            .json();
        assert_eq!(report["errors"][0]["id"], pair.as_str(), "{only}: {report}");
        stage.allow_all();
        let report = stage.warm(&format!("--only {only}"));
        assert_eq!(report["complete"], true, "{only}: {report}");
        assert_eq!(stage.listed(), 4, "{only}");
        let there: i64 = stage.server.ask(&["EXISTS", STATE]);
        assert_eq!(there, 0, "{only}");
        assert_eq!(stage.warm("")["complete"], true);
    }
    // What does not need the properties asks for nothing and forgets nothing.
    let (stage, pair) = partly_warm("");
    assert_eq!(stage.warm("--only contracts,groups")["api_calls"], 0);
    assert_eq!(stage.lacks("properties"), Some(json!([pair])));
}

#[test]
fn a_tree_and_a_map_made_without_a_group_are_made_again_once_it_has_come() {
    let (stage, _) = partly_warm("--only properties,details,hostnames,map,tree");
    let key = "akamai:acme:properties:tree";
    assert!(!stage.get(key).unwrap().contains("prp_100000"));
    stage.allow_all();
    stage.warm("--only properties");
    assert!(!stage.get(key).unwrap().contains("prp_100000"));
    let report = stage.warm("--only properties,details,hostnames,map,tree");
    assert_eq!(report["complete"], true);
    assert!(stage.get(key).unwrap().contains("prp_100000"), "{report}");
    let map = stage.json("akamai:acme:hostname:map");
    assert_eq!(map.as_object().unwrap().len(), 6);
    assert_eq!(stage.warm("--only map,tree")["api_calls"], 0);
}

#[test]
fn a_list_that_is_gone_is_fetched_whole_and_what_it_lacks_is_what_failed_now() {
    for away in ["DEL", "invalidate"] {
        let (stage, pair) = partly_warm("");
        if away == "DEL" {
            let _: i64 = stage.server.ask(&["DEL", LIST]);
        } else {
            stage.run("invalidate akamai:acme:properties:all").with(0);
        }
        assert_eq!(stage.lacks("properties"), Some(json!([pair])));
        stage.allow_all();
        let report = stage.warm("");
        assert_eq!(report["complete"], true);
        assert_eq!(stage.listed(), 4);
        let there: i64 = stage.server.ask(&["EXISTS", STATE]);
        assert_eq!(there, 0);
    }
}

#[test]
fn a_run_that_ends_early_forgets_nothing() {
    let (stage, pair) = partly_warm("");
    stage.allow_all();
    stage.run("warm --budget 0 -o json").with(9);
    assert_eq!(stage.lacks("properties"), Some(json!([pair.clone()])));
    // Nor does a whole crawl that could not be ended.
    stage.run("warm --force --budget 3 -o json").with(9);
    assert_eq!(stage.lacks("properties"), Some(json!([pair])));
    assert_eq!(stage.warm("")["complete"], true);
    assert_eq!(stage.listed(), 4);
}

#[test]
fn everything_takes_along_what_was_lacking_and_undo_brings_both_back() {
    let (stage, pair) = partly_warm("");
    stage.run("invalidate --everything --yes -o json").with(0);
    let there: i64 = stage.server.ask(&["EXISTS", STATE]);
    assert_eq!(there, 0, "of data that are gone nothing can be lacking");
    stage.run("undo").with(0);
    assert!(stage.get(LIST).is_some());
    assert_eq!(stage.lacks("properties"), Some(json!([pair])));
    stage.run("warm -o json").with(7);
}

fn without_property(mut body: Value) -> Value {
    body["hostnames"]["items"][1]["propertyId"] = Value::Null;
    body
}

#[test]
fn host_names_that_could_not_be_read_are_fetched_again() {
    let stage = Stage::new(small());
    let twist = || {
        let twisted = Fault::Twist(without_property);
        stage.api.fault("/papi/v1/hostnames", 1, twisted);
    };
    twist();
    stage.run("warm -o json").with(7);
    assert_eq!(stage.lacks("hostnames"), Some(json!(["*"])));
    assert_eq!(stage.warm("--dry-run")["planned_calls"], 1);
    twist();
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["api_calls"], 1, "{report}");
    let report = stage.warm("");
    assert_eq!(report["api_calls"], 1, "{report}");
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 6);
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn a_list_of_host_names_that_was_cut_short_is_not_whole_the_next_time() {
    let mut account = small();
    account.claimed_total = Some(7);
    let stage = Stage::new(account);
    stage.run("warm -o json").with(7);
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["complete"], false);
    stage.api.edit(|account| account.claimed_total = None);
    assert_eq!(stage.warm("")["complete"], true);
    for id in 0..4 {
        let key = format!("akamai:acme:property:prp_10000{id}:hostnames");
        assert!(stage.get(&key).is_some());
    }
}

#[test]
fn a_list_that_get_stored_without_a_group_is_not_whole_for_warm() {
    let stage = Stage::new(small());
    let (contract, group) = pair_of(&small(), "prp_100000");
    stage
        .api
        .edit(|account| account.forbidden.push(group.clone()));
    stage.run("get properties").with(0);
    assert!(stage.listed() < 4);
    let pair = format!("{contract}/{group}");
    assert_eq!(stage.lacks("properties"), Some(json!([pair])));
    stage.allow_all();
    let report = stage.warm("");
    assert_eq!(report["complete"], true);
    assert_eq!(stage.listed(), 4);
}

#[test]
fn state_that_is_no_hash_is_replaced() {
    let stage = Stage::new(small());
    let _: String = stage.server.ask(&["SET", STATE, "mine"]);
    let (_, group) = pair_of(&small(), "prp_100000");
    stage.api.edit(|account| account.forbidden.push(group));
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(row(&report, "properties")["failed"], 1);
    assert!(stage.lacks("properties").is_some());
}
