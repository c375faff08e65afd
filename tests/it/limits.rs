//! `--limit` bounds every list, in tables and in JSON.

use crate::support::stage::{Stage, small};
use serde_json::Value;

/// A stage with two locks, two customers and two invalidations.
fn stage() -> Stage {
    let stage = Stage::new(small());
    stage.warm("");
    for key in [
        "akamai:acme:property:prp_1:lock",
        "akamai:acme:property:prp_2:lock",
    ] {
        let _: String = stage.server.ask(&["SET", key, "x", "PX", "20000"]);
    }
    let _: String = stage
        .server
        .ask(&["SET", "akamai:beta:properties:all", "[]", "PX", "90000"]);
    for id in ["prp_100000", "prp_100001"] {
        stage.run(&format!("invalidate {id}")).with(0);
    }
    stage.warm("");
    stage
}

#[test]
fn a_list_is_bounded_and_what_is_left_out_is_counted() {
    let stage = stage();
    for (line, rows, more) in [
        ("get properties --limit 2", 2, "more item"),
        ("get groups --limit 1", 1, "more item"),
        (
            "get property prp_100000 prp_100001 prp_100002 --limit 2",
            2,
            "1 more item",
        ),
        ("locks --limit 1", 1, "1 more lock"),
        ("customers --limit 1", 1, "1 more customer"),
        ("undo --list --limit 1", 1, "1 more invalidation"),
        ("inspect property:* --limit 2", 2, "more key"),
        ("search site --limit 2", 2, "results; --limit 0 shows all"),
    ] {
        let run = stage.command(line).env("ALECS_CUSTOMER", customer(line));
        let ended = run.run().with(0);
        let shown = ended.stdout.lines().count();
        // A heading, and sometimes a sentence above it.
        assert!((rows + 1..=rows + 2).contains(&shown), "{line}: {ended:?}");
        assert!(ended.stderr.contains(more), "{line}: {ended:?}");
        assert!(
            ended.stderr.contains("--limit 0 shows all"),
            "{line}: {ended:?}"
        );
        let all = line.rsplit_once(' ').unwrap().0;
        let all = stage
            .command(&format!("{all} 0"))
            .env("ALECS_CUSTOMER", customer(line));
        let all = all.run().with(0);
        assert!(all.stdout.lines().count() > shown, "{line}: {all:?}");
        assert!(!all.stderr.contains("--limit"), "{line}: {all:?}");
    }
}

/// Customers are only listed if none is named.
fn customer(line: &str) -> &'static str {
    if line.starts_with("customers") {
        ""
    } else {
        "acme"
    }
}

#[test]
fn a_document_is_bounded_too_and_tells_the_total() {
    let stage = stage();
    for (line, list) in [
        ("locks", "/locks"),
        ("undo --list", "/undos"),
        ("get properties", "/items/0/value"),
        ("search site", "/results"),
    ] {
        let read = |limit: &str| stage.run(&format!("{line} -o json {limit}")).with(0).json();
        let size = |document: &Value| document.pointer(list).unwrap().as_array().unwrap().len();
        let (all, one) = (read(""), read("--limit 1"));
        assert_eq!(all["total"], size(&all), "{line}");
        assert_eq!((size(&one), &one["total"]), (1, &all["total"]), "{line}");
    }
    // An empty list would be another answer than none.
    let ids = "get hostnames prp_100000 prp_100001 -o json --limit 1";
    let read = stage.run(ids).with(0).json();
    assert_eq!(read["items"].as_array().unwrap().len(), 1, "{read}");
}

#[test]
fn the_keys_that_are_explained_and_the_differences_that_are_found_are_bounded() {
    let stage = stage();
    let plan = "invalidate prp_100002 --cascade -n --explain";
    let all = stage.run(plan).with(0).stdout;
    let keys = |text: &str| text.lines().filter(|line| line.starts_with("  ")).count();
    let two = stage.run(&format!("{plan} --limit 2")).with(0);
    assert_eq!(keys(&two.stdout), 2, "{}", two.stdout);
    let more = format!("… {} more keys; --limit 0 shows all\n", keys(&all) - 2);
    two.says(&more);
    let document = stage
        .run(&format!("{plan} --limit 2 -o json"))
        .with(0)
        .json();
    assert_eq!(document["keys"].as_array().unwrap().len(), 2, "{document}");
    let usage = stage.run("invalidate prp_100002 -n --limit 2").with(2);
    usage.says("--explain");

    for id in ["prp_100000", "prp_100001"] {
        let key = format!("akamai:acme:property:{id}");
        stage.delete(&key);
    }
    let one = stage.run("warm --check --limit 1").with(6);
    let rows = one
        .stdout
        .lines()
        .filter(|line| line.starts_with("missing"));
    assert_eq!(rows.count(), 1, "{}", one.stdout);
    let more = "… 1 more difference; --limit 0 shows all\n";
    one.says(more);
}
