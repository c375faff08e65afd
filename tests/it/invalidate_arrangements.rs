//! `invalidate` in a cluster and with sentinels: nothing is left, and the report proves it.

use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::Kind;
use serde_json::json;

fn owner(cluster: &Cluster, key: &str) -> usize {
    let slot = cluster.slot(key);
    let moved = |node: &crate::support::server::Server| {
        let there: Result<Option<String>, _> = node.try_ask(&["GET", key]);
        there.is_ok()
    };
    cluster
        .nodes
        .iter()
        .position(moved)
        .unwrap_or_else(|| panic!("nobody owns {slot}"))
}

fn set(cluster: &Cluster, key: &str) {
    let _: String = cluster.nodes[owner(cluster, key)].ask(&["SET", key, "[]", "EX", "900"]);
}

fn count(cluster: &Cluster) -> i64 {
    cluster
        .nodes
        .iter()
        .map(|node| node.ask::<i64>(&["DBSIZE"]))
        .sum()
}

#[test]
fn in_a_cluster_every_primary_is_walked_and_it_can_be_undone() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let home = Home::new();
    for number in 0..60 {
        set(&cluster, &format!("akamai:acme:property:prp_{number}"));
        set(
            &cluster,
            &format!("akamai:acme:property:prp_{number}:hostnames"),
        );
    }
    set(&cluster, "akamai:acme2:property:prp_1");
    let done = home
        .command("invalidate --pattern property:* --yes -o json")
        .in_cluster(&cluster)
        .run()
        .with(0)
        .json();
    assert_eq!(done["removed"], 120);
    assert_eq!(
        done["coverage"],
        json!({
            "primaries": 3, "primaries_scanned": 3, "slots": 16384, "slots_scanned": 16384,
            "topology_changed": false,
        })
    );
    // One node in common is enough.
    let nodes = [1, 0].map(|at: usize| cluster.nodes[at].node().to_string());
    let back = home
        .command("undo -o json")
        .in_cluster(&cluster)
        .env("ALECS_CACHE_NODES", nodes.join(","))
        .run()
        .with(0)
        .json();
    assert_eq!(back["restored"], 120);
    let done = home
        .command("invalidate prp_1 prp_2 --cascade -o json")
        .in_cluster(&cluster)
        .run()
        .with(0)
        .json();
    assert_eq!(done["removed"], 4);
    let streamed = "invalidate --everything --yes --no-undo -o json";
    assert_eq!(
        home.command(streamed)
            .in_cluster(&cluster)
            .run()
            .with(0)
            .json()["removed"],
        116
    );
    // Another customer's key, the marks and the audit log.
    assert_eq!(count(&cluster), 3);
}

#[test]
fn migrating_slots_are_no_proof() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let home = Home::new();
    let key = "akamai:acme:property:prp_1";
    set(&cluster, key);
    let (from, slot) = (owner(&cluster, key), cluster.slot(key));
    let to = (from + 1) % 3;
    cluster.begin_move(slot, from, to);
    let moving = home
        .command("invalidate prp_1 -o json")
        .in_cluster(&cluster)
        .run();
    assert_eq!(moving.code(), 7, "{}", moving.stderr);
    let coverage = &moving.json()["coverage"];
    assert_eq!(coverage["topology_changed"], true);
    assert_eq!(coverage["moving_slots"], json!([slot]));
    let said = format!("slot {slot} is still moving between primaries; some keys may remain");
    moving.says(&said);
    moving.says("--cluster fix");
    let restored = home.command("undo").in_cluster(&cluster).run().with(7);
    let said =
        format!("slot {slot} is still moving between primaries; some keys may not be restored");
    restored.says(&said);
    cluster.end_move(slot, to);
    let rest = home
        .command("invalidate prp_1 -o json --no-undo")
        .in_cluster(&cluster)
        .run()
        .with(0)
        .json();
    assert_eq!(rest["coverage"]["topology_changed"], false);
    let left: i64 = cluster.nodes[to].ask(&["EXISTS", key]);
    assert_eq!(left, 0);
}

#[test]
fn a_slot_that_no_node_owns_is_named() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let key = "akamai:acme:property:prp_1";
    let (owner, slot) = (owner(&cluster, key), cluster.slot(key));
    for node in &cluster.nodes {
        let _: String = node.ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    let others = (0..3).filter(|node| *node != owner);
    for node in std::iter::once(owner).chain(others) {
        let _: () = cluster.nodes[node].ask(&["CLUSTER", "DELSLOTS", &slot.to_string()]);
    }
    let home = Home::new();
    let run = home.command("inspect prp_1 --retries 0");
    let ended = run.in_cluster(&cluster).run().with(10);
    ended.says(format!("no node owns slot {slot}"));
}

#[test]
fn behind_sentinels_it_is_removed_on_the_current_primary() {
    let sentinels = Sentinels::start(Kind::Valkey, &[], "");
    let home = Home::new();
    let nodes: Vec<String> = sentinels
        .watchers
        .iter()
        .map(|s| format!("127.0.0.1:{}", s.port))
        .collect();
    let command = |line: &str| {
        home.command(line)
            .env("ALECS_CACHE_MODE", "sentinel")
            .env("ALECS_CACHE_SENTINELS", nodes.join(","))
            .env("ALECS_CUSTOMER", "acme")
    };
    let _: String =
        sentinels
            .primary
            .ask(&["SET", "akamai:acme:property:prp_1", "[]", "EX", "900"]);
    crate::support::server::wait_for("the primary counts its replica", || {
        let online = sentinels.primary.info("slave0").contains("state=online");
        online.then_some(())
    });
    let done = command("invalidate prp_1 -o json").run().with(0).json();
    assert_eq!(
        (&done["removed"], &done["replicas_acked"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(done["coverage"]["topology_changed"], false);
}
