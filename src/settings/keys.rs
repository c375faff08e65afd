//! Every setting, declared once: type, default, parser, option, variables and help. The command line, the
//! environment, the configuration file, `config`, the help and the manual are derived from these declarations.

use super::address::ServerUrl;
use super::origin::{Resolved, SettingRow, invalid};
use super::values::{self, ApiAddress, Mode, SettingKind, SettingValue};
use crate::domain::key::{Customer, Scheme};
use crate::domain::secret::Secret;
use crate::domain::stats::thresholds::Thresholds;
use crate::domain::ttl::{Intervals, Resource};
use crate::exit::Failure;
use crate::output::{Color, Format};
use crate::store::options::{Node, ReadFrom};
use clap::builder::{PossibleValue, PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Declaration of a setting.
#[derive(Debug)]
pub struct SettingKey {
    /// Name in the configuration file and in `alecs-cache config`.
    pub name: &'static str,
    /// Heading in the help.
    pub(super) group: &'static str,
    /// The option as the help shows it, such as `-c, --customer NAME`; empty if there is none.
    usage: &'static str,
    /// The environment variables, separated by `, `, highest precedence first.
    variables: &'static str,
    help: &'static str,
    pub(super) kind: SettingKind,
    /// Text of the default, if there is one.
    default: fn() -> Option<String>,
    check: fn(&str) -> Result<(), String>,
}

impl SettingKey {
    /// Returns the long option; empty if there is none.
    pub(crate) fn flag(&self) -> &'static str {
        self.long_options().next().unwrap_or_default()
    }

    /// Returns the long option, and then its aliases.
    fn long_options(&self) -> impl Iterator<Item = &'static str> {
        let words = self.usage.split([' ', ',']);
        words.filter(|word| word.starts_with("--"))
    }

    /// Returns the text of the default, if there is one.
    pub(crate) fn default_text(&self) -> Option<String> {
        (self.default)()
    }

    /// Returns true if the value is the path of a file.
    pub(crate) fn is_path(&self) -> bool {
        matches!(self.kind, SettingKind::Path)
    }

    /// Parses the text of the setting. A failure quotes the invalid item of a list, and never a secret.
    pub(super) fn read<T>(
        &self,
        found: &Resolved<String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Resolved<T>, Failure> {
        let text = found.value.as_str();
        let value = parse(text).map_err(|reason| {
            let shown = match self.kind {
                SettingKind::Secret => None,
                SettingKind::List => text.split(',').find(|part| parse(part).is_err()),
                _ => Some(text),
            };
            invalid(self.name, shown, &found.origin, &reason)
        })?;
        Ok(Resolved::new(value, &found.origin))
    }

    /// Returns the environment variables, highest precedence first.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.variables.split(", ").filter(|name| !name.is_empty())
    }

    /// Returns a short description of the setting and of how its value is written.
    pub(crate) fn what(&self) -> String {
        let ends = ["; ", ": ", ". ", " (", " ["].into_iter();
        let end = ends.filter_map(|end| self.help.find(end)).min();
        let what = end.and_then(|end| self.help.get(..end));
        let what = what.unwrap_or(self.help);
        match self.kind {
            SettingKind::Switch => format!("{what} (true, false)"),
            SettingKind::Count => format!("{what} (0, 1, 2)"),
            SettingKind::List => format!("{what} (several with commas)"),
            SettingKind::Words(words) => {
                let words = words();
                let words: Vec<&str> = words.iter().map(PossibleValue::get_name).collect();
                format!("{what} ({})", words.join(", "))
            }
            _ => what.to_owned(),
        }
    }

    /// Returns the help of the option.
    fn help_of_option(&self) -> String {
        let default = match self.kind {
            SettingKind::Switch | SettingKind::Count => None,
            _ => (self.default)().map(|text| format!(" [default: {text}]")),
        };
        let default = default.unwrap_or_default();
        format!("{}{default} [env: {}]", self.help, self.variables)
    }

    /// Returns the option for clap without its help, unless the setting has none.
    fn arg(&self) -> Option<Arg> {
        let long = self.flag().strip_prefix("--")?;
        let short = self
            .usage
            .strip_prefix('-')
            .and_then(|usage| usage.chars().next());
        let arg = Arg::new(self.name)
            .global(true)
            .long(long)
            .visible_aliases(
                self.long_options()
                    .skip(1)
                    .filter_map(|word| word.strip_prefix("--")),
            )
            .short(short.filter(|letter| *letter != '-'))
            .help_heading(self.group);
        let name = self.usage.rsplit(' ').next().unwrap_or_default();
        let check = self.check;
        let with_value = |arg: Arg, parser: ValueParser| arg.value_name(name).value_parser(parser);
        Some(match self.kind {
            SettingKind::Switch => arg.action(ArgAction::SetTrue),
            SettingKind::Count => arg.action(ArgAction::Count),
            // No parser: clap would show a value that it refuses.
            SettingKind::Secret => with_value(arg, ValueParser::string()),
            SettingKind::Words(words) => with_value(arg, PossibleValuesParser::new(words()).into()),
            SettingKind::Text => {
                with_value(arg, ValueParser::new(check)).allow_negative_numbers(true)
            }
            SettingKind::Path => {
                with_value(arg, ValueParser::new(check)).value_hint(ValueHint::AnyPath)
            }
            SettingKind::List => with_value(arg, ValueParser::new(check))
                .action(ArgAction::Append)
                .value_delimiter(','),
        })
    }
}

