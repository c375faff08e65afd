//! Several replicas, and replicas that lag: reads from a replica see what it has; everything else uses the primary.

use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, today, wait_for};
use crate::support::stage::{Stage, small};
use crate::support::wire::{Broken, Net, Wire};
use std::sync::Arc;

const ONE: &str = "akamai:acme:property:prp_100000";

/// A warm cache with two replicas; the first one replicates over a wire.
fn followed() -> (Stage, [Server; 2], Arc<Net>, Wire) {
    let stage = Stage::new(small());
    let net = Net::new(false);
    let wire = Wire::to(stage.server.port, &net);
    let replicas = [wire.port, stage.server.port].map(|port| {
        let port = port.to_string();
        Server::start(Kind::Valkey, &["--replicaof", "127.0.0.1", &port])
    });
    wait_for("both follow", || {
        (stage.server.info("slave1").contains("online")
            && stage.server.info("slave0").contains("online"))
        .then_some(())
    });
    stage.warm("");
    let all: i64 = stage.server.ask(&["DBSIZE"]);
    for replica in &replicas {
        wait_for("the replica has all", || {
            (replica.ask::<i64>(&["DBSIZE"]) == all).then_some(())
        });
    }
    (stage, replicas, net, wire)
}

#[test]
fn reads_from_a_lagging_replica_see_its_data_and_the_rest_uses_the_primary() {
    let (stage, [behind, other], net, _wire) = followed();
    let _: String = other.ask(&["REPLICAOF", "NO", "ONE"]);
    wait_for("one follows", || {
        (stage.server.info("connected_slaves") == "1").then_some(())
    });
    net.release(Some(Broken::Hole));
    let removed = stage.run(&format!(
        "invalidate {ONE} --yes --no-undo -o json --read-from replica"
    ));
    let removed = removed.with(0).json();
    assert_eq!(removed["removed"], 1, "{removed}");
    assert_eq!(removed["replicas_acked"], 0);
    let inspected = |who: &str, code: i32| {
        stage
            .run(&format!("inspect {ONE} --read-from {who}"))
            .with(code)
    };
    inspected("primary", 5);
    // With a single server, replicas are read only if required.
    inspected("prefer-replica", 5);
    assert!(inspected("replica", 0).stdout.contains("prp_100000"));
    let planned =
        stage.run("invalidate --pattern property:prp_100000 --dry-run -o json --read-from replica");
    assert_eq!(planned.with(0).json()["matched"], 1);
    // A key that another process just removed is not taken for cached.
    let calls = stage.api.seen().len();
    stage
        .run("get property prp_100000 --read-from replica")
        .with(0);
    assert!(stage.api.seen().len() > calls);
    let stats = stage
        .run("stats -o json --read-from replica")
        .with(0)
        .json();
    let lag = &stats["nodes"][1]["replication_lag_bytes"];
    assert!(lag.as_u64().unwrap() > 0, "{stats}");
    stage.warm("--read-from replica");
    assert!(behind.ask::<i64>(&["EXISTS", "akamai:acme:properties:all"]) == 1);
    net.mend();
    let has = || behind.ask::<i64>(&["DBSIZE"]) == stage.server.ask::<i64>(&["DBSIZE"]);
    wait_for("it has caught up", || has().then_some(()));
    assert!(inspected("replica", 0).stdout.contains("prp_100000"));
    assert_eq!(behind.info("errorstat_READONLY"), "");
}

#[test]
fn one_lagging_hanging_or_lost_replica_leaves_the_others_usable() {
    let (stage, [first, second], net, _wire) = followed();
    net.release(Some(Broken::Hole));
    let removed = stage
        .run("invalidate prp_100000 --yes --no-undo -o json")
        .with(0);
    assert_eq!(removed.json()["replicas_acked"], 1);
    net.mend();
    let limits = "--timeout 500ms --connect-timeout 500ms --retries 3";
    for end in [Server::freeze as fn(&Server), Server::kill] {
        end(&first);
        for _ in 0..2 {
            let line = format!("inspect prp_100001 --read-from replica {limits}");
            let shown = stage.run(&line).with(0);
            assert!(shown.stdout.contains("prp_100001"), "{}", shown.stdout);
        }
    }
    let removed = stage
        .run("invalidate prp_100001 --yes --no-undo -o json")
        .with(0);
    assert_eq!(removed.json()["replicas_acked"], 1);
    assert_eq!(second.info("errorstat_READONLY"), "");
}

#[test]
fn hashes_of_many_fields_are_read_from_the_primary_where_the_replica_hangs() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    let today = today();
    let mut fill = redis::pipe();
    for (tally, count) in [("hits", 2500), ("misses", 1500)] {
        for number in 0..count {
            let field = format!("acme:property:prp_{number}");
            fill.hset(format!("akamai:stats:{today}:{tally}"), field, 1)
                .ignore();
        }
    }
    let () = servers.primary.pipeline(&fill);
    wait_for("the replica has them", || {
        (servers.replica.ask::<i64>(&["DBSIZE"]) == 2).then_some(())
    });
    servers.replica.freeze();
    let home = Home::new();
    let line = "hit-rate -o json --days 1 --read-from prefer-replica --timeout 500ms --connect-timeout 500ms";
    let environment = servers.environment().into_iter();
    let run = environment.fold(home.command(line), |run, (name, value)| {
        run.env(name, value)
    });
    let report = run.run().with(0).json();
    assert_eq!(
        (&report["hits"], &report["misses"]),
        (&2500.into(), &1500.into()),
        "{report}"
    );
}
