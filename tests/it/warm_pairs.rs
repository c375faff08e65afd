//! `warm` with unreadable pairs of contract and group: those that were never readable are listed without a failure,
//! and those that were are tried again, however fresh the list is.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};
use serde_json::json;

const LIST: &str = "akamai:acme:properties:all";
const STATE: &str = "akamai:acme:warm:state";

/// Returns the pair that a property of the stand-in account belongs to.
fn pair_of(account: &Account, id: &str) -> (String, String) {
    let property = account.property(id).unwrap();
    let contract = property.contract.clone();
    let contract = contract.strip_prefix("ctr_").unwrap_or(&contract);
    (format!("ctr_{contract}"), property.group.clone())
}

/// A warm cache, after which the group of a property is forbidden and the run repeated.
fn partly_warm(line: &str) -> (Stage, String) {
    let stage = Stage::new(small());
    let (contract, group) = pair_of(&small(), "prp_100000");
    stage.warm(line);
    stage.forbid(&group);
    stage.run(&format!("warm --force -o json {line}")).with(7);
    (stage, format!("{contract}/{group}"))
}

impl Stage {
    fn state(&self, pair: &str) -> Option<String> {
        self.server.ask(&["HGET", STATE, &format!("pair:{pair}")])
    }

    fn forbid(&self, group: &str) {
        self.api
            .edit(|account| account.forbidden.push(group.to_owned()));
    }

    fn allow_all(&self) {
        self.api.edit(|account| account.forbidden.clear());
    }
}

#[test]
fn a_pair_that_was_never_readable_is_listed_and_no_failure() {
    let stage = Stage::new(small());
    let (contract, group) = pair_of(&small(), "prp_100000");
    let pair = format!("{contract}/{group}");
    stage.forbid(&group);
    let unreadable = json!([{"contract": contract, "group": group}]);
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["errors"], json!([]));
    assert_eq!(report["unreadable"], unreadable);
    assert_eq!(stage.state(&pair).as_deref(), Some("unreadable"));
    assert_eq!(stage.left(STATE), -1);
    let short = stage.listed();
    assert!(short < 4);
    // Fresh keys are kept, and the pair is still reported.
    let report = stage.warm("");
    assert_eq!(
        (&report["complete"], &report["api_calls"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(report["unreadable"], unreadable);
    let told = stage.run("warm").with(0).stdout;
    assert!(told.contains(&pair), "{told}");
    // Once the pair is readable, it is read.
    stage.allow_all();
    let report = stage.warm("--force");
    assert_eq!(report["unreadable"], json!([]));
    assert_eq!(stage.listed(), 4);
    assert_eq!(stage.state(&pair).as_deref(), Some("readable"));
}

#[test]
fn the_cp_codes_of_a_pair_that_was_never_readable_are_no_failure() {
    let (contract, group) = pair_of(&small(), "prp_100000");
    let unreadable = json!([{"contract": contract, "group": group}]);
    let mut account = small();
    account.cpcode_grant = false;
    let stage = Stage::new(account);
    let codes = || {
        let codes = stage.json("akamai:acme:cpcodes:all");
        codes.as_array().unwrap().len()
    };
    stage.forbid(&group);
    for line in [
        "--only cpcodes",
        "--all",
        "--all --force",
        "--only cpcodes --force",
    ] {
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{line}: {report}");
        assert_eq!(report["unreadable"], unreadable, "{line}: {report}");
        assert_eq!(codes(), 1, "{line}");
    }
    stage.allow_all();
    stage.warm("--all --force");
    assert_eq!(codes(), 2);
    stage.forbid(&group);
    stage.run("warm --all --force").with(7);
    assert_eq!(codes(), 2, "it was readable before");
}

#[test]
fn of_an_account_that_was_never_readable_all_pairs_are_reported() {
    let stage = Stage::new(small());
    let refused = Fault::Status(403, vec![], "{}".into());
    stage.api.fault("/papi/v1/properties?", 99, refused);
    for line in ["warm --only properties -o json", "warm -o json"] {
        let ended = stage.run(line).with(0);
        let report = ended.json();
        assert_eq!(
            report["unreadable"].as_array().unwrap().len(),
            2,
            "{report}"
        );
        let words = "no group of `acme` can be read with these credentials";
        ended.says(words);
        assert!(stage.get(LIST).is_none());
    }
    stage.api.heal();
    assert_eq!(stage.warm("")["complete"], true);
}

#[test]
fn that_no_group_can_be_read_is_said_only_if_it_is_so() {
    let words = "no group of `acme` can be read";
    let (stage, pair) = partly_warm("");
    for line in ["warm -o json", "warm", "warm --only hostnames --force"] {
        // The list of the other group is fresh, and is not fetched.
        let ended = stage.run(line).with(7);
        let report = format!("{}{}", ended.stdout, ended.stderr);
        assert!(report.contains(&pair), "{report}");
        assert!(!ended.stderr.contains(words), "{line}: {}", ended.stderr);
    }
    assert_eq!(stage.listed(), 4);
    // An API that fails says nothing about permissions, and all properties were readable before.
    for status in [403, 501] {
        let failing = Fault::Status(status, vec![], "{}".into());
        stage.api.heal();
        stage.api.fault("/papi/v1/properties?", 99, failing);
        let ended = stage.run("warm --force").with(7);
        assert!(!ended.stderr.contains(words), "{}", ended.stderr);
        assert_eq!(stage.listed(), 4);
    }
}

#[test]
fn host_names_are_fetched_although_the_only_pair_that_is_asked_fails() {
    let (stage, pair) = partly_warm("");
    stage.delete("akamai:acme:hostnames");
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["errors"][0]["id"], pair.as_str());
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 6);
}

