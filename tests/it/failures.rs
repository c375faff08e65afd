//! Failing commands with their exit codes and stderr, listed in failures.txt so that the diff shows every change of a
//! message. `UPDATE=1 cargo test --test it failures` rewrites the file.

use crate::support::akamai::{Akamai, Fault};
use crate::support::certificates::Certificates;
use crate::support::run::{Home, Run};
use crate::support::server::{Kind, Server, free_port};
use crate::support::stage::{Stage, small};
use std::fmt::Write as _;

/// The output of all cases.
#[derive(Default)]
struct Transcript {
    text: String,
    cases: usize,
    /// Texts that differ from run to run, and their placeholders.
    names: Vec<(String, &'static str)>,
}

impl Transcript {
    fn chapter(&mut self, title: &str) {
        let _ = write!(self.text, "# {title}\n\n");
    }

    /// Adds a placeholder for a text that differs from run to run.
    fn call(&mut self, text: &impl ToString, name: &'static str) {
        self.names.insert(0, (text.to_string(), name));
    }

    fn add(&mut self, what: &str, line: &str, run: Run) {
        // Whether a wait is announced depends on its length.
        let ended = run.env("ALECS_CACHE_NO_PROGRESS", "1").run();
        let mut said = format!("{what}\n$ alecs-cache {line}\nexit {}\n", ended.code());
        if !ended.stdout.is_empty() {
            said.push_str("(with a report)\n");
        }
        said.push_str(&ended.stderr);
        for (text, name) in &self.names {
            said = said.replace(text, name);
        }
        let said = without_moments(&said);
        self.cases += 1;
        let _ = writeln!(self.text, "{said}");
    }

    /// Runs lines in a home, against the server and API in its variables.
    fn all(&mut self, cases: &[(&str, &str)], command: impl Fn(&str) -> Run) {
        for (what, line) in cases {
            self.add(what, line, command(line));
        }
    }
}

/// Replaces numbers of nine and more digits, which are times or differences of times.
fn without_moments(text: &str) -> String {
    let mut parts = Vec::new();
    for part in text.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let digits = part.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        if digits.len() < 9 {
            parts.push(part.to_owned());
        } else {
            parts.push(part.replace(digits, "N"));
        }
    }
    parts.concat()
}

/// Splits a command line like a shell, including quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// Nobody listens on port 1, and nothing is retried.
const NOBODY: &str = "redis://127.0.0.1:1/0";

fn at<'a>(home: &'a Home, url: &'a str) -> impl Fn(&str) -> Run + 'a {
    move |line| {
        home.command_of(words(line))
            .env("ALECS_CACHE_URL", url)
            .env("ALECS_CACHE_RETRIES", "0")
    }
}

