//! `warm --keep` during problems with the API, Valkey or its run lock: cached values stay alive, and it recovers by
//! itself.

use crate::support::account::Account;
use crate::support::akamai::{Akamai, Fault};
use crate::support::cluster::Cluster;
use crate::support::keep_process::KeepProcess;
use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, wait_for};
use crate::support::stage::Stage;
use crate::warm_since::pass;
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};

const LIST: &str = "akamai:acme:properties:all";
const LOCK: &str = "akamai:acme:warm:lock";

fn account() -> Account {
    let account = Account::new(1).regular().groups(6).contracts(1);
    account.properties(12).hostnames(12)
}

/// A warm cache whose keys are due.
fn due() -> Stage {
    let stage = Stage::new(account());
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    pass(&stage, Duration::from_mins(4));
    stage
}

fn outage(fault: Fault, code: &str) {
    let stage = due();
    stage.api.fault("/papi/v1/", usize::MAX, fault);
    let mut process = KeepProcess::start(&stage, "--akamai-timeout 1s");
    // It does not wait for the end of the call.
    wait_for("the list lives on", || {
        (stage.left(LIST) > 200).then_some(())
    });
    let report = process.next();
    assert_eq!(report["complete"], false, "{report}");
    assert_eq!(report["errors"][0]["code"], code, "{report}");
    assert_eq!(report["kept_alive"], 1, "{report}");
    // The others take longer.
    if code == "rate_limited" {
        pass(&stage, Duration::from_mins(3));
        let report = process.cycle();
        assert_eq!(report["complete"], false, "{report}");
        assert_eq!(report["kept_alive"], 13, "each property as well: {report}");
        assert!(stage.left(LIST) > 200);
    }
    stage.api.heal();
    let report = process.cycle();
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["api_calls"], 1, "{report}");
    let ended = process.end();
    ended.says("next cycle in");
}

#[test]
fn an_api_that_fails_refuses_or_is_silent_leaves_what_is_cached_alive() {
    let status = |status| Fault::Status(status, vec![], "{}".into());
    let later = Fault::Status(429, vec![("Retry-After", "90".into())], "{}".into());
    std::thread::scope(|scope| {
        for (fault, code) in [
            (status(500), "partial"),
            (Fault::Reset, "network"),
            (Fault::Hang, "timeout"),
            (later, "rate_limited"),
        ] {
            scope.spawn(move || outage(fault, code));
        }
    });
}

#[test]
fn what_each_property_was_asked_for_lives_on_while_the_api_fails() {
    let stage = Stage::new(account());
    stage.api.set_clock(Timestamp::now());
    let mut process = KeepProcess::start(&stage, "--all");
    assert_eq!(process.next()["complete"], true);
    let before = stage.data();
    let later = Fault::Status(429, vec![("Retry-After", "90".into())], "{}".into());
    stage.api.fault("/papi/v1/", usize::MAX, later);
    // Longer than versions and activations live.
    for _ in 0..6 {
        pass(&stage, Duration::from_mins(3));
        assert_eq!(process.cycle()["complete"], false);
        assert_eq!(stage.data(), before);
    }
    stage.api.heal();
    pass(&stage, Duration::from_mins(3));
    let report = process.cycle();
    assert_eq!(report["complete"], true, "{report}");
    // What changed, all hostnames, and what is due in turn.
    assert!(report["api_calls"].as_u64().unwrap() <= 3, "{report}");
    process.end();
}

#[test]
fn a_block_for_a_burst_is_not_waited_for_and_no_call_is_made_before_its_end() {
    let stage = due();
    stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
    let mut process = KeepProcess::start(&stage, "");
    let report = process.next();
    assert_eq!(report["errors"][0]["code"], "rate_limited", "{report}");
    pass(&stage, Duration::from_mins(3));
    let asked = stage.api.seen().len();
    let report = process.cycle();
    assert_eq!(report["api_calls"], 0, "{report}");
    assert_eq!(report["errors"][0]["code"], "rate_limited", "{report}");
    assert!(stage.left(LIST) > 290);
    assert_eq!(stage.api.seen().len(), asked);
    // The block is over.
    let remembered = "akamai:acme:warm:state";
    let _: i64 = stage.server.ask(&["HSET", remembered, "burst_until", "1"]);
    assert_eq!(process.cycle()["complete"], true);
    let left: Option<String> = stage.server.ask(&["HGET", remembered, "burst_until"]);
    assert_eq!(left, None);
    process.end();
}

