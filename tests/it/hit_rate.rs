//! `hit-rate`: the counts of random days, compared with an independent sum.

use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home};
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server};
use crate::support::stage::{Stage, small};
use crate::support::store::write_all;
use alecs_cache::testing::store::{Options, Write};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A recorded count of a key on a day.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub day: String,
    pub kind: &'static str,
    pub field: String,
    pub count: u64,
}

/// The UTC day `back` days ago.
pub fn day(back: i64) -> String {
    let now = Timestamp::now().to_zoned_datetime(TimeZone::UTC);
    now.date().checked_sub(back.days()).unwrap().to_string()
}

/// Runs a test within one day; if it crosses midnight, it runs again.
pub fn on_one_day(story: impl Fn()) {
    for _ in 0..2 {
        let before = day(0);
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&story));
        if day(0) == before {
            if let Err(panic) = told {
                std::panic::resume_unwind(panic);
            }
            return;
        }
    }
}

fn random_counts(seed: u64, fields: usize) -> Vec<Recorded> {
    let mut random = fastrand::Rng::with_seed(seed);
    let customers = ["acme", "beta", "gamma.x"];
    let mut counts: BTreeMap<(String, &'static str, String), u64> = BTreeMap::new();
    for _ in 0..fields {
        let customer = customers[random.usize(..customers.len())];
        let rest = match random.u8(..5) {
            0 => "properties:all".to_owned(),
            1 => format!("property:prp_{}", random.u8(..9)),
            2 => format!("property:prp_{}:hostnames", random.u8(..9)),
            3 => format!("hostname:www{}.example.com", random.u8(..9)),
            _ => format!("search:a:b{}", random.u8(..9)),
        };
        let kind = ["hits", "misses"][random.usize(..2)];
        let key = (day(random.i64(0..9)), kind, format!("{customer}:{rest}"));
        counts.insert(key, random.u64(1..1000));
    }
    let recorded = counts
        .into_iter()
        .map(|((day, kind, field), count)| Recorded {
            day,
            kind,
            field,
            count,
        });
    recorded.collect()
}

/// Writes the counts in the server's format.
fn record(options: &Options, counts: &[Recorded]) {
    let mut hashes: HashMap<String, Vec<(String, Vec<u8>)>> = HashMap::new();
    for one in counts {
        let fields = hashes
            .entry(format!("akamai:stats:{}:{}", one.day, one.kind))
            .or_default();
        fields.push((one.field.clone(), one.count.to_string().into_bytes()));
    }
    let writes: Vec<Write> = hashes
        .into_iter()
        .map(|(key, fields)| Write::Mapping { key, fields })
        .collect();
    write_all(options, &writes);
}

/// Sums hits and misses of the wanted counts by group.
fn sums(
    counts: &[Recorded],
    wanted: impl Fn(&Recorded) -> bool,
    group: impl Fn(&Recorded) -> String,
) -> BTreeMap<String, (u64, u64)> {
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();

    for one in counts.iter().filter(|one| wanted(one)) {
        let sum = sums.entry(group(one)).or_default();
        if one.kind == "hits" {
            sum.0 += one.count;
        } else {
            sum.1 += one.count;
        }
    }
    sums
}

fn rows(report: &Value) -> BTreeMap<String, (u64, u64)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let number = |name: &str| row[name].as_u64().unwrap();
        let (hits, misses) = (number("hits"), number("misses"));
        if hits + misses == 0 {
            assert_eq!(row["hit_rate"], Value::Null);
        } else {
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let rate = hits as f64 * 100.0 / (hits + misses) as f64;
            assert!((row["hit_rate"].as_f64().unwrap() - rate).abs() < 1e-9);
        }
        (row["group"].as_str().unwrap().to_owned(), (hits, misses))
    })
    .collect()
}

fn customer_of(one: &Recorded) -> &str {
    one.field.split(':').next().unwrap()
}

fn rest_of(one: &Recorded) -> &str {
    one.field.split_once(':').unwrap().1
}

