//! The permissions that each command needs: measured, documented in docs/permissions.md, and revoked one by one.
//! `UPDATE=1 cargo test --test it least_privilege` rewrites the table.

use crate::support::run::Ended;
use crate::support::server::{Kind, Server};
use crate::support::stage::{Stage, small};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A command line, and the state before it: another command, or an empty cache.
struct Line {
    shown: &'static str,
    line: &'static str,
    before: Before,
}

#[derive(Clone, Copy, PartialEq)]
enum Before {
    Cold,
    Warm,
    Removed,
    Softened,
}

const fn line(shown: &'static str, line: &'static str, before: Before) -> Line {
    Line {
        shown,
        line,
        before,
    }
}

const LINES: [Line; 29] = {
    use Before::{Cold, Removed, Softened, Warm};
    [
        line("warm, the first", "warm", Cold),
        line("warm, again", "warm", Warm),
        line("warm --all --force", "warm --all --force", Warm),
        line("warm --dry-run", "warm --dry-run", Warm),
        line("warm --check", "warm --check", Warm),
        line("warm ID", "warm prp_100001", Warm),
        line("get ID, a hit", "get property prp_100001", Warm),
        line("get ID, a miss", "get property prp_100001", Cold),
        line("get versions, a miss", "get versions prp_100001", Warm),
        line("search", "search property", Warm),
        line("inspect ID", "inspect prp_100001", Warm),
        line("inspect hostnames", "inspect hostnames", Warm),
        line("inspect generations", "inspect generations", Warm),
        line("inspect PATTERN", "inspect property:*", Warm),
        line("invalidate ID", "invalidate prp_100001 --yes", Warm),
        line(
            "invalidate ID --cascade",
            "invalidate prp_100001 --cascade --yes",
            Warm,
        ),
        line(
            "invalidate ID --no-undo",
            "invalidate prp_100001 --no-undo --yes",
            Warm,
        ),
        line(
            "invalidate ID --soft",
            "invalidate prp_100001 --soft --yes",
            Warm,
        ),
        line(
            "invalidate ID --refill",
            "invalidate prp_100001 --refill --yes",
            Warm,
        ),
        line(
            "invalidate ID --dry-run",
            "invalidate prp_100001 --dry-run",
            Warm,
        ),
        line(
            "invalidate --pattern",
            "invalidate --pattern property:* --yes",
            Warm,
        ),
        line(
            "invalidate --everything",
            "invalidate --everything --yes",
            Warm,
        ),
        line("undo", "undo", Removed),
        line("undo of --soft", "undo", Softened),
        line("log", "log", Removed),
        line("hit-rate", "hit-rate", Warm),
        line("stats", "stats", Warm),
        line("locks", "locks", Warm),
        line("customers", "customers", Warm),
    ]
};

/// Effect of revoking each permission.
#[derive(Debug, Default, PartialEq)]
struct Permissions {
    /// The command fails.
    needs: BTreeSet<String>,
    /// The command warns and continues.
    warns: BTreeSet<String>,
    /// The command continues; a figure or counter may be missing.
    quiet: BTreeSet<String>,
}

impl Permissions {
    fn all(&self) -> BTreeSet<String> {
        let sets = [&self.needs, &self.warns, &self.quiet];
        sets.into_iter().flatten().cloned().collect()
    }
}

fn warnings(ended: &Ended) -> usize {
    ended.stderr.matches("warning").count()
}

/// True if it names a permission that is not granted: the revoked one, or one that the fallback needs.
fn names_another(ended: &Ended, given: &BTreeSet<String>) -> bool {
    // In the server's wording and in the hint's.
    ["run the '", "`+"].iter().any(|mark| {
        let (_, named) = ended.stderr.split_once(mark).unwrap_or_default();
        let name = named.split(['\'', '`']).next().unwrap_or_default();
        !name.is_empty() && !given.contains(name)
    })
}

