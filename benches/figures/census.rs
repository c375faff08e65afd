//! What there is in a large keyspace: our `stats`, and what `redis-cli` has for that.

use crate::Failed;
use crate::figure::{Goal, Table};
use crate::neighbour::Neighbour;
use crate::process::{Home, Measured, measured};
use crate::removal::CUSTOMER;
use crate::server::Server;
use std::process::Command;
use std::time::Duration;

/// Counts the keys and bytes of each customer, among whom one has so many keys.
pub fn measure(table: &mut Table, home: &Home, server: &Server, keys: usize) -> Result<(), Failed> {
    table.group(&format!("keys and bytes by customer, {keys} keys of one"));
    let mut others = [Duration::ZERO; 2];
    for (way, time) in ["--bigkeys", "--memkeys"].into_iter().zip(&mut others) {
        let mut command = home.command("redis-cli");
        command.args(["-p", &server.port.to_string(), way]);
        *time = beside(table, server, &format!("redis-cli {way}"), command)?.time;
    }
    let [bigkeys, memkeys] = others;

    let command = home.ours(server.port, ["stats", "-o", "json"]);
    let sampled = beside(table, server, "stats", command)?;
    table.memory("    its peak memory", sampled.memory, Goal::Under(64.0));
    let command = home.ours(server.port, ["stats", "--full", "-o", "json"]);
    let full = beside(table, server, "stats --full", command)?;
    table.memory("    its peak memory", full.memory, Goal::Under(64.0));
    let counted = usize::try_from(of_customer(&full, "keys")?)?;
    // Beside them: the marks and the trail of what was invalidated.
    if counted < keys || counted > keys + 2 {
        return Err(format!("stats --full counts {counted} keys of {keys}").into());
    }

    let ratio = |table: &mut Table, what, one, other| table.ratio(what, one, other, Goal::None);
    ratio(table, "redis-cli --bigkeys : stats", bigkeys, sampled.time);
    ratio(table, "redis-cli --memkeys : stats", memkeys, sampled.time);
    ratio(
        table,
        "redis-cli --memkeys : stats --full",
        memkeys,
        full.time,
    );
    for name in ["keys", "memory_bytes"] {
        let (estimate, exact) = (of_customer(&sampled, name)?, of_customer(&full, name)?);
        let off = estimate.abs_diff(exact).saturating_mul(1_000_000) / exact.max(1);
        table.count(
            format!("{name} of the sample are off by ppm"),
            off,
            Goal::None,
        );
    }
    Ok(())
}

/// A number of the customer with the many keys.
fn of_customer(report: &Measured, name: &str) -> Result<u64, Failed> {
    let report = report.json()?;
    let customers = report["customers"].as_array();
    let customer = customers.and_then(|all| all.iter().find(|one| one["customer"] == CUSTOMER));
    let number = customer.and_then(|one| one[name].as_u64());
    Ok(number.ok_or_else(|| format!("stats tells no {name} of {CUSTOMER}"))?)
}

/// Takes a way while another client wants its answers too.
fn beside(
    table: &mut Table,
    server: &Server,
    name: &str,
    command: Command,
) -> Result<Measured, Failed> {
    let neighbour = Neighbour::moves_in(server.port)?;
    let ended = measured(command);
    let waits = neighbour.moves_out()?;
    let ended = ended?;
    table.time(name, ended.time, Goal::None);
    table.wait(
        "    another client's longest wait",
        waits.longest,
        Goal::None,
    );
    table.wait("    99 of 100 of its waits", waits.p99, Goal::None);
    Ok(ended)
}
