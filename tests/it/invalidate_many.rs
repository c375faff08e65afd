//! `invalidate` of many ids, of patterns and tags, and for several customers.

use crate::invalidate::{HASH, data, fill, filled, report};
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

#[test]
fn words_come_from_stdin_one_a_line() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_2",
        "akamai:acme:property:prp_3",
    ]);
    let run = stage
        .command("invalidate -o json -")
        .stdin("prp_1\r\n\nacme:property:prp_2\n");
    let done = run.run().with(0).json();
    assert_eq!(done["removed"], 2);
    assert_eq!(
        done["by_target"],
        json!([
            {"target": "prp_1", "matched": 1, "removed": 1},
            {"target": "acme:property:prp_2", "matched": 1, "removed": 1},
        ])
    );
    assert_eq!(data(&stage), ["akamai:acme:property:prp_3"]);
    for line in ["invalidate -", "get property -", "warm -"] {
        let list = "# the release\nprp_3\nprp_1 2\n";
        let ended = stage.command(line).stdin(list).run().with(2);
        let told = "line 3 of stdin, `prp_1 2`, holds several words";
        assert!(ended.stderr.contains(told), "{line}: {}", ended.stderr);
        assert_eq!(data(&stage), ["akamai:acme:property:prp_3"]);
    }
    stage.command("invalidate").arg("prp_3 prp_1").run().with(2);
    stage
        .command("invalidate - -")
        .stdin("prp_1\n")
        .run()
        .with(2);
}

#[test]
fn any_number_of_ids_and_patterns_is_one_walk() {
    let stage = filled(&["akamai:acme:property:prp_7", "akamai:acme:search:x"]);
    let script = "for i = 1, 5000 do redis.call('SET', 'akamai:acme:hostname:h' .. i .. '.b', '{}', 'EX', 900) end";
    let _: Option<String> = stage.server.ask(&["EVAL", script, "0"]);
    let pages = |words: &[&str]| -> u64 {
        let _: () = stage.server.ask(&["CONFIG", "RESETSTAT"]);
        report(&stage, words);
        let scans = stage.server.info("cmdstat_scan");
        scans.split(['=', ',']).nth(1).unwrap().parse().unwrap()
    };
    let one = pages(&["prp_1", "--cascade"]);
    let ids: Vec<String> = (0..1000).map(|number| format!("prp_{number}")).collect();
    let mut many: Vec<&str> = ids.iter().map(String::as_str).collect();
    many.extend([
        "--pattern",
        "search:*",
        "--pattern",
        "groups:*",
        "--cascade",
        "--yes",
    ]);
    // Pages are up to four times smaller while the server is slow; a walk for each target would be a thousand.
    let many = pages(&many);
    assert!((one / 4..=one * 4).contains(&many), "{one}, {many}");
    assert!(one >= 5, "{one}");
    assert_eq!(data(&stage).len(), 5000);
    let one = pages(&["--pattern", "hostname:h1*", "--yes", "--no-undo"]);
    // With undo it is one walk too.
    assert!(pages(&["--pattern", "hostname:h2*", "--yes"]) <= one * 4);
    // Whole keys are checked directly, and the list may be long.
    let list: String = (0..40_000).fold(String::new(), |list, number| {
        list + &format!("a{number}.b\n")
    });
    let run = stage.command("invalidate -o json -").stdin(list);
    assert_eq!(run.run().with(0).json()["removed"], 0);
}

#[test]
fn patterns_and_everything_need_a_yes_and_leave_the_bookkeeping() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:unheard:of",
        "akamai:acme:contracts:all",
    ]);
    let kept = [
        "akamai:acme:property:prp_1:lock",
        "akamai:acme:metrics:cache:hits",
        "akamai:acme:generation",
        "akamai:beta:property:prp_1",
        "akamai:stats:2026-01-02:hits",
    ];
    fill(&stage, &kept);
    fill(&stage, &["akamai:acme:generations"]);
    let before = stage.keys();
    stage.run("invalidate --everything").with(2);
    stage.run("invalidate --pattern property:*").with(2);
    assert_eq!(stage.keys(), before);
    let dry = report(&stage, &["--everything", "--dry-run"]);
    assert_eq!(
        (&dry["matched"], &dry["dry_run"]),
        (&json!(4), &json!(true))
    );
    for undo in [&["--no-undo"][..], &[]] {
        let done = report(&stage, &[&["--everything", "--yes"], undo].concat());
        assert_eq!(done["removed"], 4, "{undo:?}");
        assert_eq!(done["by_target"][0]["target"], "everything");
        assert_eq!(
            data(&stage),
            kept.iter()
                .map(ToString::to_string)
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        fill(
            &stage,
            &[
                "akamai:acme:property:prp_1",
                "akamai:acme:unheard:of",
                "akamai:acme:contracts:all",
                "akamai:acme:generations",
            ],
        );
    }
    let done = report(
        &stage,
        &["--pattern", "property:prp_[1-3]*", "--yes", "--no-undo"],
    );
    assert_eq!((&done["removed"], &done["matched"]), (&json!(1), &json!(1)));
    let marked: Vec<String> = stage
        .server
        .ask(&["ZRANGE", "akamai:acme:invalidated", "0", "-1"]);
    assert_eq!(marked, ["*"]);
}

