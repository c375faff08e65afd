//! Writes a recording of an account that nobody has: what `alecs-cache warm --from` takes. The same
//! numbers give the same account.
//!
//! `cargo run --example record_account -- --properties 300 --hostnames 1200 acme.ndjson`

use clap::Parser;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

#[expect(
    dead_code,
    unused_imports,
    reason = "the stand-in API of the tests edits and serves accounts, a recording only reads one"
)]
#[path = "../tests/it/support/account.rs"]
mod account;

/// Write a recording of an account that nobody has
#[derive(Parser)]
struct Args {
    /// Where to write it
    file: PathBuf,
    /// Customer whose account it is
    #[arg(long, default_value = "acme")]
    customer: String,
    /// Groups, each with a contract and a few with two or none
    #[arg(long, default_value_t = 24)]
    groups: usize,
    /// Contracts
    #[arg(long, default_value_t = 4)]
    contracts: usize,
    /// Properties
    #[arg(long, default_value_t = 300)]
    properties: usize,
    /// Active host names
    #[arg(long, default_value_t = 1200)]
    hostnames: usize,
    /// Also what is asked about each single property: versions, rules, activations
    #[arg(long)]
    deep: bool,
    /// Leave out the edge cases: a contract for each group, a group for each property
    #[arg(long)]
    regular: bool,
    /// Another number, another account
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let account = account::Account::new(args.seed);
    let account = if args.regular {
        account.regular()
    } else {
        account
    }
    .groups(args.groups)
    .contracts(args.contracts)
    .properties(args.properties)
    .hostnames(args.hostnames);

    let mut file = BufWriter::new(File::create(&args.file)?);
    let mut lines = 0;
    for line in account.recording(&args.customer, args.deep) {
        writeln!(file, "{line}")?;
        lines += 1;
    }
    file.into_inner()?.sync_all()?;

    writeln!(
        std::io::stdout(),
        "{}: {} properties in {} pairs of group and contract, {} host names: {lines} answers, of which a crawl asks for {}",
        args.file.display(),
        account.properties.len(),
        account.pairs().len(),
        account.hostnames.len(),
        account.crawl_calls(),
    )?;
    Ok(())
}
