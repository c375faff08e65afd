//! Exit code and hint of each error.

use super::{Exit, Failure};
use crate::cache;
use crate::domain::key::KeyError;
use crate::output;
use crate::source;
use crate::store;
use std::io::ErrorKind;

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<output::WriteError> for Failure {
    fn from(error: output::WriteError) -> Self {
        Self::new(Exit::Unexpected, error.to_string())
    }
}

impl From<output::file::FileError> for Failure {
    fn from(error: output::file::FileError) -> Self {
        Self::new(Exit::Unexpected, error.to_string())
            .hint("check that its folder exists and that this user may read and write in it")
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        let (exit, hint) = match &error {
            E::Connect { endpoint, .. } => (Exit::Network, of_address(endpoint)),
            E::Lost { .. } => (
                Exit::Network,
                "what was done before is kept; run the command again when the server is back",
            ),
            E::Tls { reason, .. } => (Exit::Network, of_tls(reason)),
            E::Timeout { .. } => (
                Exit::Timeout,
                "check what keeps the server busy, or raise --timeout and --connect-timeout",
            ),
            E::Auth { .. } => (
                Exit::Denied,
                "give the user with --username and the password with --password-file or VALKEYCLI_AUTH",
            ),
            E::SentinelAuth { .. } => (
                Exit::Denied,
                "give the sentinels' own user with --sentinel-username and their password with --sentinel-password-file or ALECS_CACHE_SENTINEL_PASSWORD",
            ),
            E::Denied {
                command, reason, ..
            } => {
                let hint = of_permission(command, reason);
                return with(Exit::Denied, &error, Some(&hint));
            }
            E::ReadOnly { .. } => (
                Exit::Denied,
                "name the primary in --url, or let --mode sentinel find it",
            ),
            E::OutOfMemory { .. } => (
                Exit::Unexpected,
                "raise `maxmemory` of the server or choose an eviction policy",
            ),
            E::TooLarge { .. } => (Exit::Usage, "pass --no-undo to remove it without saving it"),
            E::WrongType { .. } => (
                Exit::Unexpected,
                "look at it with `alecs-cache inspect KEY`; another program may use the same prefix",
            ),
            E::Busy { .. } => (
                Exit::Busy,
                "run this later, or pass --wait 60s to wait for the other command",
            ),
            E::NoScan(_) => (
                Exit::Config,
                "name whole keys, ids or host names, or connect to the servers themselves",
            ),
            E::Settings(reason) => return with(Exit::Config, &error, of_settings(reason)),
            E::Embedded(_) => return with(Exit::Config, &error, None),
            E::NoReplica { .. } => (
                Exit::Config,
                "pass --read-from prefer-replica to read from the primary if it has no replica",
            ),
            E::EmbeddedSilent(_) => (
                Exit::Timeout,
                "see what keeps the server from answering; what was written is in its append-only file",
            ),
            E::NotReady { .. } => (
                Exit::Network,
                "wait until it has loaded its data, or the cluster has all its slots again, and run the command again",
            ),
            E::Moved { .. } => (
                Exit::Partial,
                "run it again when no failover or resharding is under way",
            ),
            E::Refused { .. } => (Exit::Unexpected, of_refusal(&error)),
        };
        with(exit, &error, Some(hint))
    }
}

