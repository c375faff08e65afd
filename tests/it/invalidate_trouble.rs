//! `invalidate` while servers fail, move and fill up, and while the operator interrupts it.

use crate::invalidate::{data, fill, fill_with_large_values, filled, hosts_of, report};
use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::time::{Duration, Instant};

/// Fills a server with `count` properties of the customer acme.
fn properties(server: &Server, count: usize) {
    let script = "for i = ARGV[1], ARGV[2] do redis.call('SET', 'akamai:acme:property:prp_' .. i, 'x', 'EX', 900) end";
    for first in (0..count).step_by(1000) {
        let (from, to) = (first.to_string(), (first + 999).min(count - 1).to_string());
        let _: Option<String> = server.ask(&["EVAL", script, "0", &from, &to]);
    }
}

fn freeze(server: &Server, signal: Signal) {
    kill_process(Pid::from_raw(server.pid).unwrap(), signal).unwrap();
}

#[test]
fn a_failover_half_way_leaves_nothing_on_the_current_primary() {
    const KEYS: usize = 60_000;
    let sentinels = Sentinels::start(Kind::Valkey, &[], "").settled();
    properties(&sentinels.primary, KEYS);
    let _: String = sentinels
        .primary
        .ask(&["SET", "akamai:acme:groups:all", "[]"]);
    wait_for("the replica's copy", || {
        let there: usize = sentinels.replica.ask(&["DBSIZE"]);
        (there == KEYS + 1).then_some(())
    });
    let home = Home::new();
    let nodes: Vec<String> = (sentinels.watchers.iter())
        .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
        .collect();
    let running = home
        .command("invalidate --pattern property:* --yes -o json --timeout 1s --retries 8")
        .env("ALECS_CACHE_MODE", "sentinel")
        .env("ALECS_CACHE_SENTINELS", nodes.join(","))
        .env("ALECS_CUSTOMER", "acme")
        .spawn();
    wait_for("the first removals", || {
        let keys: usize = sentinels.primary.ask(&["DBSIZE"]);
        (keys < KEYS - 1000).then_some(())
    });
    freeze(&sentinels.primary, Signal::STOP);
    let ended = running.wait();
    freeze(&sentinels.primary, Signal::CONT);
    let done = ended.json();
    // On a busy machine the election may take longer than all retries.
    if ended.code() != 0 {
        assert!(
            [7, 10, 11].contains(&ended.code()),
            "{}\n{done}",
            ended.stderr
        );
        return;
    }
    sentinels.failed_over();
    let (_, left): (String, Vec<String>) = sentinels.replica.ask(&[
        "SCAN",
        "0",
        "MATCH",
        "akamai:acme:property:*",
        "COUNT",
        "1000000",
    ]);
    assert_eq!(left, [""; 0]);
    let kept: i64 = sentinels.replica.ask(&["EXISTS", "akamai:acme:groups:all"]);
    assert_eq!(kept, 1);
    assert_eq!(done["matched"], KEYS, "{done}");
    // No key counts twice.
    assert!(done["removed"].as_u64() <= Some(KEYS as u64), "{done}");
    assert_eq!(done["coverage"]["topology_changed"], true, "{done}");
}

#[test]
fn it_walks_again_while_a_slot_moves_and_finds_what_moved() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let home = Home::new();
    let key = "akamai:acme:property:prp_1";
    let slot = cluster.slot(key);
    let owns = |node: &Server| node.try_ask::<Option<String>>(&["GET", key]).is_ok();
    let from = cluster.nodes.iter().position(owns).unwrap();
    let to = (from + 1) % 3;
    let _: String = cluster.nodes[from].ask(&["SET", key, "[]", "EX", "900"]);
    let walks = || -> usize {
        let calls = |node: &Server| {
            let stats = node.info("cmdstat_scan");
            let calls = stats
                .split(['=', ','])
                .nth(1)
                .map(|calls| calls.parse().unwrap());
            calls.unwrap_or(0)
        };
        cluster.nodes.iter().map(calls).sum()
    };
    cluster.begin_move(slot, from, to);
    cluster.move_key(key, from, to);
    let running = home
        .command("invalidate --pattern property:* --yes -o json")
        .in_cluster(&cluster)
        .spawn();
    wait_for("a walk of all primaries", || (walks() >= 3).then_some(()));
    cluster.end_move(slot, to);
    let ended = running.wait();
    // On a busy machine the slot may move as long as it walks.
    if ended.code() == 7 {
        assert_eq!(ended.json()["coverage"]["topology_changed"], true);
        return;
    }
    let done = ended.with(0).json();
    assert_eq!(
        (&done["removed"], &done["coverage"]["topology_changed"]),
        (&json!(1), &json!(true))
    );
    assert!(walks() >= 6, "it walks again");
    let left: i64 = cluster.nodes[to].ask(&["EXISTS", key]);
    assert_eq!(left, 0);
}