#[test]
fn a_pair_that_was_readable_is_a_failure_and_keeps_its_entries_until_it_answers() {
    let (stage, pair) = partly_warm("");
    assert_eq!(stage.state(&pair).as_deref(), Some("failed"));
    assert_eq!(stage.listed(), 4);
    // Only the pair is requested, and fails as before. The groups came from the cache, so they are requested too.
    let plan = stage.warm("--dry-run");
    assert_eq!(plan["planned_calls"], 2, "{plan}");
    assert_eq!(plan["planned_calls_exact"], false, "it may answer: {plan}");
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["complete"], false);
    assert_eq!(report["api_calls"], 2, "{report}");
    assert_eq!(report["errors"][0]["id"], pair.as_str());
    assert_eq!(stage.listed(), 4);

    stage.allow_all();
    stage
        .api
        .edit(|account| account.remove_property("prp_100000"));
    let left = stage.left(LIST);
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.listed(), 3, "its answer says what it has lost");
    assert!(
        stage.left(LIST) <= left,
        "the rest of the list is as old as it was"
    );
    assert_eq!(stage.state(&pair).as_deref(), Some("readable"));
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn a_property_that_moved_to_a_group_that_fails_stays_listed_until_the_group_answers() {
    let stage = Stage::new(small());
    stage.warm("");
    let (_, from) = pair_of(&small(), "prp_100000");
    let group = |property: &&crate::support::account::Property| property.group != from;
    let to = small().properties.iter().find(group).unwrap().group.clone();
    stage.api.edit(|account| {
        account.property_mut("prp_100000").unwrap().group = to.clone();
    });
    stage.forbid(&to);
    let at = |stage: &Stage| {
        let list = stage.json(LIST);
        let mut items = list.as_array().unwrap().iter();
        let item = items.find(|item| item["propertyId"] == "prp_100000");
        item.map(|item| item["groupId"].as_str().unwrap().to_owned())
    };
    stage.run("warm --force -o json").with(7);
    assert_eq!(at(&stage), Some(from));
    stage.allow_all();
    assert_eq!(stage.warm("--force")["complete"], true);
    assert_eq!((at(&stage), stage.listed()), (Some(to), 4));
}

#[test]
fn a_failed_pair_is_requested_whatever_else_is() {
    for only in [
        "details",
        "hostnames",
        "tree",
        "rules,versions",
        "properties",
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
        assert_eq!(stage.state(&pair).as_deref(), Some("readable"), "{only}");
        assert_eq!(stage.warm("")["complete"], true);
    }
    // A run without properties requests nothing and forgets nothing.
    let (stage, pair) = partly_warm("");
    assert_eq!(stage.warm("--only contracts,groups")["api_calls"], 0);
    assert_eq!(stage.state(&pair).as_deref(), Some("failed"));
}

#[test]
fn a_run_that_ends_early_forgets_nothing() {
    let (stage, pair) = partly_warm("");
    stage.allow_all();
    stage.run("warm --budget 0 -o json").with(9);
    assert_eq!(stage.state(&pair).as_deref(), Some("failed"));
    stage.run("warm --force --budget 3 -o json").with(9);
    assert_eq!(stage.state(&pair).as_deref(), Some("failed"));
    assert_eq!(stage.warm("")["complete"], true);
}

#[test]
fn groups_from_the_cache_are_not_trusted_for_a_crawl_that_fails() {
    let stage = Stage::new(small());
    // Groups that the server cached for another account.
    let theirs = r#"[{"groupId":"grp_999","groupName":"theirs","contractIds":["ctr_9"]}]"#;
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:account:groups", theirs, "EX", "80000"]);
    stage.forbid("grp_999");
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["unreadable"], json!([]));
    assert_eq!(stage.listed(), 4);
    let groups = stage.json("akamai:acme:account:groups");
    assert!(!groups.to_string().contains("grp_999"), "{groups}");
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:account:groups", theirs, "EX", "80000"]);
    stage.delete(LIST);
    stage.run("get properties").with(0);
    assert_eq!(stage.listed(), 4);
}

