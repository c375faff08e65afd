//! Large hashes that move to another cluster node while they are read, where their cursors are not valid.

use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::server::{Kind, today};
use alecs_cache::testing::store::{Error, Store};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const FIELDS: usize = 3000;

/// A hash that is read in steps; each field counts 1.
fn large(cluster: &Cluster, key: &str) -> usize {
    let owner = cluster.owner(key);
    for batch in (0..FIELDS).collect::<Vec<_>>().chunks(500) {
        let mut command = vec!["HSET".to_owned(), key.to_owned()];
        for n in batch {
            command.extend([format!("acme:property:prp_{n}"), "1".to_owned()]);
        }
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let _: i64 = cluster.nodes[owner].ask(&command);
    }
    owner
}

#[tokio::test]
async fn a_hash_that_moves_while_it_is_read_is_read_again_from_its_beginning() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let owner = large(&cluster, "h");
    let store = Store::connect(&cluster.options()).await.expect("connected");
    let target = (owner + 1) % 3;
    let (mut moved, mut seen) = (false, BTreeSet::new());
    let read = store.fields("h", |name, _| {
        if !std::mem::replace(&mut moved, true) {
            let slot = cluster.slot("h");
            cluster.begin_move(slot, owner, target);
            cluster.move_key("h", owner, target);
            cluster.end_move(slot, target);
        }
        seen.insert(name.to_vec());
    });
    read.await.expect("read");
    assert_eq!(seen.len(), FIELDS);
}

#[tokio::test]
async fn a_sum_over_a_moving_hash_is_an_error() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let owner = large(&cluster, "h");
    let store = Store::connect(&cluster.options()).await.expect("connected");
    let target = (owner + 1) % 3;
    let mut moved = false;
    let read = store.fields_once("h", |_, _| {
        if !std::mem::replace(&mut moved, true) {
            cluster.begin_move(cluster.slot("h"), owner, target);
            cluster.move_key("h", owner, target);
        }
    });
    let error = read.await.expect_err("moved");
    assert!(matches!(error, Error::Moved { .. }), "{error}");
    // Nobody can read it to the end while it migrates.
    let error = store.field_names("h").await.expect_err("moving");
    assert!(matches!(error, Error::Moved { .. }), "{error}");
}

#[test]
fn counts_in_migrating_slots_are_partial_and_no_configuration_error() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let home = Home::new();
    let today = today();
    let key = format!("akamai:stats:{today}:hits");
    let owner = large(&cluster, &key);
    let (slot, target) = (cluster.slot(&key), (owner + 1) % 3);
    cluster.begin_move(slot, owner, target);
    cluster.move_key(&key, owner, target);
    for line in ["hit-rate --days 2 -o json", "stats -o json"] {
        let ended = home.command(line).in_cluster(&cluster).run();
        assert_eq!(ended.code(), 7, "{line}: {}", ended.stderr);
        assert!(!ended.stderr.contains("--mode cluster"), "{}", ended.stderr);
    }
    cluster.end_move(slot, target);
    let ended = home
        .command("hit-rate --days 2 -o json")
        .in_cluster(&cluster)
        .run();
    assert_eq!(ended.with(0).json()["hits"], FIELDS);
}

#[test]
fn a_key_is_shown_while_the_server_that_counts_its_reads_is_dead() {
    let cluster = Cluster::start(Kind::Valkey, false);
    for node in &cluster.nodes {
        let _: String = node.ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    let today = today();
    let dead = cluster.owner(&format!("akamai:stats:{today}:hits"));
    // One key's lock is on a live server, the other's is on the dead one with the counts.
    let [key, locked] = [false, true].map(|dead_lock| {
        let fits = |key: &String| {
            let lock = cluster.owner(&format!("{key}:lock"));
            cluster.owner(key) != dead && (lock == dead) == dead_lock
        };
        let mut keys = (0..10_000).map(|n| format!("akamai:acme:property:prp_{n}"));
        let key = keys.find(fits).expect("a key of another server");
        let owner = &cluster.nodes[cluster.owner(&key)];
        let _: String = owner.ask(&["SET", &key, "[]", "EX", "900"]);
        key
    });
    cluster.nodes[dead].kill();
    let home = Home::new();
    let began = Instant::now();
    let seeds: Vec<String> = cluster
        .nodes
        .iter()
        .map(|node| node.node().to_string())
        .collect();
    let inspect = |key: &str| {
        home.command(&format!("inspect {key} -o json"))
            .in_cluster(&cluster)
            .env("ALECS_CACHE_NODES", seeds.join(","))
            .run()
            .with(0)
    };
    let report = inspect(&key).json();
    assert!(began.elapsed() < Duration::from_secs(10), "{report}");
    assert_eq!(report["key"], key.as_str(), "{report}");
    assert_eq!(report["hits"], Value::Null, "{report}");
    let ended = inspect(&locked);
    let words = format!("cannot tell whether `{locked}` is locked");
    ended.says(&words);
    assert_eq!(ended.json()["key"], locked.as_str());
}