#[test]
fn a_second_signal_ends_it_at_once_and_what_was_done_can_be_undone() {
    const KEYS: usize = 60_000;
    let stage = filled(&[]);
    properties(&stage.server, KEYS);
    let running = stage
        .command("invalidate --pattern property:* --yes -o json --timeout 30s")
        .spawn();
    wait_for("the first removals", || {
        let keys: usize = stage.server.ask(&["DBSIZE"]);
        (keys < KEYS - 1000).then_some(())
    });
    // A frozen server: the run would wait for the batch in flight.
    freeze(&stage.server, Signal::STOP);
    let began = Instant::now();
    // On a busy machine two signals may reach the process as one.
    while !running.is_over() && began.elapsed() < Duration::from_secs(5) {
        running.interrupt();
        std::thread::sleep(Duration::from_millis(200));
    }
    running.wait().with(130);
    assert!(began.elapsed() < Duration::from_secs(5));
    freeze(&stage.server, Signal::CONT);
    let left = data(&stage).len();
    assert!(left < KEYS);
    stage.run("undo").with(0);
    assert_eq!(data(&stage).len(), KEYS);
}

#[test]
fn a_server_that_stays_full_loses_the_keys_and_says_that_it_took_no_marks() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", "1mb"]);
    let run = |line: &str| stage.run(line);
    let ended = run("invalidate prp_1 -o json").with(7);
    assert_eq!(ended.json()["removed"], 1);
    assert_eq!(ended.error()["code"], "partial");
    ended.says("not in the audit log");
    let nothing = run("invalidate prp_1 -o json").with(1);
    assert_eq!(nothing.json()["removed"], 0);
    // Restoring takes memory too.
    let refused = run("undo -o json").with(1);
    assert!(
        refused.error()["hint"]
            .as_str()
            .unwrap()
            .contains("maxmemory")
    );
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(run("undo -o json").with(0).json()["restored"], 1);
}

#[test]
fn what_was_removed_counts_although_the_answer_was_lost() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("--all");
    let logged = |column: &str| {
        let log = stage.run("log -o json").with(0).json();
        log["entries"][0][column].clone()
    };
    let before = data(&stage).len();
    stage.proxy().on("UNLINK").times(1).close_after();
    let ended = stage.run("invalidate prp_100001 --cascade -o json").with(0);
    ended.says("the property list is gone");
    let done = ended.json();
    let gone = before - data(&stage).len();
    assert!(gone > 0);
    assert_eq!(done["removed"], gone, "{done}");
    assert_eq!(logged("removed"), gone);
    // Fields of the hash of host names.
    let host = &hosts_of(&stage, "prp_100002")[0];
    stage.proxy().on("HDEL").times(1).close_after();
    stage.proxy().on("UNLINK").times(1).close_after();
    let done = report(&stage, &[host]);
    assert_eq!((&done["removed"], &done["fields"]), (&json!(1), &json!(1)));
    assert_eq!(logged("fields"), 1);
    // A TTL that was shortened.
    stage.proxy().on("PEXPIRE").times(1).close_after();
    let done = report(&stage, &["prp_100002", "--soft"]);
    assert_eq!(done["softened"], 1, "{done}");
    assert_eq!(logged("softened"), 1);
}

#[test]
fn a_connection_lost_while_the_servers_are_identified_is_made_again() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    stage.proxy().on("INFO").times(1).close_after();
    let done = report(&stage, &["prp_100001"]);
    assert!(done["coverage"]["run_ids_unknown"].is_null(), "{done}");
    assert!(done["removed"].as_u64() > Some(0), "{done}");
}

#[test]
fn an_undo_that_a_full_server_ends_half_way_is_a_part() {
    let stage = filled(&[]);
    fill_with_large_values(&stage);
    report(&stage, &["--pattern", "property:*", "--yes"]);
    let used: u64 = stage.server.info("used_memory").parse().unwrap();
    let room = (used + 2_000_000).to_string();
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", &room]);
    let ended = stage.run("undo -o json").with(7);
    let back = ended.json()["restored"].as_u64().unwrap();
    assert!(back > 0 && back < 40, "{back}");
    assert_eq!(data(&stage).len() as u64, back);
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    let rest = stage.run("undo -o json").with(0).json();
    assert_eq!(
        (&rest["restored"], &rest["skipped_newer"]),
        (&json!(40 - back), &json!(back))
    );
}

#[test]
fn temporary_files_that_may_not_grow_stop_it_before_anything_is_removed() {
    let stage = filled(&[]);
    let long = "x".repeat(10_000);
    for number in 0..600 {
        fill(&stage, &[&format!("akamai:acme:search:{number}{long}")]);
    }
    let line = "invalidate --pattern search:* --yes -o json";
    let ended = stage
        .home
        .command(line)
        .limited("-f 100")
        .env("ALECS_CACHE_URL", stage.url())
        .env("ALECS_CUSTOMER", "acme")
        .run()
        .with(1);
    let hint = ended.error()["hint"].to_string();
    assert!(hint.contains("TMPDIR"), "{hint}");
    assert_eq!(data(&stage).len(), 600);
}

