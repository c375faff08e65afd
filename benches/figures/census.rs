//! Counts what a large keyspace holds: our `stats`, the counterpart of `redis-cli`, and the commands alone.

use crate::figure::{Goal, Table};
use crate::process::{Home, Measured};
use crate::removal::CUSTOMER;
use crate::server::Server;
use crate::way::{Goals, Way};
use crate::{Failed, Sizes, wire};

/// Measures counting the keys and bytes of each customer. One customer has `sizes.keys` keys.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    sizes: Sizes,
) -> Result<(), Failed> {
    let (keys, port) = (sizes.keys / 2 * 2, server.port);
    table.group(&format!("keys and bytes by customer, {keys} keys of one"));
    let mut memkeys = Way::default();
    let mut command = home.command("redis-cli");
    command.args(["-p", &port.to_string(), "--memkeys"]);
    memkeys.process(port, command)?;

    let [mut floor, mut sampled, mut full] = [Way::default(), Way::default(), Way::default()];
    for _ in 0..sizes.rounds {
        floor.beside(port, || wire::memory_usage(port))?;
        let command = home.ours(port, ["stats", "-o", "json"]);
        let sample = sampled.process(port, command)?;
        let command = home.ours(port, ["stats", "--full", "-o", "json"]);
        let exact = full.process(port, command)?;
        let counted = usize::try_from(of_customer(&exact, "keys")?)?;
        // An invalidation adds two keys: its marks and its audit log.
        if counted < keys || counted > keys + 2 {
            return Err(format!("stats --full counts {counted} keys of {keys}").into());
        }
        let (estimate, exact) = (
            of_customer(&sample, "memory_bytes")?,
            of_customer(&exact, "memory_bytes")?,
        );
        let off = estimate.abs_diff(exact).saturating_mul(1000) / exact.max(1);
        if off > 50 {
            return Err(format!("the sample is off by {off} per mille").into());
        }
    }
    memkeys.tell(table, "redis-cli --memkeys", Goals::NONE);
    floor.tell(
        table,
        "SCAN, MEMORY USAGE and PTTL pipelined (the floor)",
        Goals::NONE,
    );
    let goals = Goals {
        p99: floor.waits_or(2.0),
        memory: Goal::Under(64.0),
    };
    full.tell(table, "stats --full", goals);
    let (floor, full) = (&floor.times, &full.times);
    table.ratio("stats --full : floor", full, floor, Goal::AtMost(1.2));
    let peer = &memkeys.times;
    table.ratio("redis-cli --memkeys : stats --full", peer, full, Goal::None);
    sampled.tell(table, "stats, sampled", goals);
    Ok(())
}

/// Returns a number from the report on the customer with the many keys.
fn of_customer(report: &Measured, name: &str) -> Result<u64, Failed> {
    let report = report.json()?;
    let customers = report["customers"].as_array();
    let customer = customers.and_then(|all| all.iter().find(|one| one["customer"] == CUSTOMER));
    let number = customer.and_then(|one| one[name].as_u64());
    Ok(number.ok_or_else(|| format!("stats tells no {name} of {CUSTOMER}"))?)
}
