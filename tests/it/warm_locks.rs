//! `warm`: one run at a time, and what an interrupted run leaves behind.

use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, row, small};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LOCK: &str = "akamai:acme:warm:lock";

#[test]
fn one_warmer_at_a_time_and_the_second_says_who_holds_the_lock() {
    let stage = Stage::new(small());
    stage.api.fault(
        "/papi/v1/groups",
        1,
        Fault::Slow(Duration::from_millis(1500)),
    );
    let first = stage.command("warm -o json").spawn();
    wait_for("the first takes the lock", || {
        stage.get("akamai:acme:warm:lock")
    });
    let life: i64 = stage.server.ask(&["PTTL", "akamai:acme:warm:lock"]);
    assert!((1..=60_000).contains(&life));
    let second = stage.run("warm -o json").with(8);
    let message = second.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("pid ") && message.contains(" on "),
        "{message}"
    );
    let waited = stage.command("warm --wait 30s -o json").spawn();
    first.wait().with(0);
    let report = waited.wait().with(0).json();
    assert_eq!(report["api_calls"], 0, "the first has done it all");
    assert!(stage.get("akamai:acme:warm:lock").is_none());
    // A lock that never expires has no holder.
    let _: String = stage.server.ask(&["SET", "akamai:acme:warm:lock", "x"]);
    let refused = stage.run("warm -o json").with(8);
    let hint = refused.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("locks clear --stale"), "{hint}");
}

#[test]
fn a_run_that_loses_its_lock_stops_writing() {
    let stage = Stage::new(small());
    stage.api.fault("/papi/v1/hostnames", 1, Fault::Hang);
    let run = stage.command("warm -o json --akamai-timeout 60s").spawn();
    wait_for("the list is there", || {
        stage.get("akamai:acme:properties:all")
    });
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:warm:lock", "another", "PX", "60000"]);
    let ended = run.wait().with(8);
    assert_eq!(ended.error()["code"], "busy");
    assert_eq!(
        stage.get("akamai:acme:warm:lock").as_deref(),
        Some("another")
    );
    assert!(stage.get("akamai:acme:hostnames").is_none());
}

/// What a former version left is removed at the end of a run, but not by one that lost its lock: it would remove
/// what the new holder stored.
#[test]
fn a_run_that_loses_its_lock_removes_nothing() {
    let account = small();
    let id = account.properties[0].id.clone();
    let stage = Stage::new(account);
    stage.warm("");
    stage.api.edit(|account| account.properties[0].latest += 1);
    let search = "akamai:acme:search:former";
    let former = format!(r#"[{{"property":{{"propertyId":"{id}"}}}}]"#);
    stage.server_writes(search, &former);
    stage.api.fault("/papi/v1/hostnames", 1, Fault::Hang);
    let run = stage
        .command("warm --force -o json --akamai-timeout 60s")
        .spawn();
    wait_for("the host names are asked for", || {
        let seen = stage.api.seen();
        let asked = seen
            .iter()
            .filter(|seen| seen.path_and_query.starts_with("/papi/v1/hostnames"));
        (asked.count() > 1).then_some(())
    });
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:warm:lock", "another", "PX", "60000"]);
    run.wait().with(8);
    assert_eq!(stage.get(search), Some(former));
}

#[test]
fn ctrl_c_cancels_the_call_releases_the_lock_and_ends_with_130() {
    let stage = Stage::new(small());
    stage.api.fault("/papi/v1/hostnames", 9, Fault::Hang);
    let run = stage.command("warm -o json").spawn();
    wait_for("the list is there", || {
        stage.get("akamai:acme:properties:all")
    });
    run.interrupt();
    let ended = run.wait().with(130);
    let report = ended.json();
    assert_eq!(report["complete"], false);
    assert_eq!(row(&report, "properties")["stored"], 1);
    assert_eq!(ended.error()["exit"], 130);
    assert!(stage.get("akamai:acme:warm:lock").is_none());

    let run = stage.command("warm --force -o json").spawn();
    wait_for("the lock is taken", || stage.get("akamai:acme:warm:lock"));
    run.terminate();
    run.wait().with(143);
}

#[test]
fn a_lock_that_is_taken_away_ends_the_run_before_it_writes_again() {
    // Deleted or stolen, while it waits for a response or at the last moment.
    for (thief, wait) in [
        (None, 700),
        (Some("another"), 700),
        (Some("another"), 4_000),
    ] {
        let stage = Stage::new(small());
        let slow = Fault::Slow(Duration::from_millis(wait));
        stage.api.fault("/papi/v1/hostnames", 1, slow);
        let run = stage.command("warm -o json").spawn();
        wait_for("the list is there", || {
            stage.get("akamai:acme:properties:all")
        });
        stage.delete("akamai:acme:warm:lock");
        if let Some(thief) = thief {
            let _: String = stage.server.ask(&["SET", "akamai:acme:warm:lock", thief]);
        }
        let began = Instant::now();
        let ended = run.wait().with(8);
        assert!(began.elapsed() < Duration::from_secs(4), "noticed too late");
        assert_eq!(ended.json()["complete"], false);
        let error = ended.error();
        assert_eq!(error["code"], "busy");
        let how = if thief.is_some() {
            "was taken by"
        } else {
            "is gone"
        };
        assert!(error["message"].as_str().unwrap().contains(how), "{error}");
        assert_eq!(stage.get("akamai:acme:warm:lock").as_deref(), thief);
        assert!(
            !stage.keys().iter().any(|key| key.contains("hostname")),
            "nothing is written after that: {:?}",
            stage.keys()
        );
    }
}

#[test]
fn what_another_run_stored_before_this_one_got_the_lock_is_compared() {
    let stage = Stage::new(small()).behind_proxy();
    let [asked, filled] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let shared = [asked.clone(), filled.clone()];
    stage
        .proxy()
        .on("SET")
        .with(LOCK)
        .times(1)
        .edit(move |reply| {
            shared[0].store(true, Ordering::SeqCst);
            wait_for("the cache is filled", || {
                shared[1].load(Ordering::SeqCst).then_some(())
            });
            reply
        });
    let run = stage.command("warm -o json").spawn();
    wait_for("the run asks for the lock", || {
        asked.load(Ordering::SeqCst).then_some(())
    });
    let other = r#"{"propertyId":"prp_777","accountId":"act_OTHER"}"#;
    stage.server_writes("akamai:acme:property:prp_777", other);
    filled.store(true, Ordering::SeqCst);
    assert_eq!(run.wait().with(0).json()["complete"], true);
    assert_eq!(stage.get("akamai:acme:property:prp_777"), None);
}

#[test]
fn a_lost_reply_to_the_release_of_the_lock_is_no_lost_lock() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("EVAL").times(1).close_after();
    let report = stage.run("warm -o json").with(0).json();
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.get("akamai:acme:warm:lock"), None);
    assert_eq!(stage.proxy().seen("EVAL"), 1);
}
