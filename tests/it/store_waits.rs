//! Servers that answer late, never, or only that they are not ready: how long the store waits, and how that is
//! announced.

use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, free_port, wait_for};
use alecs_cache::testing::domain::secret::Secret;
use alecs_cache::testing::store::Store;
use alecs_cache::testing::store::options::Deployment;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_primary_that_hangs_before_we_come_is_left_for_its_successor() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    // A single attempt may take longer than the failover.
    let mut options = servers.options();
    options.connect_timeout = Duration::from_secs(20);
    servers.primary.freeze();
    let began = Instant::now();
    let store = Store::connect(&options).await.expect("connected");
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    let write = crate::support::store::set("k", "v");
    store.write(&[write]).await.remove(0).expect("written");
    assert_eq!(servers.replica.ask::<i64>(&["EXISTS", "k"]), 1);
}

#[tokio::test]
async fn a_failover_that_takes_longer_than_one_attempt_is_waited_for() {
    let servers = Sentinels::start(Kind::Redis, &[], "").settled();
    let mut options = servers.options();
    options.connect_timeout = Duration::from_millis(400);
    options.retries = 40;
    servers.primary.freeze();
    let store = Store::connect(&options).await.expect("connected");
    let write = crate::support::store::set("k", "v");
    store.write(&[write]).await.remove(0).expect("written");
    assert_eq!(servers.replica.ask::<i64>(&["EXISTS", "k"]), 1);
}

#[tokio::test]
async fn a_primary_without_a_successor_costs_no_more_than_the_limits() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    let mut options = servers.options();
    options.connect_timeout = Duration::from_millis(300);
    options.retries = 2;
    servers.replica.kill();
    servers.primary.freeze();
    let began = Instant::now();
    let refused = Store::connect(&options).await.expect_err("it hangs");
    assert!(
        matches!(refused, alecs_cache::testing::store::Error::Timeout { .. }),
        "{refused}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn one_sentinel_that_answers_is_enough_after_a_moment() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    for watcher in &servers.watchers[..2] {
        watcher.freeze();
    }
    let mut options = servers.options();
    options.connect_timeout = Duration::from_secs(20);
    let began = Instant::now();
    let store = Store::connect(&options).await.expect("connected");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    let write = crate::support::store::set("k", "v");
    store.write(&[write]).await.remove(0).expect("written");
}

#[tokio::test]
async fn a_primary_of_a_cluster_that_hangs_before_a_walk_is_left_for_its_successor() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let mut options = cluster.options();
    options.connect_timeout = Duration::from_secs(1);
    options.retries = 20;
    let store = Store::connect(&options).await.expect("connected");
    cluster.nodes[1].freeze();
    let before = store.snapshot().await.expect("the successor");
    let mut pages = store.scan(b"*").await.expect("begun");
    while let Some(page) = pages.next().await {
        page.expect("a page");
    }
    let after = store.snapshot().await.expect("all primaries");
    let coverage = before.coverage(&after);
    assert_eq!(
        (coverage.slots_scanned, coverage.topology_changed),
        (16384, false)
    );
}

#[test]
fn a_server_that_is_not_ready_in_time_counts_as_not_connected() {
    let home = Home::new();
    let inspect = |port: u16, more: &str| {
        let line = format!(
            "inspect akamai:default:properties:all -o json --connect-timeout 500ms --retries 1 \
             --url redis://127.0.0.1:{port} {more}"
        );
        home.run(&line).with(10).error()
    };
    // Ten seconds for its keys.
    let loads = Server::start(Kind::Redis, &["--enable-debug-command", "yes"]);
    let _: () = loads.ask(&["DEBUG", "POPULATE", "10000"]);
    let _: () = loads.ask(&["SAVE"]);
    for (name, value) in [
        ("key-load-delay", "1000"),
        ("loading-process-events-interval-bytes", "1024"),
    ] {
        let _: () = loads.ask(&["CONFIG", "SET", name, value]);
    }
    let path = loads.socket();
    std::thread::spawn(move || {
        let client = redis::Client::open(format!("unix://{}", path.display())).expect("a path");
        let mut connection = client.get_connection().expect("connected");
        let _ = redis::cmd("DEBUG")
            .arg(&["RELOAD", "NOSAVE"])
            .exec(&mut connection);
    });
    wait_for("it loads", || {
        let answer = loads.try_ask::<String>(&["GET", "k"]).err()?;
        answer.to_string().contains("oading").then_some(())
    });
    let error = inspect(loads.port, "");
    assert_eq!(error["code"], "network");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("LOADING"), "{message}");

    // A cluster node that owns all slots but one, and therefore serves none.
    let bus = free_port().to_string();
    let part = Server::start(
        Kind::Valkey,
        &["--cluster-enabled", "yes", "--cluster-port", &bus],
    );
    for more in ["--mode cluster", ""] {
        let error = inspect(part.port, more);
        assert_eq!(error["code"], "network", "{error}");
    }
    let _: () = part.ask(&["CLUSTER", "ADDSLOTSRANGE", "1", "16383"]);
    let error = inspect(part.port, "--mode cluster");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("CLUSTERDOWN"), "{message}");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("wait"), "{hint}");
}

