//! Changed accounts: warming a customer's cache with another account's credentials is refused unless forced, and a
//! complete run removes the other account's data.

use crate::support::account::Account;
use crate::support::akamai::{Fault, Seen};
use crate::support::stage::{Stage, row, small};
use serde_json::json;
use std::time::Duration;

const STATE: &str = "akamai:acme:warm:state";

fn other() -> Account {
    let mut account = small();
    account.id = "act_OTHER".into();
    account
}

impl Stage {
    fn remembered(&self, field: &str) -> Option<String> {
        self.server.ask(&["HGET", STATE, field])
    }

    fn plant(&self, key: &str, value: &serde_json::Value) {
        let value = value.to_string();
        let _: String = self.server.ask(&["SET", key, &value, "EX", "3000"]);
    }

    /// Returns all values except locks and counters.
    fn values(&self) -> Vec<(String, Option<String>)> {
        let of_account = |key: &String| key.contains(":property:") || key.ends_with(":all");
        let keys = self.keys().into_iter().filter(of_account);
        keys.map(|key| (key.clone(), self.get(&key))).collect()
    }
}

#[test]
fn another_account_is_refused_until_it_is_forced_and_nothing_is_written_before() {
    let stage = Stage::new(small());
    stage.warm("");
    let own = small().id;
    assert_eq!(stage.remembered("account"), Some(own.clone()));
    assert!(stage.remembered("account:by").is_some());
    // Other credentials, as after an edit of the section.
    stage.api.serve("beta", other());
    let before = stage.values();
    for line in [
        "warm --section beta -o json",
        "warm prp_100000 --section beta -o json",
        "warm -n --section beta -o json",
        "get groups --section beta --no-refresh",
        "get activations prp_100000 --section beta",
        "invalidate prp_100000 --refill --yes --section beta",
    ] {
        if line.starts_with("get groups") {
            stage.delete("akamai:acme:account:groups");
        }
        let ended = stage.run(line).with(2);
        assert!(
            ended.stderr.contains("act_OTHER"),
            "{line}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains(&own), "{line}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{line}: {}", ended.stdout);
        let now = stage.values();
        let kept = |(key, _): &&(String, Option<String>)| !key.contains("account:groups");
        let before: Vec<_> = before.iter().filter(kept).collect();
        assert_eq!(
            now.iter().filter(kept).collect::<Vec<_>>(),
            before,
            "{line}"
        );
    }
    assert_eq!(stage.remembered("account"), Some(own));
    let report = stage.warm("--force --section beta");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.remembered("account").as_deref(), Some("act_OTHER"));
    let property = stage.json("akamai:acme:property:prp_100000");
    assert_eq!(property["accountId"], "act_OTHER");
    // From now on the cache belongs to the other account.
    assert_eq!(stage.warm("--section beta")["api_calls"], 0);
    stage.run("warm").with(2);
}

#[test]
fn what_another_account_does_not_have_is_not_told_of_this_one() {
    let stage = Stage::new(small());
    stage.warm("--only contracts,groups");
    stage.api.edit(|account| account.hostnames.clear());
    let mut beta = other();
    beta.remove_property("prp_100000");
    stage.api.serve("beta", beta);
    let groups = stage.api.calls("/groups");
    for line in [
        "get property prp_100000",
        "get hostnames prp_100000",
        "get rules prp_100000",
        "get versions prp_100000",
        "get hostname www.nobody.example",
        "search www.nobody.example",
    ] {
        let before = stage.data();
        let ended = stage
            .run(&format!("{line} --section beta --no-record"))
            .with(2);
        let told = ended.stderr.contains("act_OTHER");
        assert!(told, "{line}: {}", ended.stderr);
        assert_eq!(stage.data(), before, "{line}");
    }
    assert_eq!(stage.api.calls("/groups"), groups + 6);
    stage.run("get property prp_100000").with(0);
    // The credentials that revealed the account are trusted.
    stage.run("get property prp_999").with(5);
    assert_eq!(stage.api.calls("/groups"), groups + 6);
}