/// Returns the global options, which every command accepts before and after its name.
pub(crate) fn options() -> impl Iterator<Item = Arg> {
    let with_help = |key: &&SettingKey| Some(key.arg()?.help(key.help_of_option()));
    ALL.iter().filter_map(with_help)
}

/// Like [`options`], without the help, which takes longer to make than everything else of them.
pub(crate) fn options_without_help() -> impl Iterator<Item = Arg> {
    ALL.iter().filter_map(|key| key.arg())
}

/// Returns each environment variable, or each group of related ones, with a description.
pub(crate) fn variables() -> impl Iterator<Item = (&'static str, String)> {
    let of_settings = ALL.iter().map(|key| (key.variables, key.what()));
    let of_settings = of_settings.filter(|(variables, _)| !variables.is_empty());
    let others = OTHER_VARIABLES.iter();
    of_settings.chain(others.map(|(names, what)| (*names, (*what).to_owned())))
}

/// Returns the settings that the configuration file may hold: all but passwords and the path of the file itself.
pub(crate) fn of_file() -> impl Iterator<Item = &'static SettingKey> {
    let never = |key: &SettingKey| key.name == config.name || key.name.ends_with("password");
    ALL.iter().copied().filter(move |key| !never(key))
}

/// Returns every name that `config` shows.
pub(crate) fn names() -> Vec<String> {
    let keys = ALL.iter().map(|key| key.name.to_owned());
    keys.chain(of_tables()).collect()
}

/// Returns the names of the settings in the tables of the file, such as `ttl.details`.
pub(crate) fn of_tables() -> impl Iterator<Item = String> {
    let ttls = Resource::ALL.map(|resource| format!("ttl.{resource}"));
    let intervals = Intervals::NAMES.map(|name| format!("incremental.{name}"));
    let thresholds = Thresholds::names().map(|name| format!("thresholds.{name}"));
    ttls.into_iter().chain(intervals).chain(thresholds)
}

