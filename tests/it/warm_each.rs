//! `warm --all`: resources with a call for each property are fetched if the property changed, otherwise kept alive,
//! and fetched again in turn.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Fault;
use crate::support::keep_process::KeepProcess;
use crate::support::stage::{Stage, row, small};
use crate::warm_since::pass;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

const EVERY: Duration = Duration::from_mins(3);

/// A hundred properties in ten pairs.
fn hundred() -> Stage {
    let account = Account::new(1).regular().groups(10).contracts(1);
    let stage = Stage::new(account.properties(100).hostnames(100));
    stage.api.set_clock(Timestamp::now());
    stage
}

fn activate(stage: &Stage, id: &str) {
    stage.api.change(|account, now| {
        let version = account.draft(id, now);
        account.activate(id, Network::Staging, version, now);
        account.activate(id, Network::Production, version, now);
    });
}

#[test]
fn an_idle_cycle_of_everything_is_one_call_or_two_and_nothing_expires() {
    let stage = hundred();
    // Nothing is due in turn, whatever the hour: the server's clock stands still while time passes.
    stage.home.config("[incremental]\nrules = '87600h'\n");
    let mut process = KeepProcess::start(&stage, "--all");
    let first = process.next();
    assert_eq!(first["complete"], true, "{first}");
    let before = stage.data();
    stage.api.take_seen();
    let mut calls = 0;
    for cycle in 0..35 {
        pass(&stage, EVERY);
        assert_eq!(stage.data(), before, "in cycle {cycle}");
        let report = process.cycle();
        assert_eq!(report["complete"], true, "{report}");
        let made = report["api_calls"].as_u64().unwrap();
        assert!((1..=2).contains(&made), "{report}");
        calls += made;
    }
    assert!(calls < 45, "{calls}");
    // Something changes.
    pass(&stage, EVERY);
    activate(&stage, "prp_100042");
    let report = process.cycle();
    // What changed, and its hostnames, rules and activations; another property may be due in turn.
    let made = report["api_calls"].as_u64().unwrap();
    assert!((4..=5).contains(&made), "{report}");
    let versions: Vec<String> = stage.server.ask(&[
        "LRANGE",
        "akamai:acme:property:prp_100042:versions",
        "0",
        "0",
    ]);
    let latest = &stage.json("akamai:acme:property:prp_100042")["latestVersion"];
    assert_eq!(versions, [format!("v{latest}")]);
    assert!(stage.get("akamai:acme:hostname:map").is_some());
    process.end();
    stage.run("warm --all --check").with(0);
}

#[test]
fn each_is_fetched_again_in_its_turn_and_no_later() {
    let stage = hundred();
    stage.home.config("[incremental]\nrules = '1h'\n");
    stage.warm("--all");
    let mut asked = 0;
    for _ in 0..20 {
        pass(&stage, EVERY);
        stage.api.take_seen();
        let report = stage.warm("--all --every 3m");
        let turns: usize = ["/rules", "/activations"]
            .iter()
            .map(|path| stage.api.calls(path))
            .sum();
        // Ten in three minutes, and some for the time that the runs themselves take.
        assert!((9..=50).contains(&turns), "{turns}: {report}");
        asked += turns;
    }
    assert!(asked >= 199, "{asked}");
}

#[test]
fn only_what_cannot_have_changed_is_kept_alive() {
    let stage = hundred();
    let own = |id: u32, what: &str| format!("akamai:acme:property:prp_{id}:{what}");
    // One activation is pending.
    let pending: fn(Value) -> Value = |mut value| {
        value["activations"]["items"][0]["status"] = "PENDING".into();
        value
    };
    stage
        .api
        .fault("prp_100001/activations", 1, Fault::Twist(pending));
    stage.warm("--all");
    // Two hold something else by now, one was invalidated and is back.
    let foreign = own(100_002, "activations");
    let _: String = stage.server.ask(&["SET", &foreign, "[]", "EX", "600"]);
    let _: i64 = stage
        .server
        .ask(&["LPUSH", &own(100_003, "versions"), "v99"]);
    let back = own(100_004, "activations");
    let former = stage.get(&back).unwrap();
    stage.run("invalidate prp_100004 --yes").with(0);
    let _: String = stage.server.ask(&["SET", &back, &former, "EX", "600"]);
    // Long enough for both to be due.
    for _ in 0..3 {
        pass(&stage, EVERY);
        stage.warm("--all --every 3m");
    }
    let seen = stage.api.take_seen();
    let times = |id: u32, what: &str| {
        let path = format!("/properties/prp_{id}/{what}");
        let of = seen.iter().filter(|call| {
            let path_and_query = &call.path_and_query;
            path_and_query.contains(&path) && !path_and_query.contains("hostnames")
        });
        of.count()
    };
    assert!(times(100_001, "activations") > 1);
    assert_eq!(times(100_002, "activations"), 2);
    let versions: Vec<String> = stage
        .server
        .ask(&["LRANGE", &own(100_003, "versions"), "0", "0"]);
    assert_ne!(versions, ["v99"]);
    assert!(times(100_004, "activations") > 1);
    assert_eq!(times(100_005, "activations"), 1);
    assert_eq!(stage.api.calls("/versions?"), 0);
    assert_eq!(
        stage.json(&own(100_001, "activations"))[0]["status"],
        "ACTIVE"
    );
}