#[test]
fn credentials_that_switch_to_another_account_are_detected() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.api.edit(|account| *account = other());
    stage.delete("akamai:acme:properties:all");
    let before = stage.values();
    let ended = stage.run("warm").with(2);
    ended.says("act_OTHER");
    assert_eq!(stage.values(), before);
    // Every response names its account.
    for line in [
        "get activations prp_100000",
        "get rules prp_100000",
        "get property prp_100000",
        "get hostnames prp_100000",
        "warm --only versions",
        "warm prp_100000 --only rules",
    ] {
        let kind = line.split(' ').nth(1).unwrap_or_default();
        let own = "akamai:acme:property:prp_100000";
        if kind == "property" {
            stage.delete(own);
        } else if kind == "hostnames" {
            stage.delete(&format!("{own}:hostnames"));
        }
        let before = stage.values();
        let ended = stage.run(line).with(2);
        let told = ended.stderr.contains("act_OTHER");
        assert!(told, "{line}: {}", ended.stderr);
        assert_eq!(stage.values(), before, "{line}");
    }
}

#[test]
fn a_refill_checks_the_account_before_anything_is_removed() {
    let stage = Stage::new(small());
    stage.warm("");
    let before = stage.data();
    // The same credentials, which now belong to another account.
    stage.api.edit(|account| *account = other());
    for line in [
        "invalidate prp_100000 --cascade --refill",
        "invalidate --everything --yes --refill",
    ] {
        let ended = stage.run(line).with(2);
        assert!(
            ended.stderr.contains("act_OTHER"),
            "{line}: {}",
            ended.stderr
        );
        assert_eq!(stage.data(), before, "{line}");
    }
    assert_eq!(stage.remembered("account"), Some(small().id));
}

#[test]
fn the_account_costs_no_call_of_its_own() {
    let stage = Stage::new(small());
    stage.warm("");
    assert_eq!(stage.api.calls("/groups"), 1);
    stage.warm("");
    stage.warm("prp_100000");
    stage.warm("--only properties,details,hostnames --refresh-below 100");
    assert_eq!(stage.api.calls("/groups"), 1);
}

#[test]
fn a_complete_run_removes_what_another_account_left() {
    let stage = Stage::new(small());
    let property = json!({"propertyId": "prp_9", "accountId": "act_OTHER", "propertyName": "x"});
    let host = json!({"property": property, "hostname": {"cnameFrom": "www.other.example"}});
    let planted = [
        ("akamai:acme:property:prp_9", &property),
        ("akamai:acme:property:prp_9:hostnames", &json!([])),
        ("akamai:acme:hostname:www.other.example", &host),
    ];
    let ours = json!({"propertyId": "prp_8", "accountId": small().id});
    let plant = || {
        for (key, value) in planted {
            stage.plant(key, value);
        }
        stage.plant("akamai:acme:property:prp_8", &ours);
        stage.plant("akamai:beta:property:prp_9", &property);
        stage.plant("akamai:acme:properties:all", &json!([property]));
        let _: i64 = stage.server.ask(&[
            "HSET",
            "akamai:acme:hostnames",
            "www.other.example",
            r#"{"propertyId":"prp_9","property":{}}"#,
        ]);
    };
    for line in ["", "", "--force"] {
        plant();
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{report}");
        for (key, _) in planted {
            assert_eq!(stage.get(key), None, "{key} {line}");
        }
        assert_eq!(row(&report, "details")["removed"], 2, "{report}");
        assert!(stage.get("akamai:acme:property:prp_8").is_some());
        assert!(stage.get("akamai:beta:property:prp_9").is_some());
        let list = stage.json("akamai:acme:properties:all");
        assert_eq!(list.as_array().map(Vec::len), Some(4));
    }
    let field: Option<String> =
        stage
            .server
            .ask(&["HGET", "akamai:acme:hostnames", "www.other.example"]);
    assert_eq!(field, None);
    // An incomplete run removes nothing.
    plant();
    stage.api.fault(
        "/papi/v1/contracts",
        99,
        Fault::Status(501, vec![], "{}".into()),
    );
    stage.run("warm --force").with(7);
    assert!(stage.get(planted[0].0).is_some());
}

