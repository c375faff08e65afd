//! The store with clusters: owners of keys, moving slots, lost primaries.

use crate::support::cluster::Cluster;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::store::{all_well, connect, set};
use alecs_cache::testing::store::options::{Deployment, ReadFrom};
use alecs_cache::testing::store::{Error, Lock, LockAttempt, Store, Write};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

async fn value(store: &Store, key: &str) -> Option<String> {
    let read = store.get(&[key.to_owned()]).await.remove(0);
    read.expect("read")
        .map(|value| String::from_utf8(value).expect("text"))
}

async fn has_all(store: &Store, keys: &[String]) -> bool {
    let mut values = store.get(keys).await.into_iter();
    values.all(|value| value.expect("read").is_some())
}

async fn walk(
    store: &Store,
    pattern: &[u8],
) -> (
    BTreeSet<Vec<u8>>,
    alecs_cache::testing::domain::invalidation::Coverage,
) {
    let before = store.snapshot().await.expect("all primaries");
    let mut seen = BTreeSet::new();
    let mut pages = store.scan(pattern).await.expect("begun");
    while let Some(page) = pages.next().await {
        seen.extend(page.expect("walked"));
    }
    let after = store.snapshot().await.expect("all primaries");
    (seen, before.coverage(&after))
}

#[tokio::test]
async fn every_key_goes_to_its_owner_and_comes_back_in_its_place() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let cluster = Cluster::start(kind, false);
        let store = connect(&cluster.options()).await;
        let batch: Vec<Write> = (0..3000)
            .map(|n| set(format!("akamai:k{n}"), n.to_string()))
            .collect();
        all_well(&store, &batch).await;
        for node in &cluster.nodes {
            assert!(node.ask::<i64>(&["DBSIZE"]) > 800);
        }
        let keys: Vec<String> = (0..3000).rev().map(|n| format!("akamai:k{n}")).collect();
        let values: Vec<String> = store
            .get(&keys)
            .await
            .into_iter()
            .map(|value| String::from_utf8(value.expect("read").expect("there")).expect("text"))
            .collect();
        let expected: Vec<String> = (0..3000).rev().map(|n| n.to_string()).collect();
        assert_eq!(values, expected);
        let (seen, coverage) = walk(&store, b"akamai:*").await;
        assert_eq!(seen.len(), 3000);
        assert_eq!((coverage.primaries, coverage.primaries_scanned), (3, 3));
        assert_eq!((coverage.slots, coverage.slots_scanned), (16384, 16384));
        assert!(!coverage.topology_changed);
        let removed = store.remove(&keys).await;
        assert!(removed.into_iter().all(|removed| removed.expect("removed")));
        assert!(store.now_for("akamai:k1").await.expect("told") > 0);
    }
}

#[tokio::test]
async fn transactions_scripts_and_locks_work_on_keys_of_all_nodes() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let cluster = Cluster::start(kind, false);
        let store = connect(&cluster.options()).await;
        let mut batch = Vec::new();
        for n in 0..60 {
            batch.push(Write::Fields {
                key: format!("h{n}"),
                fields: vec![
                    ("a".to_owned(), b"1".to_vec()),
                    ("b".to_owned(), b"2".to_vec()),
                ],
                ttl: Duration::from_mins(1),
            });
            batch.push(Write::PatchFields {
                key: format!("h{n}"),
                set: vec![("c".to_owned(), b"3".to_vec())],
                drop: vec!["b".to_owned()],
            });
            batch.push(Write::List {
                key: format!("l{n}"),
                items: vec!["v2".to_owned(), "v1".to_owned()],
                ttl: Duration::from_mins(1),
            });
        }
        all_well(&store, &batch).await;
        for n in 0..60 {
            let mut names = store
                .field_names(&format!("h{n}"))
                .await
                .expect("read")
                .expect("a hash");
            names.sort();
            assert_eq!(names, [b"a", b"c"]);
            let items = store.read_list(&format!("l{n}"), 9).await.expect("read");
            assert_eq!(items, [b"v2", b"v1"]);
            let key = format!("k{n}:lock");
            let taken = Lock::take(&store, &key, "ours", Duration::from_secs(9)).await;
            let Ok(LockAttempt::Taken(mut lock)) = taken else {
                panic!("{taken:?}")
            };
            assert!(lock.renew().await.expect("renewed"));
            assert!(lock.release().await.expect("released"));
        }
        for node in &cluster.nodes {
            for key in node.ask::<Vec<String>>(&["KEYS", "*"]) {
                assert!(node.ask::<i64>(&["PTTL", &key]) > 0, "{key} never expires");
            }
        }
    }
}

