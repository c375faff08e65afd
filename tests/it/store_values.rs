//! Writing and reading values on Valkey and Redis.

use crate::support::proxy::Proxy;
use crate::support::server::{BOTH, Server};
use crate::support::store::{all_well, connect, field, keys, set};
use alecs_cache::testing::store::options::{Deployment, Node};
use alecs_cache::testing::store::{Error, Options, Ttl, Write};
use std::time::Duration;

#[tokio::test]
async fn what_is_written_is_read_back_in_order_over_tcp_and_over_a_socket() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        for target in [
            Deployment::Single(server.node()),
            Deployment::Unix(server.socket()),
        ] {
            let store = connect(&Options::new(target)).await;
            let batch: Vec<Write> = (0..1700)
                .map(|n| set(format!("k{n}"), format!("v{n}")))
                .collect();
            all_well(&store, &batch).await;
            let mut wanted: Vec<String> = (0..1700).rev().map(|n| format!("k{n}")).collect();
            wanted.insert(3, "missing".to_owned());
            let values: Vec<Option<Vec<u8>>> = store
                .get(&wanted)
                .await
                .into_iter()
                .map(|value| value.expect("read"))
                .collect();
            let expected: Vec<Option<Vec<u8>>> = wanted
                .iter()
                .map(|key| Some(key.strip_prefix('k')?).map(|n| format!("v{n}").into_bytes()))
                .collect();
            assert_eq!(values, expected);
            let removed: Vec<bool> = store
                .remove(&keys(&["k1", "missing", "k2"]))
                .await
                .into_iter()
                .map(|removed| removed.expect("removed"))
                .collect();
            assert_eq!(removed, [true, false, true]);
        }
    }
}

#[tokio::test]
async fn a_value_of_many_megabytes_outlives_beside_small_ones() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let large: Vec<u8> = (0..6_000_000u32)
        .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
        .collect();
    let batch: Vec<Write> = (0..5)
        .flat_map(|n| {
            [
                set(format!("large{n}"), large.clone()),
                set(format!("small{n}"), "s"),
            ]
        })
        .collect();
    all_well(&store, &batch).await;
    let values = store.get(&keys(&["small0", "large4", "small4"])).await;
    let values: Vec<_> = values
        .into_iter()
        .map(|value| value.expect("read"))
        .collect();
    assert_eq!(
        values,
        [Some(b"s".to_vec()), Some(large), Some(b"s".to_vec())]
    );
}

#[tokio::test]
async fn a_key_of_another_type_holds_nothing_and_fails_alone_where_it_is_written() {
    let server = Server::redis();
    let store = connect(&server.options()).await;
    let _: () = server.ask(&["RPUSH", "list", "x"]);
    all_well(&store, &[set("a", "1"), set("b", "2")]).await;
    let read = store.get(&keys(&["a", "list", "b"])).await;
    assert_eq!(read[0].clone().expect("read"), Some(b"1".to_vec()));
    assert_eq!(read[1].clone().expect("read"), None);
    assert_eq!(read[2].clone().expect("read"), Some(b"2".to_vec()));
    let results = store
        .write(&[
            Write::Fields {
                key: "list".into(),
                fields: vec![field("f", "v")],
                ttl: Duration::from_secs(9),
            },
            set("c", "3"),
        ])
        .await;
    assert!(
        matches!(&results[0], Err(Error::WrongType { key }) if key == "list"),
        "{results:?}"
    );
    assert!(results[1].is_ok());
}

#[tokio::test]
async fn times_to_live_are_distinguished() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    all_well(
        &store,
        &[
            set("mortal", "v"),
            Write::Set {
                key: "eternal".into(),
                value: b"v".to_vec(),
                ttl: None,
            },
        ],
    )
    .await;
    let ttls = store
        .time_to_live(&keys(&["mortal", "eternal", "missing"]))
        .await;
    let ttls: Vec<Ttl> = ttls.into_iter().map(|ttl| ttl.expect("told")).collect();
    let Ttl::Left(left) = ttls[0] else {
        panic!("{ttls:?}")
    };
    assert!(left > Duration::from_secs(295) && left <= Duration::from_mins(5));
    assert_eq!(ttls[1..], [Ttl::Forever, Ttl::Absent]);
}