impl From<cache::Error> for Failure {
    fn from(error: cache::Error) -> Self {
        match error {
            cache::Error::Store(error) => error.into(),
            cache::Error::Source(error) => error.into(),
            cache::Error::Neither { ref cache, .. } => {
                let message = error.to_string();
                Self {
                    message,
                    ..Self::from(store::Error::clone(cache))
                }
            }
            cache::Error::Unlisted(_) => Self::new(Exit::Partial, error.to_string())
                .hint("ask for fewer ids at a time, or give the API client read access to all groups"),
            cache::Error::Busy {
                stale,
                ref customer,
                ..
            } => Self::new(Exit::Busy, error.to_string()).hint(if stale {
                format!("stale: `alecs-cache locks clear --stale -c {customer}`")
            } else {
                "pass --wait 60s to wait for it, or run this later".to_owned()
            }),
            cache::Error::MoreKeys { .. } => Self::new(Exit::Partial, error.to_string())
                .hint("run it again with the number that --dry-run shows"),
            cache::Error::OtherAccount { .. } => Self::usage(error.to_string()).hint(
                "check --section and --account-key; `alecs-cache warm --force` replaces what is cached",
            ),
            cache::Error::Disk {
                ref what,
                ref source,
            } => Self::new(Exit::Unexpected, error.to_string()).hint(of_disk(what, source.kind())),
            cache::Error::Spool { .. } => Self::new(Exit::Unexpected, error.to_string())
                .hint("free disk space for temporary files, or name another folder for them in TMPDIR"),
            cache::Error::NotPrivate { .. } => Self::new(Exit::Usage, error.to_string())
                .hint("take it over with chown and `chmod go-w`, or remove it"),
            cache::Error::UndoFile { .. } => Self::new(Exit::Partial, error.to_string()).hint(
                "`alecs-cache undo --list` shows the others; `alecs-cache warm` fetches what is missing",
            ),
            cache::Error::TopologyChanged(ref coverage) => {
                Self::topology_changed(coverage, "some values may not be cached")
            }
            cache::Error::LockLost { .. } => Self::new(Exit::Busy, error.to_string())
                .hint("nothing was written after that; run it again (after the other run, if one holds the lock); if the server evicts keys, raise `maxmemory`"),
        }
    }
}

impl From<source::Error> for Failure {
    fn from(error: source::Error) -> Self {
        use source::Error as E;
        let (exit, hint) = match &error {
            E::Credentials(reason) if reason.starts_with("no credentials") => (
                Exit::Config,
                "create it, name another with --edgerc, or set that variable and the others (`alecs-cache help environment`); the section is the customer's name",
            ),
            E::Credentials(reason) if reason.ends_with(" is set)") => (
                Exit::Config,
                "set all variables of the section (is the secret available to this CI job?), or name a file with --edgerc",
            ),
            E::Credentials(reason) if reason.starts_with("no section") => (
                Exit::Config,
                "add the section, or name another with --section or another file with --edgerc",
            ),
            E::Credentials(_) => (
                Exit::Config,
                "check that section and file: --section and --edgerc name others",
            ),
            E::Network { .. } => (Exit::Network, UNREACHABLE),
            E::Timeout { .. } => (Exit::Timeout, SLOW),
            E::Unauthorized { .. } => (
                Exit::Denied,
                "check the section of .edgerc: the host of another section, a blank at the end of the secret, or a token that is inactive or expired",
            ),
            E::Forbidden { .. } => (Exit::Denied, FORBIDDEN),
            E::ClockSkew { .. } => (
                Exit::Denied,
                "set the clock of this machine (NTP); signatures are valid for 30 seconds",
            ),
            E::NotFound { .. } => return with(Exit::NotFound, &error, None),
            E::RateLimited { .. } => (
                Exit::Limited,
                "wait until then, or ask for less at a time with --rate and --concurrency",
            ),
            E::ResourceLimit { .. } => (Exit::Limited, RESOURCE_LIMIT),
            E::BurstBlocked { .. } => (
                Exit::Limited,
                "wait at least a minute before the next call, then use --rate",
            ),
            E::Budget { .. } => (
                Exit::Limited,
                "raise --budget, or run again later: fresh keys are not fetched again",
            ),
            E::NextRun => (
                Exit::Limited,
                "with --all a large account takes hours at first: a longer --every, or --skip, takes fewer runs",
            ),
            E::BreakerOpen { last, .. } => (
                // The last error says more than the number of failures.
                match Self::from((**last).clone()).exit {
                    cause @ (Exit::Network | Exit::Timeout | Exit::Limited | Exit::Denied) => cause,
                    _ => Exit::Partial,
                },
                "check the last error, and run it again when the API has recovered",
            ),
            E::Malformed { .. } => (Exit::Partial, MALFORMED),
            E::Status { .. } => (Exit::Unexpected, STATUS),
            E::Recording(_) => (
                Exit::Config,
                "name a file that `warm --record` wrote, and with -c a customer that is in it",
            ),
            E::NotRecorded { .. } => (Exit::Config, NOT_RECORDED),
            E::Unrecorded(reason) if is_full(reason) => (
                Exit::Unexpected,
                "free disk space, or record to another file",
            ),
            E::Unrecorded(_) => (
                Exit::Unexpected,
                "check that its folder exists and that this user may write in it",
            ),
            E::Stopped { .. } => return with(Exit::Interrupted, &error, None),
        };
        with(exit, &error, Some(hint))
    }
}

