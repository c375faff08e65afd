//! The store with single servers: connecting, losing the connection, being refused.

use crate::support::server::{BOTH, Kind, Server, wait_for};
use crate::support::store::{all_well, connect, field, keys, set};
use alecs_cache::testing::domain::secret::Secret;
use alecs_cache::testing::store::options::{Deployment, Node, ReadFrom};
use alecs_cache::testing::store::{Error, Options, Store, Write};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::task::coop::poll_proceed;

#[tokio::test]
async fn connections_have_a_client_name() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let clients: String = server.ask(&["CLIENT", "LIST"]);
    assert!(clients.contains("name=alecs-cache "), "{clients}");
    drop(store);
}

#[tokio::test]
async fn a_store_apart_has_its_own_connection() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    all_well(&store, &[set("k", "v")]).await;
    let ours = || {
        let clients: String = server.ask(&["CLIENT", "LIST"]);
        clients.matches("name=alecs-cache ").count()
    };
    assert_eq!(ours(), 1);
    let other = store.apart();
    let value = other.get(&["k"]).await.remove(0).unwrap();
    assert_eq!(value.as_deref(), Some(&b"v"[..]));
    assert_eq!(ours(), 2);
}

#[tokio::test]
async fn a_command_that_is_no_longer_polled_blocks_no_other() {
    let server = Server::valkey();
    let store = connect(&server.options()).await;
    let names = ["k"];
    let mut left = std::pin::pin!(store.get(&names));
    std::future::poll_fn(|cx| {
        // The task has used up its budget.
        while let Poll::Ready(turn) = poll_proceed(cx) {
            turn.made_progress();
        }
        assert!(left.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    let other = tokio::time::timeout(Duration::from_secs(2), store.get(&names));
    assert_eq!(other.await.unwrap().remove(0).unwrap(), None);
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
        let server = Server::start(kind, &["--requirepass", "hunter2 and more"]);
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
        options.password = Some(Secret::new("hunter2 and more"));
        let store = connect(&options).await;
        for text in [
            format!("{wrong} {wrong:?} {unknown:?}"),
            format!("{store:?} {options:?} {}", store.endpoint()),
        ] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_superfluous_password_is_ignored() {
    let server = Server::valkey();
    let mut options = server.options();
    options.password = Some(Secret::new("unasked"));
    all_well(&connect(&options).await, &[set("k", "v")]).await;
}

#[tokio::test]
async fn a_user_may_do_what_the_server_permits_and_is_reported_what_not() {
    for kind in BOTH {
        let server = Server::start(
            kind,
            &[
                "--user",
                "reader",
                "on",
                ">hunter2",
                "~akamai:*",
                "+get",
                "+set",
                "+client|setname",
            ],
        );
        let mut options = server.options();
        options.username = Some("reader".to_owned());
        options.password = Some(Secret::new("hunter2"));
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
        assert_eq!(
            described,
            alecs_cache::testing::store::Description::default()
        );
    }
}

#[tokio::test]
async fn a_replica_refuses_to_be_written_and_may_be_read() {
    let primary = Server::valkey();
    let replica = primary.follower();
    all_well(&connect(&primary.options()).await, &[set("k", "v")]).await;
    wait_for("the value is there", || {
        replica.ask::<Option<String>>(&["GET", "k"])
    });
    let store = connect(&replica.options()).await;
    // More than are in flight at once: the last ones too get the server's own answer.
    let writes: Vec<Write> = (0..2000).map(|at| set(format!("k{at}"), "w")).collect();
    for written in store.write(&writes).await {
        assert!(
            matches!(&written, Err(Error::ReadOnly { .. })),
            "{written:?}"
        );
    }
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
    assert!(
        matches!(refused, Err(Error::NoReplica { .. })),
        "{refused:?}"
    );

    let replica = primary.follower();
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
async fn a_full_server_is_reported_as_such_and_still_read() {
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
async fn an_address_without_a_server_is_reported_at_once() {
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
    let gone = Options::new(Deployment::Unix("/nonexistent/socket".into()));
    let gone = Store::connect(&gone).await.expect_err("nobody there");
    assert!(matches!(gone, Error::Connect { .. }), "{gone}");
    let unknown = Options::new(Deployment::Single(Node {
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
async fn what_is_no_server_of_the_kind_is_reported_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = listener.accept().expect("a client");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        std::thread::sleep(Duration::from_secs(1));
    });
    let options = Options::new(Deployment::Single(Node {
        host: "127.0.0.1".into(),
        port,
    }));
    let refused = Store::connect(&options).await.expect_err("not Valkey");
    assert!(
        matches!(&refused, Error::Connect { reason, .. } if reason.contains("neither Valkey nor Redis")),
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
    // Half a second for its keys; every hundred it serves its clients.
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
async fn settings_that_contradict_each_other_are_refused_before_anything_is_sent() {
    let node = Node {
        host: "127.0.0.1".into(),
        port: 1,
    };
    let mut cluster = Options::new(Deployment::Cluster(vec![node]));
    cluster.db = 1;
    let mut socket = Options::new(Deployment::Unix("/tmp/none".into()));
    socket.tls = Some(alecs_cache::testing::store::options::Tls::default());
    for options in [cluster, socket] {
        let refused = Store::connect(&options).await.expect_err("refused");
        assert!(matches!(refused, Error::Settings(_)), "{refused}");
    }
}
