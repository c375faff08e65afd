//! `invalidate --refill`: removed keys are fetched again, and no old value comes back.

use crate::invalidate::{HASH, data, hosts_of, report};
use crate::support::akamai::Fault;
use crate::support::run::Running;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Returns the report of an invalidation with a refill.
#[track_caller]
fn refilled(stage: &Stage, words: &str) -> Value {
    let line = format!("invalidate {words} --refill -o json");
    stage.run(&line).with(0).json()
}

#[test]
fn what_was_removed_is_fetched_again() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.expire("akamai:acme:properties:all", 100);
    let calls = stage.api.seen().len();
    stage
        .api
        .edit(|account| account.property_mut("prp_100001").unwrap().name = "renamed".into());
    let done = stage
        .run("invalidate prp_100001 --cascade --refill -o json")
        .with(0)
        .json();
    let made = stage.api.seen().len() - calls;
    assert!(made <= 3, "{made}");
    assert!(
        done["refill_calls"].as_u64().unwrap() >= made as u64,
        "{done}"
    );
    assert!(done["refilled"].as_u64().unwrap() >= 3, "{done}");
    assert_eq!(
        stage.json("akamai:acme:property:prp_100001")["propertyName"],
        "renamed"
    );
    let list = stage.json("akamai:acme:properties:all");
    let names: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["propertyName"])
        .collect();
    assert_eq!(
        (names.len(), names.contains(&&json!("renamed"))),
        (4, true),
        "{list}"
    );
    assert!(
        (80..=100).contains(&stage.left("akamai:acme:properties:all")),
        "it keeps its deadline"
    );
    let host = &hosts_of(&stage, "prp_100001")[0];
    assert!(stage.get(&format!("akamai:acme:hostname:{host}")).is_some());
    let field: String = stage.server.ask(&["HGET", HASH, host]);
    assert!(field.contains("renamed"));

    let plain = stage.run("invalidate prp_100002").with(0);
    plain.says("--refill");
    // Credentials are checked before anything is removed.
    let before = data(&stage);
    stage
        .command("invalidate prp_100003 --refill")
        .env("AKAMAI_EDGERC", "/nonexistent")
        .run()
        .with(3);
    assert_eq!(data(&stage), before);
}

#[test]
fn the_calls_that_it_costs_are_reported_exactly_for_a_property_that_the_cache_knows() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let planned = stage
        .run("invalidate prp_100001 --cascade --dry-run -o json")
        .with(0)
        .json();
    let calls = stage.api.seen().len();
    let done = refilled(&stage, "prp_100001 --cascade");
    let made = stage.api.seen().len() - calls;
    assert_eq!(planned["refill_calls"], made);
    assert_eq!(done["refill_calls"], made);
    assert!(done["refilled"].as_u64().unwrap() >= 3, "{done}");

    // Every cached part of a property costs calls, which the operator has to know.
    let calls = stage.api.seen().len();
    let done = refilled(&stage, "--everything --yes");
    let made = stage.api.seen().len() - calls;
    assert!(made > 12, "{made}");
    assert_eq!(done["refill_calls"], made);
}

#[test]
fn a_writer_that_fetched_before_does_not_bring_the_old_value_back() {
    let stage = Stage::new(small());
    stage.warm("");
    // The response to the first call is of before the change and arrives after the invalidation.
    let before = stage.api.calls("/properties/prp_100001");
    stage.api.fault(
        "/properties/prp_100001",
        1,
        Fault::Slow(Duration::from_millis(1500)),
    );
    let writer = stage.command("warm prp_100001 -o json").spawn();
    wait_for("the call", || {
        (stage.api.calls("/properties/prp_100001") > before).then_some(())
    });
    stage
        .api
        .edit(|account| account.property_mut("prp_100001").unwrap().name = "renamed".into());
    let before = stage.api.calls("/properties/prp_100001");
    report(&stage, &["prp_100001"]);
    writer.wait().with(0);
    assert!(
        stage.api.calls("/properties/prp_100001") > before,
        "it is fetched again"
    );
    assert_eq!(
        stage.json("akamai:acme:property:prp_100001")["propertyName"],
        "renamed"
    );
}