#[tokio::test]
async fn a_patch_changes_what_is_there_and_makes_nothing() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server.options()).await;
        all_well(&store, &[set("k", "old")]).await;
        let _: () = server.ask(&["HSET", "h", "keep", "1", "lose", "2"]);
        let _: () = server.ask(&["PEXPIRE", "h", "50000"]);
        let patch = |key: &str| Write::Patch {
            key: key.to_owned(),
            value: b"new".to_vec(),
        };
        let fields = |key: &str| Write::PatchFields {
            key: key.to_owned(),
            set: vec![field("add", "3"), field("two", "4")],
            drop: keys(&["lose", "never"]),
        };
        all_well(
            &store,
            &[patch("k"), patch("none"), fields("h"), fields("none-h")],
        )
        .await;
        assert_eq!(server.ask::<String>(&["GET", "k"]), "new");
        assert!(server.ask::<i64>(&["PTTL", "k"]) > 50_000);
        let mut hash: Vec<String> = server.ask(&["HGETALL", "h"]);
        hash.sort();
        assert_eq!(hash, ["1", "3", "4", "add", "keep", "two"]);
        assert!(server.ask::<i64>(&["PTTL", "h"]) > 40_000);
        assert_eq!(server.ask::<i64>(&["EXISTS", "none", "none-h"]), 0);
    }
}

#[tokio::test]
async fn a_hash_or_a_list_never_exists_without_a_time_to_live() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server.options()).await;
        let fields = |count: usize, ttl: u64| Write::Fields {
            key: "h".into(),
            fields: (0..count).map(|n| field(&format!("f{n}"), "v")).collect(),
            ttl: Duration::from_secs(ttl),
        };
        let list = |items: &[&str]| Write::List {
            key: "l".into(),
            items: keys(items),
            ttl: Duration::from_secs(90),
        };
        all_well(
            &store,
            &[fields(1200, 50), list(&["v3", "v2"]), list(&["v4", "v3"])],
        )
        .await;
        assert_eq!(server.ask::<i64>(&["HLEN", "h"]), 1200);
        let left = server.ask::<i64>(&["PTTL", "h"]);
        assert!((40_000..=50_000).contains(&left), "{left}");
        all_well(&store, &[fields(3, 5000)]).await;
        assert!(server.ask::<i64>(&["PTTL", "h"]) > 4_000_000);
        let _: () = server.ask(&["PERSIST", "h"]);
        all_well(&store, &[fields(3, 50)]).await;
        assert!((1..=50_000).contains(&server.ask::<i64>(&["PTTL", "h"])));
        assert_eq!(
            server.ask::<Vec<String>>(&["LRANGE", "l", "0", "-1"]),
            ["v4", "v3"]
        );
        assert!(server.ask::<i64>(&["PTTL", "l"]) > 80_000);
        all_well(
            &store,
            &[
                list(&[]),
                Write::Expire {
                    key: "h".into(),
                    ttl: Duration::from_secs(7),
                },
                Write::DropFields {
                    key: "h".into(),
                    fields: keys(&["f0", "f1"]),
                },
                Write::Mapping {
                    key: "state".into(),
                    fields: vec![field("at", "now")],
                },
            ],
        )
        .await;
        assert_eq!(server.ask::<i64>(&["EXISTS", "l"]), 0);
        assert!(server.ask::<i64>(&["PTTL", "h"]) <= 7000);
        assert_eq!(server.ask::<i64>(&["HLEN", "h"]), 1198);
        assert_eq!(server.ask::<i64>(&["PTTL", "state"]), -1);
    }
}