#[test]
fn tags_find_properties_by_what_the_cache_says_of_them() {
    let stage = Stage::new(small());
    let item = |id: &str, group: &str, name: &str| {
        json!({"propertyId": id, "propertyName": name, "contractId": "ctr_1", "groupId": group})
            .to_string()
    };
    let set = |key: &str, value: &str| {
        stage.server_writes(key, value);
    };
    set(
        "akamai:acme:properties:all",
        &format!("[{}]", item("prp_1", "grp_1", "a")),
    );
    for (id, group, name) in [
        ("prp_1", "grp_1", "a"),
        ("prp_12", "grp_12", "b"),
        ("prp_3", "grp_1", "b"),
    ] {
        set(
            &format!("akamai:acme:property:{id}"),
            &item(id, group, name),
        );
    }
    let field = r#"{"propertyId":"prp_4","property":{"propertyName":"c","contractId":"ctr_1","groupId":"grp_1"}}"#;
    let _: i64 = stage.server.ask(&[
        "HSET",
        HASH,
        "four.example.com",
        field,
        "other.example.com",
        "{}",
    ]);
    set("akamai:acme:hostname:four.example.com", "{}");
    set("akamai:acme:search:x", "[]");
    let done = report(&stage, &["--tag", "group:grp_1"]);
    assert_eq!(
        (&done["removed"], &done["fields"]),
        (&json!(5), &json!(1)),
        "{done}"
    );
    assert_eq!(data(&stage), [HASH, "akamai:acme:property:prp_12"]);
    let done = report(&stage, &["--tag", "name:[b]"]);
    assert_eq!(done["removed"], 1, "{done}");
    assert_eq!(report(&stage, &["--tag", "group:grp_9"])["removed"], 0);
}

#[test]
fn without_a_named_customer_a_removal_that_finds_nothing_says_who_has_keys() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:beta:property:prp_1",
        "akamai:gamma:property:prp_2",
    ]);
    let ended = stage
        .home
        .command("invalidate prp_1")
        .env("ALECS_CACHE_URL", stage.url())
        .run()
        .with(0);
    let warned = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("warning"))
        .unwrap();
    assert!(
        warned.contains("default") && warned.contains("acme, beta, gamma"),
        "{warned}"
    );
    assert!(
        !stage
            .run("invalidate prp_9")
            .with(0)
            .stderr
            .contains("warning")
    );
}

#[test]
fn several_customers_or_all_of_them_are_removed_in_one_go() {
    let keys = [
        "akamai:acme:property:prp_1",
        "akamai:beta:property:prp_1",
        "akamai:gamma:property:prp_1",
    ];
    let stage = filled(&keys);
    let done = report(&stage, &["-c", "acme,beta", "prp_1"]);
    assert_eq!(
        (&done["removed"], &done["customers"]),
        (&json!(2), &json!(["acme", "beta"]))
    );
    assert_eq!(
        done["by_target"],
        json!([
            {"customer": "acme", "target": "prp_1", "matched": 1, "removed": 1},
            {"customer": "beta", "target": "prp_1", "matched": 1, "removed": 1},
        ])
    );
    let log = stage.run("log -c acme,beta -o json").with(0).json();
    let told = |entry: &Value| (entry["customer"].clone(), entry["removed"].clone());
    let mut entries: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect();
    entries.sort_by_key(|(customer, _)| customer.to_string());
    assert_eq!(
        entries,
        [(json!("acme"), json!(1)), (json!("beta"), json!(1))]
    );
    assert_eq!(data(&stage), ["akamai:gamma:property:prp_1"]);
    fill(&stage, &keys);
    fill(
        &stage,
        &[
            "akamai:stats:2026-01-02:hits",
            "akamai:stats:2026-01-02:misses",
        ],
    );
    let all = |line: &str| {
        stage
            .home
            .command(line)
            .env("ALECS_CACHE_URL", stage.url())
            .run()
    };
    all("invalidate --all-customers prp_1").with(2);
    let done = all("invalidate --all-customers prp_1 --yes -o json")
        .with(0)
        .json();
    assert_eq!(done["removed"], 3);
    let history = all("invalidate --all-customers --pattern stats:*:hits --yes -o json")
        .with(0)
        .json();
    assert_eq!(history["removed"], 1);
    assert_eq!(data(&stage), ["akamai:stats:2026-01-02:misses"]);
}
