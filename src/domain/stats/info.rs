//! Parser of the server's INFO reply.

use std::collections::BTreeMap;

/// Fields of an INFO reply.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Info(BTreeMap<String, String>);

/// A replica as its primary reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaLine {
    /// Host as the replica announced it.
    pub host: String,
    pub port: u16,
    /// Bytes of the primary's replication stream that it has read.
    pub offset: u64,
    /// True if it has caught up and follows the stream.
    pub online: bool,
    /// Seconds since its last acknowledgement; 0 if the server does not report it.
    pub silent: u64,
}

/// Calls of one command and their time inside the server.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandLine {
    /// The command in lower case, subcommands as `config|get`.
    pub name: String,
    /// Number of calls.
    pub calls: u64,
    /// Mean time in microseconds.
    pub mean_us: f64,
    /// Calls that failed or were rejected.
    pub failed: u64,
}

impl Info {
    /// Parses the text of INFO; lines of another shape and unknown values are skipped.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(|line| line.trim_end_matches('\r'));
        let pairs = lines.filter(|line| !line.starts_with('#'));
        Self(
            pairs
                .filter_map(|line| line.split_once(':'))
                // Dragonfly answers so what it does not know.
                .filter(|(_, value)| *value != "-1")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// Returns a value as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns true for a sentinel, which holds no keys.
    pub fn is_sentinel(&self) -> bool {
        let mode = self.text("server_mode").or(self.text("redis_mode"));
        mode == Some("sentinel")
    }

    /// Returns a value as a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Returns a value as a decimal number.
    pub fn decimal(&self, name: &str) -> Option<f64> {
        finite(self.text(name)?)
    }

    /// Returns the server's own version. Valkey also reports the version of Redis that it is compatible with.
    pub fn version(&self) -> Option<&str> {
        let redis = || self.text("redis_version");
        self.text("valkey_version").or_else(redis)
    }

    /// Returns the program: `valkey` or `redis`.
    pub fn program(&self) -> Option<&'static str> {
        if self.text("valkey_version").is_some() {
            Some("valkey")
        } else {
            self.text("redis_version").map(|_| "redis")
        }
    }