/// A stage whose cache can be reset.
struct Scene {
    stage: Stage,
    saved: Vec<(String, i64, Vec<u8>)>,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let stage = Stage::on(Server::start(kind, &[]), small());
        stage.warm("--all");
        let saved = |key: String| {
            let left: i64 = stage.server.ask(&["PTTL", &key]);
            let dump: Vec<u8> = stage.server.ask(&["DUMP", &key]);
            (key, left.max(0), dump)
        };
        let saved = stage.keys().into_iter().map(saved).collect();
        Self { stage, saved }
    }

    /// Runs a line as a user with only these permissions.
    fn run(&self, line: &Line, permitted: Option<&BTreeSet<String>>) -> Ended {
        self.stage.empty();
        if line.before != Before::Cold {
            let mut restore = redis::pipe();
            for (key, left, dump) in &self.saved {
                restore.cmd("RESTORE").arg(key).arg(left).arg(dump).ignore();
            }
            let () = self.stage.server.pipeline(&restore);
        }
        let former = match line.before {
            Before::Removed => Some("invalidate prp_100002 --cascade --yes"),
            Before::Softened => Some("invalidate prp_100002 --soft --yes"),
            Before::Cold | Before::Warm => None,
        };
        if let Some(former) = former {
            self.stage.run(former).with(0);
        }
        let _: String = self.stage.server.ask(&["CONFIG", "RESETSTAT"]);
        let Some(permitted) = permitted else {
            return self.stage.run(line.line);
        };
        let keys = if line.line == "customers" {
            "~akamai:*"
        } else {
            "~akamai:acme:*"
        };
        let mut words = vec![
            "ACL",
            "SETUSER",
            "least",
            "reset",
            "on",
            ">hunter2",
            keys,
            "~akamai:stats:*",
            "+auth",
            "+ping",
        ];
        let rules: Vec<String> = permitted.iter().map(|name| format!("+{name}")).collect();
        words.extend(rules.iter().map(String::as_str));
        let _: String = self.stage.server.ask(&words);
        let run = self.stage.command(line.line).arg("--username").arg("least");
        run.env("VALKEYCLI_AUTH", "hunter2").run()
    }

    /// Returns the commands sent since then, and those refused.
    fn sent(&self) -> (BTreeSet<String>, Vec<String>) {
        let stats: String = self.stage.server.ask(&["INFO", "commandstats"]);
        let mut sent = BTreeSet::new();
        let mut refused = Vec::new();
        for line in stats
            .lines()
            .filter_map(|line| line.strip_prefix("cmdstat_"))
        {
            let (name, figures) = line.split_once(':').unwrap();
            if ["config|resetstat", "auth", "ping", "hello", "acl|setuser"].contains(&name) {
                continue;
            }
            if !figures.contains("rejected_calls=0") {
                refused.push(name.to_owned());
            }
            sent.insert(name.to_owned());
        }
        (sent, refused)
    }

    /// Revokes each permission in turn.
    fn measure(&self, line: &Line) -> Permissions {
        let usual = warnings(&self.run(line, None).with(0));
        let (all, _) = self.sent();
        let mut found = Permissions::default();
        for name in &all {
            let less: BTreeSet<String> =
                all.iter().filter(|other| *other != name).cloned().collect();
            let ended = self.run(line, Some(&less));
            let set = if ended.code() != 0 {
                &mut found.needs
            } else if warnings(&ended) > usual {
                &mut found.warns
            } else {
                &mut found.quiet
            };
            set.insert(name.clone());
        }
        found
    }

    /// With all documented permissions the command succeeds and nothing is refused. Without a required one it fails
    /// and names it.
    fn check(&self, line: &Line, documented: &Permissions) {
        let all = documented.all();
        let usual = warnings(&self.run(line, Some(&all)).with(0));
        let (_, refused) = self.sent();
        assert!(refused.is_empty(), "{} lacks {refused:?}", line.shown);
        for name in &documented.needs {
            let less: BTreeSet<String> =
                all.iter().filter(|other| *other != name).cloned().collect();
            let ended = self.run(line, Some(&less));
            let told = names_another(&ended, &less);
            assert!(
                ended.code() == 4 && told,
                "{} without {name}: {} {}",
                line.shown,
                ended.code(),
                ended.stderr
            );
        }
        for name in &documented.warns {
            let less: BTreeSet<String> =
                all.iter().filter(|other| *other != name).cloned().collect();
            let ended = self.run(line, Some(&less)).with(0);
            assert!(warnings(&ended) > usual, "{} without {name}", line.shown);
        }
    }
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/permissions.md")
}

const HEAD: &str = "\
# What each command needs