#[test]
fn a_host_name_or_a_single_key_comes_back_with_the_calls_of_its_property() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let host = hosts_of(&stage, "prp_100001")[0].clone();
    stage
        .api
        .edit(|account| account.property_mut("prp_100001").unwrap().name = "renamed".into());
    let by_key = format!("akamai:acme:hostname:{host}");
    for word in [host.as_str(), &by_key, "acme:property:prp_100001"] {
        let calls = stage.api.seen().len();
        let done = refilled(&stage, word);
        let made = stage.api.seen().len() - calls;
        assert!(made <= 3, "{word} took {made} calls");
        assert!(
            done["refill_calls"].as_u64().unwrap() >= made as u64,
            "{word}: {done}"
        );
        assert!(done["refilled"].as_u64().unwrap() >= 1, "{word}: {done}");
        assert_eq!(
            stage.json(&by_key)["property"]["propertyName"],
            "renamed",
            "{word}"
        );
        assert_eq!(
            stage.json("akamai:acme:property:prp_100001")["propertyName"],
            "renamed",
            "{word}"
        );
    }
}

#[test]
fn what_cannot_be_fetched_again_is_reported_and_the_removal_stands() {
    let stage = Stage::new(small());
    stage.warm("");
    let key = "akamai:acme:property:prp_100001";
    let down = || {
        Fault::Status(
            403,
            Vec::new(),
            r#"{"title":"Forbidden","status":403}"#.into(),
        )
    };
    stage.api.fault("/properties/prp_100001", 9, down());
    let ended = stage.run("invalidate prp_100001 --refill -o json").with(7);
    let done = ended.json();
    assert!(done["removed"].as_u64().unwrap() > 0, "{done}");
    assert_eq!(stage.get(key), None);
    ended.says("prp_100001");

    // Its property is unknown: the run does not guess, and reports that.
    let alone = "akamai:acme:hostname:alone.example.com";
    stage.server_writes(alone, "{}");
    let ended = stage
        .run("invalidate alone.example.com --refill -o json")
        .with(0);
    assert_eq!(ended.json()["refilled"], 0);
    ended.says("nothing of `acme` is fetched again");
}

#[test]
fn what_is_softened_is_fetched_again_as_well() {
    let stage = Stage::new(small());
    stage.warm("");
    stage
        .api
        .edit(|account| account.property_mut("prp_100001").unwrap().name = "renamed".into());
    let done = refilled(&stage, "prp_100001 --soft");
    assert!(done["softened"].as_u64().unwrap() >= 2, "{done}");
    assert_eq!(
        stage.json("akamai:acme:property:prp_100001")["propertyName"],
        "renamed"
    );
    assert!(stage.left("akamai:acme:property:prp_100001") > 60);
    let list = stage.json("akamai:acme:properties:all");
    assert!(list.to_string().contains("renamed"), "{list}");
}

#[test]
fn one_section_for_several_customers_is_refused_and_one_of_the_environment_is_reported() {
    let stage = Stage::new(small());
    for line in [
        "warm -c acme -c beta",
        "warm --dry-run -c acme -c beta",
        "invalidate prp_100000 --refill -c acme -c beta",
        "invalidate prp_100000 --refill --dry-run -c acme -c beta",
    ] {
        let ended = stage
            .command(&format!("{line} -o json"))
            .env("AKAMAI_EDGERC_SECTION", "acme")
            .run()
            .with(2);
        let message = ended.error()["message"].as_str().unwrap().to_owned();
        assert_eq!(
            message,
            "section `acme` is of one account and cannot fetch for several customers: `acme`, `beta`"
        );
    }
    assert!(stage.api.seen().is_empty() && stage.keys().is_empty());
    let ended = stage
        .command("warm -c beta")
        .env("AKAMAI_EDGERC_SECTION", "acme")
        .run()
        .with(0);
    let report = r#"using credentials of section "acme" for customer "beta""#;
    ended.says(report);
}

