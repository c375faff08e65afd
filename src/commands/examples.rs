//! Examples of every command, for the help and the manual pages.

pub struct Example {
    /// Arguments, without the program's name.
    pub line: &'static str,
    /// Purpose, in a few words.
    pub what: &'static str,
}

const fn example(line: &'static str, what: &'static str) -> Example {
    Example { line, what }
}

pub(crate) fn of(command: &str) -> &'static [Example] {
    let found = ALL.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| examples)
}

/// Every command with its examples. Each fits on one line of 80 columns.
pub const ALL: &[(&str, &[Example])] = &[
    (
        "warm",
        &[
            example("warm -c acme --dry-run", "what a run would cost"),
            example("warm prp_123 -c acme", "one property, after an activation"),
            example(
                "warm prp_123 -c acme --check",
                "is it cached as Akamai has it?",
            ),
            example("warm -c acme --every 3m -q", "from cron"),
        ],
    ),
    (
        "invalidate",
        &[
            example(
                "invalidate prp_123 -c acme --cascade -n",
                "list what would go",
            ),
            example(
                "invalidate prp_123 -c acme --cascade --refill",
                "and fetch again",
            ),
            example(
                "invalidate --pattern 'search:*' -c acme -y",
                "remove all searches",
            ),
        ],
    ),
    (
        "undo",
        &[
            example("undo", "restore what the last saved invalidation removed"),
            example("undo --list", "list what can be undone"),
        ],
    ),
    (
        "log",
        &[
            example("log -c acme", "the newest entries of one customer"),
            example("log --limit 100 -o json", "more of them, for scripts"),
        ],
    ),
    (
        "inspect",
        &[
            example("inspect prp_123 -c acme", "a property: value, TTL, hits"),
            example("inspect 'property:*' -c acme", "all keys that match"),
            example("inspect www.example.com -c acme", "a host name"),
        ],
    ),
    (
        "get",
        &[
            example("get property prp_123 -c acme", "one property"),
            example("get hostnames prp_123 -c acme -o json", "for scripts"),
            example("get properties -c acme", "the list of all properties"),
        ],
    ),
    (
        "search",
        &[
            example("search www.example.com -c acme", "who serves a host name"),
            example("search shop -c acme -o json", "names that contain `shop`"),
        ],
    ),
    (
        "hit-rate",
        &[
            example("hit-rate -c acme", "the last seven days, by day"),
            example("hit-rate --by key --top 20", "the most missed keys"),
            example("hit-rate --fail-under 85", "exit 6 below 85%, for CI"),
        ],
    ),
    (
        "stats",
        &[
            example("stats", "servers, customers and targets"),
            example("stats --watch 2s", "a live view"),
            example("stats --advise", "what to improve"),
            example("stats --assert 'hit_rate>=85'", "for monitoring"),
        ],
    ),
    (
        "locks",
        &[
            example("locks", "who is warming, and since when"),
            example("locks clear --stale -n", "list the locks that are stale"),
        ],
    ),
    (
        "locks clear",
        &[
            example("locks clear --stale", "remove locks without a holder"),
            example("locks clear --stale -c acme -n", "list them first"),
        ],
    ),
    (
        "customers",
        &[
            example("customers", "all that are configured or cached"),
            example("customers -o json", "for scripts"),
        ],
    ),
    (
        "doctor",
        &[
            example("doctor -c acme", "check everything at once"),
            example("doctor --need read --no-akamai", "a reader, Valkey only"),
        ],
    ),
    (
        "config",
        &[
            example("config", "settings that differ from their defaults"),
            example("config --all", "every setting"),
            example("config init", "write a file; asks three questions"),
        ],
    ),
    (
        "config init",
        &[
            example("config init", "asks three"),
            example(
                "config init --url redis://h -c acme --edgerc ~/.edgerc",
                "asks none",
            ),
        ],
    ),
    (
        "completions",
        &[
            example(
                "completions bash",
                "try: source <(alecs-cache completions bash)",
            ),
            example(
                "completions fish",
                "try: alecs-cache completions fish | source",
            ),
        ],
    ),
    (
        "man",
        &[
            example("man", "the page of the tool"),
            example("man warm", "the page of a command"),
        ],
    ),
    (
        "help",
        &[
            example("help warm", "a command, with examples"),
            example("help options", "the options of all commands"),
            example("help exit-codes", "what the exit codes mean"),
        ],
    ),
];
