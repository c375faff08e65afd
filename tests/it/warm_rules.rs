//! `warm --all`: rules are fetched if their version changed, and otherwise kept alive.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::stage::{Stage, row};
use crate::warm_since::pass;
use jiff::Timestamp;
use std::time::Duration;

/// A hundred properties in ten pairs.
fn hundred() -> Stage {
    let stage = Stage::new(account());
    stage.api.set_clock(Timestamp::now());
    stage
}

fn account() -> Account {
    let account = Account::new(1).regular().groups(10).contracts(1);
    account.properties(100).hostnames(100)
}

fn rules(stage: &Stage) -> usize {
    stage.api.calls("/rules")
}

fn one_percent(stage: &Stage) {
    stage.api.change(|account, now| {
        let version = account.draft("prp_100001", now);
        account.activate("prp_100001", Network::Staging, version, now);
        account.activate("prp_100001", Network::Production, version, now);
    });
}

/// Sets the TTL of all rules to `seconds`.
fn age_rules(stage: &Stage, seconds: u64) {
    let keys = stage.keys().into_iter();
    for key in keys.filter(|key| key.contains(":rules:")) {
        let _: i64 = stage.server.ask(&["EXPIRE", &key, &seconds.to_string()]);
    }
}

#[test]
fn a_second_run_of_everything_asks_for_the_rules_that_changed_and_nothing_twice() {
    let stage = hundred();
    let crawl = account().crawl_calls();
    let first = stage.warm("--all");
    // The account, CP codes in one call, and two calls for each property.
    assert_eq!(first["api_calls"], crawl + 1 + 200, "{first}");
    // After so long, everything is due but active rules and CP codes.
    pass(&stage, Duration::from_mins(100));
    one_percent(&stage);
    let plan = stage.warm("--all --dry-run");
    stage.api.take_seen();
    let second = stage.warm("--all");
    // One may be due in turn.
    let asked = rules(&stage);
    assert!((1..=2).contains(&asked), "{second}");
    assert_eq!(stage.api.calls("/cpcodes"), 0);
    // Contracts and groups are fresh, too.
    assert_eq!(second["api_calls"], crawl - 2 + 100 + asked, "{second}");
    assert_eq!(plan["planned_calls"], second["api_calls"], "{plan}");
    assert_eq!(row(&second, "rules")["stored"], asked, "{second}");
    assert_eq!(row(&second, "rules")["kept_alive"], 100 - asked, "{second}");
    for key in stage.keys() {
        assert!(
            !key.contains(":rules:") || stage.left(&key) > 7_000,
            "{key}"
        );
    }
    assert_eq!(stage.run("warm --all --check").code(), 0);
}

#[test]
fn where_one_call_says_what_changed_rules_cost_one_more() {
    let stage = hundred();
    // Nothing is due in turn, whatever the hour.
    stage.home.config("[incremental]\nrules = '87600h'\n");
    stage.warm("--all");
    pass(&stage, Duration::from_mins(4));
    age_rules(&stage, 600);
    one_percent(&stage);
    stage.api.take_seen();
    let report = stage.warm("--all --every 3m");
    assert_eq!(report["incremental"], true, "{report}");
    assert_eq!(rules(&stage), 1);
    // What changed, and its hostnames, rules and activations.
    assert_eq!(report["api_calls"], 4, "{report}");
    assert_eq!(row(&report, "rules")["kept_alive"], 99, "{report}");
}

#[test]
fn rules_of_a_draft_are_fetched_also_after_it_was_activated() {
    let stage = hundred();
    stage.api.change(|account, now| {
        account.draft("prp_100001", now);
    });
    stage.warm("--all");
    let next = |what: &str| {
        age_rules(&stage, 600);
        stage.api.take_seen();
        let report = stage.warm("--all");
        assert_eq!(report["complete"], true, "{what}");
        rules(&stage)
    };
    assert_eq!(next("a draft may have changed"), 1);
    // Another run learns of the activation without fetching rules.
    stage.api.change(|account, now| {
        let version = account.property("prp_100001").unwrap().latest;
        account.activate("prp_100001", Network::Staging, version, now);
    });
    stage.warm("--force");
    assert_eq!(next("it was fetched as a draft"), 1);
    assert_eq!(next("it was fetched as it is for ever"), 0);
    // The same if another version is active now: this one was.
    stage.api.change(|account, now| {
        let version = account.property("prp_100001").unwrap().latest;
        account.activate("prp_100001", Network::Staging, version - 1, now);
    });
    stage.warm("--force");
    assert_eq!(next("what was activated once does not change"), 0);
}

#[test]
fn only_what_was_fetched_and_is_young_enough_is_kept_alive() {
    let stage = hundred();
    stage.warm("--all");
    let keys: Vec<String> = stage
        .keys()
        .into_iter()
        .filter(|key| key.contains(":rules:"))
        .collect();
    let next = || {
        age_rules(&stage, 600);
        stage.api.take_seen();
        stage.warm("--all");
        rules(&stage)
    };
    assert_eq!(next(), 0);
    // A foreign value, a missing one, one that was invalidated and is back, one that names the property as it was.
    let _: String = stage.server.ask(&["SET", &keys[0], "{}", "EX", "600"]);
    let _: i64 = stage.server.ask(&["DEL", &keys[1]]);
    let former = stage.get(&keys[2]).unwrap();
    let id = keys[2].split(':').nth(3).unwrap();
    stage.run(&format!("invalidate {id} --yes")).with(0);
    let _: String = stage.server.ask(&["SET", &keys[2], &former, "EX", "600"]);
    let renamed = keys[3].split(':').nth(3).unwrap();
    stage
        .api
        .edit(|account| account.property_mut(renamed).unwrap().name = "renamed".into());
    stage.warm("--force");
    assert_eq!(next(), 4);
    // What is fetched within seconds of an invalidation is not trusted for long, because clocks differ.
    assert!(next() <= 1);
    assert_eq!(stage.json(&keys[3])["propertyName"], "renamed", "{renamed}");
    stage.home.config("[incremental]\nrules = '1ms'\n");
    assert_eq!(next(), 100);
}