const UNREACHABLE: &str = "check the host in .edgerc, the network and the proxy";
const SLOW: &str = "raise --akamai-timeout, the limit of each attempt";
const FORBIDDEN: &str = "give the API client read access to Property Manager for this group, or pass the right --account-key";
const RESOURCE_LIMIT: &str = "the message names the limit; Akamai raises some of them on request";
const MALFORMED: &str =
    "run it again; if that does not help, look for a proxy between this machine and the API";
const NOT_RECORDED: &str =
    "pass the options of the run that it records, or record these with `warm --force --record`";

const STATUS: &str = "run it again later; if that does not help, check the host in .edgerc and the proxy; -vv logs each call";

/// Returns the hint for a failure that did not stop a run, by its code: the one that it has where it ends a command.
pub(crate) fn of_part(code: &str) -> Option<&'static str> {
    Some(match code {
        "network" => UNREACHABLE,
        "timeout" => SLOW,
        "denied" => FORBIDDEN,
        "rate_limited" => RESOURCE_LIMIT,
        "malformed" => MALFORMED,
        "status" => STATUS,
        "recording" => NOT_RECORDED,
        "store" => {
            "see what the message says of the server; `alecs-cache doctor` names what it lacks or refuses"
        }
        _ => return None,
    })
}

/// Hint for a command that the user's ACL denies. The server names the command with its subcommand, unless the denial
/// is about keys.
fn of_permission(command: &str, reason: &str) -> String {
    if reason.contains(" access ") {
        return "run `alecs-cache doctor --need read` (or warm, all), which prints the line that permits the keys"
            .to_owned();
    }
    // Redis does not name the command that a script may not run.
    if reason.contains("executing the script") {
        return "run `alecs-cache doctor --need read` (or warm, all), which lists all that is missing"
            .to_owned();
    }
    // The first quotation mark may be part of the user's name.
    let named = reason.rsplit('\'').nth(1).unwrap_or(command);
    let named = named.to_ascii_lowercase().replace(' ', "|");
    let user = reason.strip_prefix("NOPERM User ");
    let user = user.and_then(|rest| Some(rest.split_once(" has no permissions")?.0));
    let user = user.unwrap_or("USER");
    format!(
        "permit it with `ACL SETUSER {user} +{named}`; `alecs-cache doctor --need read` (or warm, all) lists all that is missing"
    )
}

/// Hint for an address that nothing answers at, by the form of [`store::Options::endpoint`]. A node that the servers
/// named has none of these forms.
fn of_address(endpoint: &str) -> &'static str {
    if endpoint.starts_with("cluster://") {
        "check that a node of the cluster runs there and that --node is right (--tls for TLS); `alecs-cache config` shows where the address came from"
    } else if endpoint.starts_with("sentinel://") {
        "check that a sentinel runs there and that --sentinel is right (--tls for TLS); `alecs-cache config` shows where the address came from"
    } else if endpoint.contains("://") {
        "check that a server runs there and that --url is right (rediss:// for TLS); `alecs-cache config` shows where the address came from"
    } else {
        "check that it runs and that this machine reaches it: the other servers name this address"
    }
}

