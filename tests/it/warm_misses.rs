//! `warm --from-misses`: fetches missing keys that are requested most.

use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};

const LIST: &str = "akamai:acme:properties:all";
const FIRST: &str = "akamai:acme:property:prp_100001";
const LAST: &str = "akamai:acme:property:prp_100000";

impl Stage {
    fn missed(&self, counts: &[(&str, u64)]) {
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let key = format!("akamai:stats:{today}:misses");
        for (field, count) in counts {
            let _: i64 = self.server.ask(&["HSET", &key, field, &count.to_string()]);
        }
    }

    fn forget(&self, key: &str) {
        self.delete(key);
    }

    fn a_host(&self) -> String {
        let names: Vec<String> = self.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
        names.into_iter().min().unwrap()
    }
}

#[test]
fn what_is_missed_most_absent_and_known_to_exist_is_warmed_first() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.a_host();
    let host_key = format!("akamai:acme:hostname:{host}");
    for key in [FIRST, LAST, &host_key] {
        stage.forget(key);
    }
    stage.missed(&[
        ("acme:property:prp_999999", 500),
        ("acme:hostname:nobody.example.com", 400),
        ("acme:property:prp_100003", 300),
        ("acme:search:www", 250),
        ("acme:property:prp_100001", 50),
        (&format!("acme:hostname:{host}"), 40),
        ("acme:property:prp_100000", 5),
        ("beta:property:prp_100002", 900),
    ]);
    let calls = stage.api.seen().len();
    let plan = stage.warm("--from-misses --dry-run");
    assert_eq!(stage.api.seen().len(), calls, "a plan asks nothing");
    assert!(stage.get(FIRST).is_none());

    let report = stage.warm("--from-misses --top 1");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["api_calls"], 1, "{report}");
    assert_eq!(row(&report, "details")["stored"], 1);
    assert!(stage.get(FIRST).is_some() && stage.get(LAST).is_none());

    stage.forget(FIRST);
    let report = stage.warm("--from-misses");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["api_calls"], plan["planned_calls"], "{plan}");
    for key in [FIRST, LAST, &host_key] {
        assert!(stage.get(key).is_some(), "{key}");
    }
    // What does not exist according to the cache costs no call.
    assert_eq!(stage.api.calls("prp_999999") + stage.api.calls("nobody"), 0);

    let ended = stage.run("warm --from-misses -o json").with(0);
    assert_eq!(ended.json()["api_calls"], 0);
    assert_eq!(ended.json()["complete"], true);
}

#[test]
fn a_budget_goes_to_the_most_wanted_first() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.forget(FIRST);
    stage.forget(LAST);
    stage.missed(&[
        ("acme:property:prp_100001", 5),
        ("acme:property:prp_100000", 50),
    ]);
    stage
        .run("warm --from-misses --budget 1 --concurrency 1 -o json")
        .with(9);
    assert!(stage.get(LAST).is_some() && stage.get(FIRST).is_none());
}

#[test]
fn host_names_that_are_wanted_most_come_first_also_if_one_list_has_them_all() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.a_host();
    let host_key = format!("akamai:acme:hostname:{host}");
    stage.forget(&host_key);
    stage.missed(&[
        (&format!("acme:hostname:{host}"), 30),
        ("acme:property:prp_100001:activations", 5),
    ]);
    stage
        .run("warm --from-misses --budget 1 --concurrency 1")
        .with(9);
    assert!(stage.get(&host_key).is_some());
}

#[test]
fn a_list_that_is_missed_is_fetched_for_the_whole_account() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.forget(LIST);
    stage.missed(&[("acme:properties:all", 7)]);
    let report = stage.warm("--from-misses");
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get(LIST).is_some());
}

/// Returns a cold stage, and a host name of its account.
fn cold() -> (Stage, String) {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.a_host();
    stage.empty();
    (stage, host)
}

#[test]
fn in_a_cold_cache_the_list_that_tells_what_exists_comes_first() {
    let (stage, host) = cold();
    let host_key = format!("akamai:acme:hostname:{host}");
    stage.missed(&[
        ("acme:property:prp_999999", 500),
        ("acme:hostname:nobody.example.com", 400),
        ("acme:property:prp_100001", 99),
        ("acme:property:prp_100001:activations", 98),
        ("acme:property:prp_999999:rules:v1", 97),
        (&format!("acme:hostname:{host}"), 80),
        ("acme:contract:ctr_X", 70),
        ("acme:search:www", 60),
        ("acme:properties:all", 1),
    ]);
    let plan = stage.warm("--from-misses --dry-run");
    let planned = plan["planned_calls"].as_u64().unwrap();
    assert!(stage.get(LIST).is_none() && stage.get(FIRST).is_none());

    let calls = stage.api.seen().len();
    let ended = stage.run("warm --from-misses -o json").with(0);
    let report = ended.json();
    assert_eq!(report["complete"], true, "{report}");
    let made = report["api_calls"].as_u64().unwrap();
    assert_eq!(made, (stage.api.seen().len() - calls) as u64);
    assert!(made > 0 && made <= planned, "{made} {planned}");
    let activations = format!("{FIRST}:activations");
    for key in [LIST, FIRST, &activations, &host_key] {
        assert!(stage.get(key).is_some(), "{key}");
    }
    assert_eq!(stage.api.calls("prp_999999") + stage.api.calls("nobody"), 0);
    for left_out in ["prp_999999", "nobody.example.com", "ctr_X", "search:www"] {
        ended.says(left_out);
    }
    assert!(!ended.stderr.contains("still missing"), "{}", ended.stderr);

    // By now it is known what exists.
    let ended = stage.run("warm --from-misses").with(0);
    assert!(ended.stdout.starts_with("nothing to fetch for acme"));
    assert_eq!(stage.api.seen().len() as u64, calls as u64 + made);
}