/// Compares every grouping with an independent sum.
fn agrees(home: &Home, servers: &str, counts: &[Recorded]) {
    let report = |line: &str| {
        let ended = home
            .run(&format!("hit-rate -o json {servers} {line}"))
            .with(0);
        ended.json()
    };
    let week: Vec<String> = (0..7).rev().map(day).collect();
    let in_week = |one: &Recorded| week.contains(&one.day);

    let all = report("");
    assert_eq!(all["days"], json!(week));
    let total = sums(counts, in_week, |_| String::new()).remove("").unwrap();
    assert_eq!(
        (all["hits"].as_u64(), all["misses"].as_u64()),
        (Some(total.0), Some(total.1))
    );
    assert_eq!(all["api_calls_saved"], total.0);
    let mut by_day = sums(counts, in_week, |one| one.day.clone());
    for day in &week {
        by_day.entry(day.clone()).or_default();
    }
    assert_eq!(rows(&all), by_day);

    let by = |word: &str| rows(&report(&format!("--by {word}")));
    assert_eq!(
        by("customer"),
        sums(counts, in_week, |one| customer_of(one).to_owned())
    );
    let resource = |one: &Recorded| rest_of(one).split(':').next().unwrap().to_owned();
    assert_eq!(by("resource"), sums(counts, in_week, resource));
    assert_eq!(by("key"), sums(counts, in_week, |one| one.field.clone()));

    let globbed = |one: &Recorded| {
        in_week(one) && rest_of(one).starts_with("property:") && rest_of(one).ends_with("prp_1")
    };
    assert_eq!(
        rows(&report("property:*prp_1 --by key")),
        sums(counts, globbed, |one| one.field.clone())
    );
    let part = |one: &Recorded| in_week(one) && one.field.contains("acme:prop");
    assert_eq!(
        rows(&report("acme:prop --by key")),
        sums(counts, part, |one| one.field.clone())
    );
    let beta = report("-c beta --by resource --days 3");
    let three = |one: &Recorded| week[4..].contains(&one.day) && customer_of(one) == "beta";
    assert_eq!(beta["customer"], "beta");
    assert_eq!(rows(&beta), sums(counts, three, resource));
    let one_day = report(&format!("--date {} --by customer", day(8)));
    assert_eq!(one_day["days"], json!([day(8)]));
    assert_eq!(
        rows(&one_day),
        sums(
            counts,
            |one| one.day == day(8),
            |one| customer_of(one).to_owned()
        )
    );

    for line in ["--top 4", "--top 4 --days 1"] {
        let days = if line.ends_with('1') {
            &week[6..]
        } else {
            &week[..]
        };
        let mut missed: Vec<(String, u64)> = sums(
            counts,
            |one| days.contains(&one.day),
            |one| one.field.clone(),
        )
        .into_iter()
        .map(|(key, (_, misses))| (key, misses))
        .filter(|(_, misses)| *misses > 0)
        .collect();
        missed.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        missed.truncate(4);
        let expected: Vec<Value> = missed
            .iter()
            .map(|(key, misses)| json!({"key": key, "misses": misses}))
            .collect();
        assert_eq!(report(line)["top_missed"], json!(expected), "{line}");
    }
}

#[test]
fn random_counts_are_added_up_as_by_hand_on_one_server() {
    on_one_day(|| {
        for (kind, seed) in [(Kind::Valkey, 1), (Kind::Redis, 2)] {
            let server = Server::start(kind, &[]);
            let counts = random_counts(seed, 900);
            record(&server.options(), &counts);
            agrees(
                &Home::new(),
                &format!("--url redis://127.0.0.1:{}", server.port),
                &counts,
            );
        }
    });
}

#[test]
fn random_counts_are_added_up_as_by_hand_in_a_cluster_and_behind_sentinels() {
    on_one_day(|| {
        let counts = random_counts(3, 600);
        let cluster = Cluster::start(Kind::Valkey, false);
        record(&cluster.options(), &counts);
        agrees(&Home::new(), &cluster.flags(), &counts);

        let sentinels = Sentinels::start(Kind::Redis, &[], "");
        record(&sentinels.options(), &counts);
        agrees(&Home::new(), &sentinel_flags(&sentinels), &counts);
    });
}

pub fn sentinel_flags(sentinels: &Sentinels) -> String {
    let alecs_cache::testing::store::options::Deployment::Sentinel {
        sentinels: nodes,
        master,
        ..
    } = sentinels.options().target
    else {
        panic!("the target of sentinels");
    };
    let flags: Vec<String> = nodes
        .iter()
        .map(|node| format!("--sentinel {node}"))
        .collect();
    format!("--mode sentinel --master-name {master} {}", flags.join(" "))
}

pub struct Desk {
    pub server: Server,
    pub home: Home,
}

impl Desk {
    pub fn with(counts: &[Recorded]) -> Self {
        let server = Server::valkey();
        record(&server.options(), counts);
        Self {
            server,
            home: Home::new(),
        }
    }

    pub fn run(&self, line: &str) -> Ended {
        self.home.run(&format!(
            "{line} --url redis://127.0.0.1:{}",
            self.server.port
        ))
    }
}

pub fn counted(kind: &'static str, field: &str, count: u64) -> Recorded {
    Recorded {
        day: day(0),
        kind,
        field: field.to_owned(),
        count,
    }
}

