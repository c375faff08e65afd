//! `invalidate --refill` during the ALECS server's own refresh, which takes no lock and may write values that it
//! fetched before the invalidation.

use crate::support::run::Running;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::json;

const PRP: &str = "prp_100001";
const KEY: &str = "akamai:acme:property:prp_100001";
const HOSTS: &str = "akamai:acme:property:prp_100001:hostnames";
const LIST: &str = "akamai:acme:properties:all";
const RECIPE: &str = "invalidate prp_100001 --cascade --refill";

/// Starts the refill after a change, and waits until all of the new version is stored.
fn refilled(stage: &Stage) -> Running {
    stage
        .api
        .edit(|account| account.property_mut(PRP).unwrap().name = "renamed".into());
    let run = stage.command(RECIPE).spawn();
    wait_for("the new version is stored", || {
        let renamed = |key| Some(stage.get(key)?.contains("renamed"));
        let all = renamed(LIST)? && renamed(KEY)? && stage.get(HOSTS).is_some();
        all.then_some(())
    });
    run
}

#[test]
fn what_the_refresh_of_the_server_brings_back_is_corrected() {
    // Each watch takes seconds.
    std::thread::scope(|scope| {
        for (key, left) in [(KEY, "269"), (HOSTS, "359"), (LIST, "59")] {
            scope.spawn(move || is_corrected(key, left));
        }
    });
}

/// Writes the old value of a key of which this many seconds are left, after the new one is stored.
fn is_corrected(key: &str, left: &str) {
    let stage = Stage::new(small());
    stage.warm("");
    let old = stage.get(key).unwrap();
    let _: i64 = stage.server.ask(&["EXPIRE", key, left]);
    if key == HOSTS {
        stage
            .api
            .edit(|account| account.add_hostname("new.example.com", PRP));
    }
    let run = refilled(&stage);
    stage.server_writes(key, &old);
    let ended = run.wait().with(0);
    // If the run itself has not ended yet, it sees the value without a watch, and asks again.
    let calls = |path| stage.api.calls(path);
    assert!(
        ended.stderr.contains("another value was written")
            || calls("/properties/prp_100001") - calls("/properties/prp_100001/") > 1,
        "{key}: {}",
        ended.stderr
    );
    assert_ne!(stage.get(key).unwrap(), old, "{key}");
    assert_eq!(stage.json(KEY)["propertyName"], "renamed");
    let list = stage.get(LIST).unwrap();
    assert!(list.contains("renamed"), "{key}: {list}");
    let is_new = stage.get(HOSTS).unwrap().contains("new.example.com");
    assert_eq!(is_new, key == HOSTS);
}

#[test]
fn a_first_fetch_of_the_server_is_seen_by_its_lock_and_waited_for() {
    let stage = Stage::new(small());
    stage.warm("");
    let old = stage.get(KEY).unwrap();
    stage.delete(KEY);
    let lock = format!("{KEY}:lock");
    stage.server_writes(&lock, r#""1""#);
    let run = refilled(&stage);
    // As late as possible, like the lock.
    stage.server_writes(KEY, &old);
    stage.delete(&lock);
    run.wait().with(0);
    assert_eq!(stage.json(KEY)["propertyName"], "renamed");
}

#[test]
fn an_equal_value_in_the_servers_form_is_left_alone() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.expire(KEY, 200);
    let run = refilled(&stage);
    let calls = stage.api.calls("/properties/prp_100001?");
    let mut hosts = stage.json(HOSTS);
    hosts[0]["certStatus"] = json!({});
    let same = serde_json::to_string_pretty(&stage.json(KEY)).unwrap();
    stage.server_writes(KEY, &same);
    stage.server_writes(HOSTS, &hosts.to_string());
    let ended = run.wait().with(0);
    assert!(
        !ended.stderr.contains("another value was written"),
        "{}",
        ended.stderr
    );
    assert_eq!(stage.get(KEY).unwrap(), same);
    assert_eq!(stage.api.calls("/properties/prp_100001?"), calls);
}

#[test]
fn nothing_is_watched_unless_the_server_may_be_fetching() {
    let looks = |left: &str| {
        let stage = Stage::new(small()).behind_proxy();
        stage.warm("");
        let _: i64 = stage.server.ask(&["EXPIRE", KEY, left]);
        stage.run(RECIPE).with(0);
        let gets = |words: &&Vec<String>| {
            words.first().is_some_and(|word| word == "GET") && words.contains(&KEY.to_owned())
        };
        stage.proxy().commands().iter().filter(gets).count()
    };
    let (fresh, below) = (looks("800"), looks("200"));
    assert!(below > fresh + 2, "{fresh} {below}");
}

#[test]
fn an_interrupt_ends_the_watch() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.expire(KEY, 200);
    let run = refilled(&stage);
    run.interrupt();
    let ended = run.wait().with(130);
    assert!(
        ended.stdout.to_lowercase().contains("removed"),
        "{}",
        ended.stdout
    );
    assert_eq!(stage.json(KEY)["propertyName"], "renamed");
}

#[test]
fn a_first_fetch_of_a_host_name_is_waited_for_as_well() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = &crate::invalidate::hosts_of(&stage, PRP)[0];
    let key = format!("akamai:acme:hostname:{host}");
    let old = stage.get(&key).unwrap();
    let lock = format!("{key}:lock");
    stage.server_writes(&lock, r#""1""#);
    stage
        .api
        .edit(|account| account.property_mut(PRP).unwrap().name = "renamed".into());
    let run = stage
        .command(&format!("invalidate {host} --refill"))
        .spawn();
    wait_for("the new version is stored", || {
        stage.get(&key)?.contains("renamed").then_some(())
    });
    stage.server_writes(&key, &old);
    stage.delete(&lock);
    run.wait().with(0);
    assert_eq!(stage.json(&key)["property"]["propertyName"], "renamed");
}
