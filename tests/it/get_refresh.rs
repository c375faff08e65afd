//! `get` of values that are about to expire, or have exceeded their TTL.

use super::get::sources;
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use std::time::{Duration, Instant};

#[test]
fn a_value_in_its_last_fifth_is_served_at_once_and_refreshed_before_the_end() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 181);
    stage.get_json("property prp_100000");
    assert_eq!(stage.api.seen().len(), 1, "more than a fifth is left");
    stage.expire(key, 179);
    let served = stage.get_json("--no-refresh property prp_100000");
    assert_eq!(served["refreshing"], 0);
    assert_eq!(stage.api.seen().len(), 1);
    stage
        .api
        .edit(|account| "new name".clone_into(&mut account.properties[0].name));
    let served = stage.get_json("property prp_100000");
    assert_eq!(sources(&served), ["cache"]);
    assert_eq!(
        (&served["api_calls"], &served["refreshing"]),
        (&0.into(), &1.into())
    );
    assert_ne!(served["items"][0]["value"]["propertyName"], "new name");
    assert_eq!(stage.api.seen().len(), 2);
    assert!(stage.left(key) > 880);
    assert_eq!(stage.json(key)["propertyName"], "new name");
}

#[test]
fn a_refresh_that_hangs_ends_after_two_seconds_and_one_attempt() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 100);
    stage.api.fault("/properties/prp_100000", 9, Fault::Hang);
    let began = Instant::now();
    assert_eq!(sources(&stage.get_json("property prp_100000")), ["cache"]);
    let took = began.elapsed();
    assert!(
        (Duration::from_millis(1_900)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    assert_eq!(stage.api.seen().len(), 2);
    assert!(stage.left(key) <= 100);
    assert!(
        !stage.keys().iter().any(|key| key.ends_with(":lock")),
        "the lock is given back"
    );

    stage.api.heal();
    stage.api.fault(
        "/properties/prp_100000",
        9,
        Fault::Status(503, vec![], "busy".into()),
    );
    assert_eq!(sources(&stage.get_json("property prp_100000")), ["cache"]);
    assert_eq!(stage.api.seen().len(), 3, "one attempt");
}

#[test]
fn a_refresh_by_another_process_is_not_repeated() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 100);
    let lock = format!("{key}:lock");
    let _: String = stage.server.ask(&["SET", &lock, "\"1\"", "EX", "30"]);
    stage.get_json("property prp_100000");
    assert_eq!(stage.api.seen().len(), 1);
    assert_eq!(
        stage.get(&lock).as_deref(),
        Some("\"1\""),
        "not ours to release"
    );
}

#[test]
fn stale_values_are_served_only_where_that_is_wanted_while_they_are_refreshed() {
    let stage = Stage::new(small());
    stage.home.config("[ttl]\ndetails = \"2s\"\n");
    let key = "akamai:acme:property:prp_100000";
    stage.get_json("property prp_100000 --stale-for 1h");
    let left = stage.left(key);
    assert!((3_590..=3_602).contains(&left), "{left}");
    wait_for("its own time to be over", || {
        let left: u64 = stage.server.ask(&["PTTL", key]);
        (left <= 3_600_000).then_some(())
    });
    stage
        .api
        .edit(|account| "new name".clone_into(&mut account.properties[0].name));
    stage.api.fault("/properties/", 1, Fault::Reset);
    let served = stage.get_json("property prp_100000 --stale-for 1h");
    assert_eq!(sources(&served), ["stale"], "although the API fails");
    assert_eq!(
        stage.counted("hits", "property:prp_100000"),
        Some(1),
        "a stale answer is a hit"
    );
    let served = stage.get_json("property prp_100000 --stale-for 1h");
    assert_eq!(sources(&served), ["stale"]);
    assert_ne!(served["items"][0]["value"]["propertyName"], "new name");
    assert_eq!(
        stage.json(key)["propertyName"],
        "new name",
        "refreshed behind the answer"
    );
    assert!(stage.left(key) > 3_595);

    stage.get_json("property prp_100001");
    assert!(
        stage.left("akamai:acme:property:prp_100001") <= 2,
        "off by default"
    );
}

#[test]
fn the_remaining_time_alone_says_what_is_stale() {
    let stage = Stage::new(small());
    stage.warm("");
    // A value that a warm run wrote for 900 seconds is never fresh for a reader that keeps values two days longer.
    let report = stage.get_json("property prp_100000 --stale-for 2d");
    assert_eq!(sources(&report), ["stale"]);
    let report = stage.get_json("property prp_100000 --stale-for 2d");
    assert_eq!(sources(&report), ["cache"], "refreshed behind the answer");
}

#[test]
fn what_others_keep_for_longer_is_served_and_refreshed_where_nothing_stale_is_wanted() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000 --stale-for 1h");
    assert_eq!(
        sources(&stage.get_json("property prp_100000 --stale-for 1h")),
        ["cache"]
    );
    let calls = stage.api.seen().len();
    assert_eq!(sources(&stage.get_json("property prp_100000")), ["cache"]);
    assert_eq!(stage.api.seen().len(), calls + 1);
    assert!(stage.left("akamai:acme:property:prp_100000") <= 900);
}