fn of_the_command_line(told: &mut Transcript) {
    told.chapter("The command line");
    let home = Home::new();
    told.call(&home.path().display(), "HOME");
    let cases = [
        ("a command with a slip", "wram"),
        ("an option with a slip", "warm --dry-rnu"),
        ("no value", "warm --only"),
        ("a resource with a slip", "warm --only property"),
        (
            "nothing is left",
            "warm --skip contracts,groups,properties,details,hostnames",
        ),
        ("options that exclude each other", "warm --force --every 5m"),
        ("a resource of get with a slip", "get propertie prp_1"),
        ("nothing to inspect", "inspect"),
        ("no such form", "stats -o xml"),
        ("a form that the command lacks", "warm -o csv"),
        ("a shell that nobody completes", "completions tcsh"),
        ("a page with a slip", "man wram"),
        ("a topic with a slip", "help exit-cods"),
        ("no topic", "help nosuch"),
        ("no database", "stats --url redis://h/x"),
        ("no file of certificates", "stats --tls --tls-ca nosuch.pem"),
        ("no figure that is like it", "stats --assert nosuch>=1"),
        ("a setting with a slip", "config ulr"),
        ("a setting that is to be changed", "config set url x"),
        ("no number", "stats --db x"),
        ("no duration", "stats --timeout soon"),
        ("no time at all", "stats --timeout 0"),
        ("an interval of nothing", "stats --watch 0s"),
        ("a negative number", "warm --budget -1"),
        ("a negative number", "stats --retries -1"),
        ("a negative duration", "warm --every -3m"),
        ("a negative duration", "stats --timeout -1s"),
        ("a negative duration", "stats --watch=-2s"),
        ("a percentage above 100", "warm --refresh-below 200"),
        ("no calls a minute", "warm --rate 0"),
        ("nothing at once", "warm --concurrency 0"),
        ("no day", "hit-rate --date yesterday"),
        ("no days", "hit-rate --days 0"),
        ("no share", "hit-rate --fail-under 200"),
        ("a statement without a number", "stats --assert hit_rate"),
        ("a figure with a slip", "stats --assert hit_rte>=85"),
        ("no figure to compare with", "stats --assert hit_rate>=high"),
        ("a customer with a blank", "stats -c 'a b'"),
        ("an empty customer", "stats -c ''"),
        ("an empty prefix", "stats --key-prefix ''"),
        ("a prefix with a wildcard", "stats --key-prefix 'a*'"),
        ("an address without a scheme", "stats --url 127.0.0.1:6379"),
        ("a scheme that is none", "stats --url http://127.0.0.1:6379"),
        ("a port that is none", "stats --url redis://127.0.0.1:99999"),
        ("a node that is none", "stats --mode cluster --node a:b"),
        (
            "TLS options without TLS",
            "stats --tls-ca ca.pem --url redis://127.0.0.1:1",
        ),
        (
            "two customers where one is meant",
            "get properties -c acme,beta",
        ),
        ("stdin for two things", "invalidate - --password-file -"),
        ("stdout for a file", "warm --record -"),
        ("stdout for a file", "hit-rate --export -"),
        ("stdout for a file", "stats --out -"),
    ];
    told.all(&cases, at(&home, NOBODY));
}

fn of_names(told: &mut Transcript) {
    told.chapter("Ids, names and patterns");
    let stage = Stage::new(small());
    stage.warm("");
    told.call(&stage.server.port, "PORT");
    told.call(&stage.home.path().display(), "HOME");
    let api = stage.api.url();
    told.call(&api.strip_prefix("http://").unwrap(), "API");
    let cases = [
        ("an id without its prefix", "inspect 100000"),
        ("an id without its prefix", "invalidate 100000"),
        ("no id at all", "warm 'what?'"),
        ("a property that does not exist", "warm prp_999"),
        ("a property that does not exist", "get property prp_999"),
        ("an id of another kind", "get property ctr_1"),
        ("a host name for an id", "get property www.example.com"),
        ("a list with an id", "get groups prp_1"),
        ("a part without an id", "get rules"),
        ("an id that is not cached", "inspect prp_999"),
        ("a field that is not there", "inspect prp_100000 --field .x"),
        ("a group, which has no key", "inspect grp_1"),
        ("a list by half its name", "inspect properties"),
        ("nothing to invalidate", "invalidate"),
        ("an empty pattern", "invalidate --pattern ''"),
        ("an empty query", "search ''"),
        ("a tag that is none", "invalidate --tag nonsense"),
        (
            "a pattern and nobody to ask",
            "invalidate --pattern 'property:*' --no-input",
        ),
        ("everything and nobody to ask", "invalidate --everything"),
        (
            "another number than expected",
            "invalidate prp_100000 --expect 1 --yes",
        ),
        (
            "more keys than allowed",
            "invalidate prp_100000 --cascade --max-keys 1 --yes",
        ),
        ("an undo that is not there", "undo 20261128T175804Z-93ea"),
        ("nothing to undo", "undo"),
        (
            "a customer with a slip, who has no keys",
            "inspect prp_100000 -c amce",
        ),
        (
            "a customer with a slip, removing",
            "invalidate prp_100000 -c amce --yes",
        ),
        ("a customer with a slip, fetching", "warm -c amce"),
        (
            "a file that cannot be written",
            "stats --out nosuch/metrics.prom -o prometheus",
        ),
        (
            "a file that cannot be written",
            "hit-rate --export nosuch/hits.csv",
        ),
        (
            "a file that cannot be written",
            "warm --record nosuch/answers.ndjson",
        ),
        ("a recording that is not there", "warm --from nosuch.ndjson"),
        ("a recording of nobody", "warm --from /dev/null"),
        ("more calls than allowed", "warm --force --budget 1"),
    ];
    told.all(&cases, |line| {
        let first = line.split(' ').next().unwrap();
        let run = stage.home.command_of(words(line));
        let run = run
            .env("ALECS_CACHE_URL", stage.url())
            .env("ALECS_CUSTOMER", "acme");
        if ["warm", "get"].contains(&first) {
            run.env(
                "AKAMAI_EDGERC",
                Akamai::edgerc(stage.home.path(), &["acme", "beta"]),
            )
            .env("ALECS_CACHE_AKAMAI_HOST", stage.api.url())
        } else {
            run
        }
    });
    stage.home.config("[profile.prod]\nprotected = true\n");
    let line = "invalidate prp_100000 --profile prod";
    told.add(
        "a protected profile and nobody to ask",
        line,
        stage.command(line),
    );
    let line = "invalidate prp_100000 --profile prod --confirm acm";
    told.add("another customer confirmed", line, stage.command(line));
}

