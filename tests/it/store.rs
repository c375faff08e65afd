//! The store against single servers of both kinds.

use crate::support::server::{BOTH, Kind, Server, wait_for};
use alecs_cache::domain::secret::Secret;
use alecs_cache::store::options::{Node, ReadFrom, Target};
use alecs_cache::store::{Error, Options, Store, Ttl, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

async fn connect(options: &Options) -> Store {
    Store::connect(options).await.expect("connected")
}

fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn set(key: impl Into<String>, value: impl Into<Vec<u8>>) -> Write {
    Write::Set {
        key: key.into(),
        value: value.into(),
        ttl: Some(Duration::from_mins(1)),
    }
}

async fn all_well(store: &Store, batch: &[Write]) {
    for result in store.write(batch).await {
        result.expect("written");
    }
}

fn field(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_written_is_read_back_in_order_over_tcp_and_over_a_socket() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        for target in [Target::Single(server.node()), Target::Unix(server.socket())] {
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
async fn a_value_of_many_megabytes_survives_beside_small_ones() {
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
async fn the_server_knows_us_by_name() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let clients: String = server.ask(&["CLIENT", "LIST"]);
    assert!(clients.contains("name=alecs-cache "), "{clients}");
    drop(store);
}

#[tokio::test]
async fn another_database_is_another_keyspace() {
    let server = Server::redis();
    let mut options = server.options();
    options.db = 3;
    let store = connect(&options).await;
    all_well(&store, &[set("k", "v")]).await;
    assert!(server.info("db3").starts_with("keys=1"));
    options.db = 99;
    let refused = Store::connect(&options)
        .await
        .expect_err("no such database");
    assert!(
        matches!(&refused, Error::Settings(reason) if reason.contains("99")),
        "{refused}"
    );
}

#[tokio::test]
async fn credentials_are_checked_and_never_shown() {
    for kind in BOTH {
        let server = Server::start(kind, &["--requirepass", "open sesame"]);
        let mut options = server.options();
        let missing = Store::connect(&options).await.expect_err("no password");
        assert!(matches!(missing, Error::Auth { .. }), "{missing}");
        options.password = Some(Secret::new("hunter2"));
        let wrong = Store::connect(&options).await.expect_err("wrong password");
        assert!(matches!(wrong, Error::Auth { .. }), "{wrong}");
        options.username = Some("nobody".to_owned());
        let unknown = Store::connect(&options).await.expect_err("unknown user");
        assert!(matches!(unknown, Error::Auth { .. }), "{unknown}");
        options.username = None;
        options.password = Some(Secret::new("open sesame"));
        let store = connect(&options).await;
        for text in [
            format!("{wrong} {wrong:?} {unknown:?}"),
            format!("{store:?} {options:?} {}", store.endpoint()),
        ] {
            assert!(
                !text.contains("sesame") && !text.contains("hunter2"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_password_too_many_is_no_reason_to_stop() {
    let server = Server::valkey();
    let mut options = server.options();
    options.password = Some(Secret::new("unasked"));
    all_well(&connect(&options).await, &[set("k", "v")]).await;
}

#[tokio::test]
async fn a_user_may_do_what_the_server_permits_and_is_told_what_not() {
    for kind in BOTH {
        let server = Server::start(
            kind,
            &[
                "--user",
                "reader",
                "on",
                ">secret",
                "~akamai:*",
                "+get",
                "+set",
                "+client|setname",
            ],
        );
        let mut options = server.options();
        options.username = Some("reader".to_owned());
        options.password = Some(Secret::new("secret"));
        let store = connect(&options).await;
        let results = store
            .write(&[
                set("akamai:k", "v"),
                Write::Expire {
                    key: "akamai:k".into(),
                    ttl: Duration::from_secs(9),
                },
                set("session:k", "v"),
            ])
            .await;
        assert!(results[0].is_ok(), "{results:?}");
        assert!(
            matches!(&results[1], Err(Error::Denied { command, .. }) if command == "PEXPIRE"),
            "{results:?}"
        );
        assert!(
            matches!(&results[2], Err(Error::Denied { .. })),
            "{results:?}"
        );
        let described = store.describe(&keys(&["akamai:k"])).await;
        let described = described[0].clone().expect("answers").expect("there");
        assert_eq!(described, alecs_cache::store::Description::default());
    }
}

#[tokio::test]
async fn a_replica_refuses_to_be_written_and_may_be_read() {
    let primary = Server::valkey();
    let port = primary.port.to_string();
    let replica = Server::start(Kind::Valkey, &["--replicaof", "127.0.0.1", &port]);
    wait_for("the replica follows", || {
        (replica.info("master_link_status") == "up").then_some(())
    });
    all_well(&connect(&primary.options()).await, &[set("k", "v")]).await;
    wait_for("the value is there", || {
        replica.ask::<Option<String>>(&["GET", "k"])
    });
    let store = connect(&replica.options()).await;
    let written = store.write(&[set("k", "w")]).await;
    assert!(
        matches!(&written[0], Err(Error::ReadOnly { .. })),
        "{written:?}"
    );
    let read = store.get(&keys(&["k"])).await;
    assert_eq!(read[0].clone().expect("read"), Some(b"v".to_vec()));
}

#[tokio::test]
async fn reads_go_to_a_replica_where_that_is_asked_for() {
    let primary = Server::valkey();
    let mut options = primary.options();
    options.read_from = ReadFrom::Replica;
    let lonely = connect(&options).await;
    let refused = lonely.reader().get(&keys(&["k"])).await.remove(0);
    assert!(matches!(refused, Err(Error::Settings(_))), "{refused:?}");

    let port = primary.port.to_string();
    let replica = Server::start(Kind::Valkey, &["--replicaof", "127.0.0.1", &port]);
    wait_for("the primary lists its replica", || {
        primary
            .info("slave0")
            .contains("state=online")
            .then_some(())
    });
    let store = connect(&options).await;
    all_well(&store, &[set("k", "v")]).await;
    wait_for("the value is there", || {
        replica.ask::<Option<String>>(&["GET", "k"])
    });
    let _: () = replica.ask(&["CONFIG", "RESETSTAT"]);
    let _: () = primary.ask(&["CONFIG", "RESETSTAT"]);
    let read = store.reader().get(&keys(&["k"])).await.remove(0);
    assert_eq!(read.expect("read"), Some(b"v".to_vec()));
    assert!(replica.info("cmdstat_get").starts_with("calls=1,"));
    assert_eq!(primary.info("cmdstat_get"), "");
    store.get(&keys(&["k"])).await.remove(0).expect("read");
    assert!(primary.info("cmdstat_get").starts_with("calls=1,"));
}

#[tokio::test]
async fn a_full_server_is_told_as_such_and_still_read() {
    for kind in BOTH {
        let server = Server::start(kind, &["--maxmemory-policy", "noeviction"]);
        let store = connect(&server.options()).await;
        all_well(&store, &[set("k", "v")]).await;
        let _: () = server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
        let results = store
            .write(&[
                set("k", "w"),
                Write::Fields {
                    key: "h".into(),
                    fields: vec![field("f", "v")],
                    ttl: Duration::from_secs(9),
                },
                Write::PatchFields {
                    key: "k".into(),
                    set: vec![field("f", "v")],
                    drop: vec![],
                },
            ])
            .await;
        for result in &results {
            assert!(
                matches!(result, Err(Error::OutOfMemory { .. })),
                "{results:?}"
            );
        }
        let read = store.get(&keys(&["k"])).await.remove(0);
        assert_eq!(read.expect("read"), Some(b"v".to_vec()));
        assert!(
            store
                .remove(&keys(&["k"]))
                .await
                .remove(0)
                .expect("removed")
        );
    }
}

#[tokio::test]
async fn one_key_of_another_type_fails_alone() {
    let server = Server::redis();
    let store = connect(&server.options()).await;
    let _: () = server.ask(&["RPUSH", "list", "x"]);
    all_well(&store, &[set("a", "1"), set("b", "2")]).await;
    let read = store.get(&keys(&["a", "list", "b"])).await;
    assert_eq!(read[0].clone().expect("read"), Some(b"1".to_vec()));
    assert!(
        matches!(&read[1], Err(Error::WrongType { key }) if key == "list"),
        "{read:?}"
    );
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
async fn nobody_at_the_address_is_told_at_once() {
    let server = Server::valkey();
    server.kill();
    let began = Instant::now();
    let refused = Store::connect(&server.options())
        .await
        .expect_err("nobody there");
    assert!(
        matches!(&refused, Error::Connect { reason, .. } if reason == "connection refused"),
        "{refused}"
    );
    let gone = Options::new(Target::Unix("/nonexistent/socket".into()));
    let gone = Store::connect(&gone).await.expect_err("nobody there");
    assert!(matches!(gone, Error::Connect { .. }), "{gone}");
    let unknown = Options::new(Target::Single(Node {
        host: "no-such-host.invalid".into(),
        port: 6379,
    }));
    let unknown = Store::connect(&unknown).await.expect_err("no such host");
    assert!(
        matches!(unknown, Error::Connect { .. } | Error::Timeout { .. }),
        "{unknown}"
    );
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn what_is_no_server_of_the_kind_is_told_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = listener.accept().expect("a client");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        std::thread::sleep(Duration::from_secs(1));
    });
    let options = Options::new(Target::Single(Node {
        host: "127.0.0.1".into(),
        port,
    }));
    let refused = Store::connect(&options).await.expect_err("not Valkey");
    assert!(
        matches!(&refused, Error::Connect { reason, .. } if reason.contains("no Valkey")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_that_takes_no_more_clients_says_why() {
    let server = Server::start(Kind::Valkey, &["--maxclients", "1"]);
    let first = connect(&server.options()).await;
    let refused = Store::connect(&server.options()).await.expect_err("full");
    assert!(
        matches!(&refused, Error::Connect { reason, .. } if reason.contains("max number of clients")),
        "{refused}"
    );
    drop(first);
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_is_lost_and_one_that_comes_back_is_found() {
    let server = Server::valkey();
    let mut options = server.options();
    options.retries = 1;
    let store = connect(&options).await;
    all_well(&store, &[set("k", "v")]).await;
    server.kill();
    let results = store.write(&[set("a", "1"), set("b", "2")]).await;
    for result in &results {
        assert!(
            matches!(result, Err(Error::Lost { .. } | Error::Connect { .. })),
            "{results:?}"
        );
    }
    let again = Server::start_on(Kind::Valkey, server.port, &[]);
    all_well(&store, &[set("a", "1")]).await;
    assert_eq!(again.ask::<String>(&["GET", "a"]), "1");
}

#[tokio::test]
async fn a_connection_that_the_server_ends_is_made_again() {
    let server = Server::redis();
    let store = connect(&server.options()).await;
    for _ in 0..3 {
        let _: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        all_well(&store, &[set("k", "v")]).await;
    }
    let mut options = server.options();
    options.retries = 0;
    let impatient = connect(&options).await;
    let _: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    let result = impatient.write(&[set("k", "v")]).await.remove(0);
    assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_limits() {
    let server = Server::valkey();
    let mut options = server.options();
    options.timeout = Duration::from_millis(300);
    options.connect_timeout = Duration::from_millis(400);
    let store = connect(&options).await;
    server.freeze();
    let began = Instant::now();
    let result = store.write(&[set("k", "v")]).await.remove(0);
    assert!(matches!(result, Err(Error::Timeout { .. })), "{result:?}");
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );
    let began = Instant::now();
    let refused = Store::connect(&options).await.expect_err("it hangs");
    assert!(matches!(refused, Error::Timeout { .. }), "{refused}");
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );
    server.thaw();
    all_well(&store, &[set("k", "w")]).await;
    let read = store.get(&keys(&["k"])).await.remove(0);
    assert_eq!(read.expect("read"), Some(b"w".to_vec()));
}

#[tokio::test]
async fn a_server_that_loads_its_data_is_waited_for() {
    let server = Server::start(Kind::Redis, &["--enable-debug-command", "yes"]);
    let store = connect(&server.options()).await;
    let batch: Vec<Write> = (0..6000).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    let _: () = server.ask(&["SAVE"]);
    // Half a second for its keys, every hundred of which it looks at its clients.
    let _: () = server.ask(&["CONFIG", "SET", "key-load-delay", "100"]);
    let _: () = server.ask(&[
        "CONFIG",
        "SET",
        "loading-process-events-interval-bytes",
        "1024",
    ]);
    let path = server.socket();
    std::thread::spawn(move || {
        let client = redis::Client::open(format!("unix://{}", path.display())).expect("a path");
        let mut connection = client.get_connection().expect("connected");
        let _ = redis::cmd("DEBUG")
            .arg("RELOAD")
            .arg("NOSAVE")
            .exec(&mut connection);
    });
    wait_for("it loads", || {
        server
            .try_ask::<String>(&["GET", "k1"])
            .err()
            .filter(|error| error.to_string().contains("oading"))
    });
    let fresh = connect(&server.options()).await;
    assert_eq!(
        fresh.get(&keys(&["k7"])).await.remove(0).expect("read"),
        Some(b"v".to_vec())
    );
    assert_eq!(
        store.get(&keys(&["k8"])).await.remove(0).expect("read"),
        Some(b"v".to_vec())
    );
}

#[tokio::test]
async fn times_to_live_are_told_apart() {
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
    assert!(left > Duration::from_secs(55) && left <= Duration::from_mins(1));
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
async fn a_hash_or_a_list_never_stands_without_a_time_to_live() {
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
        assert!(
            server.ask::<i64>(&["PTTL", "h"]) <= 50_000,
            "it keeps its deadline"
        );
        let _: () = server.ask(&["PERSIST", "h"]);
        all_well(&store, &[fields(3, 5000)]).await;
        assert!(server.ask::<i64>(&["PTTL", "h"]) > 4_000_000, "it gets one");
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
                .fields(&key, |page| seen.extend(page))
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
            let mut names = store.field_names(&key).await.expect("read");
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
async fn a_scan_sees_every_key_that_matches_and_stops_when_told() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let batch: Vec<Write> = (0..3000)
        .flat_map(|n| [set(format!("a:{n}"), "v"), set(format!("b:{n}"), "v")])
        .collect();
    all_well(&store, &batch).await;
    let mut seen = std::collections::BTreeSet::new();
    let coverage = store
        .scan(b"a:*", |page| {
            seen.extend(page);
            ControlFlow::Continue(())
        })
        .await
        .expect("walked");
    let expected = (0..3000).map(|n| format!("a:{n}").into_bytes()).collect();
    assert_eq!(seen, expected);
    assert_eq!((coverage.primaries, coverage.primaries_scanned), (1, 1));
    assert!(!coverage.topology_changed);
    let mut pages = 0;
    let stopped = store.scan(b"*", |_| {
        pages += 1;
        ControlFlow::Break(())
    });
    assert_eq!(stopped.await.expect("stopped").primaries_scanned, 0);
    assert_eq!(pages, 1);
}

#[tokio::test]
async fn a_scan_that_loses_its_connection_begins_again_and_misses_nothing() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let batch: Vec<Write> = (0..5000).map(|n| set(format!("k{n}"), "v")).collect();
    all_well(&store, &batch).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = 0;
    store
        .scan(b"*", |page| {
            pages += 1;
            if pages == 2 {
                let _: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            }
            seen.extend(page);
            ControlFlow::Continue(())
        })
        .await
        .expect("walked");
    assert_eq!(seen.len(), 5000);
}

#[tokio::test]
async fn marks_are_those_since_a_time_and_their_scores_are_exact() {
    let server = Server::redis();
    let store = connect(&server.options()).await;
    let base = 1_795_392_000_000u64;
    assert_eq!(store.marks_since("m", base).await.expect("read"), []);
    for n in 0..3u64 {
        let mark = (base + n).to_string();
        let _: () = server.ask(&["ZADD", "m", &mark, &format!("prp_{n}")]);
    }
    let marks = store.marks_since("m", base + 1).await.expect("read");
    assert_eq!(
        marks,
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

#[tokio::test]
async fn settings_that_contradict_each_other_are_refused_before_anything_is_sent() {
    let node = Node {
        host: "127.0.0.1".into(),
        port: 1,
    };
    let mut cluster = Options::new(Target::Cluster(vec![node]));
    cluster.db = 1;
    let mut socket = Options::new(Target::Unix("/tmp/none".into()));
    socket.tls = Some(alecs_cache::store::options::Tls::default());
    for options in [cluster, socket] {
        let refused = Store::connect(&options).await.expect_err("refused");
        assert!(matches!(refused, Error::Settings(_)), "{refused}");
    }
}
