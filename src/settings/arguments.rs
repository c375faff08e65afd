//! What was typed: the options that every command has, and those of the commands that ask Akamai.
//! What they mean is decided in [`super::resolve`].

#![expect(
    clippy::doc_markdown,
    reason = "the comments are the help of the command line, where a backtick is only noise"
)]

use super::values;
use crate::domain::secret::Secret;
use crate::output::{Color, Format};
use crate::store::options::{Node, ReadFrom};
use clap::{ArgAction, Args, ValueEnum};
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

/// How the Valkey servers are arranged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// One server
    #[default]
    Single,
    /// Sentinels that know the primary
    Sentinel,
    /// A cluster
    Cluster,
}

impl Mode {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }
}

/// The options that every command has. They stand before or after the command.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct GlobalArgs {
    /// Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private
    /// server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and
    /// VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = secret, help_heading = "Valkey")]
    pub url: Option<Secret>,

    /// Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]
    #[arg(
        long,
        global = true,
        value_name = "MODE",
        value_enum,
        help_heading = "Valkey"
    )]
    pub mode: Option<Mode>,

    /// A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]
    #[arg(long = "node", global = true, value_name = "HOST:PORT", value_delimiter = ',', value_parser = values::node, help_heading = "Valkey")]
    pub nodes: Vec<Node>,

    /// A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]
    #[arg(long = "sentinel", global = true, value_name = "HOST:PORT", value_delimiter = ',', value_parser = values::sentinel, help_heading = "Valkey")]
    pub sentinels: Vec<Node>,

    /// Name under which the sentinels watch the primary; without it mymaster
    /// [env: ALECS_CACHE_MASTER_NAME]
    #[arg(long, global = true, value_name = "NAME", value_parser = values::word, help_heading = "Valkey")]
    pub master_name: Option<String>,

    /// User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Valkey")]
    pub username: Option<String>,

    /// File that holds the password, `-` for stdin; no option takes a password itself, since others see
    /// a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub password_file: Option<PathBuf>,

    /// User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Valkey")]
    pub sentinel_username: Option<String>,

    /// File that holds the sentinels' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE;
    /// the password: ALECS_CACHE_SENTINEL_PASSWORD]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub sentinel_password_file: Option<PathBuf>,

    /// Database number; a cluster has none [env: ALECS_CACHE_DB]
    #[arg(long, global = true, value_name = "N", help_heading = "Valkey")]
    pub db: Option<u32>,

    /// Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]
    #[arg(long, global = true, help_heading = "Valkey")]
    pub tls: bool,

    /// PEM file of the authorities to trust instead of the system's [env: ALECS_CACHE_TLS_CA]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_ca: Option<PathBuf>,

    /// PEM file of the client's certificate [env: ALECS_CACHE_TLS_CERT]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file of the client's key [env: ALECS_CACHE_TLS_KEY]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_key: Option<PathBuf>,

    /// Do not verify the server's certificate [env: ALECS_CACHE_TLS_INSECURE]
    #[arg(long, global = true, help_heading = "Valkey")]
    pub tls_insecure: bool,

    /// Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]
    #[arg(
        long,
        global = true,
        value_name = "WHO",
        value_enum,
        help_heading = "Valkey"
    )]
    pub read_from: Option<ReadFrom>,

    /// What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]
    #[arg(long, global = true, value_name = "PREFIX", help_heading = "Valkey")]
    pub key_prefix: Option<String>,

    /// Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Valkey")]
    pub connect_timeout: Option<Duration>,

    /// Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Valkey")]
    pub timeout: Option<Duration>,

    /// Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(values::RETRIES_MAX)), help_heading = "Valkey")]
    pub retries: Option<u32>,

    /// How long to wait for a lock that somebody else holds; without it not at all
    /// [env: ALECS_CACHE_WAIT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::duration, help_heading = "Valkey")]
    pub wait: Option<Duration>,

    /// Customer, the section of .edgerc; repeatable, or separated by commas; without it default
    /// [env: ALECS_CUSTOMER]
    #[arg(short = 'c', long = "customer", global = true, value_name = "NAME", value_delimiter = ',', value_parser = values::customer, help_heading = "Global options")]
    pub customers: Vec<crate::domain::key::Customer>,

    /// Profile of the configuration file [env: ALECS_CACHE_PROFILE]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub profile: Option<String>,

    /// Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml
    /// [env: ALECS_CACHE_CONFIG]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,

    /// Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        help_heading = "Global options"
    )]
    pub output: Option<Format>,

    /// Only data and errors [env: ALECS_CACHE_QUIET]
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        help_heading = "Global options"
    )]
    pub color: Option<Color>,

    /// No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_progress: bool,

    /// Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
}

/// The options of the commands that ask Akamai. They stand before or after any command, since a script
/// that runs several passes the same ones to all.
#[derive(Debug, Clone, Default, Args)]
pub struct SourceArgs {
    /// File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Akamai")]
    pub edgerc: Option<PathBuf>,

    /// Section of that file; without it the customer's name [env: AKAMAI_EDGERC_SECTION]
    #[arg(long, global = true, value_name = "NAME", value_parser = values::word, help_heading = "Akamai")]
    pub section: Option<String>,

    /// Account switch key, instead of the section's own [env: AKAMAI_EDGERC_ACCOUNT_KEY]
    #[arg(long, global = true, value_name = "KEY", value_parser = secret, help_heading = "Akamai")]
    pub account_key: Option<Secret>,

    /// Address of the API for tests: the section's own host, or http://127.0.0.1:PORT
    /// [env: ALECS_CACHE_AKAMAI_HOST]
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = values::word, help_heading = "Akamai")]
    pub akamai_host: Option<String>,

    /// Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Akamai")]
    pub akamai_timeout: Option<Duration>,
}

/// The options of the commands that read through the cache.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadArgs {
    /// Keep values for so long after their time and serve them as stale; without it not at all, since
    /// the server takes what stands in the cache for fresh [env: ALECS_CACHE_STALE_FOR]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub stale_for: Option<Duration>,

    /// Refresh nothing after the answer
    #[arg(long)]
    pub no_refresh: bool,

    /// Fail where Valkey cannot be reached, instead of asking Akamai without it
    #[arg(long)]
    pub require_cache: bool,

    /// Count neither hits nor misses
    #[arg(long)]
    pub no_record: bool,
}

/// Takes any text: clap would show a value that it refuses, and a URL may hold a password.
#[expect(clippy::unnecessary_wraps, reason = "what clap wants a parser to be")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}