fn of_settings(told: &mut Transcript) {
    told.chapter("Configuration and credentials");
    let home = Home::new();
    told.call(&home.path().display(), "HOME");
    for (what, text, line) in [
        ("an unknown key", "ulr = 'redis://h'\n", "stats"),
        ("no TOML", "url = \n", "stats"),
        ("a value of another type", "db = [1, 2]\n", "stats"),
        ("a value that is none", "db = 'one'\n", "stats"),
        ("a switch that is none", "protected = 'maybe'\n", "stats"),
        ("no time to live", "[ttl]\nrules = '0s'\n", "stats"),
        ("a resource with a slip", "[ttl]\nrule = '5m'\n", "stats"),
        (
            "a threshold that is none",
            "[thresholds]\nhit_rate = 'high'\n",
            "stats",
        ),
        (
            "a profile with a slip",
            "[profile.production]\ndb = 1\n",
            "stats --profile prodution",
        ),
        (
            "a file without profiles",
            "db = 1\n",
            "stats --profile production",
        ),
        ("no file", "", "stats --config nosuch.toml"),
        ("a cluster without a node", "mode = 'cluster'\n", "stats"),
    ] {
        home.config(text);
        told.add(what, line, home.command_of(words(line)));
    }
    home.config("");
    for (what, variable, value) in [
        ("a number that is none", "ALECS_CACHE_RETRIES", "many"),
        ("a mode with a slip", "ALECS_CACHE_MODE", "singel"),
        ("a port that is none", "VALKEY_PORT", "tls"),
        (
            "a password file that is not there",
            "ALECS_CACHE_PASSWORD_FILE",
            "nosuch",
        ),
        (
            "an address without a scheme",
            "ALECS_CACHE_URL",
            "cache:6379",
        ),
    ] {
        let run = home.command("stats").env(variable, value);
        told.add(what, &format!("stats    ({variable}={value})"), run);
    }
    let server = Server::valkey();
    told.call(&server.port, "PORT");
    let cache = server.url();
    let command = at(&home, &cache);
    told.add("no .edgerc", "warm -c acme", command("warm -c acme"));
    for (what, text) in [
        ("no such section", "[beta]\nhost = x\n"),
        ("half a section", "[acme]\nhost = a.luna.akamaiapis.net\n"),
        (
            "keys and no section",
            "host = a.luna.akamaiapis.net\nclient_token = x\n",
        ),
    ] {
        home.write(".edgerc", text);
        told.add(what, "warm -c acme", command("warm -c acme"));
    }
    home.write(".edgerc", "[beta]\nhost = x\n");
    told.add(
        "a section that the file lacks",
        "warm -c acme --section bta",
        command("warm -c acme --section bta"),
    );
}