#[tokio::test]
async fn a_slot_on_the_move_is_followed_key_by_key() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let cluster = Cluster::start(kind, false);
        let store = connect(&cluster.options()).await;
        let slot = cluster.slot("{t}");
        let owner = usize::from(slot > 5460) + usize::from(slot > 10922);
        let target = (owner + 1) % 3;
        all_well(
            &store,
            &[
                set("{t}moved", "1"),
                set("{t}stays", "2"),
                set("other", "3"),
            ],
        )
        .await;
        let _: () = cluster.nodes[owner].ask(&["HSET", "{t}hash", "a", "1"]);

        cluster.begin_move(slot, owner, target);
        cluster.move_key("{t}moved", owner, target);
        cluster.move_key("{t}hash", owner, target);
        assert_eq!(value(&store, "{t}moved").await.as_deref(), Some("1"));
        assert_eq!(value(&store, "{t}stays").await.as_deref(), Some("2"));
        let batch = [
            set("{t}moved", "1b"),
            set("{t}new", "4"),
            set("{t}stays", "2b"),
            Write::Fields {
                key: "{t}hash".to_owned(),
                fields: vec![("b".to_owned(), b"2".to_vec())],
                ttl: Duration::from_mins(1),
            },
            Write::PatchFields {
                key: "{t}hash".to_owned(),
                set: vec![("c".to_owned(), b"3".to_vec())],
                drop: vec!["a".to_owned()],
            },
        ];
        all_well(&store, &batch).await;
        assert_eq!(value(&store, "{t}moved").await.as_deref(), Some("1b"));
        let mut names = store
            .field_names("{t}hash")
            .await
            .expect("read")
            .expect("a hash");
        names.sort();
        assert_eq!(names, [b"b", b"c"]);

        cluster.move_key("{t}stays", owner, target);
        cluster.end_move(slot, target);
        assert_eq!(value(&store, "{t}stays").await.as_deref(), Some("2b"));
        all_well(&store, &[set("{t}later", "5"), set("other", "3b")]).await;
        assert_eq!(cluster.nodes[target].ask::<i64>(&["EXISTS", "{t}later"]), 1);
        let (seen, coverage) = walk(&store, b"*").await;
        assert_eq!(seen.len(), 6, "{seen:?}");
        assert_eq!(coverage.slots, 16384);
    }
}

#[tokio::test]
async fn a_move_during_a_walk_is_reported() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let store = connect(&cluster.options()).await;
    let batch: Vec<Write> = (0..300).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    let before = store.snapshot().await.expect("all primaries");
    let mut pages = store.scan(b"*").await.expect("begun");
    pages.next().await.expect("a page").expect("walked");
    // Slot 0 has none of the keys.
    cluster.begin_move(0, 0, 1);
    cluster.end_move(0, 1);
    while let Some(page) = pages.next().await {
        page.expect("walked");
    }
    let after = store.snapshot().await.expect("all primaries");
    let coverage = before.coverage(&after);
    assert!(coverage.topology_changed, "{coverage:?}");
}

#[tokio::test]
async fn a_primary_that_hangs_is_replaced_and_nothing_is_lost() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let mut options = cluster.options();
    options.timeout = Duration::from_secs(1);
    options.connect_timeout = Duration::from_secs(2);
    options.retries = 5;
    let store = connect(&options).await;
    all_well(&store, &[set("warm", "up")]).await;
    cluster.nodes[1].freeze();
    let batch: Vec<Write> = (0..900).map(|n| set(format!("k{n}"), "v")).collect();
    let began = Instant::now();
    all_well(&store, &batch).await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let keys: Vec<String> = (0..900).map(|n| format!("k{n}")).collect();
    assert!(has_all(&store, &keys).await);
    let (seen, coverage) = walk(&store, b"*").await;
    assert_eq!(seen.len(), 901);
    assert_eq!(coverage.primaries, 3);
    assert_eq!(cluster.nodes[4].info("role"), "master");
}

