//! Writes that are dropped if something was marked meanwhile.

use crate::support::cluster::Cluster;
use crate::support::server::{Kind, Server};
use crate::support::store::{connect, field, keys, set};
use alecs_cache::testing::store::{
    Error, ExchangeResult, SeenMarks, Store, Ttl, Write, WriteOutcome,
};
use std::time::Duration;

const MARKS: &str = "marks";

/// The marks from 50 on, as read at 150.
fn seen(marks: &[(&str, u64)]) -> SeenMarks {
    let marks: Vec<(String, u64)> = marks.iter().map(|(m, at)| ((*m).to_owned(), *at)).collect();
    SeenMarks::new(MARKS.to_owned(), 50, 150, &marks).expect("few")
}

fn mark(server: &Server, member: &str, at: u64) {
    let _: i64 = server.ask(&["ZADD", MARKS, &at.to_string(), member]);
}

/// Number of transactions that watched something.
fn watched(server: &Server) -> u64 {
    let stats: String = server.ask(&["INFO", "commandstats"]);
    let line = stats
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_watch:calls="));
    let calls = line.and_then(|line| line.split(',').next()?.parse().ok());
    calls.unwrap_or_default()
}

async fn value(store: &Store, key: &str) -> Option<String> {
    let value = store.get(&keys(&[key])).await.remove(0).expect("read");
    value.map(|value| String::from_utf8(value).expect("text"))
}

fn fields(key: &str) -> Write {
    Write::Fields {
        key: key.into(),
        fields: vec![field("f", "v")],
        ttl: Duration::from_secs(9),
    }
}

#[tokio::test]
async fn all_kinds_of_writes_are_carried_out_in_one_step_and_fail_alone() {
    for server in [Server::valkey(), Server::redis()] {
        let store = connect(&server.options()).await;
        let _: () = server.ask(&["RPUSH", "other", "x"]);
        let _: i64 = server.ask(&["HSET", "old", "a", "1", "b", "2"]);
        mark(&server, "before", 100);
        let mut batch = [
            set("text", "v"),
            fields("other"),
            fields("hash"),
            Write::PatchFields {
                key: "old".into(),
                set: vec![field("a", "3")],
                drop: vec!["b".into()],
            },
            Write::PatchFields {
                key: "none".into(),
                set: vec![field("a", "3")],
                drop: Vec::new(),
            },
            Write::List {
                key: "list".into(),
                items: vec!["v2".into(), "v1".into()],
                ttl: Duration::from_secs(9),
            },
            Write::SetAbsent {
                key: "text".into(),
                value: b"w".to_vec(),
                ttl: Duration::from_secs(9),
            },
        ];
        let results = store
            .write_unmarked(&mut batch, Some(&seen(&[("before", 100)])))
            .await;
        for (at, result) in results.iter().enumerate() {
            match at {
                1 => assert!(matches!(result, Err(Error::WrongType { key }) if key == "other")),
                _ => assert!(
                    matches!(result, Ok(WriteOutcome::Unmarked)),
                    "{at}: {result:?}"
                ),
            }
        }
        assert_eq!(watched(&server), 1, "one step");
        assert_eq!(value(&store, "text").await.as_deref(), Some("v"));
        let old: Vec<String> = server.ask(&["HGETALL", "old"]);
        assert_eq!(old, ["a", "3"]);
        assert_eq!(
            server.ask::<i64>(&["EXISTS", "none"]),
            0,
            "no hash of a part"
        );
        let list: Vec<String> = server.ask(&["LRANGE", "list", "0", "-1"]);
        assert_eq!(list, ["v2", "v1"]);
        for left in store.time_to_live(&keys(&["text", "hash", "list"])).await {
            assert!(matches!(left.expect("told"), Ttl::Left(_)));
        }
    }
}

#[tokio::test]
async fn nothing_is_written_once_more_is_marked_than_was_seen() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    mark(&server, "a", 100);
    let looked = seen(&[("a", 100)]);
    let large = |byte: u8| set("large", vec![byte; 300 << 10]);
    let written = store
        .write_unmarked(&mut [set("k", "1"), large(b'x')], Some(&looked))
        .await;
    assert!(
        written
            .iter()
            .all(|written| matches!(written, Ok(WriteOutcome::Unmarked))),
        "{written:?}"
    );
    let left = store.time_to_live(&keys(&["large"])).await.remove(0);
    assert!(matches!(left, Ok(Ttl::Left(left)) if left > Duration::from_secs(50)));
    // Marked again, a new mark, and one by a clock that has gone back a little.
    for (member, at) in [("a", 200), ("b", 300), ("c", 60)] {
        let marks: Vec<(String, u64)> = server.ask(&["ZRANGE", MARKS, "0", "-1", "WITHSCORES"]);
        let marks: Vec<(&str, u64)> = marks
            .iter()
            .map(|(member, at)| (member.as_str(), *at))
            .collect();
        let looked = seen(&marks);
        mark(&server, member, at);
        let written = store
            .write_unmarked(&mut [set("k", "2"), large(b'y')], Some(&looked))
            .await;
        assert!(
            written
                .iter()
                .all(|written| matches!(written, Ok(WriteOutcome::Marked))),
            "{written:?}"
        );
        assert_eq!(value(&store, "k").await.as_deref(), Some("1"));
        let kept = value(&store, "large").await.unwrap_or_default();
        assert!(kept.starts_with('x'), "not even briefly");
        let exchanged = store.exchange("k", (b"1", b"2"), Some(&looked)).await;
        assert_eq!(exchanged.expect("tried"), ExchangeResult::Marked);
    }
    let written = store.write_unmarked(&mut [set("k", "3")], None).await;
    assert!(
        matches!(written[..], [Ok(WriteOutcome::Unwatched)]),
        "without a look"
    );
    let looked = seen(&[("c", 60), ("a", 200), ("b", 300)]);
    let exchanged = store.exchange("k", (b"2", b"4"), Some(&looked)).await;
    assert_eq!(exchanged.expect("tried"), ExchangeResult::Another);
    let exchanged = store.exchange("k", (b"3", b"4"), Some(&looked)).await;
    assert_eq!(exchanged.expect("tried"), ExchangeResult::Done);
    assert_eq!(value(&store, "k").await.as_deref(), Some("4"));
}

#[tokio::test]
async fn in_a_cluster_marks_and_keys_are_no_business_of_one_server() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let store = Store::connect(&cluster.options()).await.expect("connected");
    let mut batch: Vec<Write> = (0..50).map(|n| set(format!("k{n}"), "v")).collect();
    for written in store
        .write_unmarked(&mut batch, Some(&seen(&[("a", 100)])))
        .await
    {
        assert_eq!(written.expect("written"), WriteOutcome::Unwatched);
    }
    for node in &cluster.nodes {
        assert_eq!(watched(node), 0);
    }
}

#[tokio::test]
async fn a_user_who_may_watch_nothing_writes_all_the_same() {
    let server = Server::valkey();
    let _: () = server.ask(&["ACL", "SETUSER", "default", "-watch"]);
    let store = connect(&server.options()).await;
    for _ in 0..3 {
        let written = store
            .write_unmarked(&mut [set("k", "v")], Some(&seen(&[])))
            .await;
        assert!(
            matches!(written[..], [Ok(WriteOutcome::Unwatched)]),
            "{written:?}"
        );
    }
    let stats: String = server.ask(&["INFO", "commandstats"]);
    let tries = stats
        .lines()
        .find(|line| line.starts_with("cmdstat_watch:"));
    let tries = tries.unwrap_or_default();
    assert!(tries.contains("rejected_calls=1,"), "{tries:?}");
}