/// Lets another client write these keys when the first ones are removed.
fn written_at_the_removal(stage: &Stage, keys: &'static [&'static str]) {
    let port = stage.server.port;
    let write = move |reply: String| {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
        let mut connection = client.get_connection().unwrap();
        for key in keys {
            let mut set = redis::cmd("SET");
            set.arg(&[key, "[]", "EX", "900"])
                .exec(&mut connection)
                .unwrap();
        }
        reply
    };
    stage.proxy().on("UNLINK").times(1).edit(write);
}

const NEW: [&str; 1] = ["akamai:acme:search:new"];
const AGAIN: [&str; 2] = ["akamai:acme:property:prp_1", "akamai:acme:search:x"];
const AGAIN_AND_NEW: [&str; 3] = [AGAIN[0], AGAIN[1], NEW[0]];

#[test]
fn a_key_that_comes_back_counts_once_and_one_that_is_new_counts_as_well() {
    let stage = filled(&AGAIN).behind_proxy();
    let field = r#"{"propertyId":"prp_1"}"#;
    let hash = "akamai:acme:hostnames";
    let _: i64 = stage.server.ask(&["HSET", hash, "a.example", field]);
    written_at_the_removal(&stage, &AGAIN_AND_NEW);
    // With a threshold, keys are searched again after the removal.
    let words = ["prp_1", "--cascade", "--max-keys", "3"];
    let done = report(&stage, &words);
    assert_eq!(data(&stage), [""; 0]);
    assert_eq!(
        (&done["matched"], &done["removed"], &done["fields"]),
        (&json!(3), &json!(3), &json!(1)),
        "{done}"
    );
    assert_eq!(done["by_target"][0]["removed"], 3, "{done}");
}

#[test]
fn keys_written_since_the_count_are_removed_only_within_the_threshold() {
    for threshold in ["--expect 2", "--max-keys 2"] {
        let stage = filled(&AGAIN).behind_proxy();
        written_at_the_removal(&stage, &NEW);
        let line = format!("invalidate prp_1 --cascade {threshold} -o json");
        let ended = stage.run(&line).with(7);
        assert_eq!(ended.json()["removed"], 2, "{threshold}");
        assert_eq!(data(&stage), NEW, "{threshold}");
        let message = ended.error()["message"].to_string();
        let counts = "3 keys match by now, and at most 2 may be removed; the 1 written";
        assert!(message.contains(counts), "{message}");
    }
}

#[test]
fn a_signal_while_fields_are_removed_slowly_stops_them() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let field = r#"{"propertyId":"prp_1"}"#;
    for number in 0..300 {
        let name = format!("www{number}.a.example");
        let hash = "akamai:acme:hostnames";
        let _: i64 = stage.server.ask(&["HSET", hash, &name, field]);
    }
    let left = || -> i64 { stage.server.ask(&["HLEN", "akamai:acme:hostnames"]) };
    let line = "invalidate prp_1 --cascade --yes --pace 40 -o json";
    let running = stage.command(line).spawn();
    wait_for("the first fields", || (left() < 300).then_some(()));
    running.interrupt();
    let done = running.wait().with(130).json();
    assert!(left() > 100, "{done}");
    assert_eq!(done["fields"].as_i64(), Some(300 - left()), "{done}");
}

#[test]
fn what_was_invalidated_during_an_undo_that_fails_is_removed_again() {
    let stage = filled(&[]).behind_proxy();
    fill_with_large_values(&stage);
    report(&stage, &["--pattern", "property:*", "--yes"]);
    let port = stage.server.port;
    // All of it is invalidated once the first keys are back, and then the server is full.
    let invalidated = move |reply: String| {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
        let mut connection = client.get_connection().unwrap();
        let (seconds, _): (u64, u64) = redis::cmd("TIME").query(&mut connection).unwrap();
        redis::cmd("ZADD")
            .arg("akamai:acme:invalidated")
            .arg((seconds + 1) * 1000)
            .arg("*")
            .exec(&mut connection)
            .unwrap();
        redis::cmd("CONFIG")
            .arg(&["SET", "maxmemory", "1"])
            .exec(&mut connection)
            .unwrap();
        reply
    };
    stage.proxy().on("SET").times(1).edit(invalidated);
    // Nothing that was put back stays.
    stage.run("undo -o json").with(1);
    assert_eq!(data(&stage), [""; 0]);
}

#[test]
fn what_was_removed_before_the_server_became_a_replica_counts() {
    let stage = filled(&[]).behind_proxy();
    properties(&stage.server, 250);
    let replica = "-READONLY You can't write against a read only replica.\r\n";
    // One of three UNLINK is refused, for good.
    let key = "akamai:acme:property:prp_7";
    stage.proxy().on("UNLINK").with(key).answer(replica);
    stage.proxy().on("XADD").answer(replica);
    let ended = stage.run("invalidate --everything --yes -o json").with(4);
    let left = data(&stage).len() as u64;
    assert!((1..=100).contains(&left), "{left}");
    assert_eq!(ended.json()["removed"], 250 - left, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("this is not in the audit log of `acme`")
    );
}
