//! The reference of the JSON documents lists every field with its type.

use crate::support::stage::{Stage, small};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Fields whose content is not documented: cached values, and numbers by name.
const OPAQUE: [&str; 4] = ["value", "items[].value", "results[]", "advice[].evidence"];

/// Returns the fields of a section with their types, and those that all documents share.
fn documented(section: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = |title: &str| {
        let body = text
            .split("\n## ")
            .find_map(|part| part.strip_prefix(&format!("{title}\n")))
            .unwrap_or_else(|| panic!("no section {title}"));
        body.lines()
            .filter_map(|line| {
                let mut cells = line.strip_prefix("| `")?.split(" | ");
                let field = cells.next()?.strip_suffix('`')?.to_owned();
                Some((field, cells.next()?.to_owned()))
            })
            .collect::<Vec<_>>()
    };
    let shared = if section == "Errors" {
        Vec::new()
    } else {
        rows("Every document")
    };
    shared.into_iter().chain(rows(section)).collect()
}

/// Walks a document and collects every field that is undocumented or has another type.
fn missing(value: &Value, path: &str, fields: &BTreeMap<String, String>, wrong: &mut Vec<String>) {
    let described = fields.get(path);
    match value {
        _ if described.is_none() && OPAQUE.contains(&path) => {}
        Value::Object(members)
            if described.is_none_or(|kind| kind != "any" && kind != "object") =>
        {
            for (name, member) in members {
                let below = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                missing(member, &below, fields, wrong);
            }
        }
        Value::Array(members) if described.is_none_or(|kind| !kind.starts_with("array")) => {
            let below = format!("{path}[]");
            // An empty object shows no members but must be documented.
            if members.is_empty() && !fields.keys().any(|field| field.starts_with(&below)) {
                wrong.push(path.to_owned());
            }
            for member in members {
                missing(member, &below, fields, wrong);
            }
        }
        value => match described {
            Some(kind) if fits(value, kind) => {}
            Some(kind) => wrong.push(format!("{path} is no {kind}: {value}")),
            None => wrong.push(path.to_owned()),
        },
    }
}