#[test]
fn a_property_that_is_gone_does_not_stay_as_a_stale_one() {
    let stage = Stage::new(small());
    stage
        .home
        .config("stale_for = \"1h\"\n[ttl]\ndetails = \"1s\"\n");
    let key = "akamai:acme:property:prp_100000";
    stage.get_json("property prp_100000");
    wait_for("its own time to be over", || {
        let left: u64 = stage.server.ask(&["PTTL", key]);
        (left <= 3_600_000).then_some(())
    });
    stage
        .api
        .edit(|account| account.remove_property("prp_100000"));
    assert_eq!(sources(&stage.get_json("property prp_100000")), ["stale"]);
    assert_eq!(stage.get(key), None);
    stage.run("get property prp_100000").with(5);
}

#[test]
fn a_list_is_refreshed_where_a_few_calls_make_it_and_else_no_call_is_wasted() {
    let list = "akamai:acme:properties:all";
    for (groups, calls) in [(2, 2), (40, 0)] {
        let account = Account::new(1).regular().contracts(1);
        let stage = Stage::new(account.groups(groups).properties(50));
        stage.warm("");
        stage.expire(list, 50);
        let before = stage.api.seen().len();
        assert_eq!(sources(&stage.get_json("properties")), ["cache"]);
        assert_eq!(stage.api.seen().len() - before, calls, "{groups} groups");
        assert_eq!(stage.left(list) > 290, calls > 0);
    }
}

#[test]
fn a_cache_that_hangs_during_a_refresh_does_not_keep_the_process() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 100);
    let slow = Fault::Slow(Duration::from_millis(500));
    stage.api.fault("/properties/prp_100000", 1, slow);
    let run = stage.command("get -o json property prp_100000").spawn();
    wait_for("the refresh", || {
        (stage.api.seen().len() == 2).then_some(())
    });
    stage.server.freeze();
    let began = Instant::now();
    let ended = run.wait();
    let took = began.elapsed();
    stage.server.thaw();
    assert_eq!(sources(&ended.with(0).json()), ["cache"]);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_signal_during_a_refresh_ends_it_and_gives_the_lock_back() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 100);
    stage.api.fault("/properties/prp_100000", 1, Fault::Hang);
    let run = stage.command("get -o json property prp_100000").spawn();
    wait_for("the refresh", || {
        (stage.api.seen().len() == 2).then_some(())
    });
    let began = Instant::now();
    run.interrupt();
    let ended = run.wait();
    assert!(began.elapsed() < Duration::from_millis(1_500));
    // The answer was printed before.
    assert_eq!(sources(&ended.with(0).json()), ["cache"]);
    assert_eq!(stage.get(&format!("{key}:lock")), None);
}

/// Changes a property, and warms it by name while a read that began before has its answer in flight.
fn warmed_meanwhile(stage: &Stage, line: &str, pattern: &str) -> (String, String) {
    let slow = Fault::Slow(Duration::from_millis(1_500));
    stage.api.take_seen();
    stage.api.fault(pattern, 1, slow);
    let read = stage.command(line).spawn();
    wait_for("the call", || (stage.api.calls(pattern) > 0).then_some(()));
    stage
        .api
        .edit(|account| "newer".clone_into(&mut account.properties[0].name));
    stage.warm("prp_100000");
    let newer = stage.get("akamai:acme:property:prp_100000").unwrap();
    assert!(newer.contains(r#""newer""#), "{newer}");
    read.wait().with(0);
    let own = stage
        .get("akamai:acme:property:prp_100000")
        .unwrap_or_default();
    let list = stage.get("akamai:acme:properties:all").unwrap_or_default();
    (own, list)
}

#[test]
fn a_refresh_writes_nothing_over_what_was_warmed_by_name_meanwhile() {
    let stage = Stage::new(small());
    stage.warm("");
    let key = "akamai:acme:property:prp_100000";
    stage.expire(key, 100);
    let line = "get property prp_100000";
    let (own, list) = warmed_meanwhile(&stage, line, "/properties/prp_100000");
    assert!(own.contains(r#""newer""#), "{own}");
    assert!(list.contains(r#""newer""#), "{list}");
}

#[test]
fn a_crawl_removes_nothing_that_was_warmed_by_name_meanwhile() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.delete("akamai:acme:properties:all");
    let (own, list) = warmed_meanwhile(&stage, "get properties", "/properties?");
    assert!(own.contains(r#""newer""#), "{own}");
    assert!(list.contains(r#""newer""#) || list.is_empty(), "{list}");
    assert!(
        stage
            .get("akamai:acme:property:prp_100000:hostnames")
            .is_some()
    );
}

#[test]
fn host_names_are_as_old_as_the_item_whose_versions_they_were_asked_for_by() {
    let stage = Stage::new(small());
    let item = "akamai:acme:property:prp_100000";
    let list = "akamai:acme:property:prp_100000:hostnames";
    stage.get_json("hostnames prp_100000");
    assert!((1_700..=1_800).contains(&stage.left(list)));
    // Missing, and in its last fifth.
    for left in ["0", "300"] {
        let _: i64 = stage.server.ask(&["EXPIRE", list, left]);
        stage.expire(item, 200);
        stage.get_json("hostnames prp_100000");
        let kept = stage.left(list);
        assert!((1_000..=1_100).contains(&kept), "{left}: {kept}");
    }
    // Half of the time is left in any case: in its last fifth each read would refresh the list.
    stage.home.config("[ttl]\nhostnames = \"10m\"\n");
    stage.delete(list);
    stage.get_json("hostnames prp_100000");
    let kept = stage.left(list);
    assert!((280..=300).contains(&kept), "{kept}");
}