#[test]
fn a_list_that_the_server_reads_in_two_shapes_is_refreshed_as_an_array_only() {
    let stage = Stage::new(small());
    let shapes = [
        (None, None),
        (Some("[]"), Some("[")),
        (Some(r#"{"content":[]}"#), Some("{")),
    ];
    for (before, after) in shapes {
        for key in ["akamai:acme:groups:all", "akamai:acme:contracts:all"] {
            if let Some(before) = before {
                let _: String = stage.server.ask(&["SET", key, before, "EX", "1000"]);
            }
        }
        stage.warm("--force");
        for (key, own) in [
            ("akamai:acme:groups:all", "akamai:acme:account:groups"),
            ("akamai:acme:contracts:all", "akamai:acme:account:contracts"),
        ] {
            let value = stage.get(key);
            match after {
                None => assert_eq!(value, None),
                Some("[") => assert_eq!(value, stage.get(own), "{key}"),
                Some(_) => assert_eq!(value.as_deref(), before, "{key}"),
            }
        }
    }
}

#[test]
fn host_names_that_could_not_be_read_are_fetched_again() {
    let stage = Stage::new(small());
    let twist = || {
        let twisted = Fault::without_property();
        stage.api.fault("/papi/v1/hostnames", 1, twisted);
    };
    twist();
    stage.run("warm -o json").with(7);
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
    stage.warm("");
    let (contract, group) = pair_of(&small(), "prp_100000");
    stage.delete(LIST);
    stage.forbid(&group);
    stage.run("get properties").with(0);
    assert!(stage.listed() < 4);
    let pair = format!("{contract}/{group}");
    assert_eq!(stage.state(&pair).as_deref(), Some("failed"));
    stage.allow_all();
    let report = stage.warm("");
    assert_eq!(report["complete"], true);
    assert_eq!(stage.listed(), 4);
}

#[test]
fn state_that_is_no_hash_is_replaced() {
    let stage = Stage::new(small());
    let _: String = stage.server.ask(&["SET", STATE, "mine"]);
    let report = stage.warm("");
    assert_eq!(row(&report, "properties")["failed"], 0);
    let (contract, group) = pair_of(&small(), "prp_100000");
    let remembered = stage.state(&format!("{contract}/{group}"));
    assert_eq!(remembered.as_deref(), Some("readable"));
}

#[test]
fn a_group_that_is_new_is_asked_although_the_list_is_fresh() {
    let stage = Stage::new(small());
    stage.warm("");
    let add = |account: &mut Account| account.add_group("grp_77777", "prp_200000");
    stage.api.edit(add);
    stage.delete("akamai:acme:account:groups");
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.listed(), 5, "{report}");
}

#[test]
fn an_account_without_properties_is_warm_after_one_run() {
    let stage = Stage::new(small());
    stage.warm("--hostnames version --only properties,details,hostnames,map");
    stage.api.edit(|account| {
        account.hostnames.clear();
        account.properties.clear();
    });
    stage.warm("--hostnames version --only properties,details,hostnames,map --force");
    let there: i64 = stage.server.ask(&["EXISTS", "akamai:acme:hostnames"]);
    assert_eq!(there, 0);
    assert_eq!(stage.get("akamai:acme:hostname:map").as_deref(), Some("{}"));
}

/// An account of 40 properties, half of them in a group that the list of groups lacks.
fn hidden() -> (Account, usize) {
    let mut account = Account::new(3).regular().groups(2).contracts(1);
    account = account.properties(40).hostnames(80);
    let calls = account.crawl_calls();
    let group = account.groups[1].id.clone();
    account.hidden.push(group);
    (account, calls)
}

#[test]
fn a_group_that_only_host_names_name_is_read_in_one_call() {
    let (account, calls) = hidden();
    let stage = Stage::new(account);
    for line in ["", "--force", "--only properties --force", ""] {
        let plan = stage.warm(&format!("--dry-run {line}"));
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{report}");
        assert_eq!(stage.listed(), 40, "{line}");
        let made = report["api_calls"].as_u64().unwrap();
        assert!(made <= calls as u64, "{report}");
        // By now the pair is known, and planned.
        assert!(line.is_empty() || plan["planned_calls"] == made, "{plan}");
    }
    stage.run("warm --check").with(0);
}

#[test]
fn a_contract_that_only_host_names_name_is_read_although_a_group_may_not_be() {
    let mut account = small().groups(3).contracts(2);
    let (contract, group) = pair_of(&account, "prp_100000");
    let other = |one: &&String| **one != contract;
    let new = account.contracts.iter().find(other).unwrap().clone();
    let refused = account.groups.iter().find(|one| one.id != group);
    account.forbidden.push(refused.unwrap().id.clone());
    let stage = Stage::new(account);
    assert_ne!(stage.warm("")["unreadable"], json!([]));
    stage.api.edit(|account| {
        account.add_property("prp_200000", "new");
        account.move_property("prp_200000", &new, &group);
        account.add_hostname("new.example.com", "prp_200000");
    });
    // The groups are cached for a day.
    for key in [LIST, "akamai:acme:hostnames"] {
        stage.delete(key);
    }
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get("akamai:acme:hostname:new.example.com").is_some());
    assert!(stage.get(LIST).unwrap().contains("prp_200000"));
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn the_tree_has_each_property_of_the_list() {
    let stage = Stage::new(hidden().0);
    stage.warm("--only properties,hostnames,tree");
    let tree = stage.json("akamai:acme:properties:tree");
    let below = |value: &serde_json::Value, name: &str| value[name].as_array().unwrap().clone();
    let groups = tree.as_array().unwrap().iter();
    let contracts = groups.flat_map(|group| below(group, "contracts"));
    let properties = contracts.flat_map(|contract| below(&contract, "properties"));
    assert_eq!((properties.count(), stage.listed()), (40, 40), "{tree}");
}

#[test]
fn what_only_host_names_name_and_cannot_be_read_stays_due() {
    let (account, _) = hidden();
    let hidden = account.property("prp_100001").unwrap().group.clone();
    let stage = Stage::new(account);
    let failing = |status| Fault::Status(status, vec![], "{}".into());
    stage
        .api
        .fault(&format!("groupId={hidden}"), 99, failing(501));
    for line in ["", "", "--every 3m"] {
        let report = stage.run(&format!("warm -o json {line}")).with(7).json();
        assert_eq!(report["complete"], false, "{report}");
    }
    // A refusal is as with any other pair.
    stage.api.heal();
    assert_eq!(stage.warm("")["complete"], true);
    assert_eq!(stage.listed(), 40);

    // What no list has is asked for one by one.
    stage.empty();
    let empty = r#"{"properties":{"items":[]}}"#;
    let empty = Fault::Status(200, vec![], empty.into());
    stage.api.fault(&format!("groupId={hidden}"), 99, empty);
    stage
        .api
        .fault("/papi/v1/properties/prp_", 99, failing(403));
    for line in ["", "", "--every 3m"] {
        let report = stage.run(&format!("warm -o json {line}")).with(7).json();
        assert_eq!(report["complete"], false, "{report}");
    }
}

#[test]
fn get_does_not_take_a_tree_of_an_incomplete_list_for_a_complete_one() {
    let tree = "akamai:acme:properties:tree";
    let stage = Stage::new(small());
    stage.warm("");
    stage.run("get tree").with(0);
    assert!(stage.left(tree) > 3_500);
    stage.empty();
    let (_, group) = pair_of(&small(), "prp_100000");
    let failing = Fault::Status(501, vec![], "{}".into());
    stage.api.fault(&format!("groupId={group}"), 99, failing);
    stage.run("warm").with(7);
    stage.run("get tree").with(0);
    let left = stage.left(tree);
    // As `warm` stores such a tree.
    assert!((1..=360).contains(&left), "{left}");
}

#[test]
fn nothing_below_a_pair_that_is_refused_is_asked_for_and_the_pair_is_reported_once() {
    let account = || Account::new(1).regular().groups(2).contracts(1);
    let account = || account().properties(40).hostnames(6);
    let (contract, group) = pair_of(&account(), "prp_100000");
    let pair = format!("{contract}/{group}");
    // A run whose list is fresh learns of it from the parts that it asks for at the same time, each with and without
    // the ids of the group. The next run asks for the list first.
    for (line, most) in [("--check", 0), ("--every 3m", 8), ("--every 3m", 0)] {
        let stage = Stage::new(account());
        stage.warm("--all");
        stage.forbid(&group);
        let keys = stage.keys().into_iter();
        for key in keys.filter(|key| key.ends_with(":activations")) {
            stage.delete(&key);
        }
        let line = format!("warm --all -o json {line}");
        if most == 0 {
            stage.run(&line).with(7);
        }
        stage.api.take_seen();
        let report = stage.run(&line).with(7).json();
        let errors = report["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{line}: {report}");
        assert_eq!(errors[0]["id"], pair, "{line}: {report}");
        let seen = stage.api.seen().into_iter();
        let below =
            seen.filter(|seen| seen.status == 403 && seen.path_and_query.contains("/properties/"));
        let below = below.count();
        assert!(below <= most, "{line}: {below}");
        let rules = stage.keys().into_iter();
        let rules = rules.filter(|key| key.contains(":prp_100000:rules:"));
        assert_eq!(rules.count(), 1, "{line}: what is cached stays");
    }
}
