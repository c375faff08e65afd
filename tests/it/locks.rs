//! `locks`: lists the holders, and removes stale locks.

use crate::support::cluster::Cluster;
use crate::support::proxy::Proxy;
use crate::support::run::Home;
use crate::support::server::{Kind, Server};
use crate::support::store::write_all;
use alecs_cache::testing::store::{ObservedLock, Store, Write};
use serde_json::{Value, json};
use std::time::Duration;

fn set(server: &Server, key: &str, value: &str, seconds: Option<&str>) {
    let mut words = vec!["SET", key, value];
    if let Some(seconds) = seconds {
        words.extend(["EX", seconds]);
    }
    let _: String = server.ask(&words);
}

/// One lock of each kind: a live fetch, a live run, one without a TTL, one with too long a TTL.
fn locked(kind: Kind) -> (Server, Home) {
    let server = Server::start(kind, &[]);
    set(
        &server,
        "akamai:acme:property:prp_1:lock",
        "token-1",
        Some("20"),
    );
    set(
        &server,
        "akamai:acme:warm:lock",
        r#"{"token":"t0k","host":"web1","pid":7,"since":1}"#,
        Some("55"),
    );
    set(&server, "akamai:acme:property:prp_2:lock", "\"1\"", None);
    set(
        &server,
        "akamai:beta:properties:all:lock",
        "\"1\"",
        Some("500"),
    );
    set(&server, "session:lock", "x", None);
    set(&server, "akamai:acme:property:prp_1", "{}", None);
    (server, Home::new())
}

fn run(server: &Server, home: &Home, line: &str) -> Value {
    let url = format!("--url redis://127.0.0.1:{}", server.port);
    home.run(&format!("locks -o json {url} {line}"))
        .with(0)
        .json()
}

fn states(report: &Value) -> Vec<(String, bool)> {
    let locks = report["locks"].as_array().unwrap().iter();
    locks
        .map(|lock| {
            (
                lock["key"].as_str().unwrap().to_owned(),
                lock["stale"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[test]
fn an_item_that_the_api_has_just_denied_is_not_locked() {
    let (server, home) = locked(Kind::Valkey);
    let before = states(&run(&server, &home, ""));
    set(
        &server,
        "akamai:acme:property:prp_3:lock",
        "403",
        Some("20"),
    );
    set(&server, "akamai:acme:property:prp_3", "{}", Some("900"));
    assert_eq!(states(&run(&server, &home, "")), before);
    for (id, holder) in [("prp_1", json!("token-1")), ("prp_3", Value::Null)] {
        let url = format!("--url redis://127.0.0.1:{}", server.port);
        let line = format!("inspect akamai:acme:property:{id} -o json {url}");
        assert_eq!(home.run(&line).with(0).json()["locked_by"], holder, "{id}");
    }
}

#[test]
fn all_locks_of_all_customers_are_listed_and_judged() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let (server, home) = locked(kind);
        let report = run(&server, &home, "");
        assert_eq!(report["schema"], "alecs-cache/locks/1");
        assert_eq!(report["customers"], json!(["acme", "beta"]));
        let expected = [
            ("akamai:acme:property:prp_1:lock", false),
            ("akamai:acme:property:prp_2:lock", true),
            ("akamai:acme:warm:lock", false),
            ("akamai:beta:properties:all:lock", true),
        ];
        assert_eq!(
            states(&report),
            expected.map(|(key, stale)| (key.to_owned(), stale))
        );
        assert_eq!(report["locks"][0]["owner"], "token-1");
        assert_eq!(report["locks"][2]["owner"], "web1 pid 7");
        assert_eq!(report["locks"][1]["ttl_seconds"], Value::Null);
        assert!(!report.to_string().contains("t0k"));
        let age = report["locks"][0]["age_seconds"].as_u64().unwrap();
        assert!((10..20).contains(&age), "{age}");
        assert_eq!(states(&run(&server, &home, "-c beta")).len(), 1);
    }
}

#[test]
fn only_stale_locks_are_removed_and_nothing_else() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let (server, home) = locked(kind);
        let url = format!("--url redis://127.0.0.1:{}", server.port);
        home.run(&format!("locks clear {url}")).with(2);
        let planned = run(&server, &home, "clear --stale --dry-run");
        assert_eq!(planned["cleared"], json!([]));
        assert_eq!(server.ask::<i64>(&["DBSIZE"]), 6);
        let report = run(&server, &home, "-c acme clear --stale");
        assert_eq!(
            report["cleared"],
            json!(["akamai:acme:property:prp_2:lock"])
        );
        let report = run(&server, &home, "clear --stale");
        assert_eq!(
            report["cleared"],
            json!(["akamai:beta:properties:all:lock"])
        );
        assert_eq!(server.ask::<i64>(&["DBSIZE"]), 4);
        assert_eq!(states(&run(&server, &home, "")).len(), 2);
    }
}

#[test]
fn all_customers_are_named_whose_locks_were_found_and_the_removed_ones_are_counted() {
    let (server, home) = locked(Kind::Valkey);
    let report = run(&server, &home, "--limit 1");
    assert_eq!(report["customers"], json!(["acme", "beta"]));
    let url = format!("redis://127.0.0.1:{}/0", server.port);
    let line = format!("locks --limit 1 --url {url}");
    let shown = home.run(&line).with(0).stderr;
    assert!(shown.contains("4 locks of acme, beta on"), "{shown}");
    let line = format!("locks clear --stale --url {url}");
    let shown = home.run(&line).with(0).stderr;
    let verdict = "removed 2 of 4 locks of acme, beta on";
    assert!(shown.contains(verdict), "{shown}");
}

#[test]
fn stale_locks_are_removed_without_scripts_too() {
    let (server, home) = locked(Kind::Redis);
    let proxy = Proxy::before(&server);
    proxy.on("EVAL").refuse("ERR unknown command 'EVAL'");
    let line = format!("locks clear --stale -o json --url {}", proxy.url());
    let report = home.run(&line).with(0).json();
    let stale = [
        "akamai:acme:property:prp_2:lock",
        "akamai:beta:properties:all:lock",
    ];
    assert_eq!(report["cleared"], json!(stale));
    assert_eq!(server.ask::<i64>(&["DBSIZE"]), 4);
}

#[tokio::test]
async fn a_lock_that_was_taken_again_since_it_was_seen_is_left_alone() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        let store = Store::connect(&server.options()).await.unwrap();
        let key = "akamai:acme:property:prp_1:lock";
        let life = Duration::from_secs(30);
        let clears = async |value: &[u8]| {
            let seen = [ObservedLock { key, value, life }];
            store.clear_locks(&seen).await.remove(0).unwrap()
        };
        // The same value, but with a holder's TTL.
        set(&server, key, "\"1\"", Some("30"));
        assert!(!clears(b"\"1\"").await);
        // No TTL, but another value.
        set(&server, key, "other", None);
        assert!(!clears(b"\"1\"").await);
        assert!(clears(b"other").await);
        assert!(!clears(b"other").await);
        let _: i64 = server.ask(&["HSET", key, "a", "b"]);
        assert!(!clears(b"other").await);
    }
}

