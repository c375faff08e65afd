//! `warm --dry-run`: the plan and cost of a run.

use crate::get_unknown::account;
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};

#[test]
fn a_dry_run_writes_nothing_and_predicts_the_calls() {
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
fn host_names_of_the_other_view_are_not_fresh() {
    let stage = Stage::new(small());
    stage.warm("");
    for line in [
        "--hostnames version",
        "",
        "--hostnames version --every 3m",
        "",
    ] {
        let plan = stage.warm(&format!("--dry-run {line}"));
        let report = stage.warm(line);
        assert_ne!(report["api_calls"], 0, "{report}");
        assert!(plan["planned_calls"].as_u64() >= report["api_calls"].as_u64());
        let names = row(&report, "hostnames")["stored"].as_u64();
        assert!(names >= Some(10), "{report}");
        let view = line.trim_end_matches(" --every 3m");
        stage.run(&format!("warm --check {view}")).with(0);
        assert_eq!(stage.warm(line)["api_calls"], 0);
    }
    // Until all names of a view are cached, none counts as fresh.
    stage.run("warm --hostnames version --budget 2").with(9);
    assert_eq!(stage.warm("--check")["complete"], true);
    assert_ne!(stage.warm("--hostnames version")["api_calls"], 0);
}

#[test]
fn what_a_plan_and_a_report_say_is_on_stdout() {
    let account = small();
    let stage = Stage::new(account.clone());
    let calls = account.crawl_calls();
    let address = format!("127.0.0.1:{}", stage.server.port);
    let told = |line: &str| {
        let ended = stage.run(line).with(0);
        assert_eq!(ended.stderr, "", "{line}");
        ended.stdout
    };
    let plan = told("warm --dry-run");
    let first = format!("Plan for acme on {address} (nothing is written)\n");
    assert!(plan.starts_with(&first), "{plan}");
    let cost = plan.lines().rev().nth(1).unwrap();
    assert!(cost.starts_with(&format!("{calls} API calls")), "{plan}");
    // The printed command can be pasted to run the plan.
    assert!(plan.ends_with("\nrun it: alecs-cache warm\n"), "{plan}");
    let longer = told("warm -n -c acme --only hostnames,map");
    let line = "\nrun it: alecs-cache warm -c acme --only 'hostnames,map'\n";
    assert!(longer.ends_with(line), "{longer}");
    let joined = told("warm -nq");
    assert!(joined.ends_with("\nrun it without --dry-run\n"), "{joined}");
    let warmed = told("warm");
    assert!(warmed.starts_with("acme warmed in "), "{warmed}");
    let lines: Vec<&str> = warmed.lines().collect();
    // Two sentences are enough after a success, and one if there was nothing to do.
    let [_, cost, due] = lines.as_slice() else {
        panic!("{warmed}");
    };
    assert!(cost.starts_with(&format!("{calls} API calls")), "{warmed}");
    // In four minutes, minus the time that a slow machine takes.
    assert!(due.starts_with("due next: properties in "), "{warmed}");
    let again = told("warm");
    assert!(again.starts_with("acme is warm: "), "{again}");
    assert!(again.contains(" keys fresh, nothing fetched ("), "{again}");
    assert!(again.contains(")\ndue next: properties in "), "{again}");
    assert_eq!(again.lines().count(), 2, "{again}");
    let verbose = stage.run("warm -v").with(0).stdout;
    assert!(verbose.contains("RESOURCE"), "{verbose}");
}

#[test]
fn a_plan_removes_nothing() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.delete("akamai:acme:hostnames");
    let _: String = stage.server.ask(&["SET", "akamai:acme:hostnames", "mine"]);
    stage.warm("--dry-run");
    assert_eq!(stage.get("akamai:acme:hostnames").as_deref(), Some("mine"));
}