const LIST: &str = "akamai:acme:properties:all";
const GONE: &str = "the property list is gone";

fn refused() -> Fault {
    Fault::Status(501, Vec::new(), r#"{"title":"No","status":501}"#.into())
}

#[test]
fn the_list_comes_back_whole_where_a_property_fails_and_otherwise_its_loss_is_reported() {
    let stage = Stage::new(small());
    stage.warm("");
    stage
        .api
        .fault("/properties/prp_100002/versions", 99, refused());
    let line = "invalidate prp_100002 prp_100001 --cascade --refill -y";
    let ended = stage.run(&format!("{line} -o json")).with(7);
    let error = ended.error();
    assert!(error["hint"].is_string(), "{error}");
    assert_eq!(stage.json(LIST).as_array().unwrap().len(), 4);
    assert!(!ended.stderr.contains(GONE), "{}", ended.stderr);

    stage.api.fault("/papi/v1/properties?", 99, refused());
    let ended = stage.run(line).with(7);
    assert_eq!(stage.get(LIST), None);
    ended.says(GONE);

    // The list was not cached before, so no calls are made for it.
    stage.api.heal();
    let lists = stage.api.calls("/papi/v1/properties?");
    let ended = stage.run(line).with(0);
    assert_eq!(stage.get(LIST), None);
    ended.says("the property list is not cached");
    assert_eq!(stage.api.calls("/papi/v1/properties?"), lists);
}

#[test]
fn only_the_list_of_all_properties_is_missed_and_for_the_customer_that_had_it() {
    let stage = Stage::new(small());
    stage.warm("");
    let one = "akamai:acme:properties:ctr_1:grp_1:50";
    let _: String = stage.server.ask(&["SET", one, "[]", "EX", "300"]);
    for line in [
        format!("invalidate {one} -n"),
        format!("invalidate {one} --yes"),
    ] {
        let ended = stage.run(&line).with(0);
        assert!(!ended.stderr.contains("property list"), "{}", ended.stderr);
    }
    let other = "akamai:beta:property:prp_1";
    let _: String = stage.server.ask(&["SET", other, "{}", "EX", "300"]);
    let line = "invalidate --pattern propert* --all-customers --yes";
    let ended = stage.run(line).with(0);
    let advice = "run `alecs-cache warm -c acme`";
    ended.says(advice);
    for customer in ["acme", "beta"] {
        stage.server_writes(&format!("akamai:{customer}:properties:all"), "[]");
    }
    let line = "invalidate --pattern properties:all -c acme,beta --yes";
    let ended = stage.run(line).with(0);
    let advice = "run `alecs-cache warm -c acme,beta`";
    ended.says(advice);
}

#[test]
fn refills_at_once_leave_a_list_or_say_that_it_is_gone() {
    let stage = Stage::new(small());
    stage.warm("");
    let refill = |n: usize| {
        let line = format!("invalidate prp_10000{} --cascade --refill -y", n % 4);
        stage.command(&line).spawn()
    };
    let runs: Vec<_> = (0..8).map(refill).collect();
    let ended: Vec<_> = runs.into_iter().map(Running::wait).collect();
    let told = ended.iter().any(|ended| ended.stderr.contains(GONE));
    let messages: Vec<_> = ended.iter().map(|ended| &ended.stderr).collect();
    match stage.get(LIST) {
        Some(_) => assert_eq!(stage.json(LIST).as_array().unwrap().len(), 4),
        None => assert!(told, "{messages:?}"),
    }
}

#[test]
fn an_api_out_of_reach_is_tried_once_and_ends_a_run_that_did_nothing_with_10() {
    let stage = Stage::new(small());
    stage.warm("--all");
    for removes in [true, false] {
        let began = Instant::now();
        let ended = stage
            .command("invalidate prp_100001 --cascade --refill -o json")
            .env("ALECS_CACHE_AKAMAI_HOST", "http://127.0.0.1:1")
            .run()
            .with(10);
        // 10 s for the API, and 2 s for the rest on a busy machine.
        assert!(
            began.elapsed() < Duration::from_secs(12),
            "{:?}",
            began.elapsed()
        );
        let done = ended.json();
        let removed = done["removed"].as_u64().unwrap();
        assert_eq!(
            (removed > 0, &done["refilled"]),
            (removes, &json!(0)),
            "{done}"
        );
        assert_eq!(ended.error()["exit"], 10);
        let errors = ended.stderr.lines().filter(|line| line.contains("error"));
        let refused = errors.filter(|line| line.contains("connection refused"));
        assert_eq!(refused.count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn what_the_refill_removes_on_top_is_counted_and_named() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let before = data(&stage);
    let ended = stage
        .run("invalidate --pattern property:prp_100001* --refill -y -o json")
        .with(0);
    let done = ended.json();
    let after = data(&stage);
    let lost: Vec<&String> = before.iter().filter(|key| !after.contains(key)).collect();
    let gone = ["akamai:acme:hostname:map", "akamai:acme:properties:tree"];
    assert_eq!(lost, gone, "{done}");
    assert_eq!(done["also_removed"], 2, "{done}");
    let named = gone.iter().all(|key| ended.stderr.contains(key));
    assert!(
        named && ended.stderr.contains("2 more keys that embed older versions of what was fetched were removed; `undo` does not restore them: "),
        "{}",
        ended.stderr
    );
}

/// Returns the calls that the dry run and the report announce, and those that the removal makes.
#[track_caller]
fn calls_of(stage: &Stage, words: &str) -> (u64, u64, u64) {
    let plan = stage.run(&format!("invalidate {words} --dry-run -o json"));
    let plan = plan.with(0).json()["refill_calls"].as_u64().unwrap();
    let calls = stage.api.seen().len();
    let done = refilled(stage, words)["refill_calls"].as_u64().unwrap();
    (plan, done, (stage.api.seen().len() - calls) as u64)
}

#[test]
fn rules_are_fetched_only_of_the_properties_whose_own_were_removed() {
    for words in [
        "prp_100001 ctr_C-1",
        "prp_100001 prp_100002",
        "RULES account:groups",
        "--pattern property:* --yes",
        "--everything --yes",
    ] {
        let stage = Stage::new(small());
        stage.warm("");
        stage.run("get rules prp_100001").with(0);
        let kept = rules_of(&stage);
        let words = &words.replace("RULES", &kept[0]);
        let (plan, done, made) = calls_of(&stage, words);
        assert_eq!(rules_of(&stage), kept, "{words}");
        assert!(
            made <= plan && made <= done,
            "{words}: {plan} {done} {made}"
        );
        assert_eq!(stage.api.calls("/rules"), 2 * kept.len(), "{words}");
        // Also if the list and the properties have expired.
        let expired: Vec<String> = stage
            .keys()
            .into_iter()
            .filter(|key| {
                key.ends_with("properties:all")
                    || key.contains(":property:") && !key.contains(":rules:")
            })
            .collect();
        for key in expired {
            stage.delete(&key);
        }
        let (plan, done, made) = calls_of(&stage, words);
        assert_eq!(rules_of(&stage), kept, "{words}");
        assert!(
            made <= plan && made <= done,
            "{words}: {plan} {done} {made}"
        );
    }
}

fn rules_of(stage: &Stage) -> Vec<String> {
    let keys = stage.keys().into_iter();
    keys.filter(|key| key.contains(":rules:")).collect()
}

#[test]
fn a_list_of_all_properties_that_was_not_cached_is_not_fetched() {
    for words in ["prp_100001", "prp_100001 --cascade", "ctr_C-1 --cascade"] {
        let stage = Stage::new(small());
        stage.warm("");
        let list = "akamai:acme:properties:all";
        stage.delete(list);
        stage.server_writes("akamai:acme:properties:ctr_C-1:all:50", "{}");
        let (plan, done, made) = calls_of(&stage, words);
        assert!(
            made <= plan && made <= done,
            "{words}: {plan} {done} {made}"
        );
        assert_eq!(plan, done, "{words}");
        assert!(stage.get(list).is_none(), "{words}");
    }
}

#[test]
fn what_was_not_removed_is_not_fetched_unless_it_was_removed_in_the_last_hour() {
    let stage = Stage::new(small());
    for target in ["prp_100001", "site1.example.com"] {
        let ended = stage
            .run(&format!("invalidate {target} --refill -y"))
            .with(0);
        assert!(!ended.stderr.contains("property list"), "{}", ended.stderr);
        assert_eq!(stage.data(), [""; 0], "{target}");
    }
    assert_eq!(stage.api.calls("/properties/"), 0);

    stage.warm("prp_100001");
    stage.api.fault("/properties/prp_100001", 99, refused());
    stage.run("invalidate prp_100001 --refill").with(7);
    stage.api.heal();
    stage.run("invalidate prp_100001 --refill").with(0);
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
}

#[test]
fn the_calls_that_it_costs_are_an_upper_bound_if_the_last_host_names_are_removed() {
    let mut account = small();
    account
        .hostnames
        .retain(|hostname| hostname.property == "prp_100001");
    assert!(!account.hostnames.is_empty());
    let stage = Stage::new(account);
    stage.warm("");
    let line = "invalidate prp_100001 --cascade --refill -o json";
    let planned = stage.run(&format!("{line} -n")).with(0).json();
    let calls = stage.api.seen().len();
    let done = stage.run(line).with(0).json();
    let made = stage.api.seen().len() - calls;
    for report in [planned, done] {
        let said = report["refill_calls"].as_u64().unwrap();
        assert!(said >= made as u64, "{made}: {report}");
    }
}

#[test]
fn what_a_refill_costs_is_what_the_dry_run_says_if_only_parts_of_properties_are_cached() {
    for (words, kept) in [
        ("prp_100001", &[":rules:v"][..]),
        (
            "prp_100001 prp_100002",
            &[":rules:v", ":versions", ":activations"],
        ),
        (
            "prp_100001 prp_100002 prp_100003",
            &[":rules:v", ":prp_100002:hostnames"],
        ),
        ("prp_100001", &[":prp_100001:hostnames"]),
    ] {
        let stage = Stage::new(small());
        stage.warm("--all");
        for key in data(&stage) {
            if !kept.iter().any(|part| key.contains(part)) {
                stage.delete(&key);
            }
        }
        let words = format!("{words} --cascade");
        let line = format!("invalidate {words} --refill --dry-run -o json");
        let planned = stage.run(&line).with(0).json()["refill_calls"].clone();
        let calls = stage.api.seen().len();
        let done = refilled(&stage, &words);
        let made = (stage.api.seen().len() - calls) as u64;
        assert_eq!(done["refill_calls"], planned, "{words}");
        assert!(
            planned.as_u64().unwrap() >= made,
            "{words}: {made} calls, {done}"
        );
        assert!(made > 0, "{words}");
    }
}

#[test]
fn everything_is_fetched_by_id_if_no_value_made_from_all_properties_was_removed() {
    let stage = Stage::new(small());
    stage.warm("prp_100001 prp_100002");
    let before = data(&stage);
    let line = "invalidate --everything --yes --refill --dry-run -o json";
    let planned = stage.run(line).with(0).json()["refill_calls"].clone();
    let calls = stage.api.seen().len();
    let done = refilled(&stage, "--everything --yes");
    let made = (stage.api.seen().len() - calls) as u64;
    assert_eq!(done["refill_calls"], planned);
    assert!(planned.as_u64().unwrap() >= made, "{made} calls, {done}");
    assert_eq!(data(&stage), before);
    assert_eq!(stage.get("akamai:acme:properties:all"), None);
}