#[test]
fn a_call_that_takes_longer_than_the_list_lives_does_not_let_it_expire() {
    let stage = due();
    stage.home.config("[ttl]\nproperties = '20s'\n");
    stage.api.fault("modifiedSince", 1, Fault::Hang);
    let process = KeepProcess::start(&stage, "--every 1s --akamai-timeout 60s");
    wait_for("it asks", || {
        (stage.api.calls("modifiedSince") > 0).then_some(())
    });
    let expires = || -> i64 { stage.server.ask(&["PEXPIRETIME", LIST]) };
    for _ in 0..2 {
        let before = expires();
        wait_for("the list lives on", || (expires() > before).then_some(()));
    }
    assert_eq!(stage.api.calls("modifiedSince"), 1);
    process.end();
    assert!(stage.get(LOCK).is_none());
}

#[test]
fn sigterm_cancels_a_call_and_a_second_one_waits_for_nothing() {
    let stage = due();
    stage.api.fault("/papi/v1/", usize::MAX, Fault::Hang);
    let process = KeepProcess::start(&stage, "");
    wait_for("it asks", || {
        (stage.api.calls("modifiedSince") > 0).then_some(())
    });
    process.end();
    assert!(stage.get(LOCK).is_none(), "the lock is released");

    let process = KeepProcess::start(&stage, "");
    let before = stage.api.seen().len();
    wait_for("it asks", || {
        (stage.api.seen().len() > before).then_some(())
    });
    // The lock cannot be released.
    stage.server.freeze();
    process.running.terminate();
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    process.running.terminate();
    let ended = process.running.wait();
    stage.server.thaw();
    ended.with(143);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_two_signals_of_timeout_are_one_request() {
    let orderly = || {
        let stage = due();
        stage.api.fault("/papi/v1/", usize::MAX, Fault::Hang);
        let process = KeepProcess::start(&stage, "");
        wait_for("it asks", || {
            (stage.api.calls("modifiedSince") > 0).then_some(())
        });
        process.running.terminate();
        std::thread::sleep(Duration::from_millis(3));
        process.running.terminate();
        process.running.wait().with(143);
        stage.get(LOCK).is_none()
    };
    // On a busy machine the second one may be seen too late.
    assert!((0..3).any(|_| orderly()), "the lock is released");
}

#[test]
fn a_run_lock_that_is_lost_costs_one_cycle() {
    let stage = due();
    stage.api.fault("modifiedSince", 1, Fault::Hang);
    let mut process = KeepProcess::start(&stage, "--akamai-timeout 60s");
    wait_for("it asks", || {
        (stage.api.calls("modifiedSince") > 0).then_some(())
    });
    let _: String = stage.server.ask(&["SET", LOCK, "another", "PX", "60000"]);
    let report = process.next();
    assert_eq!(report["errors"][0]["code"], "busy", "{report}");
    assert_eq!(process.cycle()["errors"][0]["code"], "busy");
    stage.delete(LOCK);
    assert_eq!(process.cycle()["complete"], true);
    process.end();
}

/// Keys of all kinds, spread over all primaries of a cluster.
fn keys() -> Vec<String> {
    let ids = 100_000..100_012;
    let each = ids.flat_map(|id| ["", ":hostnames"].map(|of| format!("property:prp_{id}{of}")));
    let all = ["properties:all", "hostnames"].map(str::to_owned);
    each.chain(all)
        .map(|key| format!("akamai:acme:{key}"))
        .collect()
}

/// Moves a key's slot to another primary.
fn move_slot(cluster: &Cluster) {
    let key = "akamai:acme:property:prp_100003";
    let owner = cluster.owner(key);
    let (slot, target) = (cluster.slot(key), (owner + 1) % 3);
    cluster.begin_move(slot, owner, target);
    cluster.move_key(key, owner, target);
    cluster.end_move(slot, target);
}

fn replica_takes_over(cluster: &Cluster, shard: usize) {
    wait_for("the replica takes over", || {
        (cluster.nodes[shard + 3].info("role") == "master").then_some(())
    });
}

/// Makes a replica take over by a regular failover.
fn fail_over(cluster: &Cluster) {
    let _: String = cluster.nodes[3].ask(&["CLUSTER", "FAILOVER"]);
    replica_takes_over(cluster, 0);
}

/// Kills a primary.
fn lose(cluster: &Cluster) {
    cluster.nodes[1].kill();
    replica_takes_over(cluster, 1);
}

#[test]
fn what_moves_or_is_lost_in_a_cluster_is_recovered_from_and_no_cycle_is_complete_without_it() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let home = Home::new();
    let api = Akamai::start(account());
    let edgerc = Akamai::edgerc(home.path(), &["acme"]);
    let nodes = cluster.nodes.iter().map(|node| node.node().to_string());
    let run = home
        .command("warm --keep --every 60s -o json -c acme")
        .env("AKAMAI_EDGERC", edgerc)
        .env("ALECS_CACHE_AKAMAI_HOST", api.url())
        .env("ALECS_CACHE_MODE", "cluster")
        .env("ALECS_CACHE_NODES", nodes.collect::<Vec<_>>().join(","));
    let mut process = KeepProcess::of(run, home.path());
    assert_eq!(process.next()["complete"], true);
    let there = |key: &String| {
        let mut nodes = cluster.nodes.iter();
        nodes.any(|node| node.try_ask::<i64>(&["EXISTS", key]).ok() == Some(1))
    };
    // What a complete report promises.
    let holds = |report: &Value| {
        let complete = report["complete"] == true;
        let lost: Vec<String> = keys().into_iter().filter(|key| !there(key)).collect();
        assert!(!complete || lost.is_empty(), "{lost:?}: {report}");
        complete
    };
    for trouble in [move_slot, fail_over, lose] {
        // Without the list it requests all pairs, and is in the middle of that.
        let _: i64 = cluster.nodes[cluster.owner(LIST)].ask(&["DEL", LIST]);
        let (pattern, slow) = ("/properties?", Fault::Slow(Duration::from_secs(1)));
        let before = api.calls(pattern);
        api.fault(pattern, 1, slow);
        process.running.begin_cycle();
        wait_for("it asks", || (api.calls(pattern) > before).then_some(()));
        trouble(&cluster);
        if !holds(&process.next()) {
            let recovered = (0..30).any(|_| holds(&process.cycle()));
            assert!(recovered);
        }
    }
    process.end();
}

#[test]
fn a_failover_while_it_stays_is_recovered_from() {
    let sentinels = Sentinels::start(Kind::Valkey, &[], "").settled();
    let home = Home::new();
    let api = Akamai::start(account());
    let edgerc = Akamai::edgerc(home.path(), &["acme"]);
    let mut run = home
        .command("warm --keep --every 1s -o json -c acme")
        .env("AKAMAI_EDGERC", edgerc)
        .env("ALECS_CACHE_AKAMAI_HOST", api.url());
    for (name, value) in sentinels.environment() {
        run = run.env(name, value);
    }
    let mut process = KeepProcess::of(run, home.path());
    process.recovered();
    sentinels.begin_failover();
    let primary = sentinels.primary_of_today();
    let _: i64 = wait_for("the new primary takes writes", || {
        primary.try_ask(&["DEL", LIST]).ok()
    });
    wait_for("it is warm again", || {
        primary.try_ask::<Option<String>>(&["GET", LIST]).ok()?
    });
    process.recovered();
    process.end();
}