#[test]
fn a_threshold_that_is_not_met_ends_with_6_and_quiet_times_can_be_excused() {
    on_one_day(|| {
        let desk = Desk::with(&[
            counted("hits", "acme:property:prp_1", 849),
            counted("misses", "acme:property:prp_1", 151),
        ]);
        desk.run("hit-rate --fail-under 84.9").with(0);
        let ended = desk.run("hit-rate -o json --fail-under 85").with(6);
        assert_eq!(ended.json()["hit_rate"], 84.9);
        assert_eq!(ended.error()["exit"], 6);
        assert_eq!(ended.error()["code"], "threshold");
        assert_eq!(
            ended.error()["message"],
            "the hit rate is 84.9%, below 85%: 849 of 1,000 reads were answered"
        );
        // The target is the threshold that was asked for.
        let shown = desk.run("hit-rate --fail-under 95").with(6);
        assert!(shown.stdout.contains(", target 95% ✗"), "{}", shown.stdout);
        desk.run("hit-rate --fail-under 85 --min-requests 1001")
            .with(0);
        desk.run("hit-rate --fail-under 85 --min-requests 1000")
            .with(6);
        let quiet = desk.run("hit-rate -c beta -o json --fail-under 0").with(6);
        assert_eq!(quiet.json()["hit_rate"], Value::Null);
        desk.run("hit-rate -c beta --fail-under 85 --min-requests 1")
            .with(0);
    });
}

#[test]
fn invalid_arguments_are_refused_before_connecting() {
    let home = Home::new();
    for line in [
        "--days 0",
        "--date 2026-13-01",
        "--date 2026-11-23T10:00",
        "--date 2026-11-23 --days 2",
        "--by week",
        "--min-requests 5",
        "--fail-under 101",
        "--cost-per-call -1",
        "a b",
    ] {
        // Nobody listens there: connecting would end with 10.
        home.run(&format!("hit-rate --url redis://127.0.0.1:1 {line}"))
            .with(2);
    }
}

#[test]
fn the_price_of_a_call_is_that_of_the_flag_or_else_of_the_configuration() {
    on_one_day(|| {
        let desk = Desk::with(&[counted("hits", "acme:property:prp_1", 3)]);
        assert_eq!(
            desk.run("hit-rate -o json").with(0).json()["cost_saved"],
            0.003
        );
        desk.home.config("cost_per_call = 0.5");
        assert_eq!(
            desk.run("hit-rate -o json").with(0).json()["cost_saved"],
            1.5
        );
        let flagged = desk.run("hit-rate -o json --cost-per-call 2").with(0);
        assert_eq!(flagged.json()["cost_saved"], 6.0);
    });
}

#[test]
fn a_pattern_that_takes_nothing_says_so_and_how_globs_are_meant() {
    on_one_day(|| {
        let desk = Desk::with(&[counted("hits", "acme:property:prp_1", 3)]);
        let notes = |line: &str| {
            let report = desk.run(&format!("hit-rate -o json {line}")).with(0).json();
            report["notes"].clone()
        };
        assert_eq!(notes("property:*"), json!([]));
        assert_eq!(
            notes("acme:property:*"),
            json!([
                "no key that was read in these days matches `acme:property:*`; a glob is compared with the part after the customer, as in `property:*`"
            ])
        );
        assert_eq!(
            notes("prp_2"),
            json!(["no key that was read in these days matches `prp_2`"])
        );
        // If nothing was read at all, the pattern is not the reason.
        assert_eq!(notes("prp_2 -c beta"), json!([]));
    });
}

#[test]
fn foreign_keys_cannot_inject_formulas_or_terminal_control() {
    on_one_day(|| {
        let desk = Desk::with(&[
            counted("misses", "=1+1:x\u{1b}[31m", 7),
            counted("misses", "::error::pwn", 5),
        ]);
        let csv = desk.run("hit-rate --by key -o csv --export h.csv").with(0);
        let mut lines = csv.stdout.lines().skip(1);
        assert_eq!(lines.next(), Some("\"'=1+1:x\\u{1b}[31m\",0,7,0"));
        assert_eq!(lines.next(), Some("\\::error::pwn,0,5,0"));
        let exported = std::fs::read_to_string(desk.home.path().join("h.csv")).unwrap();
        for by in ["customer", "key"] {
            let line = format!("hit-rate --by {by} -o prometheus");
            let text = desk.run(&line).with(0).stdout + &exported;
            let raw = |c: char| c.is_control() && !"\r\n".contains(c);
            assert!(!text.contains(raw), "{text:?}");
        }
        let table = desk.run("hit-rate --by key").with(0).stdout;
        assert!(
            table.contains("=1+1:x\\u{1b}[31m") && !table.contains('\u{1b}'),
            "{table:?}"
        );
    });
}