#[test]
fn an_account_that_takes_many_runs_at_first_is_whole_in_the_end() {
    let stage = hundred();
    let mut calls = 0;
    let mut runs = 0;
    loop {
        let run = stage.run("warm --all --every 3m --budget 40 -o json");
        runs += 1;
        calls += run.json()["api_calls"].as_u64().unwrap();
        assert!(stage.left("akamai:acme:properties:all") > 200, "run {runs}");
        if run.code() == 0 {
            break;
        }
        assert_eq!(run.code(), 9, "{}", run.stderr);
        // Longer than versions and activations live in total.
        assert!(runs < 12, "{calls} calls");
        pass(&stage, EVERY);
    }
    // The account, CP codes, two calls for each property, and what changed, once a run.
    let least = 2 + 10 + 1 + 1 + 200;
    assert!(
        calls >= least && calls < least + 2 * runs + 5,
        "{calls} in {runs}"
    );
    stage.run("warm --all --check").with(0);
}

#[test]
fn a_run_ends_when_the_next_one_is_due_and_that_goes_on() {
    let stage = Stage::new(small());
    // Ten calls a second: the calls for all properties take longer than a second.
    let line = "warm --all --every 1s --rate 600 -o json";
    let first = stage.run(line).with(9);
    let words = "stopped because the next run is due; it continues with what is left";
    first.says(words);
    assert_eq!(first.json()["complete"], false);
    let ended = (0..60).find(|_| stage.run(line).code() == 0);
    assert!(ended.is_some());
    stage.run("warm --all --check").with(0);
}

#[test]
fn the_map_is_made_of_what_is_cached() {
    let stage = hundred();
    stage.warm("--all");
    pass(&stage, EVERY);
    let map = "akamai:acme:hostname:map";
    let before = stage.json(map);
    stage.delete(map);
    let plan = stage.warm("--all --every 3m --dry-run");
    let report = stage.warm("--all --every 3m");
    assert!(report["api_calls"].as_u64().unwrap() <= 2, "{report}");
    assert!(plan["planned_calls"].as_u64().unwrap() <= 2, "{plan}");
    assert_eq!(row(&report, "map")["stored"], 1, "{report}");
    assert_eq!(stage.json(map), before);
    // A foreign value is not added to it.
    let name = before.as_object().unwrap().keys().next().unwrap();
    let key = format!("akamai:acme:hostname:{name}");
    let _: String = stage.server.ask(&["SET", &key, "{}", "EX", "1800"]);
    stage.delete(map);
    stage.warm("--all --every 3m");
    assert_eq!(stage.json(map), before);
}

#[test]
fn jitter_leaves_each_value_until_the_next_run() {
    let stage = Stage::new(small());
    for _ in 0..4 {
        stage.warm("--only properties,details --every 3m --jitter 90");
        // The server refreshes the list in its last 60 s, and a property in its last 270 s.
        let list = stage.left("akamai:acme:properties:all");
        assert!((235..=300).contains(&list), "{list}");
        for at in 0..4 {
            let item = stage.left(&format!("akamai:acme:property:prp_10000{at}"));
            assert!((445..=900).contains(&item), "{item}");
        }
        stage.empty();
    }
}

#[test]
fn customers_after_the_one_that_used_up_the_budget_name_the_whole_budget() {
    let stage = Stage::new(small());
    stage.api.serve("beta", small().with_id("act_beta"));
    let needed = stage.warm("")["api_calls"].as_u64().unwrap();
    stage.empty();
    let line = format!("warm --budget {needed} -c acme,beta -o json");
    let ended = stage.run(&line).with(9);
    let errors = ended.json()["errors"].clone();
    let said = format!("the budget of {needed} API calls is used up");
    assert_eq!(errors[0]["message"], said, "{errors}");
    assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
    assert!(
        stage
            .keys()
            .iter()
            .any(|key| key == "akamai:acme:properties:all")
    );
}