#[test]
fn what_shows_another_account_goes_with_what_that_left() {
    let stage = Stage::new(small());
    stage.warm("");
    let property = json!({"propertyId": "prp_9", "accountId": "act_OTHER", "propertyName": "x"});
    stage.plant("akamai:acme:property:prp_9", &property);
    let shown = [
        "akamai:acme:search:x",
        "akamai:acme:hostname:map",
        "akamai:acme:property:X:details",
        "akamai:acme:properties:all:all:100",
    ];
    for key in shown {
        stage.plant(key, &json!([{ "property": property }]));
    }
    let report = stage.warm("--force");
    assert_eq!(report["complete"], true, "{report}");
    for key in shown {
        assert_eq!(stage.get(key), None, "{key}");
    }
    assert!(stage.get("akamai:acme:properties:all").is_some());
}

#[test]
fn the_account_is_known_after_everything_was_invalidated() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.run("invalidate --everything --yes").with(0);
    stage.api.edit(|account| *account = other());
    stage.run("warm").with(2);
    assert_eq!(stage.data(), [""; 0]);
}

#[test]
fn one_section_for_several_customers_is_refused_by_everything_that_fetches() {
    let stage = Stage::new(small());
    let twice = |line: &str| {
        stage
            .command(line)
            .env("ALECS_CUSTOMER", "")
            .env("AKAMAI_EDGERC_SECTION", "acme")
    };
    for line in [
        "warm -c a -c b",
        "warm -n -c a -c b",
        "warm --all-customers",
        "invalidate prp_100000 -c a -c b --refill --yes",
        "get groups -c a -c b",
        "search www -c a -c b",
    ] {
        let ended = twice(line).run().with(2);
        assert!(!ended.stderr.is_empty(), "{line}");
        assert_eq!(stage.api.seen().len(), 0, "{line}");
        assert_eq!(stage.keys(), Vec::<String>::new(), "{line}");
    }
    for line in [
        "get groups -c b",
        "search www -c b",
        "invalidate prp_1 -c b --refill --yes",
        "warm -c b",
    ] {
        let ended = twice(line).run();
        let told = "using credentials of section \"acme\" for customer \"b\"";
        assert!(ended.stderr.contains(told), "{line}: {}", ended.stderr);
    }
}

#[test]
fn cp_codes_take_one_call_with_the_grant_and_one_per_pair_without() {
    let key = "akamai:acme:cpcodes:all";
    let stage = Stage::new(small());
    let plan = stage.warm("--only cpcodes -n");
    let calls = |pattern: &str| stage.api.calls(pattern);
    let report = stage.warm("--only cpcodes");
    // One of the two calls finds out the account.
    assert_eq!(report["api_calls"], 2, "{report}");
    assert_eq!(plan["planned_calls"], 2, "{plan}");
    // The plan asks that call as well: without the grant there are more.
    assert_eq!(
        (calls("/cprg/v1/cpcodes"), calls("/papi/v1/cpcodes")),
        (2, 0)
    );
    let codes = stage.json(key);
    let first = &codes[0];
    assert!(
        first["cpcodeId"].as_str().unwrap().starts_with("cpc_"),
        "{codes}"
    );
    assert_eq!(first["productIds"], json!(["prd_Web_App_Accel"]));
    let count = codes.as_array().map(Vec::len);

    stage.api.edit(|account| account.cpcode_grant = false);
    for from in ["warm --only cpcodes", "get cpcodes"] {
        stage.delete(key);
        stage.run(from).with(0);
        assert_eq!(stage.json(key).as_array().map(Vec::len), count, "{from}");
    }
    assert!(calls("/papi/v1/cpcodes") > 1);
    assert_eq!(stage.remembered("cpcodes").as_deref(), Some("by_pair"));
    // The refusal is remembered, and the plan matches the run.
    stage.delete(key);
    let plan = stage.warm("--only cpcodes -n");
    let report = stage.warm("--only cpcodes");
    assert_eq!(
        plan["planned_calls"], report["api_calls"],
        "{plan} {report}"
    );
    // Until everything is fetched again.
    stage.api.edit(|account| account.cpcode_grant = true);
    let before = calls("/papi/v1/cpcodes");
    stage.warm("--only cpcodes --force");
    assert_eq!(calls("/papi/v1/cpcodes"), before);
}