#[test]
fn counts_that_are_left_out_are_told_beside_csv_and_prometheus_too() {
    on_one_day(|| {
        let desk = Desk::with(&[counted("misses", "acme:property:prp_1", 7)]);
        let of = |tally: &str| format!("akamai:stats:{}:{tally}", day(0));
        let _: i64 = desk
            .server
            .ask(&["HSET", &of("misses"), "acme:property:prp_2", "many"]);
        let _: String = desk.server.ask(&["SET", &of("hits"), "5"]);
        for format in ["csv", "prometheus"] {
            let ended = desk.run(&format!("hit-rate -o {format}")).with(0);
            let expected = format!(
                "warning: 1 fields hold no number and are not counted\n\
                 warning: `{}` is not a hash of counts; it is left out\n",
                of("hits")
            );
            assert_eq!(ended.stderr, expected);
        }
    });
}

/// More keys than are kept, over two days: the second pass has to find the right ones.
#[test]
fn among_a_hundred_thousand_keys_of_several_days_the_most_missed_are_exact() {
    on_one_day(|| {
        let mut random = fastrand::Rng::with_seed(5);
        let mut counts = Vec::new();
        for at in 0..105_000_u64 {
            for back in 0..2 {
                let count = random.u64(..1_000_000) / (at + 1) + 1;
                let mut one = counted("misses", &format!("acme:property:prp_{at}"), count);
                one.day = day(back);
                counts.push(one);
            }
        }
        let desk = Desk::with(&counts);
        let report = desk.run("hit-rate -o json --top 5 --days 2").with(0).json();
        let mut missed: Vec<(String, u64)> = sums(&counts, |_| true, |one| one.field.clone())
            .into_iter()
            .map(|(key, (_, misses))| (key, misses))
            .collect();
        missed.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let expected: Vec<Value> = missed[..5]
            .iter()
            .map(|(key, misses)| json!({"key": key, "misses": misses}))
            .collect();
        assert_eq!(report["top_missed"], json!(expected));
        assert_eq!(report["top_missed_exact"], true);
        assert_eq!(
            report["misses"],
            missed.iter().map(|(_, misses)| misses).sum::<u64>()
        );
    });
}

#[test]
fn top_bounds_the_keys_that_are_listed_and_zero_lists_all() {
    on_one_day(|| {
        let counts: Vec<Recorded> = (0..15)
            .map(|at| counted("misses", &format!("acme:property:prp_{at}"), 20 - at))
            .collect();
        let desk = Desk::with(&counts);
        let listed = |line: &str| {
            let ended = desk.run(&format!("hit-rate --by key {line}")).with(0);
            (ended.stdout.matches("acme:property:").count(), ended.stderr)
        };
        let (shown, notes) = listed("");
        assert_eq!(shown, 10);
        assert!(notes.contains("5 more keys; --top 0 lists all"), "{notes}");
        assert_eq!(listed("--top 3").0, 3);
        assert_eq!(listed("--top 0").0, 15);
        assert_eq!(listed("-o csv"), (15, String::new()));
        assert_eq!(listed("-o csv --top 3"), (3, String::new()));
        for format in ["csv", "prometheus"] {
            let ended = desk.run(&format!("hit-rate -o {format} --top 3")).with(0);
            let warning =
                "warning: --top needs --by key with this output: it has no list of missed keys\n";
            assert_eq!(ended.stderr, warning, "{format}");
        }
        let json = desk.run("hit-rate --by key -o json --top 4").with(0).json();
        assert_eq!(
            (json["rows"].as_array().unwrap().len(), &json["rows_cut"]),
            (4, &json!(true))
        );
    });
}

#[test]
fn people_read_the_names_of_properties_beside_their_keys_and_no_days_before_the_first() {
    on_one_day(|| {
        let stage = Stage::new(small());
        stage.warm("");
        let key = format!("akamai:stats:{}:misses", day(0));
        let _: i64 = stage.server.ask(&[
            "HSET",
            &key,
            "acme:property:prp_100001",
            "5",
            "acme:search:x",
            "7",
        ]);
        let name = stage.json("akamai:acme:property:prp_100001")["propertyName"].clone();
        let name = name.as_str().unwrap();
        let shown = stage.run("hit-rate").with(0).stdout;
        assert!(shown.starts_with("hit rate 0.0% of 12 reads in 7 days, acme on 127."));
        let row = format!("\n     5  acme:property:prp_100001  {name}\n");
        assert!(shown.contains(&row), "{shown}");
        assert!(!shown.contains(&day(1)), "{shown}");
        let keys = stage.run("hit-rate --by key").with(0).stdout;
        assert!(keys.contains(name), "{keys}");
    });
}