macro_rules! settings {
    ($($group:literal {$(
        $name:ident: $type:ty = $default:expr, $parse:expr; [$usage:literal] [$variables:literal] $help:literal;
    )*})* others {$([$others:literal] $what:literal;)*}) => {
        $($(
            #[expect(non_upper_case_globals, reason = "the name is the word in the configuration file")]
            pub(crate) static $name: SettingKey = SettingKey {
                name: stringify!($name),
                group: $group,
                usage: $usage,
                variables: $variables,
                help: $help,
                kind: <$type as SettingValue>::KIND,
                default: || {
                    let value: $type = $default;
                    value.shown()
                },
                check: |text| $parse(text).map(drop),
            };
        )*)*

        /// All settings, in the order in which they are shown.
        pub static ALL: &[&SettingKey] = &[$($(&$name),*),*];

        /// Variables that do not belong to a single setting.
        const OTHER_VARIABLES: &[(&str, &str)] = &[$(($others, $what)),*];

        /// The values in effect with their origins.
        #[derive(Debug)]
        pub(super) struct Values {
            $($(pub(super) $name: Resolved<$type>,)*)*
        }

        impl Values {
            /// Parses every setting. A setting that cannot be parsed gets its default, and its failure is returned.
            pub(super) fn read(
                text: impl Fn(&SettingKey) -> Option<Resolved<String>>,
            ) -> (Self, Vec<(&'static SettingKey, Failure)>) {
                let mut failures = Vec::new();
                let values = Self {
                    $($($name: text(&$name)
                        .and_then(|found| {
                            let read = $name.read(&found, |text| $parse(text).map(<$type>::from));
                            read.map_err(|failure| failures.push((&$name, failure))).ok()
                        })
                        .unwrap_or_else(|| Resolved::default_of($default)),)*)*
                };
                (values, failures)
            }

            /// Returns the settings as `config` shows them.
            pub(super) fn rows(&self) -> Vec<SettingRow> {
                vec![$($(SettingRow::new($name.name, &self.$name.value, &self.$name.origin)),*),*]
            }
        }
    };
}

settings! {
    "Valkey" {
        url: Option<ServerUrl> = None, ServerUrl::parse; ["--url URL"] ["ALECS_CACHE_URL, VALKEY_URL"]
            "Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; \
             also read from VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, and REDIS_URL \
             [default: redis://127.0.0.1:6379/0]";
        mode: Mode = Mode::Single, values::one_of::<Mode>; ["--mode MODE"] ["ALECS_CACHE_MODE"]
            "Topology of the servers";
        nodes: Vec<Node> = Vec::new(), values::nodes; ["--node HOST:PORT"] ["ALECS_CACHE_NODES"]
            "Node of the cluster; one is enough to find the others; repeatable";
        sentinels: Vec<Node> = Vec::new(), values::sentinels; ["--sentinel HOST:PORT"] ["ALECS_CACHE_SENTINELS"]
            "Sentinel; repeatable [default port: 26379]";
        master_name: String = "mymaster".into(), values::word; ["--master-name NAME"] ["ALECS_CACHE_MASTER_NAME"]
            "Name by which the sentinels know the primary";
        username: Option<String> = None, values::word; ["--username NAME"] ["ALECS_CACHE_USERNAME, VALKEYCLI_USER"]
            "User name for Valkey";
        password_file: Option<PathBuf> = None, values::path; ["--password-file FILE"] ["ALECS_CACHE_PASSWORD_FILE"]
            "File that holds the password, `-` for stdin. No option takes the password itself, because other users can \
             see command lines; VALKEYCLI_AUTH and REDISCLI_AUTH may hold it";
        password: Option<Secret> = None, values::secret; [""] ["VALKEYCLI_AUTH, REDISCLI_AUTH"]
            "Password for Valkey";
        sentinel_username: Option<String> = None, values::word;
            ["--sentinel-username NAME"] ["ALECS_CACHE_SENTINEL_USERNAME"]
            "User name for the sentinels, if it differs";
        sentinel_password_file: Option<PathBuf> = None, values::path;
            ["--sentinel-password-file FILE"] ["ALECS_CACHE_SENTINEL_PASSWORD_FILE"]
            "File that holds the password for the sentinels, `-` for stdin; ALECS_CACHE_SENTINEL_PASSWORD may hold it";
        sentinel_password: Option<Secret> = None, values::secret; [""] ["ALECS_CACHE_SENTINEL_PASSWORD"]
            "Password for the sentinels";
        db: u32 = 0, values::db; ["--db N"] ["ALECS_CACHE_DB"]
            "Database number; not in cluster mode";
        tls: bool = false, values::boolean; ["--tls"] ["ALECS_CACHE_TLS"]
            "Use TLS, as rediss:// and valkeys:// do";
        tls_ca: Option<PathBuf> = None, values::path; ["--tls-ca FILE"] ["ALECS_CACHE_TLS_CA"]
            "PEM file of the CA certificates to trust instead of the system's";
        tls_cert: Option<PathBuf> = None, values::path; ["--tls-cert FILE"] ["ALECS_CACHE_TLS_CERT"]
            "PEM file of the client certificate";
        tls_key: Option<PathBuf> = None, values::path; ["--tls-key FILE"] ["ALECS_CACHE_TLS_KEY"]
            "PEM file of the client key";
        tls_insecure: bool = false, values::boolean; ["--tls-insecure"] ["ALECS_CACHE_TLS_INSECURE"]
            "Do not verify the server certificate";
        tls_server_name: Option<String> = None, values::server_name;
            ["--tls-server-name NAME"] ["ALECS_CACHE_TLS_SERVER_NAME"]
            "Host name that the server certificates must name, as behind a tunnel";
        read_from: ReadFrom = ReadFrom::Primary, values::one_of::<ReadFrom>; ["--read-from WHO"] ["ALECS_CACHE_READ_FROM"]
            "Where reports read from";
        key_prefix: Scheme = Scheme::default(), values::scheme; ["--key-prefix PREFIX"] ["ALECS_CACHE_KEY_PREFIX"]
            "Prefix of all keys";
        connect_timeout: Duration = Duration::from_secs(5), values::limit;
            ["--connect-timeout TIME"] ["ALECS_CACHE_CONNECT_TIMEOUT"]
            "Connection timeout";
        timeout: Duration = Duration::from_secs(10), values::limit; ["--timeout TIME"] ["ALECS_CACHE_TIMEOUT"]
            "Command timeout";
        retries: u32 = 3, values::retries; ["--retries N"] ["ALECS_CACHE_RETRIES"]
            "Retries after a failed attempt";
        wait: Duration = Duration::ZERO, values::duration; ["--wait TIME"] ["ALECS_CACHE_WAIT"]
            "How long to wait for a lock that another process holds";
        valkey_server: Option<PathBuf> = None, values::path; [""] ["ALECS_CACHE_VALKEY_SERVER"]
            "Server program for embedded:";
    }
    "Global options" {
        customer: Vec<Customer> = vec![Customer::default()], values::customers; ["-c, --customer NAME"] ["ALECS_CUSTOMER"]
            "Customer, as named in .edgerc; repeatable or separated by commas";
        default_profile: Option<String> = None, values::word; ["--profile NAME"] ["ALECS_CACHE_PROFILE"]
            "Profile of the configuration file";
        config: Option<PathBuf> = None, values::path; ["--config FILE"] ["ALECS_CACHE_CONFIG"]
            "Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml]";
        output: Format = Format::Table, values::one_of::<Format>; ["-o, --output FORMAT"] ["ALECS_CACHE_OUTPUT"]
            "Output format";
        quiet: bool = false, values::boolean; ["-q, --quiet"] ["ALECS_CACHE_QUIET"]
            "Print only data and errors, no report of success (warm, invalidate, undo)";
        verbose: u8 = 0, values::verbosity; ["-v, --verbose"] ["ALECS_CACHE_VERBOSE"]
            "Log to stderr; -vv logs more";
        color: Color = Color::Auto, values::one_of::<Color>; ["--color WHEN"] ["ALECS_CACHE_COLOR, NO_COLOR"]
            "When to use color; never if NO_COLOR is set";
        no_progress: bool = false, values::boolean; ["--no-progress"] ["ALECS_CACHE_NO_PROGRESS"]
            "Hide progress bars and progress lines";
        no_input: bool = false, values::boolean; ["--no-input"] ["ALECS_CACHE_NO_INPUT"]
            "Never prompt; fail if an answer is needed";
        protected: bool = false, values::boolean; [""] [""]
            "`invalidate` asks to type the customer's name";
        stale_for: Duration = Duration::ZERO, values::duration; [""] ["ALECS_CACHE_STALE_FOR"]
            "How long a value may be served past its TTL";
        cost_per_call: f64 = 0.001, values::amount; [""] ["ALECS_CACHE_COST_PER_CALL"]
            "Price of an API call, in dollars";
    }
    "Akamai" {
        edgerc: Option<PathBuf> = None, values::path; ["--edgerc FILE"] ["AKAMAI_EDGERC, EDGERC_PATH"]
            "File of the API credentials [default: ~/.edgerc]";
        section: Option<String> = None, values::word; ["--section NAME"] ["AKAMAI_EDGERC_SECTION"]
            "Section of that file [default: the customer's name]";
        account_key: Option<Secret> = None, values::secret; ["--account-key, --accountkey KEY"] ["AKAMAI_EDGERC_ACCOUNT_KEY"]
            "Account switch key; overrides that of the section";
        akamai_host: Option<ApiAddress> = None, values::api_address; ["--akamai-host ADDRESS"] ["ALECS_CACHE_AKAMAI_HOST"]
            "Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT";
        akamai_timeout: Duration = Duration::from_secs(20), values::limit;
            ["--akamai-timeout TIME"] ["ALECS_CACHE_AKAMAI_TIMEOUT"]
            "Timeout of one attempt at an API call";
    }
    others {
        ["VALKEY_HOST, VALKEY_PORT, VALKEY_PASSWORD"] "Address of Valkey, as the ALECS server reads it";
        ["CACHE_HOST, CACHE_PORT, CACHE_PASSWORD"] "The same for later ALECS servers; VALKEY_* wins";
        ["REDIS_URL"] "Address of Valkey, if nothing else names it, not even the configuration file";
        ["VALKEYCLI_HOST, VALKEYCLI_PORT"] "Address of Valkey, as valkey-cli reads it; CACHE_* wins";
        ["AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_CLIENT_SECRET, AKAMAI_ACCESS_TOKEN, AKAMAI_MAX_BODY, AKAMAI_ACCOUNT_KEY"]
            "API credentials without a file; AKAMAI_SECTION_HOST and so on for a section";
        ["TERM"] "No color if it is dumb or not set";
        ["PAGER, CI"] "Pager for lists longer than the screen [default: less]; none if it is cat or empty, or if CI is set";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_flag_or_variable_stands_for_two_settings() {
        let words = |key: &'static SettingKey| key.variables().chain([key.name, key.flag()]);
        let words = ALL.iter().flat_map(|key| words(key));
        let mut known = std::collections::HashSet::new();
        for word in words.filter(|word| !word.is_empty()) {
            assert!(known.insert(word), "{word}");
        }
    }
}