#[tokio::test]
async fn a_later_score_is_kept_unless_zadd_itself_lacks_gt() {
    // Redis 6.2 lacks only the first, and Redis 6.0 both.
    for lacks_gt in [false, true] {
        let server = Server::redis();
        let proxy = Proxy::before(&server);
        let rule = proxy.on("PEXPIRE").with("NX");
        rule.refuse("ERR wrong number of arguments for 'pexpire' command");
        if lacks_gt {
            let rule = proxy.on("ZADD").with("GT");
            rule.answer("-ERR syntax error\r\n");
        }
        let node = Node {
            host: "127.0.0.1".to_owned(),
            port: proxy.port,
        };
        let store = connect(&Options::new(Deployment::Single(node))).await;
        let write = |score: u64| {
            let fields = Write::Fields {
                key: "h".into(),
                fields: vec![field("a", "v")],
                ttl: Duration::from_secs(50),
            };
            let scores = Write::Scores {
                key: "z".into(),
                score,
                members: keys(&["m"]),
                listed_only: false,
            };
            [set("k", "v"), fields, scores]
        };
        all_well(&store, &write(5)).await;
        all_well(&store, &write(3)).await;
        let kept: String = server.ask(&["ZSCORE", "z", "m"]);
        assert_eq!(kept, if lacks_gt { "3" } else { "5" });
        let left = server.ask::<i64>(&["PTTL", "h"]);
        assert!((40_000..=50_000).contains(&left), "{left}");
        let sent = proxy.commands();
        let asked = sent
            .iter()
            .filter(|words| words[0] == "ZADD" && words.contains(&"GT".to_owned()));
        let times = if lacks_gt { 1 } else { 2 };
        assert_eq!(asked.count(), times, "asked for once, if it is refused");
    }
}

#[tokio::test]
async fn hashes_small_and_large_are_read_whole() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server.options()).await;
        for count in [0usize, 3, 1000, 1001, 5000] {
            let key = format!("h{count}");
            let all: Vec<(String, Vec<u8>)> = (0..count)
                .map(|n| field(&format!("f{n}"), &n.to_string()))
                .collect();
            let write = Write::Fields {
                key: key.clone(),
                fields: all.clone(),
                ttl: Duration::from_mins(1),
            };
            all_well(&store, &[write]).await;
            let mut seen = Vec::new();
            store
                .fields(&key, |name, value| {
                    seen.push((name.to_vec(), value.to_vec()));
                })
                .await
                .expect("read");
            let mut seen: Vec<(String, Vec<u8>)> = seen
                .into_iter()
                .map(|(name, value)| (String::from_utf8(name).expect("text"), value))
                .collect();
            let mut expected = all.clone();
            seen.sort();
            expected.sort();
            assert_eq!(seen, expected);
            let mut names = store
                .field_names(&key)
                .await
                .expect("read")
                .expect("a hash");
            names.sort();
            let expected: Vec<Vec<u8>> = expected
                .iter()
                .map(|(name, _)| name.clone().into_bytes())
                .collect();
            assert_eq!(names, expected);
            assert_eq!(
                store.read_hash(&key, 2).await.expect("read").len(),
                count.min(2)
            );
        }
        let wanted: Vec<String> = (4998..5600).map(|n| format!("f{n}")).collect();
        let values = store.field_values("h5000", &wanted).await.expect("read");
        assert_eq!(values.len(), 602);
        assert_eq!(
            values[..3],
            [Some(b"4998".to_vec()), Some(b"4999".to_vec()), None]
        );
    }
}

