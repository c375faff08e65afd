//! `warm --dry-run`: what a run would do and cost.

use crate::support::account::Account;
use crate::support::stage::{Stage, row, small};

#[test]
fn a_dry_run_writes_nothing_and_foretells_the_calls() {
    let account = small();
    let stage = Stage::new(account.clone());
    let plan = stage.warm("--dry-run");
    assert_eq!(plan["dry_run"], true);
    assert_eq!(plan["planned_calls"], account.crawl_calls());
    assert!(plan["api_calls"].as_u64().unwrap() <= 2);
    assert_eq!(stage.keys(), Vec::<String>::new());
    stage.warm("");
    let plan = stage.warm("--dry-run");
    assert_eq!(plan["planned_calls"], 0);
    assert_eq!(plan["planned_keys"], 0);
    assert_eq!(plan["api_calls"], 0);
    let report = stage.warm("");
    for resource in ["contracts", "groups", "properties", "details", "hostnames"] {
        assert_eq!(row(&plan, resource)["kept"], row(&report, resource)["kept"]);
    }
    let plan = stage.warm("--dry-run --force");
    assert_eq!(plan["planned_calls"], account.crawl_calls());
    assert_eq!(stage.warm("--force")["api_calls"], account.crawl_calls());
    let ended = stage
        .run("warm --dry-run --force --budget 1 -o json")
        .with(9);
    assert_eq!(ended.error()["code"], "rate_limited");
}

#[test]
fn what_a_plan_and_a_report_say_stands_on_stdout() {
    let account = small();
    let stage = Stage::new(account.clone());
    let calls = account.crawl_calls();
    let endpoint = stage.url();
    for (line, first, last) in [
        (
            "warm --dry-run",
            format!("plan for acme on {endpoint}; nothing is written"),
            format!("{calls} API calls, at least "),
        ),
        (
            "warm",
            format!("acme on {endpoint}: complete, generation 1"),
            format!("API calls: {calls}"),
        ),
    ] {
        let told = stage.run(line).with(0);
        let lines: Vec<&str> = told.stdout.lines().collect();
        assert_eq!(lines[0], first);
        assert!(lines.last().unwrap().starts_with(&last), "{}", told.stdout);
        assert_eq!(told.stderr, "");
    }
}

#[test]
fn a_plan_removes_nothing() {
    let stage = Stage::new(small());
    stage.warm("");
    let _: i64 = stage.server.ask(&["DEL", "akamai:acme:hostnames"]);
    let _: String = stage.server.ask(&["SET", "akamai:acme:hostnames", "mine"]);
    stage.warm("--dry-run");
    assert_eq!(stage.get("akamai:acme:hostnames").as_deref(), Some("mine"));
}

#[test]
fn a_cold_plan_foretells_what_each_property_will_cost() {
    for line in [
        "--all",
        "--hostnames version",
        "--only rules,versions",
        "--only tree,map",
    ] {
        let account = Account::new(5)
            .regular()
            .groups(3)
            .contracts(1)
            .properties(12)
            .hostnames(20);
        let stage = Stage::new(account);
        let plan = stage.warm(&format!("--dry-run {line}"));
        assert_eq!(stage.keys(), Vec::<String>::new());
        let report = stage.warm(line);
        assert_eq!(plan["planned_calls"], report["api_calls"], "{line}: {plan}");
        let cost = plan["api_calls"].as_u64().unwrap();
        assert!(cost <= 5, "{line}: the plan itself makes {cost} calls");
        if !line.starts_with("--only") {
            let plan = stage.warm(&format!("--dry-run {line}"));
            assert_eq!(plan["planned_calls"], 0, "{line}: {plan}");
        }
    }
}

#[test]
fn a_plan_of_a_recording_costs_nothing_and_needs_no_page_of_its_own() {
    let stage = Stage::new(small());
    stage.warm("--all --record account.ndjson");
    stage.empty();
    let calls = stage.api.seen().len();
    let plan = stage.warm("--all --dry-run --from account.ndjson");
    assert_eq!(plan["planned_calls"], 0, "{plan}");
    assert!(plan["planned_keys"].as_u64().unwrap() > 20, "{plan}");
    let plan = stage.warm("--dry-run --budget 1 --from account.ndjson");
    assert_eq!(plan["planned_calls"], 0, "{plan}");
    assert_eq!(stage.api.seen().len(), calls);
    assert_eq!(stage.keys(), Vec::<String>::new());
}
