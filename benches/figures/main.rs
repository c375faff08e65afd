//! What the program costs, in one run on one machine: times, memory, ratios, each beside its goal.
//!
//! `make bench`, or `cargo bench --bench figures`. It starts servers of its own and measures the release
//! binary from outside. Absolute figures depend on the machine and on what else it does; the ratios, each
//! taken within this run, say more. A step that fails ends it with 1; a goal that is missed does not.
//! `ALECS_BENCH_KEYS` sets the size of the large keyspace, 1,000,000 without it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it prints a table, and says which step it is at"
)]

mod census;
mod crawl;
mod figure;
mod hits;
mod neighbour;
mod package;
mod process;
mod reads;
mod removal;
mod through;
mod wire;

/// What the tests run against: stories ask for more of it, and what does not start ends everything.
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
    #[expect(dead_code, clippy::expect_used, reason = "stories break servers")]
    pub mod server;
}

use figure::Table;
use process::Home;
use std::process::ExitCode;
use std::time::Instant;
use support::server::Server;
use support::{account, server};

/// What a step ends with when it cannot be taken.
pub type Failed = Box<dyn std::error::Error>;

/// How many keys the large keyspace holds.
const KEYS: usize = 1_000_000;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, and wants no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("figures are taken by `cargo bench --bench figures`");
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let mut table = Table::default();
    let ended = measure(&mut table);
    // What was measured before a failure is worth seeing as well.
    print!("{table}");
    println!("\n{:.0} s in all", began.elapsed().as_secs_f64());
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("figures: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn measure(table: &mut Table) -> Result<(), Failed> {
    let keys = match std::env::var("ALECS_BENCH_KEYS") {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("ALECS_BENCH_KEYS is no number: {text}"))?,
        Err(_) => KEYS,
    };
    process::needs("redis-cli", "Debian's package redis-tools")?;
    process::needs("xargs", "Debian's package findutils")?;
    let home = Home::new()?;
    println!("{}", package::machine());

    let small = Server::valkey();
    let recording = crawl::record(&home)?;
    crawl::measure(table, &home, &small, &recording)?;
    reads::measure(table, &home, &small)?;
    through::reads(table, &small)?;
    hits::measure(table, &home, &small)?;
    drop(small);
    through::cold(table, &home)?;
    through::hours(table, &home)?;

    let large = Server::valkey();
    removal::measure(table, &home, &large, keys)?;
    census::measure(table, &home, &large, keys / 2 * 2)?;
    removal::cascades(table, &home, &large, &recording)?;
    drop(large);

    package::measure(table)
}