fn of_servers(told: &mut Transcript) {
    told.chapter("Valkey");
    let home = Home::new();
    told.call(&home.path().display(), "HOME");
    told.all(
        &[
            ("nobody listens", "stats"),
            (
                "nobody listens",
                "get property prp_1 -c acme --require-cache",
            ),
        ],
        at(&home, NOBODY),
    );
    told.add(
        "no socket",
        "stats --url unix:///nosuch.sock",
        home.command("stats --url unix:///nosuch.sock"),
    );
    for line in [
        "inspect prp_1 -c acme --mode cluster --node 127.0.0.1:1 --retries 0",
        "inspect prp_1 -c acme --mode sentinel --sentinel 127.0.0.1:1 --retries 0",
    ] {
        told.add("nobody listens", line, home.command(line));
    }

    let locked = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]);
    told.call(&locked.port, "PORT");
    let cache = locked.url();
    told.add("no password", "stats", at(&home, &cache)("stats"));
    let wrong = at(&home, &cache)("stats").env("VALKEYCLI_AUTH", "hunter2-wrong");
    told.add("a wrong password", "stats    (VALKEYCLI_AUTH=…)", wrong);

    let server = Server::valkey();
    told.call(&server.port, "PORT");
    let _: i64 = server.ask(&["HSET", "akamai:acme:property:prp_1", "a", "b"]);
    let user = [
        "ACL",
        "SETUSER",
        "op",
        "on",
        ">hunter2",
        "~akamai:*",
        "+ping",
        "+get",
        "+scan",
        "+info",
    ];
    let _: String = server.ask(&user);
    let cache = server.url();
    told.all(
        &[
            (
                "an ACL that permits too little",
                "inspect prp_1 -c acme --username op",
            ),
            (
                "an ACL that permits too little",
                "invalidate prp_1 -c acme --username op",
            ),
        ],
        |line| at(&home, &cache)(line).env("VALKEYCLI_AUTH", "hunter2"),
    );
    told.all(
        &[
            ("no such database", "stats --db 9999"),
            ("one server, no cluster", "stats --mode cluster"),
        ],
        at(&home, &cache),
    );
    let line = "inspect prp_1 --mode sentinel --sentinel 127.0.0.1:PORT";
    let typed = line.replace("PORT", &server.port.to_string());
    told.add("a server, no sentinel", line, home.command(&typed));
    let cache = cache.replace("redis://", "rediss://");
    told.add(
        "TLS to a port without it",
        "stats --url rediss://127.0.0.1:PORT/0",
        at(&home, &cache)("stats"),
    );
    let cache = server.url();
    told.add(
        "a key of another type",
        "get property prp_1 -c acme --require-cache",
        at(&home, &cache)("get property prp_1 -c acme --require-cache"),
    );
}