    /// Returns `primary` or `replica`.
    pub fn role(&self) -> Option<&'static str> {
        match self.text("role")? {
            "master" => Some("primary"),
            "slave" => Some("replica"),
            _ => None,
        }
    }

    /// Returns the number of keys in a database. INFO has no line for an empty one.
    pub fn keys(&self, db: u32) -> Option<u64> {
        // Without the Replication section the reply is incomplete.
        self.text("role")?;
        match self.text(&format!("db{db}")) {
            Some(line) => field(line, "keys")?.parse().ok(),
            None => Some(0),
        }
    }

    /// Returns the replicas of this primary.
    pub fn replicas(&self) -> Vec<ReplicaLine> {
        let lines = (0..).map_while(|at| self.text(&format!("slave{at}")));
        let replicas = lines.filter_map(|line| {
            Some(ReplicaLine {
                host: field(line, "ip")?.to_owned(),
                port: field(line, "port")?.parse().ok()?,
                offset: field(line, "offset")?.parse().ok()?,
                online: field(line, "state") == Some("online"),
                silent: field(line, "lag")
                    .and_then(|lag| lag.parse().ok())
                    .unwrap_or(0),
            })
        });
        replicas.collect()
    }

    /// Returns the error replies by their first word.
    pub fn errors(&self) -> Vec<(String, u64)> {
        self.with_prefix("errorstat_")
            .filter_map(|(name, line)| Some((name.to_owned(), field(line, "count")?.parse().ok()?)))
            .collect()
    }

    /// Returns the commands with their calls.
    pub fn commands(&self) -> Vec<CommandLine> {
        let number = |line: &str, name: &str| field(line, name).and_then(|n| n.parse::<u64>().ok());
        self.with_prefix("cmdstat_")
            .filter_map(|(name, line)| {
                Some(CommandLine {
                    name: name.to_owned(),
                    calls: number(line, "calls")?,
                    mean_us: finite(field(line, "usec_per_call")?)?,
                    failed: number(line, "rejected_calls").unwrap_or(0)
                        + number(line, "failed_calls").unwrap_or(0),
                })
            })
            .collect()
    }

    /// Returns the percentiles of the time inside the server by command: percentile and microseconds.
    pub fn percentiles(&self) -> BTreeMap<&str, Vec<(f64, f64)>> {
        self.with_prefix("latency_percentiles_usec_")
            .map(|(name, line)| {
                let parts = line.split(',').filter_map(|part| {
                    let (percentile, us) = part.strip_prefix('p')?.split_once('=')?;
                    Some((finite(percentile)?, finite(us)?))
                });
                (name, parts.collect())
            })
            .collect()
    }

    fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .range(prefix.to_owned()..)
            .map_while(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// Parses a finite number: no `nan`, no `inf`, and no `-1`, by which some servers say that they do not know.
fn finite(text: &str) -> Option<f64> {
    let known = |number: &f64| number.is_finite() && *number >= 0.0;
    text.parse().ok().filter(known)
}

/// Returns the value of `name` in `a=1,b=2`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(',')
        .filter_map(|part| part.split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\n\r\n# Replication\r\nrole:master\r\n\
        connected_slaves:2\r\nslave0:ip=10.0.0.2,port=6380,state=online,offset=120,lag=0\r\n\
        slave1:ip=fe80::1,port=6381,state=online,offset=90,lag=1\r\nmaster_repl_offset:150\r\n\
        # Errorstats\r\nerrorstat_ERR:count=3\r\nerrorstat_NOAUTH:count=1\r\n\
        cmdstat_get:calls=10,usec=25,usec_per_call=2.50,rejected_calls=1,failed_calls=2\r\n\
        cmdstat_config|get:calls=1,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0\r\n\
        latency_percentiles_usec_get:p50=1.003,p99=8.031,p99.9=8.031\r\n\
        db0:keys=12,expires=3,avg_ttl=0\r\nmem_fragmentation_ratio:1.25\r\nnonsense\r\n";

    #[test]
    fn numbers_versions_and_roles_are_read() {
        let info = Info::parse(TEXT);
        assert_eq!(
            (info.program(), info.version()),
            (Some("valkey"), Some("9.1.2"))
        );
        assert_eq!(info.role(), Some("primary"));
        assert_eq!(info.number("master_repl_offset"), Some(150));
        assert_eq!(info.decimal("mem_fragmentation_ratio"), Some(1.25));
        assert_eq!(info.keys(0), Some(12));
        assert_eq!(info.keys(3), Some(0));
        assert_eq!(Info::default().keys(0), None);
        let redis = Info::parse("redis_version:7.0.15\nrole:slave\n");
        assert_eq!(
            (redis.program(), redis.version()),
            (Some("redis"), Some("7.0.15"))
        );
        assert_eq!(redis.role(), Some("replica"));
        // Dragonfly.
        let unknown = Info::parse("redis_version:-1\nmaxmemory_policy:-1\nrole:master\n");
        assert_eq!((unknown.program(), unknown.version()), (None, None));
        assert_eq!(unknown.text("maxmemory_policy"), None);
    }

    #[test]
    fn replicas_errors_commands_and_percentiles_are_read() {
        let info = Info::parse(TEXT);
        let replicas = info.replicas();
        assert_eq!(replicas.len(), 2);
        assert_eq!(
            (replicas[1].host.as_str(), replicas[1].offset),
            ("fe80::1", 90)
        );
        assert_eq!(info.errors(), [("ERR".into(), 3), ("NOAUTH".into(), 1)]);
        let commands = info.commands();
        assert_eq!(commands[0].name, "config|get");
        assert_eq!((commands[1].calls, commands[1].failed), (10, 3));
        assert_eq!(
            info.percentiles()["get"],
            [(50.0, 1.003), (99.0, 8.031), (99.9, 8.031)]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_no_number_is_none(
            at in any::<prop::sample::Index>(),
            odd in "\\PC{0,8}|[,=:|\r\n#0-9.e-]{0,12}|nan|inf",
            cut in any::<prop::sample::Index>(),
            length in 0..40usize,
            other in any::<bool>(),
        ) {
            let (at, cut) = (at.index(TEXT.len()), cut.index(TEXT.len()));
            let rest = &TEXT[(at + length).min(TEXT.len())..];
            let text = if other { odd } else { format!("{}{odd}{}", &TEXT[..at], &rest[..cut.min(rest.len())]) };
            let info = Info::parse(&text);
            let _ = (info.program(), info.version(), info.role(), info.keys(0), info.replicas(), info.errors());
            let means = info.commands().into_iter().map(|command| command.mean_us);
            let times = info.percentiles().into_values().flatten().map(|(_, time)| time);
            prop_assert!(means.chain(times).all(f64::is_finite));
            let fragmentation = info.decimal("mem_fragmentation_ratio");
            prop_assert!(fragmentation.is_none_or(f64::is_finite));
        }
    }
}