#[test]
fn a_run_after_a_burst_block_waits_for_its_end_and_makes_one_call_at_a_time() {
    let account = Account::new(1).regular().groups(12).contracts(1);
    let stage = Stage::new(account.properties(12).hostnames(12));
    stage
        .api
        .fault("/papi/v1/properties?", 1, Fault::BurstBlock);
    let ended = stage.run("warm --concurrency 1").with(9);
    ended.says("burst");
    let until: u64 = stage.remembered("burst_until").unwrap().parse().unwrap();
    let now: Vec<String> = stage.server.ask(&["TIME"]);
    let now = now[0].parse::<u64>().unwrap() * 1000;
    assert!(until > now + 50_000, "{until} {now}");
    stage.api.fault(
        "/papi/v1/properties?",
        99,
        Fault::Slow(Duration::from_millis(30)),
    );
    let soon = (now + 2_500).to_string();
    let _: i64 = stage.server.ask(&["HSET", STATE, "burst_until", &soon]);
    // Otherwise the account gets four calls at once.
    let ended = stage.run("warm").with(0);
    assert!(
        ended
            .stderr
            .contains("Akamai has blocked this address for a burst of requests; continuing in"),
        "{}",
        ended.stderr
    );
    assert_eq!(stage.remembered("burst_until"), None);
    assert_eq!(stage.api.most_under_way(), 1);
    stage.warm("--force");
    // Usually more.
    assert!(stage.api.most_under_way() > 1);
}

#[test]
fn the_credentials_behind_the_state_are_not_readable_in_it() {
    let stage = Stage::new(small());
    stage.warm("");
    let by = stage.remembered("account:by").unwrap();
    assert_eq!(by.len(), 16);
    let fields: Vec<String> = stage.server.ask(&["HGETALL", STATE]);
    assert!(!fields.iter().any(|text| text.contains("token")));
}

#[test]
fn a_property_that_moved_to_another_group_is_found_and_the_cache_healed() {
    let place = |account: &Account| {
        let property = account.property("prp_100000").unwrap();
        (property.contract.clone(), property.group.clone())
    };
    let (contract, former) = place(&small());
    let other = small()
        .groups
        .iter()
        .find(|group| group.id != former)
        .cloned();
    let group = other.unwrap().id;
    let reads = [
        "get activations prp_100000",
        "get rules prp_100000",
        "get hostnames prp_100000",
        "get property prp_100000",
        "warm --only rules,versions,activations",
        "warm prp_100000",
        "invalidate prp_100000 --refill --yes",
        "warm --force",
    ];
    for line in reads {
        let stage = Stage::new(small());
        stage.warm("");
        let kind = line.split(' ').nth(1).unwrap_or_default();
        if kind == "property" {
            stage.delete("akamai:acme:property:prp_100000");
        } else if kind == "hostnames" {
            let key = "akamai:acme:property:prp_100000:hostnames";
            stage.delete(key);
        }
        stage
            .api
            .edit(|account| account.move_property("prp_100000", &contract, &group));
        let ended = stage.run(line).with(0);
        assert!(!ended.stderr.contains("403"), "{line}: {}", ended.stderr);
        let property = stage.json("akamai:acme:property:prp_100000");
        assert_eq!(property["groupId"], group.as_str(), "{line}");
        if line.starts_with("warm prp") || line == "warm --force" {
            let list = stage.json("akamai:acme:properties:all");
            let listed = list.as_array().unwrap().iter();
            let mut listed = listed.filter(|item| item["propertyId"] == "prp_100000");
            assert_eq!(listed.next().unwrap()["groupId"], group.as_str(), "{line}");
            assert!(listed.next().is_none());
        }
    }
}

