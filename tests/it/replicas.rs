//! `--read-from` in each mode: which server answers while the replicas run, hang and are gone. Writes always go to
//! the primary.

use crate::support::cluster::Cluster;
use crate::support::run::{Home, Run};
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, wait_for};
use alecs_cache::testing::store::options::Deployment;

const KEY: &str = "akamai:acme:property:prp_1";

/// The servers of one mode, and how the binary finds them.
struct Mode<'a> {
    name: &'static str,
    /// Whether `prefer-replica` discovers replicas. Those of a single server are only queried with `replica`.
    prefers: bool,
    found: String,
    primaries: Vec<&'a Server>,
    replicas: Vec<&'a Server>,
}

impl Mode<'_> {
    fn command(&self, home: &Home, line: &str) -> Run {
        let limits = "--timeout 500ms --connect-timeout 500ms --retries 1 -o json";
        let run = home.command(&format!("{line} {} {limits}", self.found));
        run.env("ALECS_CUSTOMER", "acme")
    }

    /// True if one of the servers was asked for the key.
    fn asked(servers: &[&Server]) -> bool {
        servers
            .iter()
            .any(|server| server.info("cmdstat_get").contains("calls="))
    }

    fn holds(&self) {
        let home = Home::new();
        let from = |who: &str| {
            let line = format!("inspect {KEY} --read-from {who}");
            self.command(&home, &line).run()
        };
        let reads = |who: &str| {
            let ended = from(who).with(0);
            let read = ended.stdout.contains("prp_1");
            assert!(read, "{}: {who}: {}", self.name, ended.stdout);
        };
        // Each setting reads from the right server.
        for (who, by_replica) in [
            ("primary", false),
            ("prefer-replica", self.prefers),
            ("replica", true),
        ] {
            for server in self.primaries.iter().chain(&self.replicas) {
                let _: String = server.ask(&["CONFIG", "RESETSTAT"]);
            }
            reads(who);
            let answered = (Self::asked(&self.primaries), Self::asked(&self.replicas));
            assert_eq!(answered, (!by_replica, by_replica), "{}: {who}", self.name);
        }
        // Changes always use the primary.
        let line = format!("invalidate {KEY} --yes --no-undo --read-from replica");
        let removed = self.command(&home, &line).run().with(0).json();
        assert_eq!(removed["removed"], 1, "{}", self.name);
        for replica in &self.replicas {
            assert_eq!(replica.info("errorstat_READONLY"), "", "{}", self.name);
        }
        self.fill();
        // Silent, then gone.
        for end in [Server::freeze as fn(&Server), Server::kill] {
            self.replicas.iter().for_each(|replica| end(replica));
            for who in ["primary", "prefer-replica"] {
                reads(who);
            }
            // It is silent, unreachable, or no longer listed.
            let refused = from("replica");
            assert!(
                [11, 10, 3].contains(&refused.code()),
                "{}: {}",
                self.name,
                refused.stderr
            );
            assert!(!refused.stdout.contains("propertyName"), "{}", self.name);
        }
    }

    fn fill(&self) {
        let value = r#"{"propertyId":"prp_1","propertyName":"shop"}"#;
        let mut primaries = self.primaries.iter();
        // The other nodes of a cluster do not own it.
        let set = primaries.find(|node| {
            node.try_ask::<String>(&["SET", KEY, value, "EX", "900"])
                .is_ok()
        });
        assert!(set.is_some(), "{}", self.name);
        wait_for("a replica has it", || {
            let has = |replica: &&Server| replica.ask::<i64>(&["DBSIZE"]) > 0;
            self.replicas.iter().any(has).then_some(())
        });
    }
}

#[test]
fn a_single_server_is_read_as_it_is_reported() {
    let primary = Server::valkey();
    let replica = primary.follower();
    let mode = Mode {
        name: "single",
        prefers: false,
        found: format!("--url {}", primary.url()),
        primaries: vec![&primary],
        replicas: vec![&replica],
    };
    mode.fill();
    mode.holds();
}

/// Without a failover nothing takes the place of the dead primary, and its replica still has the keys.
#[test]
fn a_replica_answers_patterns_and_lists_locks_while_its_primary_is_dead() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let owner = cluster.owner(KEY);
    let (primary, replica) = (&cluster.nodes[owner], &cluster.nodes[owner + 3]);
    let lock = format!("{{{KEY}}}:lock");
    for key in [KEY, &lock] {
        let _: String = primary.ask(&["SET", key, "{}", "EX", "900"]);
    }
    wait_for("the replica has both", || {
        (replica.ask::<i64>(&["DBSIZE"]) == 2).then_some(())
    });
    for node in &cluster.nodes {
        for (name, value) in [
            ("cluster-replica-no-failover", "yes"),
            ("cluster-require-full-coverage", "no"),
            ("cluster-allow-reads-when-down", "yes"),
        ] {
            let _: String = node.ask(&["CONFIG", "SET", name, value]);
        }
    }
    primary.kill();
    let home = Home::new();
    let nodes: Vec<String> = cluster
        .nodes
        .iter()
        .map(|node| node.node().to_string())
        .collect();
    let from_replicas = |line: &str| {
        let limits = "--timeout 1s --connect-timeout 1s --retries 1 -o json";
        home.command(&format!("{line} --read-from replica {limits}"))
            .in_cluster(&cluster)
            .env("ALECS_CACHE_NODES", nodes.join(","))
            .run()
    };
    let listed = from_replicas("inspect *").with(0).json();
    assert_eq!(listed["keys"][0]["key"], KEY, "{listed}");
    assert_eq!(listed["coverage"]["run_ids_unknown"], true, "{listed}");
    let planned = from_replicas("invalidate --pattern property:* --dry-run").with(0);
    assert_eq!(planned.json()["matched"], 1, "{}", planned.stdout);
    from_replicas("locks").with(0);
    from_replicas("locks clear --stale").with(10);
}

#[test]
fn reading_from_replicas_without_a_replica_gets_a_hint() {
    let primary = Server::valkey();
    let line = format!("--url {}", primary.url());
    let line = format!("inspect {KEY} --read-from replica {line}");
    let ended = Home::new().run(&line).with(3);
    let said = format!(
        "error: `127.0.0.1:{}` has no replica to read from\n  hint: pass --read-from prefer-replica to read from the \
         primary if it has no replica\n",
        primary.port
    );
    assert_eq!(ended.stderr, said);
}

#[test]
fn servers_behind_sentinels_are_read_as_they_are_reported() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    let Deployment::Sentinel { sentinels, .. } = servers.options().target else {
        panic!("sentinels");
    };
    let mode = Mode {
        name: "sentinel",
        prefers: true,
        found: format!("--mode sentinel --sentinel {}", sentinels[0]),
        primaries: vec![&servers.primary],
        replicas: vec![&servers.replica],
    };
    mode.fill();
    mode.holds();
}

#[test]
fn a_cluster_is_read_as_it_is_reported() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let (primaries, replicas) = cluster.nodes.split_at(3);
    let mode = Mode {
        name: "cluster",
        prefers: true,
        found: format!("--mode cluster --node {}", cluster.seeds()[0]),
        primaries: primaries.iter().collect(),
        replicas: replicas.iter().collect(),
    };
    mode.fill();
    mode.holds();
}