fn fits(value: &Value, kind: &str) -> bool {
    let (kind, optional) = match kind.strip_suffix('?') {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    match kind {
        "any" => true,
        _ if value.is_null() => optional,
        "text" => value.is_string(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        _ => kind.starts_with("array") && value.is_array(),
    }
}

#[track_caller]
fn is_described(document: &Value, section: &str) {
    let mut wrong = Vec::new();
    missing(document, "", &documented(section), &mut wrong);
    wrong.sort();
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "docs/json.md, section {section:?}, does not describe: {wrong:#?}"
    );
}

#[test]
fn the_documents_of_a_warm_run_and_of_its_plan_are_described() {
    let mut account = small();
    let group = account.groups[1].id.clone();
    account.forbidden.push(group.clone());
    let stage = Stage::new(account);
    is_described(
        &stage.run("warm -n -o json").with(0).json(),
        "warm --dry-run",
    );
    let unreadable = stage.warm("");
    assert_ne!(unreadable["unreadable"].as_array().unwrap().len(), 0);
    is_described(&unreadable, "warm");
    // A group that was readable and no longer is causes a failure.
    stage.api.edit(|account| account.forbidden.clear());
    stage.warm("--force");
    stage.api.edit(|account| account.forbidden.push(group));
    let partial = stage.run("warm --force -o json").with(7);
    assert_ne!(partial.json()["errors"].as_array().unwrap().len(), 0);
    is_described(&partial.json(), "warm");
    stage.api.edit(|account| account.forbidden.clear());
    stage.delete("akamai:acme:property:prp_100000");
    let checked = stage.run("warm --check -o json").with(6);
    assert_ne!(checked.json()["checked"].as_array().unwrap().len(), 0);
    is_described(&checked.json(), "warm");
    let several = stage
        .run("warm --force -c acme,beta -o json")
        .with(7)
        .json();
    assert_eq!(several["customers"].as_array().unwrap().len(), 2);
    is_described(&several, "warm");
}

#[test]
fn the_documents_that_show_what_is_cached_are_described() {
    let stage = Stage::new(small());
    stage.warm("");
    for line in ["inspect prp_100000", "inspect hostnames --limit 1"] {
        let shown = stage.run(&format!("{line} -o json")).with(0).json();
        is_described(&shown, "inspect, one key");
    }
    let listed = stage.run("inspect property:* -o json").with(0).json();
    assert_ne!(listed["total"], 0);
    is_described(&listed, "inspect, a pattern");
    let read = stage.run("get property prp_100000 prp_9 -o json").json();
    assert_eq!(read["items"].as_array().unwrap().len(), 1);
    assert_eq!(read["errors"].as_array().unwrap().len(), 1);
    is_described(&read, "get");
    let found = stage.run("search prp_100000 -o json").with(0).json();
    assert_ne!(found["results"].as_array().unwrap().len(), 0);
    is_described(&found, "search");
    is_described(&stage.run("config -o json").with(0).json(), "config");
}

#[test]
fn the_documents_that_measure_are_described() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.run("get property prp_100000 prp_9 -o json");
    for by in ["day", "customer", "resource", "key"] {
        let rate = stage.run(&format!("hit-rate --by {by} -o json"));
        is_described(&rate.with(0).json(), "hit-rate");
    }
    let _: () = stage
        .server
        .ask(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let _: redis::RedisResult<String> = stage.server.try_ask(&["NONSENSE"]);
    let stats = stage.run("stats --advise -o json").with(0).json();
    for field in ["slow_log", "errors", "advice", "targets"] {
        assert_ne!(stats[field].as_array().unwrap().len(), 0, "{field}");
    }
    is_described(&stats, "stats");
    let _: () = stage
        .server
        .ask(&["SET", "akamai:acme:property:prp_1:lock", "x"]);
    is_described(&stage.run("locks -o json").with(0).json(), "locks");
    let cleared = stage.run("locks clear --stale -o json").with(0).json();
    assert_eq!(cleared["cleared"].as_array().unwrap().len(), 1);
    is_described(&cleared, "locks");
}

#[test]
fn the_documents_of_a_removal_and_its_undo_are_described() {
    let stage = Stage::new(small());
    stage.warm("");
    let planned = stage.run("invalidate prp_100000 --cascade --explain -n -o json");
    let planned = planned.with(0).json();
    assert_ne!(planned["keys"].as_array().unwrap().len(), 0);
    is_described(&planned, "invalidate");
    let removed = stage.run("invalidate prp_100000 --cascade -o json").with(0);
    is_described(&removed.json(), "invalidate");
    let listed = stage.run("undo --list -o json").with(0).json();
    assert_eq!(listed["undos"].as_array().unwrap().len(), 1);
    is_described(&listed, "undo --list");
    is_described(&stage.run("undo -o json").with(0).json(), "undo");
    let trail = stage.run("log -o json").with(0).json();
    assert_eq!(trail["entries"].as_array().unwrap().len(), 2);
    is_described(&trail, "log");
}

#[test]
fn the_object_of_an_error_is_described() {
    let stage = Stage::new(small());
    let ended = stage.run("inspect prp_9 -o json").with(5);
    is_described(&serde_json::json!({ "error": ended.error() }), "Errors");
}

#[test]
fn every_number_of_stats_can_be_asserted() {
    let names = alecs_cache::testing::domain::measure::StatsReport::names();
    let numbers: Vec<String> = documented("stats")
        .into_iter()
        .filter(|(_, kind)| kind.starts_with("integer") || kind.starts_with("number"))
        .map(|(field, _)| field.replace("[]", ".*"))
        // The only figure that is not in the report.
        .filter(|name| name != "elapsed_ms")
        .collect();
    assert!(numbers.len() > 50, "{numbers:?}");
    let missing: Vec<&String> = numbers
        .iter()
        .filter(|name| !names.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_documents_of_customers_and_doctor_are_described() {
    let stage = Stage::new(small());
    stage.warm("");
    let customers = stage.command("customers -o json").env("ALECS_CUSTOMER", "");
    is_described(&customers.run().with(0).json(), "customers");
    is_described(&stage.run("doctor -o json").json(), "doctor");
}