#[tokio::test]
async fn a_primary_without_a_replica_that_hangs_fails_its_keys_alone_and_in_time() {
    let cluster = Cluster::start(Kind::Redis, false);
    let mut options = cluster.options();
    options.timeout = Duration::from_millis(500);
    options.connect_timeout = Duration::from_millis(500);
    options.retries = 2;
    let store = connect(&options).await;
    let batch: Vec<Write> = (0..300).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    cluster.nodes[2].freeze();
    let began = Instant::now();
    let results = store.write(&batch).await;
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
    for (write, result) in batch.iter().zip(results) {
        let lost = cluster.slot(write.key()) > 10922;
        match result {
            // The others notice after their own timeout and refuse everything: the cluster is down.
            Err(Error::Timeout { .. } | Error::NotReady { .. }) if lost => {}
            Ok(()) if !lost => {}
            other => panic!("`{}`, lost: {lost}: {other:?}", write.key()),
        }
    }
}

#[tokio::test]
async fn reads_go_to_replicas_where_that_is_asked_for() {
    let cluster = Cluster::start(Kind::Redis, true);
    let mut options = cluster.options();
    options.read_from = ReadFrom::PreferReplica;
    let store = connect(&options).await;
    let batch: Vec<Write> = (0..300).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    for (primary, replica) in cluster.nodes.iter().zip(cluster.nodes.iter().skip(3)) {
        wait_for("the replica has all", || {
            (primary.ask::<i64>(&["DBSIZE"]) == replica.ask::<i64>(&["DBSIZE"])).then_some(())
        });
    }
    let calls = |node: &Server| node.info("cmdstat_get") + &node.info("cmdstat_scan");
    for node in &cluster.nodes {
        let _: () = node.ask(&["CONFIG", "RESETSTAT"]);
    }
    let keys: Vec<String> = (0..300).map(|n| format!("k{n}")).collect();
    let reader = store.reader();
    assert!(has_all(&reader, &keys).await);
    assert_eq!(walk(&reader, b"*").await.0.len(), 300);
    for primary in &cluster.nodes[..3] {
        assert_eq!(calls(primary), "");
    }
    for replica in &cluster.nodes[3..] {
        assert!(calls(replica).contains("calls="), "{}", calls(replica));
    }
    // A lost replica is replaced by its primary.
    cluster.nodes[3].kill();
    assert!(has_all(&reader, &keys).await);
}

#[tokio::test]
async fn the_wrong_mode_is_reported_as_such() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let single = Store::connect(&cluster.nodes[0].options())
        .await
        .expect("connected");
    let batch: Vec<Write> = (0..20).map(|n| set(format!("k{n}"), "v")).collect();
    let error = single
        .write(&batch)
        .await
        .into_iter()
        .find_map(Result::err)
        .expect("not all keys are here");
    assert!(
        matches!(&error, Error::Settings(text) if text.contains("--mode cluster")),
        "{error}"
    );
    let alone = Server::valkey();
    let mut options = cluster.options();
    options.target = Deployment::Cluster(vec![alone.node()]);
    let error = Store::connect(&options).await.expect_err("no cluster");
    assert!(
        matches!(&error, Error::Settings(text) if text.ends_with("not a node of a cluster")),
        "{error}"
    );
}

#[tokio::test]
async fn one_seed_that_answers_is_enough() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let mut options = cluster.options();
    let mut dead = cluster.nodes[0].node();
    dead.port = 1;
    options.target = Deployment::Cluster(vec![dead, cluster.nodes[2].node()]);
    let store = connect(&options).await;
    let batch: Vec<Write> = (0..30).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_walked_as_if_it_were_all_of_it() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let store = Store::connect(&cluster.nodes[0].options())
        .await
        .expect("connected");
    let walked = store.scan(b"*").await.map(drop);
    let error = walked.expect_err("a part of the keys").to_string();
    assert!(error.contains("--mode cluster"), "{error}");
}