#[tokio::test]
async fn a_scan_sees_every_key_that_matches_and_no_other() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let batch: Vec<Write> = (0..3000)
        .flat_map(|n| [set(format!("a:{n}"), "v"), set(format!("b:{n}"), "v")])
        .collect();
    all_well(&store, &batch).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = store.scan(b"a:*").await.expect("begun");
    while let Some(page) = pages.next().await {
        seen.extend(page.expect("walked"));
    }
    let expected = (0..3000).map(|n| format!("a:{n}").into_bytes()).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_scan_that_loses_its_connection_begins_again_and_misses_nothing() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let batch: Vec<Write> = (0..5000).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut taken = 0;
    let mut pages = store.scan(b"*").await.expect("begun");
    while let Some(page) = pages.next().await {
        taken += 1;
        if taken == 2 {
            let _: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        }
        seen.extend(page.expect("walked"));
    }
    assert_eq!(seen.len(), 5000);
}

#[tokio::test]
async fn marks_are_those_since_a_time_and_their_scores_are_exact() {
    let server = Server::redis();
    let store = connect(&server.options()).await;
    let base = 1_795_392_000_000u64;
    let none = store.marks_since("m", base).await.expect("read");
    assert_eq!(none, Some(Vec::new()));
    for n in 0..3u64 {
        let at = (base + n).to_string();
        let _: () = server.ask(&["ZADD", "m", &at, &format!("prp_{n}")]);
    }
    let marks = store.marks_since("m", base + 1).await.expect("read");
    assert_eq!(
        marks.expect("a set of marks"),
        [
            ("prp_1".to_owned(), base + 1),
            ("prp_2".to_owned(), base + 2)
        ]
    );
    let now = store.now().await.expect("told");
    assert!(now > base - 86_400_000 * 3650 && store.now().await.expect("told") >= now);
}

#[tokio::test]
async fn each_type_is_described_and_looked_at() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server.options()).await;
        let _: () = server.ask(&["SET", "s", "hello", "EX", "60"]);
        let _: () = server.ask(&["RPUSH", "l", "a", "b", "c"]);
        let _: () = server.ask(&["HSET", "h", "f", "v"]);
        let _: () = server.ask(&["ZADD", "z", "1.5", "m", "2", "n"]);
        let _: () = server.ask(&["SADD", "set", "x", "y"]);
        let _: () = server.ask(&["XADD", "x", "5-1", "who", "ops", "n", "1"]);
        let _: () = server.ask(&["XADD", "x", "6-1", "who", "ci"]);
        let names = ["s", "missing", "l", "h", "z", "set", "x"];
        let found = store.describe(&keys(&names)).await;
        let found: Vec<_> = found.into_iter().map(|one| one.expect("told")).collect();
        assert_eq!(found[1], None);
        let told: Vec<(String, u64)> = found
            .iter()
            .flatten()
            .map(|one| (one.kind.clone().expect("a type"), one.size.expect("a size")))
            .collect();
        let expected = [
            ("string", 5),
            ("list", 3),
            ("hash", 1),
            ("zset", 2),
            ("set", 2),
            ("stream", 2),
        ];
        assert_eq!(told, expected.map(|(kind, size)| (kind.to_owned(), size)));
        let string = found[0].clone().expect("there");
        assert_eq!(string.encoding.as_deref(), Some("embstr"));
        assert!(string.memory.expect("told") > 20);
        assert!(string.idle.expect("told") < Duration::from_secs(5));
        assert!(matches!(string.ttl, Some(Ttl::Left(_))));
        assert_eq!(found[2].clone().expect("there").ttl, Some(Ttl::Forever));
        assert_eq!(store.read_list("l", 2).await.expect("read"), [b"a", b"b"]);
        assert_eq!(
            store.read_zset("z", 9).await.expect("read")[0],
            (b"m".to_vec(), 1.5)
        );
        assert_eq!(store.read_set("set", 1).await.expect("read").len(), 1);
        let entries = store.read_stream("x", 1).await.expect("read");
        assert_eq!(entries[0].id, "6-1");
        assert_eq!(entries[0].fields, [(b"who".to_vec(), b"ci".to_vec())]);
        let wrong = store.read_list("h", 2).await.expect_err("no list");
        assert!(matches!(wrong, Error::WrongType { .. }), "{wrong}");
    }
}
