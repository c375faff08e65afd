//! `warm`: fetch from Akamai, store under the keys that the server reads.

use crate::domain::ttl::Resource;
use crate::exit::{Exit, Failure};
use crate::output::{Format, Output};
use crate::settings::{Settings, SourceArgs, values};
use crate::stop::Stop;
use clap::{Args, ValueEnum};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// Which host names of a property are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum HostnamesOf {
    /// Those that are active, from the account-wide list: a few calls
    #[default]
    Active,
    /// Those of the latest version, which may be a draft: one call for each property
    Version,
}

/// The command's own options.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct WarmArgs {
    /// Properties to warm, in a few calls; without them the whole account
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Every customer that .edgerc has a section for
    #[arg(long, conflicts_with_all = ["customers", "ids"])]
    pub all_customers: bool,

    /// Only these resources, separated by commas
    #[arg(long, value_name = "RES", value_delimiter = ',', value_parser = warmable, conflicts_with = "all")]
    pub only: Vec<Resource>,

    /// All but these of the usual resources, separated by commas
    #[arg(long, value_name = "RES", value_delimiter = ',', value_parser = warmable, conflicts_with = "only")]
    pub skip: Vec<Resource>,

    /// Also the map, rules, versions, activations, cpcodes and the tree
    #[arg(long)]
    pub all: bool,

    /// At most so many API calls; used up ends with 9
    #[arg(long, value_name = "N")]
    pub budget: Option<u64>,

    /// At most so many calls a minute
    #[arg(long, value_name = "N", value_parser = values::rate)]
    pub rate: Option<NonZeroU32>,

    /// Calls under way at once
    #[arg(long, value_name = "N", default_value = "4")]
    pub concurrency: NonZeroUsize,

    /// Show the plan and its calls, and fetch nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Fetch what has less than this share of its time left
    #[arg(long, value_name = "PCT", default_value = "20", value_parser = values::percent, conflicts_with_all = ["force", "every"])]
    pub refresh_below: u8,

    /// Fetch everything, however fresh
    #[arg(long, conflicts_with = "every")]
    pub force: bool,

    /// When it will run again: fetch what the server would refresh before that
    #[arg(long, value_name = "TIME", value_parser = values::limit)]
    pub every: Option<Duration>,

    /// Shorten each time to live by up to this share, so that not all ends at once
    #[arg(long, value_name = "PCT", default_value = "0", value_parser = values::percent)]
    pub jitter: u8,

    /// Which host names
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    pub hostnames: HostnamesOf,

    /// Keep the answers of the API in this file, without credentials
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub record: Option<PathBuf>,

    /// Take the answers from a recording instead of calling the API, `-` for stdin
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// How Akamai is reached.
    #[command(flatten)]
    pub source: SourceArgs,
}

fn warmable(text: &str) -> Result<Resource, String> {
    let resource =
        Resource::named(text.trim()).filter(|resource| Resource::WARMABLE.contains(resource));
    resource.ok_or_else(|| {
        let words: Vec<&str> = Resource::WARMABLE
            .into_iter()
            .map(Resource::as_str)
            .collect();
        format!("the resources are {}", words.join(", "))
    })
}

/// Warms.
pub async fn run(
    _arguments: WarmArgs,
    _settings: &Settings,
    _out: &Output,
    _stop: &Stop,
) -> Result<Exit, Failure> {
    std::future::ready(()).await;
    Err(Failure::new(Exit::Unexpected, "warm is not there yet"))
}
