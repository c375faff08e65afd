//! Commands of Valkey that the tool needs for each role, and the ACL lines that permit them.

use crate::domain::keyword::keywords;

/// Role of a Valkey user of this tool; each role includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UserRole {
    Read,
    Warm,
    All,
}

keywords! { UserRole:
    Read = "read" "inspect, get, search, hit-rate, stats, log, warm --check";
    Warm = "warm" "Also warm";
    All = "all" "Also invalidate, undo, locks clear";
}

impl Probe {
    /// Returns the key in its form, if there is one: `KEY` or `STATS`.
    pub(crate) fn key(&self) -> Option<&'static str> {
        let mut words = self.form.split(' ');
        words.find(|word| matches!(*word, "KEY" | "STATS"))
    }
}

impl UserRole {
    /// Returns the name of the check in `doctor`.
    pub(crate) const fn check(self) -> &'static str {
        match self {
            Self::Read => "permission to read",
            Self::Warm => "permission to warm",
            Self::All => "permission to invalidate",
        }
    }
}

/// A required command, in a form that changes nothing: it names a key that does not exist. `KEY` is
/// replaced with such a key of the customer, `STATS` with one of the counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    /// The command as the ACL names it.
    pub command: &'static str,
    /// The command line to send, words separated by blanks.
    pub form: &'static str,
    /// The weakest role that needs it.
    pub need: UserRole,
    /// True if the form may run outside of a transaction that is discarded.
    pub harmless: bool,
    /// True if only a detail is missing without it.
    pub optional: bool,
}

const fn probe(need: UserRole, command: &'static str, form: &'static str) -> Probe {
    Probe {
        command,
        form,
        need,
        harmless: true,
        optional: false,
    }
}

const fn queued(need: UserRole, command: &'static str, form: &'static str) -> Probe {
    Probe {
        harmless: false,
        ..probe(need, command, form)
    }
}

const fn optional(command: &'static str, form: &'static str) -> Probe {
    Probe {
        optional: true,
        ..probe(UserRole::Read, command, form)
    }
}

/// All required commands.
pub(crate) const PROBES: &[Probe] = &[
    probe(UserRole::Read, "ping", "PING"),
    probe(UserRole::Read, "info", "INFO server"),
    probe(UserRole::Read, "get", "GET KEY"),
    probe(UserRole::Read, "getrange", "GETRANGE KEY 0 0"),
    probe(UserRole::Read, "exists", "EXISTS KEY"),
    probe(UserRole::Read, "type", "TYPE KEY"),
    probe(UserRole::Read, "pttl", "PTTL KEY"),
    probe(UserRole::Read, "pexpiretime", "PEXPIRETIME KEY"),
    probe(UserRole::Read, "hmget", "HMGET STATS f"),
    probe(UserRole::Read, "hlen", "HLEN STATS"),
    probe(UserRole::Read, "hkeys", "HKEYS KEY"),
    probe(UserRole::Read, "hgetall", "HGETALL KEY"),
    probe(UserRole::Read, "hscan", "HSCAN KEY 0"),
    probe(UserRole::Read, "llen", "LLEN KEY"),
    probe(UserRole::Read, "lrange", "LRANGE KEY 0 0"),
    probe(UserRole::Read, "zscore", "ZSCORE KEY m"),
    probe(UserRole::Read, "zrangebyscore", "ZRANGEBYSCORE KEY 0 0"),
    probe(UserRole::Read, "xrevrange", "XREVRANGE KEY + - COUNT 1"),
    probe(UserRole::Read, "scan", "SCAN 0 COUNT 1"),
    probe(UserRole::Read, "dbsize", "DBSIZE"),
    probe(UserRole::Read, "time", "TIME"),
    probe(UserRole::Read, "memory|usage", "MEMORY USAGE KEY"),
    probe(UserRole::Read, "object|encoding", "OBJECT ENCODING KEY"),
    probe(UserRole::Read, "role", "ROLE"),
    optional("client|setname", "CLIENT SETNAME doctor"),
    optional("client|no-touch", "CLIENT NO-TOUCH ON"),
    optional("object|idletime", "OBJECT IDLETIME KEY"),
    optional("command|info", "COMMAND INFO get"),
    probe(UserRole::Warm, "set", "SET KEY v XX"),
    probe(UserRole::Warm, "del", "DEL KEY"),
    probe(UserRole::Warm, "unlink", "UNLINK KEY"),
    probe(UserRole::Warm, "pexpire", "PEXPIRE KEY 1000"),
    queued(UserRole::Warm, "hset", "HSET KEY f v"),
    probe(UserRole::Warm, "hdel", "HDEL KEY f"),
    queued(UserRole::Warm, "hsetnx", "HSETNX KEY f v"),
    queued(UserRole::Warm, "hincrby", "HINCRBY STATS f 1"),
    queued(UserRole::Warm, "incrby", "INCRBY KEY 1"),
    queued(UserRole::Warm, "rpush", "RPUSH KEY v"),
    probe(UserRole::Warm, "zadd", "ZADD KEY XX 1 m"),
    probe(UserRole::Warm, "zrem", "ZREM KEY m"),
    probe(
        UserRole::Warm,
        "zremrangebyscore",
        "ZREMRANGEBYSCORE KEY 0 0",
    ),
    probe(UserRole::Warm, "zremrangebyrank", "ZREMRANGEBYRANK KEY 0 0"),
    probe(UserRole::Warm, "eval", "EVAL return(1) 0"),
    probe(UserRole::All, "dump", "DUMP KEY"),
    queued(UserRole::All, "restore", "RESTORE KEY 0 x"),
    probe(UserRole::All, "pexpireat", "PEXPIREAT KEY 1"),
    queued(UserRole::All, "xadd", "XADD KEY NOMKSTREAM * f v"),
    queued(UserRole::All, "wait", "WAIT 0 1"),
];

