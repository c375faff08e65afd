//! What was typed: the options that every command has, and those of the commands that ask Akamai.
//! What they mean is decided in [`super::resolve`].

#![expect(
    clippy::doc_markdown,
    reason = "the comments are the help of the command line, where a backtick is only noise"
)]

use super::values;
use crate::domain::key::Scheme;
use crate::domain::secret::Secret;
use crate::output::{Color, Format};
use crate::store::options::{Node, ReadFrom};
use clap::{ArgAction, Args, ValueEnum};
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

/// How the Valkey servers are arranged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
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
    pub(crate) const fn as_str(self) -> &'static str {
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
pub(crate) struct GlobalArgs {
    /// Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private
    /// server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and
    /// VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = secret, help_heading = "Valkey")]
    pub url: Option<Secret>,

    /// Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]
    #[arg(
        long,
        global = true,
        value_name = "MODE",
        value_enum,
        help_heading = "Valkey"
    )]
    pub mode: Option<Mode>,

    /// Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]
    #[arg(long = "node", global = true, value_name = "HOST:PORT", value_delimiter = ',', value_parser = values::node, help_heading = "Valkey")]
    pub nodes: Vec<Node>,

    /// Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]
    #[arg(long = "sentinel", global = true, value_name = "HOST:PORT", value_delimiter = ',', value_parser = values::sentinel, help_heading = "Valkey")]
    pub sentinels: Vec<Node>,

    /// Name under which the sentinels watch the primary [default: mymaster]
    /// [env: ALECS_CACHE_MASTER_NAME]
    #[arg(long, global = true, value_name = "NAME", value_parser = values::word, help_heading = "Valkey")]
    pub master_name: Option<String>,

    /// User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Valkey")]
    pub username: Option<String>,

    /// File that holds the password, `-` for stdin. No option takes the password itself, because other
    /// users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub password_file: Option<PathBuf>,

    /// User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Valkey")]
    pub sentinel_username: Option<String>,

    /// File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE;
    /// the password: ALECS_CACHE_SENTINEL_PASSWORD]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub sentinel_password_file: Option<PathBuf>,

    /// Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]
    #[arg(long, global = true, value_name = "N", help_heading = "Valkey")]
    pub db: Option<u32>,

    /// Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]
    #[arg(long, global = true, help_heading = "Valkey")]
    pub tls: bool,

    /// PEM file of the CA certificates to trust instead of the system's [env: ALECS_CACHE_TLS_CA]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_ca: Option<PathBuf>,

    /// PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file of the client key [env: ALECS_CACHE_TLS_KEY]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Valkey")]
    pub tls_key: Option<PathBuf>,

    /// Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]
    #[arg(long, global = true, help_heading = "Valkey")]
    pub tls_insecure: bool,

    /// Host name that the server certificates must name, as behind a tunnel
    /// [env: ALECS_CACHE_TLS_SERVER_NAME]
    #[arg(long, global = true, value_name = "NAME", value_parser = values::server_name, help_heading = "Valkey")]
    pub tls_server_name: Option<String>,

    /// Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]
    #[arg(
        long,
        global = true,
        value_name = "WHO",
        value_enum,
        help_heading = "Valkey"
    )]
    pub read_from: Option<ReadFrom>,

    /// Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]
    #[arg(long, global = true, value_name = "PREFIX", value_parser = values::scheme, help_heading = "Valkey")]
    pub key_prefix: Option<Scheme>,

    /// Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Valkey")]
    pub connect_timeout: Option<Duration>,

    /// Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Valkey")]
    pub timeout: Option<Duration>,

    /// Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(values::RETRIES_MAX)), help_heading = "Valkey")]
    pub retries: Option<u32>,

    /// How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::duration, help_heading = "Valkey")]
    pub wait: Option<Duration>,

    /// Customer, as named in .edgerc; repeatable or separated by commas [default: default]
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

    /// Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml]
    /// [env: ALECS_CACHE_CONFIG]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,

    /// Output format [default: table] [env: ALECS_CACHE_OUTPUT]
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        help_heading = "Global options"
    )]
    pub output: Option<Format>,

    /// Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        help_heading = "Global options"
    )]
    pub color: Option<Color>,

    /// Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_progress: bool,

    /// Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
}

/// The options of the commands that ask Akamai. They stand before or after any command, since a script
/// that runs several passes the same ones to all.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SourceArgs {
    /// File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Akamai")]
    pub edgerc: Option<PathBuf>,

    /// Section of that file [default: the customer's name] [env: AKAMAI_EDGERC_SECTION]
    #[arg(long, global = true, value_name = "NAME", value_parser = values::word, help_heading = "Akamai")]
    pub section: Option<String>,

    /// Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]
    #[arg(long, global = true, value_name = "KEY", value_parser = secret, help_heading = "Akamai")]
    pub account_key: Option<Secret>,

    /// Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT
    /// [env: ALECS_CACHE_AKAMAI_HOST]
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = values::word, help_heading = "Akamai")]
    pub akamai_host: Option<String>,

    /// Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = values::limit, help_heading = "Akamai")]
    pub akamai_timeout: Option<Duration>,
}

/// The options of the commands that read through the cache.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadArgs {
    /// Serve expired values as stale for this long
    ///
    /// Off by default: the ALECS server takes every value that is cached for fresh.
    /// [env: ALECS_CACHE_STALE_FOR]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub stale_for: Option<Duration>,

    /// Do not refresh values that expire soon
    #[arg(long)]
    pub no_refresh: bool,

    /// Fail if Valkey cannot be reached
    ///
    /// Without this option the answer then comes from Akamai, with a warning.
    #[arg(long)]
    pub require_cache: bool,

    /// Do not count hits and misses
    #[arg(long)]
    pub no_record: bool,
}

/// Takes any text: clap would show a value that it refuses, and a URL may hold a password.
#[expect(clippy::unnecessary_wraps, reason = "what clap wants a parser to be")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}
