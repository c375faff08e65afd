//! `doctor` reports servers that are gone, in trouble, or not what the settings say.

use crate::doctor::{failed, look_at, names_of_failed};
use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home};
use crate::support::server::{Kind, Server, free_port, wait_for};

#[test]
fn a_server_on_which_nothing_can_be_removed_is_not_well() {
    for (command, also, cost) in [
        ("UNLINK", None, "keys cannot be removed"),
        ("TIME", None, "nothing can be marked as invalidated"),
        ("MULTI", Some("EVAL"), "collections are written by a script"),
    ] {
        let renamed = |command| ["--rename-command", command, ""];
        let also = also.map(renamed).into_iter().flatten();
        let arguments: Vec<&str> = renamed(command).into_iter().chain(also).collect();
        let server = Server::start(Kind::Redis, &arguments);
        let home = Home::new();
        let ended = home.run(&format!(
            "doctor --no-akamai -c acme -o json {}",
            crate::stats::url(&server)
        ));
        let (detail, hint) = failed(&ended.with(7), "commands");
        let lacks = format!("{command} ({cost})");
        assert!(detail.contains(&lacks), "{detail}");
        assert!(hint.contains("connect to a server"), "{hint}");
    }
}

#[test]
fn no_server_is_reported_as_10() {
    let home = Home::new();
    let ended = look_at(&home, &format!("redis://127.0.0.1:{}", free_port()), "")
        .run()
        .with(10);
    let (detail, hint) = failed(&ended, "valkey");
    assert!(detail.contains("cannot connect"), "{detail}");
    assert!(!hint.is_empty());
    assert_eq!(ended.error()["exit"], 10);
}

#[test]
fn a_replica_is_reported_with_its_primary() {
    let primary = Server::valkey();
    let replica = primary.follower();
    let ended = look_at(&Home::new(), &replica.url(), "").run().with(4);
    let (_, hint) = failed(&ended, "role");
    assert!(
        hint.contains(&format!("127.0.0.1:{}", primary.port)),
        "{hint}"
    );
}

#[test]
fn a_node_of_a_cluster_in_single_mode_is_reported_as_3_and_the_cluster_passes() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let node = &cluster.seeds()[0];
    let home = Home::new();
    let address = format!("redis://{}:{}", node.host, node.port);
    let ended = look_at(&home, &address, "").run().with(3);
    let (_, hint) = failed(&ended, "mode");
    assert!(hint.contains("--mode cluster"), "{hint}");
    let line = format!(
        "doctor --no-akamai -c acme -o json --retries 0 --mode cluster --node {}:{}",
        node.host, node.port
    );
    home.run(&line).with(0);
    // A slot without an owner.
    for node in &cluster.nodes {
        // The owner gives it up. The others forget whose it was, if they have not done so by themselves.
        node.try_ask::<String>(&["CLUSTER", "DELSLOTS", "7"]).ok();
    }
    let ended = home.run(&line).with(10);
    let (detail, _) = failed(&ended, "slots");
    assert!(detail.starts_with("1 slot of the cluster"), "{detail}");
    let owner = &cluster.nodes[0];
    let _: String = owner.ask(&["CLUSTER", "ADDSLOTS", "7"]);
    wait_for("all slots are owned", || {
        let ended = home.run(&line);
        (ended.code() == 0).then_some(())
    });
    // Every primary counts, not only the first.
    let full = &cluster.nodes[1];
    let _: String = full.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let names = |ended: &Ended, what: &str| {
        let report = ended.json();
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.any(|check| check["ok"] == false && check["detail"].to_string().contains(what))
    };
    let ended = home.run(&line).with(7);
    assert!(names(&ended, "policy noeviction"), "{}", ended.stdout);
    let lost = &cluster.nodes[2];
    lost.kill();
    let ended = home.run(&line).with(10);
    assert!(names(&ended, &lost.port.to_string()), "{}", ended.stdout);
}

#[test]
fn a_server_that_cannot_save_and_refuses_writes_is_reported() {
    let server = Server::start(Kind::Valkey, &["--save", "3600 1000000"]);
    std::fs::create_dir(server.folder().join("dump.rdb")).unwrap();
    let _: String = server.ask(&["BGSAVE"]);
    wait_for("the snapshot fails", || {
        (server.info("rdb_last_bgsave_status") == "err").then_some(())
    });
    let ended = look_at(&Home::new(), &server.url(), "").run().with(7);
    let (detail, hint) = failed(&ended, "disk");
    assert!(
        detail.contains("refuses writes") && hint.contains("free its disk"),
        "{detail}: {hint}"
    );
    assert_eq!(names_of_failed(&ended), ["disk"]);
}

#[test]
fn a_server_that_is_busy_is_reported_as_10() {
    let server = Server::start(Kind::Valkey, &["--busy-reply-threshold", "1"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _: redis::RedisResult<i64> = server.try_ask(&["EVAL", "while true do end", "0"]);
        });
        wait_for("the server is busy", || {
            let answer: redis::RedisResult<String> = server.try_ask(&["GET", "x"]);
            answer
                .err()
                .filter(|error| error.to_string().contains("BUSY"))
        });
        let ended = look_at(&Home::new(), &server.url(), "").run().with(10);
        let (detail, _) = failed(&ended, "valkey");
        assert!(detail.contains("BUSY"), "{detail}");
        let _: redis::RedisResult<String> = server.try_ask(&["SCRIPT", "KILL"]);
    });
}

#[test]
fn a_full_server_that_evicts_nothing_is_reported() {
    let server = Server::start(
        Kind::Valkey,
        &["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"],
    );
    let ended = look_at(&Home::new(), &server.url(), "").run().with(7);
    let (detail, hint) = failed(&ended, "memory");
    assert!(
        detail.contains("noeviction") && hint.contains("maxmemory"),
        "{detail}: {hint}"
    );
}