#[test]
fn after_a_move_only_the_first_call_is_repeated() {
    let stage = Stage::new(small());
    stage.warm("");
    let place = |account: &Account| account.property("prp_100000").unwrap().clone();
    let former = place(&small());
    let groups = small().groups;
    let group = groups.iter().find(|group| group.id != former.group);
    let group = group.unwrap().id.clone();
    stage
        .api
        .edit(|account| account.move_property("prp_100000", &former.contract, &group));
    // Three calls: the 403, one without ids, and one for the new location.
    let asked = |line: &str| {
        stage.api.take_seen();
        stage.run(line).with(0);
        stage.api.seen().len()
    };
    assert_eq!(asked("get activations prp_100000"), 3);
    assert_eq!(asked("get rules prp_100000"), 1);
    stage.delete("akamai:acme:property:prp_100000:activations");
    assert_eq!(asked("get activations prp_100000"), 1);
}

#[test]
fn a_missing_property_is_reported_with_its_account() {
    let stage = Stage::new(small());
    let told =
        "property prp_9999 does not exist in account acme, or its credentials may not see it";
    let ended = stage.run("get property prp_9999").with(5);
    ended.says(told);
    let report = stage.run("warm prp_9999 -o json").with(5).json();
    assert_eq!(report["errors"][0]["message"], told);
}

#[test]
fn a_plan_says_how_long_its_calls_take() {
    let stage = Stage::new(small());
    stage
        .api
        .fault("/papi/v1/", 999, Fault::Slow(Duration::from_millis(200)));
    let plan = stage.warm("--all -n");
    let seconds = |plan: &serde_json::Value| plan["planned_seconds"].as_u64().unwrap();
    assert!(seconds(&plan) >= 1, "{plan}");
    let slow = stage.warm("--all -n --concurrency 1");
    assert!(seconds(&slow) > seconds(&plan), "{slow}");
    stage.api.heal();
    // The plan's own calls are paced as well.
    let paced = stage.warm("--all -n --rate 120");
    let calls = paced["planned_calls"].as_u64().unwrap();
    assert_eq!(seconds(&paced), calls.div_ceil(2), "{paced}");
    // The section's rate applies to the plan and to the run.
    let file = stage.home.path().join("edgerc");
    let text = std::fs::read_to_string(&file).unwrap();
    let limited = text.replace("[acme]\n", "[acme]\nrequest_limit = 240\n");
    std::fs::write(&file, limited).unwrap();
    let limited = stage.warm("--all -n");
    assert_eq!(seconds(&limited), calls.div_ceil(4), "{limited}");
}

#[test]
fn an_api_that_does_not_name_the_account_gets_no_extra_calls() {
    let stage = Stage::new(small());
    stage.warm("");
    let _: i64 = stage
        .server
        .ask(&["HSET", STATE, "account:by", "0123456789abcdef"]);
    stage.api.fault("/papi/v1/groups", 99, Fault::Hang);
    stage.api.take_seen();
    let ended = stage.run("get versions prp_100000 --akamai-timeout 300ms");
    assert!(ended.with(11).stderr.contains("`GET /papi/v1/groups`"));
    let asked = stage.api.take_seen();
    let groups = |seen: &Seen| seen.path_and_query.starts_with("/papi/v1/groups");
    assert!(asked.iter().all(groups), "{asked:?}");
}

#[test]
fn a_forced_run_for_ids_of_another_account_leaves_no_list_of_the_former_one() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let mut beta = other();
    beta.property_mut("prp_100000").unwrap().id = "prp_900000".into();
    stage.api.serve("beta", beta);
    stage.warm("prp_900000 --force --section beta");
    assert_eq!(stage.remembered("account").as_deref(), Some("act_OTHER"));
    for list in [
        "account:contracts",
        "properties:all",
        "hostnames",
        "hostname:map",
        "cpcodes:all",
        "properties:tree",
    ] {
        let key = format!("akamai:acme:{list}");
        let of_other = stage
            .get(&key)
            .is_some_and(|list| list.contains("act_OTHER"));
        assert!(of_other || !stage.keys().contains(&key), "{list}");
    }
    // The next run fetches its own.
    let report = stage.warm("--section beta");
    assert_eq!(report["complete"], true, "{report}");
    let list = stage.json("akamai:acme:properties:all");
    let accounts = list.as_array().unwrap().iter();
    let others = accounts.filter(|item| item["accountId"] != "act_OTHER");
    assert_eq!(others.count(), 0, "{list}");
    stage.run("warm --check --section beta").with(0);
}