If the Valkey user lacks a command that is needed, alecs-cache exits with 4 and names the permission to give. The tables were
measured on a single server by taking away one permission after the other; a test checks them. For the roles of people, see
[settings](settings.md#permissions-in-valkey).

Besides the tables:

- always: `auth` and `ping`
- keys: `~akamai:CUSTOMER:*` and `~akamai:stats:*` (`customers`: `~akamai:*`)
- hashes of more than 1000 fields: `hscan`
- replicas: `wait`
- a cluster: `cluster|slots`, `cluster|nodes`, `readonly`, `asking`

If there is a way around a command (`eval`: `multi` and `exec`; `pexpiretime`: `time` and `pttl`), the permissions of that way do
instead.
";

/// Returns the table of one kind of server.
fn table(kind: Kind, rows: &BTreeMap<usize, Permissions>) -> String {
    let title = match kind {
        Kind::Valkey => "Valkey",
        Kind::Redis => "Redis 7.0",
    };
    let words = |set: &BTreeSet<String>| {
        let words: Vec<&str> = set.iter().map(String::as_str).collect();
        if words.is_empty() {
            "–".to_owned()
        } else {
            words.join(" ").replace('|', "\\|")
        }
    };
    let head = "| command | needs | warns without | goes on without |\n|---|---|---|---|\n";
    let rows = rows.iter().map(|(at, row)| {
        let (needs, warns, quiet) = (words(&row.needs), words(&row.warns), words(&row.quiet));
        format!("| `{}` | {needs} | {warns} | {quiet} |\n", LINES[*at].shown)
    });
    format!(
        "\n## {title}\n\n{head}{}",
        rows.collect::<Vec<_>>().concat()
    )
}

/// Returns the documented permissions of a command.
fn documented(kind: Kind, text: &str, line: &Line) -> Permissions {
    let title = if kind == Kind::Valkey {
        "## Valkey"
    } else {
        "## Redis 7.0"
    };
    let (_, table) = text.split_once(title).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let row = table
        .lines()
        .find(|row| row.starts_with(&format!("| `{}` |", line.shown)));
    let row = row
        .unwrap_or_else(|| panic!("no row for {}", line.shown))
        .replace("\\|", "/");
    let set = |cell: &str| {
        let words = cell.split_whitespace().filter(|word| *word != "–");
        words.map(|word| word.replace('/', "|")).collect()
    };
    let cells: Vec<&str> = row.split('|').collect();
    Permissions {
        needs: set(cells[2]),
        warns: set(cells[3]),
        quiet: set(cells[4]),
    }
}

/// Runs `act` for each line, two at a time.
fn each_line<T: Send>(kind: Kind, act: impl Fn(&Scene, &Line) -> T + Sync) -> BTreeMap<usize, T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let scene = Scene::new(kind);
                while let Some((at, line)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    LINES.get(at).map(|line| (at, line))
                } {
                    let result = act(&scene, line);
                    done.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn each_command_needs_what_the_document_says_and_names_what_it_lacks() {
    if std::env::var_os("UPDATE").is_some() {
        let tables =
            [Kind::Valkey, Kind::Redis].map(|kind| table(kind, &each_line(kind, Scene::measure)));
        std::fs::write(document(), format!("{HEAD}{}", tables.concat())).unwrap();
    }
    let text = std::fs::read_to_string(document()).unwrap();
    assert!(
        text.starts_with(HEAD),
        "docs/permissions.md is not that of this test"
    );
    each_line(Kind::Valkey, |scene, line| {
        scene.check(line, &documented(Kind::Valkey, &text, line));
    });
    // Revoking single permissions is tested on one kind only; the other would take as long again.
    each_line(Kind::Redis, |scene, line| {
        let permissions = documented(Kind::Redis, &text, line);
        let other = documented(Kind::Valkey, &text, line);
        scene.run(line, Some(&permissions.all())).with(0);
        let (_, refused) = scene.sent();
        assert!(refused.is_empty(), "{} lacks {refused:?}", line.shown);
        for name in permissions.needs.difference(&other.needs) {
            let mut less = permissions.all();
            less.remove(name);
            let ended = scene.run(line, Some(&less)).with(4);
            assert!(
                names_another(&ended, &less),
                "{}: {}",
                line.shown,
                ended.stderr
            );
        }
    });
}