/// Hint for settings that do not fit the server, by the message.
fn of_settings(reason: &str) -> Option<&'static str> {
    if reason.ends_with(store::NO_SENTINEL) {
        Some(
            "name a sentinel, which listens on port 26379 by default, or use --mode single with --url",
        )
    } else if reason.ends_with(store::NO_CLUSTER_NODE) {
        Some("use --mode single with --url, or name a node of the cluster")
    } else if reason.contains(store::NO_DATABASE) {
        Some(
            "pass a lower --db: a server has 16 databases by default (its setting `databases`), a cluster has one",
        )
    } else if reason.starts_with(store::NO_PRIMARY) {
        Some("pass the name that the sentinels know with --master-name, or name other sentinels")
    } else {
        None
    }
}

/// Hint for a file of this program that cannot be read or written.
fn of_disk(what: &str, kind: ErrorKind) -> &'static str {
    let reading = what.starts_with("reading");
    match kind {
        ErrorKind::PermissionDenied if reading => {
            "set XDG_STATE_HOME to a folder that this user may read"
        }
        _ if reading => "set XDG_STATE_HOME to the folder that holds the undo files",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free disk space, or pass --no-undo"
        }
        _ => "set XDG_STATE_HOME to a folder that this user may write to, or pass --no-undo",
    }
}

/// True if a message about a file ends with the reason that its disk or quota is full.
fn is_full(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["no space left", "quota", "file too large"]
        .iter()
        .any(|full| reason.contains(full))
}

/// Hint for a failure of TLS, by its message.
fn of_tls(reason: &str) -> &'static str {
    if reason.contains("without TLS") || reason.contains("corrupt message") {
        "leave --tls out, or write the URL with redis:// or valkey://"
    } else if reason.contains("CertificateExpired") {
        "the certificate that --tls-cert names has expired: renew it"
    } else if reason.contains("certificate expired") || reason.contains("Expired") {
        "the server's certificate has expired: renew it, or set the clock of this machine if it is wrong"
    } else if reason.contains("CertificateRequired") {
        "the server asks for a certificate of the client: name it with --tls-cert and --tls-key"
    } else if reason.starts_with("received fatal alert") {
        "the server rejected this client: check --tls-cert and --tls-key"
    } else {
        "name the CA with --tls-ca, and the host as its certificate does, or pass that name with --tls-server-name"
    }
}

fn with(exit: Exit, error: &dyn std::error::Error, hint: Option<&str>) -> Failure {
    let mut source = error.source();
    while let Some(cause) = source {
        log::debug!("caused by: {cause}");
        source = cause.source();
    }
    let hint = hint.map(ToOwned::to_owned);
    Failure {
        hint,
        ..Failure::new(exit, error.to_string())
    }
}

#[cfg(test)]
mod tests;

/// Hint for an error reply that has no kind of its own.
fn of_refusal(error: &store::Error) -> &'static str {
    let store::Error::Refused { reason, .. } = error else {
        return REFUSED;
    };
    if error.cannot_save() {
        "free the server's disk and see its log: it takes no writes until it can save its data again"
    } else if reason.starts_with("NOREPLICAS") {
        "bring its replicas back, or lower `min-replicas-to-write` of the server"
    } else if reason.starts_with("CROSSSLOT") {
        "it is a cluster, or a proxy before one: use --mode cluster with --node"
    } else if error.is_unknown_syntax() {
        "connect to a server that takes the command: a service or proxy in between lacks it or forbids it"
    } else {
        REFUSED
    }
}

/// Hint for an error reply that this program does not know.
const REFUSED: &str = "the message is the server's own: see its log, or the limits of the service or proxy in between";
