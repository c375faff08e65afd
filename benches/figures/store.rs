//! Stores very many values in an empty cache, with our store and with common tools.

use crate::figure::{Goal, Table};
use crate::process::Home;
use crate::removal::{CUSTOMER, value};
use crate::server::Server;
use crate::way::{Goals, Way};
use crate::{Failed, Sizes, wire};
use alecs_cache::testing::store::{Options, Store, Write};
use futures_util::StreamExt as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::time::Duration;

/// Batch size and batches in flight of a warm run's queue.
const BATCH: usize = 500;
const IN_FLIGHT: usize = 3;

const HOUR: Duration = Duration::from_hours(1);

/// Stores keys with their values, each with a TTL of an hour.
pub fn fill(
    options: &Options,
    entries: impl Iterator<Item = (String, String)>,
) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Store::connect(options).await?;
        let mut entries = entries.peekable();
        let batches = std::iter::from_fn(|| {
            entries.peek()?;
            let batch = entries.by_ref().take(BATCH);
            let writes = batch.map(|(key, value)| Write::Set {
                key,
                value: value.into_bytes(),
                ttl: Some(HOUR),
            });
            Some(writes.collect::<Vec<Write>>())
        });
        let store = &store;
        let mut written = futures_util::stream::iter(batches)
            .map(|batch| async move { store.write(&batch).await })
            .buffered(IN_FLIGHT);
        while let Some(results) = written.next().await {
            results.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    })
}

/// Stores the keyspace in every way, each time on an empty server.
pub fn measure(table: &mut Table, home: &Home, sizes: Sizes) -> Result<(), Failed> {
    let keys = sizes.keys;
    table.group(&format!("{keys} values of 300 bytes stored"));
    let key = |number| format!("akamai:{CUSTOMER}:property:prp_{number}");
    let bytes = home.path().join("values");
    let mut file = BufWriter::new(File::create(&bytes)?);
    for number in 0..keys {
        let set = wire::set(&key(number), &value(number));
        file.write_all(&set.get_packed_command())?;
    }
    file.flush()?;

    let [mut pipe, mut benchmark, mut ours] = [Way::default(), Way::default(), Way::default()];
    for _ in 0..sizes.rounds {
        let server = Server::valkey();
        pipe.process(server.port, wire::pipe(home, server.port, &bytes)?)?;
        filled(&server, keys)?;

        let server = Server::valkey();
        let mut command = home.command("redis-benchmark");
        let (port, count) = (server.port.to_string(), keys.to_string());
        command.args(["-p", &port, "-n", &count, "-r", &count, "-P", "1000"]);
        command.args(["-c", "4", "-q", "SET"]);
        command.args([
            "akamai:load:property:prp___rand_int__",
            &value(0),
            "EX",
            "3600",
        ]);
        benchmark.process(server.port, command)?;

        let server = Server::valkey();
        let entries = (0..keys).map(|number| (key(number), value(number)));
        ours.beside(server.port, || fill(&server.options(), entries))?;
        filled(&server, keys)?;
    }
    std::fs::remove_file(bytes)?;
    pipe.tell(table, "redis-cli --pipe", Goals::NONE);
    benchmark.tell(
        table,
        "redis-benchmark -P 1000 -c 4 (overwrites a third)",
        Goals::NONE,
    );
    let goals = Goals {
        p99: pipe.waits_or(2.0),
        ..Goals::NONE
    };
    ours.tell(table, "the store, batches of 500, three in flight", goals);
    let ratio = |table: &mut Table, what, other: &Way, goal| {
        table.ratio(what, &ours.times, &other.times, goal);
    };
    ratio(table, "store : --pipe", &pipe, Goal::Under(1.0));
    ratio(
        table,
        "store : redis-benchmark",
        &benchmark,
        Goal::AtMost(1.25),
    );
    Ok(())
}

fn filled(server: &Server, keys: usize) -> Result<(), Failed> {
    let there: usize = server.try_ask(&["DBSIZE"])?;
    if there == keys {
        return Ok(());
    }
    Err(format!("{there} keys are there of {keys}").into())
}
