//! Hostnames claimed by two properties, as during a move: the property with the hostname on production owns it.

use crate::support::account::changes::Network;
use crate::support::account::{Account, Hostname};
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, small};
use crate::warm_since::pass;
use jiff::Timestamp;
use std::time::Duration;

const OWNER: &str = "prp_100000";
const OTHER: &str = "prp_100001";
const NAME: &str = "moving.example.com";

/// `OWNER` has the name on production, and `OTHER` has it on staging in another version.
fn claimed() -> Account {
    let mut account = small();
    account.add_hostname(NAME, OWNER);
    let other = account.property_mut(OTHER).unwrap();
    (other.latest, other.staging, other.production) = (2, Some(2), Some(1));
    account.hostnames.push(Hostname {
        name: NAME.to_owned(),
        property: OTHER.to_owned(),
        staging: true,
        production: false,
        split: false,
    });
    account
}

/// The same, with one version on both networks for each: the list of a version does not distinguish them.
fn hidden() -> Account {
    let mut account = claimed();
    for id in [OWNER, OTHER] {
        let property = account.property_mut(id).unwrap();
        (property.latest, property.staging, property.production) = (2, Some(2), Some(2));
    }
    account
}

/// Returns the property named by the hostname's key and by its field in the hash.
fn owner(stage: &Stage) -> [Option<String>; 2] {
    let key = stage.get(&format!("akamai:acme:hostname:{NAME}"));
    let field: Option<String> = stage.server.ask(&["HGET", "akamai:acme:hostnames", NAME]);
    let json = |text: Option<String>| -> Option<serde_json::Value> {
        serde_json::from_str(&text?).unwrap()
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let key = json(key).map(|value| text(&value["property"]["propertyId"]));
    [key, json(field).map(|value| text(&value["propertyId"]))]
}

fn of(id: &str) -> [Option<String>; 2] {
    [Some(id.to_owned()), Some(id.to_owned())]
}

/// Returns a stage after a full warm run and this command, which must leave the name with its owner.
fn left_with_owner(account: Account, line: &str) -> Stage {
    let stage = Stage::new(account);
    stage.warm("");
    assert_eq!(owner(&stage), of(OWNER));
    stage.run(line).with(0);
    assert_eq!(owner(&stage), of(OWNER), "{line}");
    stage
}

/// Commands that leave a name with its owner.
const LINES: [&str; 7] = [
    "warm prp_100001",
    "warm prp_100000 prp_100001",
    "warm prp_100001 prp_100000",
    "warm prp_100001 --hostnames version",
    "invalidate prp_100001 --cascade --refill",
    "invalidate prp_100000 --cascade --refill",
    "invalidate prp_100000 prp_100001 --cascade --refill",
];

#[test]
fn a_name_belongs_to_the_property_that_has_it_on_production_whoever_is_fetched_last() {
    let whole = ["warm --force", "warm --force --hostnames version"];
    for line in LINES.into_iter().chain(whole) {
        left_with_owner(claimed(), line);
    }
}

#[test]
fn a_name_that_is_on_production_elsewhere_by_now_moves_with_it() {
    for line in [
        "warm prp_100001",
        "warm prp_100000 prp_100001",
        "warm prp_100001 prp_100000",
        "invalidate prp_100001 --cascade --refill",
    ] {
        let stage = Stage::new(claimed());
        stage.warm("");
        stage.api.edit(|account| {
            account.remove_hostname(NAME);
            account.property_mut(OTHER).unwrap().production = Some(2);
            account.add_hostname(NAME, OTHER);
        });
        stage.run(line).with(0);
        assert_eq!(owner(&stage), of(OTHER), "{line}");
    }
}

#[test]
fn a_name_that_its_owner_has_lost_in_the_same_run_goes_to_the_one_that_has_it_on_staging() {
    for line in ["warm prp_100000 prp_100001", "warm prp_100001 prp_100000"] {
        let stage = Stage::new(claimed());
        stage.warm("");
        stage.api.edit(|account| {
            let lost = |name: &Hostname| name.name == NAME && name.property == OWNER;
            account.hostnames.retain(|name| !lost(name));
        });
        stage.run(line).with(0);
        assert_eq!(owner(&stage), of(OTHER), "{line}");
    }
}

#[test]
fn the_api_names_the_owner_if_the_list_of_a_version_does_not() {
    let more = [
        "warm --force --hostnames version",
        "warm --check prp_100001",
        "warm --check",
    ];
    for line in LINES.into_iter().chain(more) {
        let stage = left_with_owner(hidden(), line);
        assert!(stage.api.calls("hostname=moving") <= 1, "{line}");
    }
}

#[test]
fn a_run_that_sees_a_claimant_changed_leaves_the_name_with_its_owner() {
    let stage = Stage::new(hidden());
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    pass(&stage, Duration::from_mins(4));
    stage.api.change(|account, now| {
        let version = account.draft(OTHER, now);
        account.activate(OTHER, Network::Staging, version, now);
        account.activate(OTHER, Network::Production, version, now);
    });
    assert_eq!(stage.warm("")["incremental"], true);
    assert_eq!(stage.api.calls("hostname=moving"), 1);
    assert_eq!(owner(&stage), of(OWNER));
}

#[test]
fn claims_that_cannot_be_settled_leave_the_name_where_it_is_and_are_reported() {
    let stage = Stage::new(hidden());
    stage.warm("");
    stage.api.fault(
        "hostname=moving",
        usize::MAX,
        Fault::Status(403, Vec::new(), "{}".into()),
    );
    stage.run("warm prp_100001").with(7);
    assert_eq!(owner(&stage), of(OWNER));
}

#[test]
fn many_claims_are_settled_by_the_list_of_the_account() {
    let mut account = hidden();
    let names: Vec<String> = (0..30).map(|at| format!("m{at}.example.com")).collect();
    for name in &names {
        account.add_hostname(name, OWNER);
    }
    let stage = Stage::new(account);
    stage.warm("");
    stage.api.edit(|account| {
        for name in &names {
            account.remove_hostname(name);
            account.add_hostname(name, OTHER);
        }
    });
    stage.api.take_seen();
    stage.run("warm prp_100001").with(0);
    assert_eq!(stage.api.calls("/papi/v1/hostnames?"), 1);
    assert_eq!(owner(&stage), of(OWNER));
    let moved = stage.json("akamai:acme:hostname:m7.example.com");
    assert_eq!(moved["property"]["propertyId"], OTHER);
}

#[test]
fn as_many_claims_as_may_be_asked_one_by_one_are_settled() {
    let mut account = hidden();
    for at in 1..20 {
        let name = format!("m{at}.example.com");
        account.add_hostname(&name, OTHER);
        account.hostnames.push(Hostname {
            name,
            property: OWNER.to_owned(),
            staging: true,
            production: false,
            split: false,
        });
    }
    let stage = Stage::new(account);
    stage.warm("");
    // Without the hash the length of the account's list is unknown.
    stage.delete("akamai:acme:hostnames");
    stage.run("warm prp_100000").with(0);
    assert_eq!(stage.api.calls("hostname=m"), 19);
    let m7 = stage.json("akamai:acme:hostname:m7.example.com");
    assert_eq!(m7["property"]["propertyId"], OTHER);
    stage.run("warm prp_100001").with(0);
    assert_eq!(stage.api.calls("hostname=m"), 20);
}

/// Gives `OTHER` `count` more hostnames on these networks.
fn with_names(mut account: Account, count: usize, production: bool) -> Account {
    let names = (0..count).map(|at| Hostname {
        name: format!("n{at}.example.com"),
        property: OTHER.to_owned(),
        staging: true,
        production,
        split: false,
    });
    account.hostnames.extend(names);
    account
}

#[test]
fn a_name_that_an_unreadable_property_has_on_production_is_not_the_staging_propertys() {
    let account = claimed();
    let group = account.property(OWNER).unwrap().group.clone();
    assert_ne!(group, account.property(OTHER).unwrap().group);
    let stage = Stage::new(account);
    stage.api.edit(|account| account.forbidden.push(group));
    for line in ["", "", "--force", "--only hostnames --force"] {
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{line}: {report}");
        assert_eq!(owner(&stage), [None, None], "{line}");
    }
    assert_eq!(stage.warm("")["api_calls"], 0);
    // Neither if it was, before the other property had the name on production.
    let staged = |account: &mut Account| {
        let own = |host: &&mut Hostname| host.name == NAME && host.property == OWNER;
        let host = account.hostnames.iter_mut().find(own).unwrap();
        host.production = !host.production;
        host.staging = host.production;
    };
    stage.api.edit(staged);
    stage.warm("--force");
    assert_eq!(owner(&stage), of(OTHER));
    stage.api.edit(staged);
    stage.warm("--force");
    assert_eq!(owner(&stage), [None, None]);
    // Once the group is readable, the name is its property's.
    stage.api.edit(|account| account.forbidden.clear());
    stage.warm("--force");
    assert_eq!(owner(&stage), of(OWNER));
}

/// Number of hostname keys.
fn named_keys(stage: &Stage) -> usize {
    let keys = stage.keys().into_iter();
    keys.filter(|key| key.starts_with("akamai:acme:hostname:"))
        .count()
}

#[test]
fn a_cold_cache_takes_no_name_for_a_property_that_another_one_has_on_production() {
    for account in [claimed(), hidden()] {
        for (line, own) in [
            ("prp_100001", [None, None]),
            ("prp_100001 --only hostnames", [None, None]),
            ("prp_100000", [Some(OWNER.to_owned()), None]),
            ("prp_100001 prp_100000", [Some(OWNER.to_owned()), None]),
        ] {
            let stage = Stage::new(account.clone());
            let plan = stage.warm(&format!("{line} --dry-run"));
            assert_eq!(plan["planned_calls_exact"], false, "{plan}");
            let made = stage.warm(line)["api_calls"].as_u64().unwrap();
            assert!(made <= 10, "{line}: {made} calls");
            assert!(made <= plan["planned_calls"].as_u64().unwrap(), "{plan}");
            assert_eq!(owner(&stage), own, "{line}");
            // All others that are active on production are cached, and what is cached is right.
            let others = stage.api.calls("/papi/v1/hostnames?");
            assert!(others > 0, "{line}");
            assert!(named_keys(&stage) > 0, "{line}");
            stage.run(&format!("warm {line} --check")).with(0);
            assert_eq!(owner(&stage), own, "{line}");
            stage.warm("");
            assert_eq!(owner(&stage), of(OWNER), "{line}");
        }
    }
}

#[test]
fn many_names_on_a_cold_cache_cost_one_list_and_a_call_for_each_that_is_not_on_production() {
    let stage = Stage::new(with_names(hidden(), 30, true));
    let report = stage.warm("prp_100001");
    // The property, the hostnames of its version, the list of its group, and the moving name.
    assert_eq!(report["api_calls"], 4, "{report}");
    assert_eq!(owner(&stage), [None, None]);
    assert!(named_keys(&stage) >= 30);
    let told = stage.run("warm prp_100001 --dry-run").with(0).stdout;
    assert!(told.contains("\nup to "), "{told}");
}

#[test]
fn names_whose_owner_would_take_many_calls_are_not_cached_by_name() {
    let mut account = with_names(claimed(), 25, false);
    account.claimed_total = Some(1_000_000);
    let stage = Stage::new(account);
    let ended = stage.run("warm prp_100001").with(0);
    let note = "cannot tell which property has 26 host names on production (it takes more than 20 calls); run `alecs-cache warm` to cache them by name";
    ended.says(note);
    assert_eq!(stage.get("akamai:acme:hostname:n7.example.com"), None);
    let list = stage.json("akamai:acme:property:prp_100001:hostnames");
    assert!(list.as_array().unwrap().len() > 25, "{list}");
    assert!(stage.api.calls("/papi/v1/hostnames?") <= 3);
    // If all hostnames are known, a new one belongs to the property.
    stage.api.edit(|account| account.claimed_total = None);
    stage.warm("");
    stage.api.take_seen();
    stage
        .api
        .edit(|account| account.add_hostname("new.example.com", OTHER));
    stage.run("warm prp_100001").with(0);
    assert_eq!(stage.api.calls("/papi/v1/hostnames?"), 0);
    let new = stage.json("akamai:acme:hostname:new.example.com");
    assert_eq!(new["property"]["propertyId"], OTHER);
}

#[test]
fn the_calls_that_find_the_owner_of_a_name_are_planned() {
    let stage = Stage::new(hidden());
    stage.warm("");
    let plan = stage.warm("prp_100001 --dry-run");
    let report = stage.warm("prp_100001");
    assert_eq!(plan["planned_calls"], report["api_calls"], "{plan}");
    let plan = stage.warm("prp_100002 --dry-run");
    assert_eq!(plan["planned_calls_exact"], true, "{plan}");
    let told = stage.run("invalidate prp_100001 -n --refill -o json");
    let told = told.with(0).json()["refill_calls"].as_u64();
    stage.api.take_seen();
    stage.run("invalidate prp_100001 -y --refill").with(0);
    assert_eq!(told, Some(stage.api.seen().len() as u64));
}

#[test]
fn a_refill_of_a_cache_that_knows_few_properties_costs_no_more_than_it_says() {
    for line in [
        "prp_100001",
        "prp_100001 --cascade",
        "prp_100000 prp_100001 --cascade",
        "unknown.example.com",
    ] {
        let stage = Stage::new(hidden());
        stage.warm("prp_100001");
        let told = stage.run(&format!("invalidate {line} -n --refill -o json"));
        let told = told.with(0).json()["refill_calls"].as_u64().unwrap();
        stage.api.take_seen();
        stage.run(&format!("invalidate {line} -y --refill")).with(0);
        let made = stage.api.seen().len() as u64;
        assert!(made <= told, "{line}: told {told}, made {made}");
        // It must not be the other property.
        assert_ne!(owner(&stage)[0].as_deref(), Some(OTHER), "{line}");
    }
}

/// Lines after which the cache shows no owner of the name, although it has all host names.
const FORGOTTEN: [&str; 2] = [
    "invalidate prp_100000 --cascade",
    "invalidate moving.example.com",
];

#[test]
fn a_name_whose_owner_the_cache_has_forgotten_is_not_the_staging_propertys() {
    for line in FORGOTTEN {
        let stage = Stage::new(claimed());
        stage.warm("");
        stage.run(line).with(0);
        for line in [
            "warm prp_100001",
            "invalidate prp_100001 --refill",
            "invalidate prp_100001 --cascade --refill",
        ] {
            let plan = stage.run(&format!("{line} --dry-run -o json"));
            let plan = plan.with(0).json();
            let told = [&plan["planned_calls"], &plan["refill_calls"]];
            let told = told.iter().find_map(|calls| calls.as_u64()).unwrap();
            stage.api.take_seen();
            stage.run(line).with(0);
            assert_eq!(stage.api.calls("hostname=moving"), 1, "{line}");
            let made = stage.api.seen().len() as u64;
            assert!(made <= told, "{line}: told {told}, made {made}");
            assert_eq!(owner(&stage), [None, None], "{line}");
        }
        let found = stage.run(&format!("search {NAME} -o json")).with(0).json();
        assert_eq!(found["results"][0]["property"]["propertyId"], OWNER);
        stage.run(&format!("warm {NAME}")).with(0);
        assert_eq!(owner(&stage), of(OWNER));
    }
}

#[test]
fn a_new_name_is_the_propertys_that_has_it_on_production_although_it_is_not_fetched() {
    let stage = || {
        let stage = Stage::new(claimed());
        stage.api.edit(|account| account.remove_hostname(NAME));
        stage.warm("");
        stage.api.edit(|account| *account = claimed());
        for _ in 0..2 {
            stage.run("warm prp_100001").with(0);
            assert_eq!(owner(&stage), [None, None]);
        }
        stage
    };
    // The hash, which has all other names, does not deny it.
    let found = stage().run(&format!("search {NAME} -o json"));
    let found = found.with(0).json();
    assert_eq!(found["results"][0]["property"]["propertyId"], OWNER);
    // On staging alone, it is the property's that has it there.
    let stage = stage();
    stage.api.edit(|account| {
        let own = |host: &Hostname| host.name == NAME && host.property == OWNER;
        account.hostnames.retain(|host| !own(host));
    });
    for calls in [1, 0] {
        stage.api.take_seen();
        stage.run("warm prp_100001").with(0);
        assert_eq!(stage.api.calls("hostname=moving"), calls);
        assert_eq!(owner(&stage), of(OTHER));
    }
}

#[test]
fn a_check_and_a_run_for_the_name_see_that_another_property_has_it_on_production_by_now() {
    for line in ["prp_100001", NAME] {
        let stage = Stage::new(claimed());
        stage.api.edit(|account| {
            let own = |host: &Hostname| host.name == NAME && host.property == OWNER;
            account.hostnames.retain(|host| !own(host));
        });
        stage.warm("");
        assert_eq!(owner(&stage), of(OTHER));
        stage.run(&format!("warm {line} --check")).with(0);
        stage.api.edit(|account| *account = claimed());
        let report = stage.run(&format!("warm {line} --check -o json")).with(6);
        let key = format!("akamai:acme:hostname:{NAME}");
        let checked = report.json()["checked"].to_string();
        assert!(checked.contains(&key), "{line}: {checked}");
        let plan = stage.warm(&format!("{NAME} --dry-run"));
        assert_eq!(plan["planned_calls_exact"], false, "{plan}");
        stage.run(&format!("warm {NAME}")).with(0);
        assert_eq!(owner(&stage), of(OWNER), "{line}");
        stage.run(&format!("warm {line} --check")).with(0);
    }
}

#[test]
fn a_recording_of_one_property_names_the_owner_of_its_name() {
    let stage = Stage::new(claimed());
    stage.warm("");
    stage.run(FORGOTTEN[0]).with(0);
    stage.run("warm prp_100001 --record one.ndjson").with(0);
    assert_eq!(stage.api.calls("hostname=moving"), 1);
    for empties in [false, true] {
        if empties {
            stage.empty();
        }
        stage.run("warm prp_100001 --from one.ndjson").with(0);
        assert_eq!(owner(&stage), [None, None], "{empties}");
    }
}