/// Owners take their locks again, with a TTL, while stale ones are cleared repeatedly.
#[test]
fn no_live_lock_is_removed_while_stale_ones_are_cleared() {
    let server = Server::valkey();
    let keys: Vec<String> = (0..300)
        .map(|at| format!("akamai:acme:property:prp_{at}:lock"))
        .collect();
    for key in &keys {
        set(&server, key, "\"1\"", None);
    }
    let url = format!("redis://127.0.0.1:{}", server.port);
    let home = Home::new();
    let clearing = home
        .command(&format!("locks clear --stale -o json --url {url}"))
        .spawn();
    // The ALECS server takes a lock even if somebody holds it.
    for key in &keys {
        let _: String = server.ask(&["SETEX", key, "30", "\"1\""]);
    }
    clearing.wait().with(0);
    for key in &keys {
        assert_eq!(server.ask::<i64>(&["EXISTS", key]), 1, "{key}");
    }
}

#[test]
fn what_was_cleared_is_reported_where_others_could_not_be() {
    let server = Server::valkey();
    for at in 0..600 {
        let key = format!("akamai:acme:property:prp_{at}:lock");
        set(&server, &key, "\"1\"", None);
    }
    let _: String = server.ask(&[
        "ACL",
        "SETUSER",
        "process",
        "on",
        ">hunter2 and more",
        "+@all",
        "%R~*",
        "~akamai:acme:property:prp_1*",
    ]);
    let line = format!(
        "locks clear --stale -o json --username process --url redis://127.0.0.1:{}",
        server.port
    );
    let home = Home::new();
    let run = home
        .command(&line)
        .env("VALKEYCLI_AUTH", "hunter2 and more");
    let ended = run.run().with(4);
    assert!(
        ended.error()["hint"]
            .as_str()
            .unwrap()
            .contains("permits the keys")
    );
    let cleared = ended.json()["cleared"].as_array().unwrap().len();
    assert_ne!(cleared, 0);
    assert_eq!(server.ask::<usize>(&["DBSIZE"]), 600 - cleared);
}

#[test]
fn what_is_no_text_is_listed_and_left_alone() {
    let server = Server::valkey();
    let _: i64 = server.ask(&["HSET", "akamai:acme:x:lock", "a", "b"]);
    let report = run(&server, &Home::new(), "clear --stale");
    assert_eq!(report["locks"][0]["owner"], Value::Null);
    assert_eq!(report["cleared"], json!([]));
    assert_eq!(server.ask::<i64>(&["EXISTS", "akamai:acme:x:lock"]), 1);
}

#[test]
fn stale_locks_are_found_on_every_primary_of_a_cluster() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let writes: Vec<Write> = (0..60)
        .map(|at| Write::Set {
            key: format!("akamai:acme:property:prp_{at}:lock"),
            value: b"\"1\"".to_vec(),
            ttl: (at % 2 == 0).then_some(Duration::from_secs(25)),
        })
        .collect();
    write_all(&cluster.options(), &writes);
    let line = format!("locks clear --stale -o json {}", cluster.flags());
    let report = Home::new().run(&line).with(0).json();
    assert_eq!(report["locks"].as_array().unwrap().len(), 60);
    assert_eq!(report["cleared"].as_array().unwrap().len(), 30);
    let left: i64 = cluster
        .nodes
        .iter()
        .map(|node| node.ask::<i64>(&["DBSIZE"]))
        .sum();
    assert_eq!(left, 30);
}
