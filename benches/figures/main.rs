//! Measures the program's times, memory and ratios in one run on one machine, with a goal for each.
//!
//! `make bench`, or `cargo bench --bench figures`. `make bench-quick` passes `--quick`: everything smaller and only
//! once. The benchmark starts its own servers and measures the release binary from outside. Absolute figures depend
//! on the machine and its load; the ratios, each taken within one round, say more. A failing step exits with 1, a
//! missed goal does not. The figures are also written to `target/bench.json`. `ALECS_BENCH_KEYS` sets the size of the
//! large keyspace (default 1,000,000), `ALECS_BENCH_JOBS` selects jobs by name: `warm,store`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it prints a table, and says which step it is at"
)]

mod census;
mod cluster;
mod crawl;
mod figure;
mod hits;
mod neighbour;
mod package;
mod process;
mod reads;
mod removal;
mod store;
mod through;
mod way;
mod wire;

/// The servers of the tests. Tests use more of this module, and a server that does not start ends everything.
#[path = "../../tests/it/support"]
mod support {
    #[expect(dead_code, reason = "stories change accounts")]
    pub mod account;
    #[expect(
        dead_code,
        clippy::expect_used,
        reason = "stories look at calls and limit them"
    )]
    pub mod akamai;
    #[expect(dead_code, clippy::expect_used, reason = "stories move slots")]
    pub mod cluster;
    #[expect(dead_code, clippy::expect_used, reason = "stories watch runs")]
    pub mod secrets;
    #[expect(dead_code, clippy::expect_used, reason = "stories break servers")]
    pub mod server;
    #[expect(dead_code, clippy::expect_used, reason = "stories break wires")]
    pub mod wire;
}

use figure::Table;
use process::Home;
use std::process::ExitCode;
use std::time::Instant;
use support::server::Server;
use support::{account, server};

/// Error that ends a step.
pub type Failed = Box<dyn std::error::Error>;

/// Sizes of the measurements.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Keys of the large keyspace.
    keys: usize,
    /// Smaller keyspaces, to show the growth.
    keyspaces: &'static [usize],
    /// Properties of the account that is warmed.
    properties: usize,
    /// Other accounts, to show the growth.
    accounts: &'static [usize],
    /// Fields of each of a day's two hashes.
    fields: usize,
    /// Number of rounds.
    rounds: usize,
    /// Number of process starts.
    starts: usize,
    /// Include measurements that take long at any size.
    long: bool,
}

const WHOLE: Sizes = Sizes {
    keys: 1_000_000,
    keyspaces: &[10_000, 100_000, 400_000],
    properties: 10_000,
    accounts: &[100, 1_000, 100_000],
    fields: 1_000_000,
    rounds: 3,
    starts: 50,
    long: true,
};

const QUICK: Sizes = Sizes {
    keys: 100_000,
    keyspaces: &[10_000],
    properties: 10_000,
    accounts: &[1_000],
    fields: 100_000,
    rounds: 1,
    starts: 20,
    long: false,
};

/// The jobs, in the order in which they are measured. Jobs that share a server follow each other.
const JOBS: [&str; 9] = [
    "warm",
    "accounts",
    "akamai",
    "store",
    "remove",
    "stats",
    "cascade",
    "keyspaces",
    "cluster",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [ask, port, key] = arguments.as_slice()
        && ask == reads::ASK
    {
        return reads::ask(port, key);
    }
    // `cargo test --all-targets` runs this too, but needs no figures.
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("figures are taken by `cargo bench --bench figures`");
        return ExitCode::SUCCESS;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let began = Instant::now();
    let mut table = Table::default();
    let machine = package::machine();
    println!("{machine}");
    let ended = measure(&mut table, if quick { QUICK } else { WHOLE });
    // Figures measured before a failure are useful too.
    print!("{table}");
    let seconds = began.elapsed().as_secs();
    println!("\n{seconds} s in all");
    let written = write(&serde_json::json!({
        "machine": machine,
        "quick": quick,
        "seconds": seconds,
        "jobs": table.json(),
    }));
    match ended.and(written) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("figures: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn write(figures: &serde_json::Value) -> Result<(), Failed> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench.json");
    std::fs::write(path, format!("{figures:#}\n"))?;
    println!("written to target/bench.json");
    Ok(())
}

fn measure(table: &mut Table, mut sizes: Sizes) -> Result<(), Failed> {
    if let Ok(text) = std::env::var("ALECS_BENCH_KEYS") {
        sizes.keys = text
            .parse()
            .map_err(|_| format!("ALECS_BENCH_KEYS is no number: {text}"))?;
    }
    process::needs("redis-cli", "Debian's package redis-tools")?;
    process::needs("redis-benchmark", "Debian's package redis-tools")?;
    process::needs("xargs", "Debian's package findutils")?;
    let home = Home::new()?;

    let only = std::env::var("ALECS_BENCH_JOBS").unwrap_or_default();
    let only: Vec<&str> = only.split(',').filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = only.iter().find(|name| !JOBS.contains(name)) {
        return Err(format!(
            "ALECS_BENCH_JOBS names no job: {unknown}; known: {}",
            JOBS.join(", ")
        )
        .into());
    }
    let job = |name| only.is_empty() || only.contains(&name);

    let recording = crawl::record(&home, sizes.properties)?;
    if job("warm") {
        let small = Server::valkey();
        crawl::measure(table, &home, &small, &recording, sizes)?;
        reads::measure(table, &home, &small, sizes.starts)?;
        through::reads(table, &small)?;
        hits::measure(table, &home, &small, sizes)?;
    }
    if job("accounts") {
        crawl::grows(table, &home, sizes)?;
    }
    if job("akamai") && sizes.long {
        through::cold(table, &home)?;
        through::hours(table, &home)?;
    }
    if job("store") {
        store::measure(table, &home, sizes)?;
    }
    if job("remove") || job("stats") || job("cascade") {
        let large = Server::valkey();
        removal::fill(&large, sizes)?;
        if job("remove") {
            removal::measure(table, &home, &large, sizes)?;
        }
        if job("stats") {
            census::measure(table, &home, &large, sizes)?;
        }
        if job("cascade") {
            removal::cascades(table, &home, &large, &recording, sizes)?;
        }
    }
    if job("keyspaces") {
        removal::grows(table, &home, sizes)?;
    }
    if job("cluster") {
        cluster::measure(table, &home, sizes)?;
    }
    package::measure(table)
}