fn of_arrangements(told: &mut Transcript) {
    let home = Home::new();
    told.call(&home.path().display(), "HOME");
    let server = Server::valkey();
    told.call(&server.port, "PORT");
    let _: i64 = server.ask(&["HSET", "akamai:acme:property:prp_1", "a", "b"]);
    let bus = free_port().to_string();
    let node = Server::start(
        Kind::Valkey,
        &["--cluster-enabled", "yes", "--cluster-port", &bus],
    );
    told.call(&node.port, "PORT");
    let cache = node.url();
    told.add(
        "a node of a cluster",
        "inspect prp_1 -c acme",
        at(&home, &cache)("inspect prp_1 -c acme"),
    );

    let replica = server.follower();
    told.call(&replica.port, "REPLICA");
    let cache = replica.url();
    told.add(
        "a replica",
        "invalidate prp_1 -c acme",
        at(&home, &cache)("invalidate prp_1 -c acme"),
    );

    server.freeze();
    let cache = server.url();
    told.add(
        "a server that does not answer",
        "stats --timeout 300ms",
        at(&home, &cache)("stats --timeout 300ms"),
    );
    server.thaw();

    let certificates = Certificates::new();
    let port = free_port();
    let text = port.to_string();
    let mut arguments = certificates.server_arguments();
    arguments.extend(
        [
            "--tls-auth-clients",
            "no",
            "--port",
            "0",
            "--tls-port",
            &text,
        ]
        .map(str::to_owned),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::start_on(Kind::Redis, port, &arguments);
    told.call(&server.port, "PORT");
    let cache = server.url();
    let cache = cache.replace("redis://", "rediss://");
    told.add(
        "an authority that nobody trusts",
        "stats --tls",
        at(&home, &cache)("stats"),
    );
}

fn of_akamai(told: &mut Transcript) {
    told.chapter("Akamai");
    let stage = Stage::new(small());
    told.call(&stage.server.port, "PORT");
    told.call(&stage.home.path().display(), "HOME");
    let api = stage.api.url();
    told.call(&api.strip_prefix("http://").unwrap(), "API");
    let problem = |status: u16, detail: &str| {
        let title = if status == 403 {
            "Forbidden"
        } else {
            "Not authorized"
        };
        format!(r#"{{"title":"{title}","status":{status},"detail":"{detail}"}}"#)
    };
    let retry = || vec![("retry-after", "3600".to_owned())];
    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(24 * 60 + 1);
    let past = past.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let past = vec![("date", past)];
    let skew = r#"{"type":"https://problems.luna.akamaiapis.net/-/pep-authn/request-error","title":"Bad request","status":400,"detail":"Invalid timestamp"}"#;
    for (what, line, fault) in [
        (
            "401",
            "warm",
            Fault::Status(401, vec![], problem(401, "Inactive client token")),
        ),
        (
            "403",
            "warm",
            Fault::Status(403, vec![], problem(403, "No such account")),
        ),
        (
            "404",
            "warm",
            Fault::Status(404, vec![], problem(404, "not here")),
        ),
        (
            "429 for an hour",
            "warm",
            Fault::Status(429, retry(), problem(429, "rate")),
        ),
        (
            "an error of the API",
            "get groups",
            Fault::Status(501, vec![], "oops".into()),
        ),
        (
            "a page of a proxy",
            "get groups",
            Fault::Status(200, vec![], "<html>hello</html>".into()),
        ),
        (
            "a clock that is wrong",
            "warm",
            Fault::Status(400, past, skew.into()),
        ),
    ] {
        stage.api.fault("/papi/v1/", usize::MAX, fault);
        told.add(what, line, stage.command(line));
        stage.api.heal();
    }
    let elsewhere = |host: &str| {
        let run = stage.command("get groups");
        run.env("ALECS_CACHE_AKAMAI_HOST", host)
    };
    told.add(
        "a host that is not the section's",
        "get groups --akamai-host http://192.0.2.1",
        elsewhere("http://192.0.2.1"),
    );
    let run = elsewhere("http://127.0.0.1:1");
    told.add(
        "nobody listens",
        "get groups --akamai-host http://127.0.0.1:1",
        run,
    );
}

#[test]
fn every_failure_message_is_in_the_reviewed_transcript() {
    let mut told = Transcript::default();
    of_the_command_line(&mut told);
    of_names(&mut told);
    of_settings(&mut told);
    of_servers(&mut told);
    of_arrangements(&mut told);
    of_akamai(&mut told);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/failures.txt");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(path, &told.text).unwrap();
    }
    let standing = std::fs::read_to_string(path).unwrap_or_default();
    let differs = standing
        .lines()
        .zip(told.text.lines())
        .find(|(one, other)| one != other);
    assert!(
        standing == told.text,
        "{differs:?}: read what is said now, and if it is right, UPDATE=1 cargo test --test it failures"
    );
    assert!(told.cases >= 40, "{} cases", told.cases);
}
