//! Many concurrent readers cause one API call.

use crate::support::akamai::Fault;
use crate::support::run::{Ended, Running};
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use std::time::{Duration, Instant};

const LINE: &str = "get -o json property prp_100000";
const KEY: &str = "akamai:acme:property:prp_100000";
const LOCK: &str = "akamai:acme:property:prp_100000:lock";

impl Stage {
    fn crowd(&self, count: usize, line: &str) -> Vec<Running> {
        (0..count).map(|_| self.command(line).spawn()).collect()
    }
}

fn source(ended: &Ended) -> String {
    ended.json()["items"][0]["source"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn fifty_processes_on_a_cold_key_make_one_call() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let stage = Stage::on(Server::start(kind, &[]), small());
        stage
            .api
            .fault("/properties/", 1, Fault::Slow(Duration::from_millis(600)));
        let crowd = stage.crowd(50, LINE);
        let ended: Vec<Ended> = crowd.into_iter().map(|run| run.wait().with(0)).collect();
        assert_eq!(stage.api.seen().len(), 1);
        let fetched = ended
            .iter()
            .filter(|ended| source(ended) == "akamai")
            .count();
        assert_eq!(fetched, 1);
        let first = ended[0].json()["items"][0]["value"].clone();
        assert!(
            ended
                .iter()
                .all(|ended| ended.json()["items"][0]["value"] == first)
        );
        assert_eq!(stage.get(LOCK), None);
        let misses: u64 = stage
            .get("akamai:acme:metrics:cache:misses")
            .unwrap()
            .parse()
            .unwrap();
        let hits = stage.get("akamai:acme:metrics:cache:hits");
        let hits: u64 = hits.map_or(0, |hits| hits.parse().unwrap());
        // A reader that came after the value was stored has a hit; one that waited for it has a miss.
        assert_eq!(misses + hits, 50);
        assert!(misses > 1, "{misses}");
    }
}

#[test]
fn a_fetch_that_takes_longer_than_the_timeout_is_made_once() {
    let stage = Stage::new(small());
    let slow = Fault::Slow(Duration::from_millis(2_500));
    stage.api.fault("/properties/", 1, slow);
    let began = Instant::now();
    for run in stage.crowd(8, &format!("{LINE} --timeout 300ms")) {
        run.wait().with(0);
    }
    assert!(began.elapsed() > Duration::from_secs(2));
    assert_eq!(stage.api.seen().len(), 1);
}

#[test]
fn a_crowd_on_what_does_not_exist_makes_one_call() {
    let stage = Stage::new(small());
    stage
        .api
        .fault("/properties/", 1, Fault::Slow(Duration::from_millis(400)));
    for run in stage.crowd(10, "get -o json property prp_7") {
        run.wait().with(5);
    }
    assert_eq!(stage.api.seen().len(), 1);
}

#[test]
fn a_crowd_on_what_the_credentials_may_not_read_makes_one_call_and_later_readers_ask_again() {
    let mut account = small();
    account.forbidden.push(account.properties[0].group.clone());
    let stage = Stage::new(account);
    let slow = Fault::Slow(Duration::from_millis(600));
    stage.api.fault("/properties/", 1, slow);
    for run in stage.crowd(20, LINE) {
        run.wait().with(4);
    }
    assert_eq!(stage.api.seen().len(), 1);
    wait_for("the end of the lock", || {
        stage.get(LOCK).is_none().then_some(())
    });
    stage.run(LINE).with(4);
    assert_eq!(stage.api.seen().len(), 2);
}

