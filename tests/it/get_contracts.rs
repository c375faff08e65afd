//! `get contracts`: one call answers for all.

use crate::get::sources;
use crate::support::akamai::Fault;
use crate::support::server::free_port;
use crate::support::stage::{Stage, small};

#[test]
fn one_call_answers_for_all_contracts() {
    let stage = Stage::new(small().contracts(8));
    let mut all = Vec::new();
    stage.api.edit(|account| all.clone_from(&account.contracts));
    let report = stage.get_json(&format!("contract {}", all.join(" ")));
    assert_eq!(sources(&report).len(), 8);
    assert_eq!(stage.api.seen().len(), 1);
}

#[test]
fn one_call_tells_known_contracts_from_unknown_ones() {
    let stage = Stage::new(small().contracts(2));
    let mut known = Vec::new();
    stage
        .api
        .edit(|account| known.clone_from(&account.contracts));
    let unknown: Vec<String> = (1..=20).map(|number| format!("ctr_{number}")).collect();
    let lines = [
        (format!("contract {}", unknown.join(" ")), 5, 0),
        (
            format!("contract {} {}", unknown.join(" "), known.join(" ")),
            7,
            2,
        ),
    ];
    let closed = format!("redis://127.0.0.1:{}/0", free_port());
    for (line, code, found) in &lines {
        for url in [stage.url(), closed.clone()] {
            stage.empty();
            stage.api.take_seen();
            let run = stage.command(&format!("get -o json {line}"));
            let report = run.env("ALECS_CACHE_URL", &url).run().with(*code).json();
            assert_eq!(stage.api.calls("/contracts"), 1, "{url}: {line}");
            assert_eq!(sources(&report), vec!["akamai"; *found]);
            let errors = report["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 20);
            assert!(errors.iter().all(|error| error["code"] == "not_found"));
        }
        stage.empty();
        stage.run(&format!("get {line}")).with(*code);
        for id in &unknown {
            let left = stage.left(&format!("akamai:acme:absent:contract:{id}"));
            assert!((50..=60).contains(&left), "{id}: {left}");
        }
        stage.api.take_seen();
        stage.run(&format!("get {line}")).with(*code);
        assert_eq!(stage.api.seen().len(), 0, "all of it is remembered");
    }
}

#[test]
fn a_failed_list_of_contracts_is_not_asked_for_again() {
    let stage = Stage::new(small().contracts(8));
    let mut all = Vec::new();
    stage.api.edit(|account| all.clone_from(&account.contracts));
    let refused = Fault::Status(403, vec![], "{}".into());
    stage.api.fault("/contracts", 99, refused);
    stage
        .run(&format!("get contract {}", all.join(" ")))
        .with(4);
    assert_eq!(stage.api.calls("/contracts"), 1);
}

#[test]
fn a_contract_is_read_from_the_list_of_all_while_that_is_fresh() {
    let stage = Stage::new(small().contracts(2));
    let list = stage.get_json("contracts");
    let id = list["items"][0]["value"][1]["contractId"].as_str().unwrap();
    let own = format!("akamai:acme:contract:{id}");
    stage.delete(&own);
    let report = stage.get_json(&format!("contract {id}"));
    assert_eq!(sources(&report), ["cache"]);
    assert_eq!(report["items"][0]["value"]["contractId"], id);
    let entry = format!("contract:{id}");
    assert_eq!(stage.counted("hits", &entry), Some(1), "no call was made");
    assert_eq!(stage.counted("misses", &entry), None);
    stage.run("get contract ctr_other").with(5);
    assert_eq!(stage.api.calls("/contracts"), 2, "the other one may be new");
    stage.delete(&own);
    let list = "akamai:acme:account:contracts";
    stage.expire(list, 60);
    let report = stage.get_json(&format!("contract {id}"));
    assert_eq!(sources(&report), ["akamai"]);
}
