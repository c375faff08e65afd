//! Stores the same keys in a cluster of three primaries and in one node, and removes half of them by a pattern.

use crate::figure::{Goal, Table};
use crate::process::Home;
use crate::removal::{CUSTOMER, PATTERN, entries};
use crate::server::{Kind, Server};
use crate::store::fill;
use crate::support::cluster::Cluster;
use crate::way::{Goals, Way};
use crate::{Failed, Sizes};
use alecs_cache::testing::store::Options;
use std::process::Command;

/// The ways of one arrangement of servers.
#[derive(Default)]
struct Ways {
    store: Way,
    remove: Way,
    undoable: Way,
}

/// Measures both arrangements in turns.
pub fn measure(table: &mut Table, home: &Home, sizes: Sizes) -> Result<(), Failed> {
    let half = sizes.keys / 2;
    table.group(&format!(
        "a cluster of three and one node: {half} of {} keys removed",
        half * 2
    ));
    let (mut three, mut one) = (Ways::default(), Ways::default());
    for _ in 0..sizes.rounds {
        let cluster = Cluster::start(Kind::Valkey, false);
        if let Some(node) = cluster.nodes.first() {
            let run = |words: &[&str]| {
                let mut command = home.ours(node.port, words);
                command.args(["--mode", "cluster"]);
                command
            };
            three.round(half, node.port, &cluster.options(), run)?;
        }
        drop(cluster);
        let server = Server::valkey();
        let run = |words: &[&str]| home.ours(server.port, words);
        one.round(half, server.port, &server.options(), run)?;
    }
    for (name, both, goal) in [
        ("store", [&three.store, &one.store], Goal::AtMost(1.0)),
        (
            "invalidate --no-undo",
            [&three.remove, &one.remove],
            Goal::AtMost(1.0),
        ),
        (
            "invalidate --undo",
            [&three.undoable, &one.undoable],
            Goal::AtMost(1.0),
        ),
    ] {
        let [three, one] = both;
        let goals = Goals {
            p99: one.waits_or(2.0),
            memory: Goal::Under(64.0),
        };
        three.tell(table, &format!("{name}, three primaries"), goals);
        one.tell(table, &format!("{name}, one node"), Goals::NONE);
        let name = format!("{name}: three : one");
        table.ratio(name, &three.times, &one.times, goal);
    }
    Ok(())
}

impl Ways {
    /// Stores everything, removes half, stores that half again and removes it with undo.
    fn round(
        &mut self,
        half: usize,
        port: u16,
        options: &Options,
        run: impl Fn(&[&str]) -> Command,
    ) -> Result<(), Failed> {
        let all = entries("hostname:host-", ".example.com", half);
        let all = all.chain(entries("property:prp_", "", half));
        self.store.beside(port, || fill(options, all))?;
        for (way, undo) in [
            (&mut self.remove, "--no-undo"),
            (&mut self.undoable, "--undo"),
        ] {
            let command = run(&[
                "invalidate",
                "--pattern",
                PATTERN,
                "-c",
                CUSTOMER,
                "--yes",
                "-o",
                "json",
                undo,
            ]);
            let removed = way.process(port, command)?.json()?["removed"].as_u64();
            if removed.and_then(|removed| usize::try_from(removed).ok()) != Some(half) {
                return Err(format!("{undo}: {removed:?} keys were removed of {half}").into());
            }
            fill(options, entries("property:prp_", "", half))?;
        }
        Ok(())
    }
}