#[test]
fn a_list_that_is_wanted_least_leaves_its_place_to_what_is_wanted_most() {
    let (stage, host) = cold();
    let host_key = format!("akamai:acme:hostname:{host}");
    stage.missed(&[
        ("acme:property:prp_100001", 99),
        (&format!("acme:hostname:{host}"), 80),
        ("acme:property:prp_100000:versions", 2),
        ("acme:properties:all", 1),
    ]);
    let ended = stage.run("warm --from-misses --top 2").with(0);
    for key in [LIST, FIRST, &host_key] {
        assert!(stage.get(key).is_some(), "{key}");
    }
    assert!(!stage.keys().contains(&format!("{LAST}:versions")));
    let left = "still missing for `acme`: property:prp_100000:versions";
    ended.says(left);
}

#[test]
fn cp_codes_that_are_wanted_least_come_last_and_the_plan_has_all_calls() {
    let (stage, host) = cold();
    // Asked for by group.
    let refused = Fault::Status(403, Vec::new(), "{}".into());
    stage.api.fault("/cprg/v1/cpcodes", usize::MAX, refused);
    stage.missed(&[
        (&format!("acme:hostname:{host}"), 80),
        ("acme:property:prp_100001:activations", 50),
        ("acme:cpcodes:all", 1),
    ]);
    let plan = stage.warm("--from-misses --dry-run");
    stage.api.take_seen();
    let report = stage.warm("--from-misses");
    let (made, planned) = (&report["api_calls"], &plan["planned_calls"]);
    assert!(made.as_u64() <= planned.as_u64(), "{report} {plan}");
    let calls = stage.api.take_seen();
    let first = |part: &str| {
        calls
            .iter()
            .position(|call| call.path_and_query.contains(part))
    };
    assert!(first("cpcodes") > first("/activations"), "{calls:?}");
    let groups = calls
        .iter()
        .filter(|call| call.path_and_query.contains("/groups"));
    assert_eq!(groups.count(), 1, "{calls:?}");
}

#[test]
fn a_budget_that_the_list_uses_up_leaves_nothing_unsaid() {
    let (stage, host) = cold();
    stage.missed(&[
        ("acme:property:prp_100001", 99),
        (&format!("acme:hostname:{host}"), 80),
    ]);
    stage.run("warm --from-misses --budget 1 --dry-run").with(9);
    let ended = stage.run("warm --from-misses --budget 1 -o json").with(9);
    assert_eq!(ended.json()["complete"], false);
    assert_eq!(ended.json()["api_calls"], 1);
    let left = format!("still missing for `acme`: property:prp_100001, hostname:{host}");
    ended.says(&left);
    let ended = stage.run("warm --from-misses --budget 1").with(9);
    assert!(!ended.stdout.contains("is warm"), "{}", ended.stdout);
}

#[test]
fn without_the_hash_a_missed_host_name_may_exist() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.a_host();
    let host_key = format!("akamai:acme:hostname:{host}");
    stage.forget(&host_key);
    stage.forget("akamai:acme:hostnames");
    stage.missed(&[(&format!("acme:hostname:{host}"), 80)]);
    let plan = stage.warm("--from-misses --dry-run");
    let report = stage.warm("--from-misses");
    assert_eq!(report["api_calls"], plan["planned_calls"], "{plan}");
    assert!(stage.get(&host_key).is_some());
}

#[test]
fn with_nothing_missed_nothing_is_fetched_and_other_selections_are_refused() {
    let stage = Stage::new(small());
    let ended = stage.run("warm --from-misses -v").with(0);
    assert_eq!(ended.stdout, "nothing to fetch for acme\n");
    assert_eq!(stage.api.seen().len(), 0);
    for line in [
        "warm --from-misses prp_1",
        "warm --from-misses --only details",
        "warm --from-misses --all",
        "warm --top 5",
        "warm --from-misses --top 0",
    ] {
        stage.run(line).with(2);
    }
}

#[test]
fn a_plan_of_misses_that_cannot_be_filled_has_no_table() {
    let stage = Stage::new(small());
    stage.missed(&[("acme:search:www", 60)]);
    let ended = stage.run("warm --from-misses -n").with(0);
    assert_eq!(
        ended.stdout,
        "nothing to fetch for acme (nothing is written)\n"
    );
    ended.says("left out for `acme`");
}