/// Commands of a transaction, tested with an empty one.
pub(crate) const TRANSACTION: [Probe; 3] = [
    probe(UserRole::Warm, "watch", "WATCH KEY"),
    probe(UserRole::Warm, "multi", "MULTI"),
    probe(UserRole::Warm, "exec", "EXEC"),
];

/// Commands that a server or a service may lack, and the consequence.
pub(crate) const COSTS: [(&str, &str); 15] = [
    ("time", "nothing can be marked as invalidated"),
    ("pexpiretime", "deadlines are read with TIME and PTTL"),
    ("unlink", "keys cannot be removed"),
    ("dump", "no undo"),
    ("restore", "no undo"),
    (
        "eval",
        "locks are released in two steps; `warm ID`, --refill and undo of host names need it",
    ),
    (
        "watch",
        "a process that is killed in the middle of a write may leave what was invalidated in that moment",
    ),
    ("multi", "collections are written by a script"),
    ("scan", "patterns, stats and customers do not work"),
    ("memory", "sizes are unknown"),
    ("object", "encodings are unknown"),
    ("wait", "replicas_acked is unknown"),
    ("xadd", "no audit log"),
    ("role", "a failover is noticed late"),
    (
        "info",
        "version, memory and hit rate of the server are unknown",
    ),
];

/// Returns the ACL line that adds permissions to those that a user has. `patterns` are the keys to add, for reading
/// only if that is all that `need` needs and the server `tells_reads` from writes.
pub(crate) fn acl_line(
    user: &str,
    need: UserRole,
    patterns: &[String],
    commands: &[&str],
    tells_reads: bool,
) -> String {
    let access = if need == UserRole::Read && tells_reads {
        "%R~"
    } else {
        "~"
    };
    let keys = patterns.iter().map(|pattern| format!("{access}{pattern}"));
    let commands = commands.iter().map(|command| format!("+{command}"));
    let added: Vec<String> = keys.chain(commands).collect();
    format!("ACL SETUSER {user} {}", added.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_adds_what_is_missing_and_takes_nothing() {
        let patterns = ["akamai:acme:*".to_owned()];
        let line = |need, tells_reads| acl_line("u", need, &patterns, &["type"], tells_reads);
        assert_eq!(
            line(UserRole::Read, true),
            "ACL SETUSER u %R~akamai:acme:* +type"
        );
        let both = "ACL SETUSER u ~akamai:acme:* +type";
        assert_eq!(line(UserRole::Read, false), both);
        assert_eq!(line(UserRole::Warm, true), both);
        assert_eq!(
            acl_line("u", UserRole::Read, &[], &["type"], true),
            "ACL SETUSER u +type"
        );
    }

    #[test]
    fn every_form_starts_with_the_command_that_it_tests() {
        for probe in PROBES {
            let words = probe.form.to_ascii_lowercase();
            assert!(
                words.starts_with(&probe.command.replace('|', " ")),
                "{}",
                probe.form
            );
        }
    }
}