#[tokio::test]
async fn a_password_that_the_sentinels_refuse_is_not_taken_for_that_of_the_data() {
    let mut servers = Sentinels::start(
        Kind::Redis,
        &[],
        "requirepass hunter2-watching\nsentinel sentinel-pass hunter2-watching",
    );
    servers.login = Some(("default".to_owned(), "hunter2-watching".to_owned()));
    let servers = servers.settled();
    let home = Home::new();
    let Deployment::Sentinel { sentinels, .. } = servers.options().target else {
        panic!("sentinels");
    };
    let inspect = |password: &str| {
        let file = home.write("pw", password);
        home.command(&format!(
            "inspect akamai:default:properties:all -o json --mode sentinel --sentinel {}",
            sentinels[0]
        ))
        .env("ALECS_CACHE_SENTINEL_PASSWORD_FILE", file)
        .run()
    };
    let error = inspect("hunter2-wrong").with(4).error();
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("--sentinel-password-file"), "{hint}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("sentinel") && message.contains(&sentinels[0].to_string()),
        "{message}"
    );
    inspect("hunter2-watching").with(5);
    let mut options = servers.options();
    if let Deployment::Sentinel { password, .. } = &mut options.target {
        *password = Some(Secret::new("hunter2-wrong"));
    }
    let refused = Store::connect(&options).await.expect_err("refused");
    assert!(
        matches!(
            refused,
            alecs_cache::testing::store::Error::SentinelAuth { .. }
        ),
        "{refused}"
    );
}

/// A server program that runs `first` and then starts the real one.
fn program(home: &Home, first: &str) -> PathBuf {
    let real = Kind::Valkey.program();
    let text = format!("#!/bin/sh\n{first}\nexec '{}' \"$@\"\n", real.display());
    let path = home.write("valkey-server", &text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

const EMBEDDED: &str = "inspect akamai:default:properties:all --url embedded: -o json";

#[test]
fn an_embedded_server_that_hangs_while_it_starts_is_a_timeout_and_is_ended() {
    let home = Home::new();
    let hangs = program(&home, "kill -STOP $$");
    let began = Instant::now();
    let ended = home
        .command(EMBEDDED)
        .env("ALECS_CACHE_VALKEY_SERVER", hangs)
        .run()
        .with(11);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(ended.error()["code"], "timeout");
    let dir = home.path().join(".state/alecs-cache/embedded");
    assert!(!dir.join("server").exists(), "nothing is left to adopt");
    home.command(EMBEDDED)
        .env("ALECS_CACHE_VALKEY_SERVER", Kind::Valkey.program())
        .run()
        .with(5);
}

#[test]
fn a_signal_while_an_embedded_server_starts_ends_that_server() {
    for (stop, code) in [("interrupt", 130), ("terminate", 143)] {
        let home = Home::new();
        let mark = home.path().join("pid");
        let slow = program(&home, &format!("echo $$ > '{}'; sleep 3", mark.display()));
        let running = home
            .command(EMBEDDED)
            .env("ALECS_CACHE_VALKEY_SERVER", slow)
            .spawn();
        let pid = wait_for("it starts", || {
            let text = std::fs::read_to_string(&mark).ok()?;
            Pid::from_raw(text.trim().parse().ok()?)
        });
        if stop == "interrupt" {
            running.interrupt();
        } else {
            running.terminate();
        }
        let began = Instant::now();
        let ended = running.wait().with(code);
        assert!(began.elapsed() < Duration::from_secs(4));
        assert_eq!(ended.error()["exit"], Value::from(code));
        assert!(test_kill_process(pid).is_err(), "it has ended");
        let dir = home.path().join(".state/alecs-cache/embedded");
        assert!(!dir.join("server").exists(), "nothing is left to adopt");
    }
}

#[test]
fn an_embedded_server_that_was_left_and_hangs_is_a_timeout() {
    let home = Home::new();
    let dir = home.path().join(".state/alecs-cache/embedded");
    let record = || {
        let text = std::fs::read_to_string(dir.join("server")).ok()?;
        Pid::from_raw(text.lines().next()?.parse().ok()?)
    };
    let stats = home
        .command("stats --url embedded: --watch 1s -o json")
        .env("ALECS_CACHE_VALKEY_SERVER", Kind::Valkey.program())
        .spawn();
    let pid = wait_for("a server runs", record);
    stats.kill();
    stats.wait();
    let _left = Left(pid);
    kill_process(pid, Signal::STOP).expect("it runs");
    let ended = home
        .command(EMBEDDED)
        .env("ALECS_CACHE_VALKEY_SERVER", Kind::Valkey.program())
        .run()
        .with(11);
    let message = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(&pid.as_raw_nonzero().to_string()),
        "{message}"
    );
}

/// Kills a server that a test leaves behind on purpose, even if the test fails.
struct Left(Pid);

impl Drop for Left {
    fn drop(&mut self) {
        let _ = kill_process(self.0, Signal::KILL);
    }
}