#[test]
fn a_fetch_that_fails_releases_the_lock_at_once() {
    let stage = Stage::new(small());
    let refused = Fault::Status(400, vec![], "{}".into());
    stage.api.fault("/properties/", 1, refused);
    stage.run(LINE).with(1);
    assert_eq!(stage.get(LOCK), None);
    let began = Instant::now();
    assert_eq!(source(&stage.run(LINE).with(0)), "akamai");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_holder_that_is_killed_delays_others_no_longer_than_its_lock_lives() {
    let stage = Stage::new(small());
    stage.api.fault("/properties/", 1, Fault::Hang);
    let holder = stage.command(LINE).spawn();
    wait_for("the call", || (stage.api.seen().len() == 1).then_some(()));
    holder.kill();
    let left: i64 = stage.server.ask(&["PTTL", LOCK]);
    assert!((1..=30_000).contains(&left), "{left}");
    // Do not wait for the rest of its life.
    let _: i64 = stage.server.ask(&["PEXPIRE", LOCK, "1500"]);
    let began = Instant::now();
    let waiting = stage.crowd(5, LINE);
    for run in waiting {
        run.wait().with(0);
    }
    let took = began.elapsed();
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(6)).contains(&took),
        "{took:?}"
    );
    assert_eq!(stage.api.seen().len(), 2, "one of them took over");
    assert!(holder.wait().signal().is_some());
}

#[test]
fn a_lock_that_the_server_has_overwritten_is_not_released_by_us() {
    let stage = Stage::new(small());
    stage
        .api
        .fault("/properties/", 1, Fault::Slow(Duration::from_millis(800)));
    let run = stage.command(LINE).spawn();
    wait_for("the lock", || stage.get(LOCK));
    let _: String = stage.server.ask(&["SETEX", LOCK, "30", "\"1\""]);
    assert_eq!(source(&run.wait().with(0)), "akamai");
    assert_eq!(stage.get(LOCK).as_deref(), Some("\"1\""));
    assert!(stage.get(KEY).is_some());
}

#[test]
fn a_signal_ends_the_wait_and_the_fetch_and_leaves_no_lock() {
    let stage = Stage::new(small());
    stage.api.fault("/properties/", 1, Fault::Hang);
    let holder = stage.command(LINE).spawn();
    wait_for("the lock", || stage.get(LOCK));
    let waiting = stage.command(LINE).spawn();
    std::thread::sleep(Duration::from_millis(300));
    waiting.interrupt();
    waiting.wait().with(130);
    holder.terminate();
    holder.wait().with(143);
    assert_eq!(stage.get(LOCK), None);
    assert_eq!(stage.get(KEY), None);
}

#[test]
fn a_foreign_lock_is_waited_for_no_longer_than_a_command_may_take() {
    let stage = Stage::new(small());
    let _: String = stage.server.ask(&["SET", LOCK, "\"1\"", "EX", "60"]);
    let began = Instant::now();
    assert_eq!(
        source(&stage.run(&format!("{LINE} --timeout 1s")).with(0)),
        "akamai"
    );
    let took = began.elapsed();
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(8)).contains(&took),
        "{took:?}"
    );
    assert_eq!(stage.get(LOCK).as_deref(), Some("\"1\""), "not ours");
}

#[test]
fn foreign_locks_together_are_waited_for_no_longer_than_one() {
    let stage = Stage::new(small());
    for name in [
        "hostname:www-0.s1.example.com",
        "property:prp_100000",
        "property:prp_100000:hostnames",
    ] {
        let lock = format!("akamai:acme:{name}:lock");
        let _: String = stage.server.ask(&["SET", &lock, "\"1\"", "EX", "60"]);
    }
    let began = Instant::now();
    let line = "get -o json hostname www-0.s1.example.com --timeout 2s";
    let ended = stage.run(line).with(0);
    assert_eq!(source(&ended), "akamai");
    assert!(began.elapsed() > Duration::from_millis(1_900));
    let waits = ended.stderr.matches("another process is fetching");
    assert_eq!(waits.count(), 1, "{}", ended.stderr);
}

#[test]
fn a_reader_that_lost_its_lock_overwrites_nothing_newer() {
    let stage = Stage::new(small());
    let slow = Fault::Slow(Duration::from_millis(900));
    stage.api.fault("/properties/", 1, slow);
    let late = stage.command(LINE).spawn();
    wait_for("the call", || (stage.api.seen().len() == 1).then_some(()));
    // Its lock has expired, as if the process had been suspended, and another process has fetched the key since.
    stage.delete(LOCK);
    let newer = r#"{"propertyId":"prp_100000","propertyName":"newer"}"#;
    stage.server_writes(KEY, newer);
    late.wait().with(0);
    assert_eq!(stage.get(KEY).as_deref(), Some(newer));
}
