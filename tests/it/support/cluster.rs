//! A cluster of three primaries, optionally with a replica each.

use super::server::{Kind, Server, free_port, options, wait_for};
use super::wire::{Net, Wire};
use alecs_cache::testing::store::Options;
use alecs_cache::testing::store::options::{Deployment, Node};
use std::sync::Arc;

pub struct Cluster {
    /// Three primaries, then their replicas in the same order.
    pub nodes: Vec<Server>,
    _wires: Vec<Wire>,
}

const SHARES: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

impl Cluster {
    /// Starts three primaries, optionally with a replica each.
    pub fn start(kind: Kind, replicas: bool) -> Self {
        Self::form(kind, replicas, false, &[], None)
    }

    /// Like [`Cluster::start`], with a wire in front of each node.
    pub fn start_by_wires(replicas: bool, arguments: &[&str], net: &Arc<Net>) -> Self {
        Self::form(Kind::Valkey, replicas, false, arguments, Some(net))
    }

    /// Starts three primaries that accept TLS only.
    pub fn start_by_tls(arguments: &[&str]) -> Self {
        Self::form(Kind::Redis, false, true, arguments, None)
    }

    fn form(
        kind: Kind,
        replicas: bool,
        tls: bool,
        arguments: &[&str],
        net: Option<&Arc<Net>>,
    ) -> Self {
        let count = if replicas { 6 } else { 3 };
        let mut wires = Vec::new();
        let nodes: Vec<Server> = (0..count)
            .map(|_| {
                let bus = free_port().to_string();
                let mut all = vec![
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    "1000",
                    "--cluster-port",
                    &bus,
                    "--cluster-replica-validity-factor",
                    "0",
                ];
                all.extend(arguments);
                let port = free_port();
                let text = port.to_string();
                if tls {
                    all.extend(["--port", "0", "--tls-port", &text]);
                }
                let Some(net) = net else {
                    return Server::start_on(kind, port, &all);
                };
                let wire = Wire::to(port, net);
                let announced = wire.port.to_string();
                all.extend(["--cluster-announce-port", &announced]);
                let mut server = Server::start_on(kind, port, &all);
                server.port = wire.port;
                wires.push(wire);
                server
            })
            .collect();
        let cluster = Self {
            nodes,
            _wires: wires,
        };
        for (index, node) in cluster.nodes.iter().enumerate() {
            let epoch = (index + 1).to_string();
            let _: () = node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]);
        }
        for (node, (first, last)) in cluster.nodes.iter().zip(SHARES) {
            let _: () = node.ask(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
        }
        let (first, others) = cluster.nodes.split_first().expect("nodes");
        for other in others {
            let bus = other
                .ask::<Vec<String>>(&["CONFIG", "GET", "cluster-port"])
                .pop()
                .expect("a port");
            let port = other.port.to_string();
            let _: () = first.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        for node in &cluster.nodes {
            wait_for("the nodes know each other", || {
                let known: String = node.ask(&["CLUSTER", "NODES"]);
                let complete = known.lines().count() == count && !known.contains("handshake");
                complete.then_some(())
            });
        }
        if replicas {
            for (primary, replica) in cluster.nodes.iter().zip(cluster.nodes.iter().skip(3)) {
                let id: String = primary.ask(&["CLUSTER", "MYID"]);
                wait_for("the replica follows", || {
                    replica.try_ask::<()>(&["CLUSTER", "REPLICATE", &id]).ok()
                });
            }
            for replica in cluster.nodes.iter().skip(3) {
                wait_for("the replica follows", || {
                    (replica.info("master_link_status") == "up").then_some(())
                });
            }
        }
        cluster.wait_until_agreed(if replicas { 2 } else { 1 });
        cluster
    }

    /// Waits until every node reports all slots with `copies` nodes each.
    fn wait_until_agreed(&self, copies: usize) {
        for node in &self.nodes {
            wait_for("the cluster is up", || {
                let state: String = node.ask(&["CLUSTER", "INFO"]);
                let slots: Vec<Vec<redis::Value>> = node.ask(&["CLUSTER", "SLOTS"]);
                (state.contains("cluster_state:ok")
                    && slots.len() == 3
                    && slots.iter().all(|range| range.len() == 2 + copies))
                .then_some(())
            });
        }
    }

    pub fn options(&self) -> Options {
        options(Deployment::Cluster(self.seeds()))
    }

    /// Only the first node: the others have to be discovered.
    pub fn seeds(&self) -> Vec<Node> {
        self.nodes.iter().take(1).map(Server::node).collect()
    }

    /// Starts moving a slot from one primary to another.
    /// The options that name it.
    pub fn flags(&self) -> String {
        let seeds = self.seeds().into_iter();
        let nodes: Vec<String> = seeds.map(|node| format!("--node {node}")).collect();
        format!("--mode cluster {}", nodes.join(" "))
    }

    pub fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let (from, to) = (&self.nodes[from], &self.nodes[to]);
        let source: String = from.ask(&["CLUSTER", "MYID"]);
        let target: String = to.ask(&["CLUSTER", "MYID"]);
        let _: () = to.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]);
        let _: () = from.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]);
    }

    /// Moves one key of a migrating slot.
    pub fn move_key(&self, key: &str, from: usize, to: usize) {
        let port = self.nodes[to].port.to_string();
        let _: () = self.nodes[from].ask(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
    }

    /// Finishes moving a slot, on all nodes.
    pub fn end_move(&self, slot: u16, to: usize) {
        let slot = slot.to_string();
        let target: String = self.nodes[to].ask(&["CLUSTER", "MYID"]);
        let _: () = self.nodes[to].ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
        for (index, node) in self.nodes.iter().enumerate().take(3) {
            if index != to {
                let _: () = node.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
            }
        }
    }

    /// Returns the index of the node that owns a key.
    pub fn owner(&self, key: &str) -> usize {
        let owns = |node: &Server| node.try_ask::<i64>(&["EXISTS", key]).is_ok();
        let owner = self.nodes.iter().position(owns);
        owner.unwrap_or_else(|| panic!("nobody owns `{key}`"))
    }

    /// Returns a key's slot as computed by the server.
    pub fn slot(&self, key: &str) -> u16 {
        self.nodes[0].ask(&["CLUSTER", "KEYSLOT", key])
    }
}