#[test]
fn a_cold_plan_predicts_what_each_property_will_cost() {
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
        // Versions do not name the owners of their hostnames.
        let claims = if line == "--hostnames version" { 20 } else { 0 };
        let made = report["api_calls"].as_u64().unwrap();
        assert_eq!(plan["planned_calls"], made + claims, "{line}: {plan}");
        // Host names may name groups that the list of groups lacks.
        let lists = stage.api.calls("/papi/v1/hostnames?") > 0;
        assert_eq!(plan["planned_calls_exact"], claims == 0 && !lists, "{plan}");
        let cost = plan["api_calls"].as_u64().unwrap();
        assert!(cost <= 6, "{line}: the plan itself makes {cost} calls");
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

#[test]
fn each_plan_predicts_the_calls_of_its_run() {
    let odd = || {
        Account::new(7)
            .groups(5)
            .contracts(2)
            .properties(25)
            .hostnames(40)
    };
    let mut drifted = Vec::new();
    for line in [
        "",
        "--all",
        "--check",
        "--check --all",
        "--force",
        "--force --all",
        "--only details",
        "--only hostnames",
        "--only map",
        "--only rules,activations",
        "--only cpcodes",
        "--only cpcodes,tree",
        "--only groups",
        "--skip hostnames",
        "--hostnames version",
        "--from-misses",
        "prp_100000 prp_100001 prp_100007",
        "prp_100000 www-1.s7.example.com --all",
        "--check prp_100004 prp_100002",
    ] {
        let stage = Stage::new(odd());
        let mut compare = |state: &str| {
            let plan = stage.warm(&format!("--dry-run {line}"));
            let report = stage.run(&format!("warm -o json {line}")).json();
            let (planned, made) = (&plan["planned_calls"], &report["api_calls"]);
            // For an uncached property only the API knows the number of active versions.
            let at_most = plan["planned_calls_exact"] == false
                && state == "cold"
                && planned.as_u64() >= made.as_u64();
            if planned != made && !at_most {
                drifted.push(format!("{line:?}, {state}: planned {planned}, made {made}"));
            }
        };
        compare("cold");
        stage.warm("--all");
        compare("fresh");
        for key in stage.data() {
            // A list's smallest due share of its five minutes is a minute. Use as much of it as possible, so that
            // nothing expires between the plan and its run on a slow machine.
            stage.expire(&key, 58);
        }
        compare("due");
    }
    assert!(drifted.is_empty(), "{drifted:#?}");
}

#[test]
fn an_id_that_the_api_has_just_named_is_not_asked_for_again_without_its_group() {
    let account = Account::new(1).regular().groups(3).contracts(1);
    let stage = Stage::new(account.properties(30).hostnames(30));
    let denied = Fault::Status(403, Vec::new(), "{}".into());
    stage.api.fault("/rules?", 999, denied);
    let plan = stage
        .run("warm --only rules --dry-run -o json")
        .with(0)
        .json();
    let before = stage.api.seen().len();
    let made = |stage: &Stage| stage.api.seen().len() - before;
    stage.run("warm --only rules").with(4);
    assert_eq!(plan["planned_calls"], made(&stage));
}

#[test]
fn a_plan_is_the_run_or_says_that_it_is_not_exact() {
    let hosts: Vec<String> = account()
        .hostnames
        .into_iter()
        .filter(|host| host.property == "prp_100000")
        .map(|host| host.name)
        .take(2)
        .collect();
    let hosts = hosts.join(" ");
    let both = format!("{hosts} --only details");
    let many: Vec<String> = (0..9).map(|at| format!("prp_10000{at}")).collect();
    let many = format!("{} --only versions", many.join(" "));
    let list = ["akamai:acme:properties:all"].as_slice();
    // The arguments, whether the cache is warm, keys that are missing then, and whether the plan is exact.
    let cases = [
        ("--only cpcodes", false, [].as_slice(), true),
        ("", true, list, false),
        ("prp_100000 --only rules", false, &[], false),
        ("prp_100000 --only rules", true, &[], true),
        ("prp_100000 --only details", false, &[], true),
        (both.as_str(), false, &[], false),
        (both.as_str(), true, &[], true),
        (many.as_str(), false, &[], false),
    ];
    for (line, warm, missing, exact) in cases {
        let stage = Stage::new(account());
        if warm {
            stage.warm("");
        } else {
            stage.api.edit(|account| account.cpcode_grant = false);
        }
        for key in missing {
            stage.delete(key);
        }
        assert_plan(&stage, line, exact);
    }
    let stage = Stage::new(account());
    stage
        .api
        .edit(|account| account.forbidden.push("grp_10001".into()));
    assert_plan(&stage, &format!("prp_999999 {many}"), false);
    let stage = Stage::new(account());
    stage.warm("");
    let denied = Fault::Status(403, Vec::new(), "{}".into());
    stage.api.fault("groupId=grp_10001", 99, denied);
    stage.run("warm --force").with(7);
    assert_plan(&stage, "", false);
}

/// Compares a plan with its run, in calls and in the keys of what is named by `--only`.
#[track_caller]
fn assert_plan(stage: &Stage, line: &str, exact: bool) {
    let plan = stage.warm(&format!("--dry-run {line}"));
    let report = stage.run(&format!("warm -o json {line}")).json();
    let (planned, made) = (&plan["planned_calls"], &report["api_calls"]);
    let text = format!("{line}: planned {planned}, made {made}; {plan} {report}");
    assert_eq!(plan["planned_calls_exact"], exact, "{text}");
    if exact {
        assert_eq!(planned, made, "{text}");
    } else {
        assert!(planned.as_u64() >= made.as_u64(), "{text}");
    }
    if let Some((_, only)) = line.split_once("--only ")
        && plan["planned_keys_exact"] == true
    {
        let stored = &row(&report, only)["stored"];
        assert_eq!(&plan["planned_keys"], stored, "{text}");
    }
}

#[test]
fn a_list_that_does_not_last_until_the_next_run_is_warned_about() {
    let stage = Stage::new(small());
    let told = |line: &str| stage.run(line).with(0).stderr;
    assert_eq!(
        told("warm -n --every 10m"),
        "warning: the list of properties lives 5 min: with a run each 10 min it expires before the next one\n"
    );
    assert_eq!(
        told("warm -n --every 270s"),
        "warning: the list of properties lives 5 min: with a run each 4 min 30 s it crosses the server's refresh \
         threshold before the next one\n"
    );
    for line in ["warm -n --every 4m", "warm -n --every 10m --only groups"] {
        assert_eq!(told(line), "", "{line}");
    }
}

#[test]
fn a_plan_calls_only_customers_fresh_that_it_knows() {
    let stage = Stage::new(small());
    stage.warm("");
    let ended = stage.run("warm -n -c acme,nobody").with(7);
    assert!(
        ended
            .stdout
            .ends_with("\neverything is fresh for acme; nobody could not be planned\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_second_run_of_rules_alone_keeps_them_as_its_plan_says_and_fetches_those_that_changed() {
    let account = small();
    let lists = 1 + account.pairs().len();
    let stage = Stage::new(account);
    stage.warm("--only rules");
    for changed in [0, 1] {
        if changed == 1 {
            stage
                .api
                .edit(|account| account.property_mut("prp_100001").unwrap().name = "new".into());
        }
        let plan = stage.warm("-n --only rules");
        let report = stage.warm("--only rules");
        assert_eq!(report["api_calls"], lists + changed, "{report}");
        assert_eq!(plan["planned_calls"], report["api_calls"], "{plan}");
        assert_eq!(plan["planned_calls_exact"], true, "{plan}");
        assert_eq!(row(&report, "rules")["stored"], changed, "{report}");
    }
    let rules = stage.keys().into_iter();
    let rules = rules.filter(|key| key.contains(":prp_100001:rules:"));
    for key in rules {
        assert_eq!(stage.json(&key)["propertyName"], "new");
    }
}
