//! The API's block of this address for a burst of requests: every command that calls the API obeys it and remembers it.

use crate::get::sources;
use crate::support::akamai::Fault;
use crate::support::run::Ended;
use crate::support::stage::{Stage, small};
use rustix::process::Signal;

const STATE: &str = "akamai:acme:warm:state";
const BLOCKED: &str = "the Akamai API has blocked this address for a burst of requests";

impl Stage {
    /// End of the remembered block, in ms since 1970.
    fn blocked_until(&self) -> Option<u64> {
        let until: Option<String> = self.server.ask(&["HGET", STATE, "burst_until"]);
        until.map(|until| until.parse().unwrap())
    }

    fn block_until(&self, until: u64) {
        let until = until.to_string();
        let _: i64 = self.server.ask(&["HSET", STATE, "burst_until", &until]);
    }

    fn now(&self) -> u64 {
        let now: Vec<String> = self.server.ask(&["TIME"]);
        now[0].parse::<u64>().unwrap() * 1_000
    }

    /// Runs a command that ends with 9 and calls nobody.
    #[track_caller]
    fn is_blocked(&self, line: &str) -> Ended {
        let calls = self.api.seen().len();
        let ended = self.run(line).with(9);
        assert!(ended.stderr.contains(BLOCKED), "{line}: {}", ended.stderr);
        assert_eq!(self.api.seen().len(), calls, "{line}");
        ended
    }
}

#[test]
fn a_block_that_warm_met_stops_every_command_that_calls_the_api() {
    let stage = Stage::new(small());
    stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
    stage.run("warm --concurrency 1").with(9);
    let until = stage.blocked_until().unwrap();
    for line in [
        "get property prp_100001",
        "get property prp_100000 prp_100001 prp_100002",
        "get properties",
        "search nobody.example.com",
        "search anything",
        "warm --dry-run --force",
        "warm --dry-run prp_100001",
    ] {
        stage.is_blocked(line);
    }
    assert_eq!(
        stage.blocked_until(),
        Some(until),
        "a command that obeys a block does not prolong it"
    );
}

#[test]
fn a_block_that_a_read_or_a_plan_met_is_remembered_and_forgotten_when_it_is_over() {
    for (line, again) in [
        ("get property prp_100001", "get property prp_100001"),
        ("search nobody.example.com", "search nobody.example.com"),
        ("warm --dry-run --force", "get property prp_100001"),
        ("warm --check", "get property prp_100001"),
    ] {
        let stage = Stage::new(small());
        stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
        stage.run(line).with(9);
        let until = stage.blocked_until().unwrap();
        assert!(until > stage.now() + 50_000, "{line}: {until}");
        stage.is_blocked(again);
        stage.block_until(1);
        let ended = stage.run(again);
        assert!([0, 5].contains(&ended.code()), "{line}: {}", ended.stderr);
        assert_eq!(stage.blocked_until(), None, "{line}");
    }
}

#[test]
fn what_is_cached_is_served_during_a_block_and_not_refreshed() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.block_until(stage.now() + 60_000);
    let calls = stage.api.seen().len();
    for key in [
        "property:prp_100000",
        "property:prp_100001",
        "properties:all",
    ] {
        let key = format!("akamai:acme:{key}");
        stage.expire(&key, 40);
    }
    let report = stage.get_json("property prp_100000 prp_100001");
    assert_eq!(sources(&report), ["cache"; 2]);
    assert_eq!(sources(&stage.get_json("properties")), ["cache"]);
    assert_eq!(stage.api.seen().len(), calls);
    stage.is_blocked("get activations prp_100000");
}

#[test]
fn a_user_who_may_only_read_is_told_of_the_block_and_not_of_the_state() {
    let stage = Stage::new(small());
    let rules = ["on", ">hunter2", "~*", "+@read", "+@connection"];
    let user = ["ACL", "SETUSER", "reader"].iter().chain(&rules);
    let _: String = stage.server.ask(&user.copied().collect::<Vec<_>>());
    stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
    let run = stage.command("get property prp_100001");
    let run = run.env("VALKEYCLI_USER", "reader");
    let ended = run.env("VALKEYCLI_AUTH", "hunter2").run().with(9);
    ended.says(BLOCKED);
    assert!(!ended.stderr.contains("state"), "{}", ended.stderr);
}

#[test]
fn a_refill_waits_for_the_end_of_a_block_before_anything_is_removed() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.block_until(stage.now() + 500_000);
    let calls = stage.api.seen().len();
    let run = stage.command("invalidate prp_100001 --refill --yes");
    run.signalled_at("Akamai has blocked this address", Signal::INT);
    assert_eq!(stage.api.seen().len(), calls);
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
}
