//! Many ids at once: no command makes more calls than the cheaper of two ways, one call per property or the account's
//! lists.

use crate::support::account::{Account, Hostname, Property};
use crate::support::akamai::Fault;
use crate::support::run::Ended;
use crate::support::server::wait_for;
use crate::support::stage::Stage;
use serde_json::Value;

/// Calls allowed beyond the cheaper way: to learn the number of groups or hostnames, or because a single call is
/// preferred if the list saves only one.
const FIXED: usize = 2;

const LIST: &str = "akamai:acme:properties:all";

/// Properties in as many groups, some of them in a bucket, inactive, or with another version on staging.
fn odd(groups: usize, properties: usize) -> Account {
    Account::new(7)
        .groups(groups)
        .contracts(2)
        .properties(properties)
        .hostnames(properties * 2)
}

fn host_calls(property: &Property) -> usize {
    if property.bucket {
        return 1;
    }
    let staging = property.staging.filter(|v| property.production != Some(*v));
    usize::from(property.production.is_some()) + usize::from(staging.is_some())
}

/// Returns the calls of the cheaper way for the first `count` properties: their items, and their hostnames.
fn cheapest(account: &Account, count: usize) -> (usize, usize) {
    let named: Vec<&Property> = account.properties.iter().take(count).collect();
    let hosts: usize = named.iter().map(|property| host_calls(property)).sum();
    let lists = 1 + account.pairs().len();
    let pages = account.hostnames.len().div_ceil(999).max(1);
    (named.len().min(lists), hosts.min(pages))
}

fn ids(account: &Account, count: usize) -> String {
    let ids = account.properties.iter().take(count);
    let ids: Vec<&str> = ids.map(|property| property.id.as_str()).collect();
    ids.join("\n")
}

impl Stage {
    /// Runs a command that reads ids from stdin.
    fn with_ids(&self, line: &str, ids: &str) -> Ended {
        self.command(&format!("{line} -o json")).stdin(ids).run()
    }

    fn expire_soon(&self) {
        for key in self.data() {
            self.expire(&key, 30);
        }
    }
}

/// Returns the values of keys with their members sorted.
fn values(stage: &Stage, parts: &[&str]) -> Vec<(String, Value)> {
    let keys = stage.data().into_iter();
    let keys = keys.filter(|key| {
        parts
            .iter()
            .any(|part| key.starts_with(&format!("akamai:acme:{part}")))
    });
    keys.filter_map(|key| {
        let kind: String = stage.server.ask(&["TYPE", &key]);
        (kind == "string").then(|| (key.clone(), stage.json(&key)))
    })
    .collect()
}

#[test]
fn no_warm_of_many_ids_costs_more_than_the_cheaper_way_and_its_plan_says_so() {
    let mut wrong = Vec::new();
    for (groups, properties) in [(3, 60), (30, 60)] {
        let account = odd(groups, properties);
        for count in [2, 50] {
            let stage = Stage::new(account.clone());
            let ids = ids(&account, count);
            let (items, hosts) = cheapest(&account, count);
            let mut compare = |line: &str, state: &str, most: usize| {
                let plan = stage.with_ids(&format!("{line} --dry-run -"), &ids);
                let plan = plan.with(0).json();
                let ended = stage.with_ids(&format!("{line} -"), &ids);
                let report = ended.json();
                let made = report["api_calls"].as_u64().unwrap();
                let planned = plan["planned_calls"].as_u64().unwrap();
                // For uncached properties only the API knows the number of active versions.
                let foretold = planned == made || state == "cold" && planned > made;
                if !foretold
                    || made > most as u64
                    || !report["errors"].as_array().unwrap().is_empty()
                {
                    wrong.push(format!(
                        "{line}, {count} of {groups} groups, {state}: planned {planned}, made {made}, at most {most}: {}",
                        report["errors"]
                    ));
                }
            };
            let most = items + hosts + FIXED;
            // A cold cache does not know the owners of the hostnames, of which each property has a few.
            let own = account.properties.iter().take(count);
            let own: Vec<&str> = own.map(|property| property.id.as_str()).collect();
            let names = account.hostnames.iter();
            let names = names.filter(|name| own.contains(&name.property.as_str()));
            let claims = names.count().min(20);
            compare("warm --check", "cold", most + claims);
            compare("warm", "cold", most + claims);
            stage.warm("--all");
            for state in ["fresh", "due"] {
                compare("warm", state, most);
                compare("warm --check", state, most);
                compare("warm --only details", state, items + FIXED);
                compare("warm --only hostnames,activations", state, most + count);
                stage.expire_soon();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_lists_give_is_stored_as_a_run_for_each_property_stores_it() {
    let account = odd(4, 40);
    let (many, single) = (Stage::new(account.clone()), Stage::new(account.clone()));
    many.with_ids("warm -", &ids(&account, 40)).with(0);
    for property in &account.properties {
        single.run(&format!("warm {}", property.id)).with(0);
    }
    assert!(many.api.seen().len() < 15, "{}", many.api.seen().len());
    let parts = ["property:", "hostname:"];
    assert_eq!(values(&many, &parts).len(), values(&single, &parts).len());
    let same = many.with_ids("warm --check -", &ids(&account, 40));
    same.with(0);
    // A property that was warmed on its own matches the list, and the other way round.
    single
        .with_ids("warm --check -", &ids(&account, 40))
        .with(0);
    for property in account.properties.iter().take(9) {
        many.run(&format!("warm --check {}", property.id)).with(0);
    }
    assert_eq!(
        many.get(LIST),
        None,
        "a list of a few would be taken for all"
    );
}

#[test]
fn a_refill_of_many_costs_what_it_says_and_no_more_than_the_cheaper_way() {
    let mut wrong = Vec::new();
    for (groups, properties) in [(3, 60), (30, 60)] {
        let account = odd(groups, properties);
        let stage = Stage::new(account.clone());
        stage.warm("");
        let group = account.properties[0].group.clone();
        let in_group = account.properties.iter().filter(|one| one.group == group);
        let many = ids(&account, 50).replace('\n', " ");
        for (line, count) in [
            (many.clone(), 50),
            (format!("{many} --soft"), 50),
            (format!("--tag group:{group}"), in_group.count()),
            ("prp_100000 prp_100001".to_owned(), 2),
        ] {
            for list in [true, false] {
                stage.warm("");
                if !list {
                    stage.delete(LIST);
                }
                let (items, hosts) = cheapest(&account, count);
                let calls = stage.api.seen().len();
                let cascade = if line.contains("--") { "" } else { "--cascade" };
                let line = format!("invalidate {line} {cascade} --refill -y -o json");
                let ended = stage.run(&line).with(0);
                let made = stage.api.seen().len() - calls;
                // The first call finds out the account.
                let most = 1 + items + hosts + FIXED;
                let told = ended.json()["refill_calls"].as_u64().unwrap();
                if told != made as u64 || made > most {
                    wrong.push(format!("{count} of {groups} groups, {list}: told {told}, made {made}, at most {most}"));
                }
                stage.with_ids("warm --check -", &ids(&account, 50)).with(0);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_no_list_has_is_asked_for_once_more_or_does_not_exist() {
    let mut account = odd(4, 40);
    account.properties[3].also_in.clear();
    let stage = Stage::new(account.clone());
    stage.warm("");
    // One has moved to another group, one was deleted.
    let elsewhere = account.properties[4].group.clone();
    stage.api.edit(|account| {
        account
            .property_mut("prp_100003")
            .unwrap()
            .group
            .clone_from(&elsewhere);
        account.remove_property("prp_100007");
    });
    let calls = stage.api.seen().len();
    let ended = stage.with_ids("warm -", &ids(&account, 40)).with(7);
    let made = stage.api.seen().len() - calls;
    assert!(made < 12, "{made}");
    assert_eq!(ended.json()["errors"][0]["id"], "prp_100007");
    assert_eq!(ended.json()["errors"][0]["code"], "not_found");
    assert_eq!(ended.json()["errors"].as_array().unwrap().len(), 1);
    assert_eq!(stage.get("akamai:acme:property:prp_100007"), None);
    assert_eq!(
        stage.json("akamai:acme:property:prp_100003")["groupId"],
        elsewhere
    );

    // If many do not exist, the lists show that.
    let none: Vec<String> = (0..50).map(|at| format!("prp_{}", 900_000 + at)).collect();
    let calls = stage.api.seen().len();
    stage.with_ids("warm -", &none.join("\n")).with(5);
    let made = stage.api.seen().len() - calls;
    assert!(made <= 3 + account.pairs().len(), "{made}");

    // If a list may not be read, one of its properties may still exist.
    let hidden = account.properties[9].group.clone();
    stage.api.edit(|account| account.forbidden.push(hidden));
    let ended = stage
        .with_ids("warm -", "prp_100009\nprp_900001\nprp_100001")
        .with(7);
    let errors = ended.json()["errors"].clone();
    let of = |id: &str| {
        errors
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .cloned()
    };
    assert_eq!(of("prp_100009").unwrap()["code"], "denied", "{errors}");
    assert_eq!(of("prp_900001").unwrap()["code"], "not_found", "{errors}");

    // Only a few of many are requested individually; the others are left alone and reported.
    let many: Vec<String> = (0..60).map(|at| format!("prp_{}", 900_000 + at)).collect();
    let before = stage.get(LIST);
    let calls = stage.api.seen().len();
    let ended = stage.with_ids("warm - --only details", &many.join("\n"));
    let ended = ended.with(7).json();
    let made = stage.api.seen().len() - calls;
    assert!(made <= 2 + account.pairs().len() + 20, "{made}");
    let errors = ended["errors"].as_array().unwrap().iter();
    let codes: Vec<&str> = errors.filter_map(|one| one["code"].as_str()).collect();
    let count = |code: &str| codes.iter().filter(|one| **one == code).count();
    assert_eq!((count("not_found"), count("unlisted")), (20, 40), "{ended}");
    assert_eq!(stage.get(LIST), before);
}

#[test]
fn a_list_of_host_names_that_is_not_whole_is_not_used() {
    for broken in ["flaw", "refused", "long"] {
        let account = odd(3, 40).regular();
        let stage = Stage::new(account.clone());
        match broken {
            "flaw" => stage.api.edit(|account| account.claimed_total = Some(500)),
            "long" => stage
                .api
                .edit(|account| account.claimed_total = Some(1_000_000)),
            _ => {
                let no = Fault::Status(403, Vec::new(), "{}".into());
                stage.api.fault("/papi/v1/hostnames?", 9, no);
            }
        }
        let ended = stage.with_ids("warm -", &ids(&account, 40)).with(0);
        assert_eq!(ended.json()["complete"], true, "{broken}");
        // Once more, in case it shows the owners of the names.
        assert!(
            stage.api.calls("/papi/v1/hostnames?offset=") <= 2,
            "{broken}"
        );
        // No more than a few calls are made to find the owners of the names either.
        assert!(stage.api.calls("/papi/v1/hostnames?") <= 22, "{broken}");
        stage.api.heal();
        stage.api.edit(|account| account.claimed_total = None);
        stage.with_ids("warm -", &ids(&account, 40)).with(0);
        stage.with_ids("warm --check -", &ids(&account, 40)).with(0);
    }
}

#[test]
fn no_get_of_many_costs_more_than_the_cheaper_way() {
    let mut wrong = Vec::new();
    for (groups, properties) in [(3, 60), (30, 60)] {
        let account = odd(groups, properties);
        let plain = |name: &&Hostname| name.name.starts_with("www-") && name.name.is_ascii();
        let names: Vec<&Hostname> = account.hostnames.iter().filter(plain).collect();
        for count in [2, 50] {
            let (items, hosts) = cheapest(&account, count);
            let of_ids = ids(&account, count);
            let of_names: Vec<&str> = names
                .iter()
                .take(count)
                .map(|one| one.name.as_str())
                .collect();
            let pages = account.hostnames.len().div_ceil(999);
            for (resource, list, most) in [
                ("property", &of_ids, items),
                ("versions", &of_ids, items),
                ("hostnames", &of_ids, items + hosts),
                ("hostname", &of_names.join("\n"), items + pages),
            ] {
                let stage = Stage::new(account.clone());
                let mut compare = |state: &str, most: usize| {
                    let calls = stage.api.seen().len();
                    let read = stage
                        .with_ids(&format!("get {resource} -"), list)
                        .with(0)
                        .json();
                    let made = stage.api.seen().len() - calls;
                    let read = read["items"].as_array().unwrap().len();
                    if made > most || read != count {
                        wrong.push(format!(
                            "{count} {resource} of {groups} groups, {state}: {read} read, made {made}, at most {most}"
                        ));
                    }
                };
                compare("cold", most + FIXED);
                compare("fresh", 0);
                stage.expire_soon();
                // A refresh that would not finish in time does not start with lists.
                if groups < 16 {
                    compare("due", most + FIXED);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_many_get_is_what_each_gets() {
    let account = odd(4, 40);
    let (many, single) = (Stage::new(account.clone()), Stage::new(account.clone()));
    for resource in ["property", "hostnames", "versions"] {
        let all = many
            .with_ids(&format!("get {resource} -"), &ids(&account, 40))
            .with(0);
        let all = all.json()["items"].clone();
        for (at, property) in account.properties.iter().enumerate() {
            assert_eq!(all[at]["id"], property.id, "{resource}");
            assert_eq!(all[at]["source"], "akamai");
            if resource != "hostnames" && at % 7 == 0 {
                let line = format!("get -o json {resource} {}", property.id);
                let one = single.run(&line).with(0).json();
                assert_eq!(all[at]["value"], one["items"][0]["value"], "{resource}");
            }
        }
    }
    // The values equal those of a warm run: the check finds only the hostname keys missing.
    let line = "warm --check --only details,hostnames,versions -";
    let checked = many.with_ids(line, &ids(&account, 40)).with(6).json();
    for wrong in checked["checked"].as_array().unwrap() {
        assert_eq!(wrong["state"], "missing", "{wrong}");
        let key = wrong["key"].as_str().unwrap();
        assert!(key.starts_with("akamai:acme:hostname:"), "{wrong}");
    }
    assert_eq!(
        many.api.calls("/versions?"),
        0,
        "they follow from the property"
    );
    let names: Vec<&Hostname> = account
        .hostnames
        .iter()
        .filter(|one| one.name.starts_with("www-"))
        .collect();
    let list: Vec<&str> = names.iter().map(|one| one.name.as_str()).collect();
    let read = many
        .with_ids("get hostname -", &list.join("\n"))
        .with(0)
        .json();
    for (name, item) in names.iter().zip(read["items"].as_array().unwrap()) {
        assert_eq!(
            item["value"]["property"]["propertyId"], name.property,
            "{}",
            name.name
        );
    }
}

#[test]
fn many_that_were_invalidated_while_they_were_read_are_read_again() {
    let account = odd(3, 40).regular();
    let stage = Stage::new(account.clone());
    let slow = Fault::Slow(std::time::Duration::from_millis(1500));
    stage.api.fault("/papi/v1/properties?", 1, slow);
    let list = ids(&account, 30);
    let read = stage.command("get -o json property -").stdin(list).spawn();
    wait_for("the first list", || {
        (stage.api.calls("/papi/v1/properties?") > 2).then_some(())
    });
    stage
        .api
        .edit(|account| account.property_mut("prp_100002").unwrap().name = "renamed".into());
    stage.run("invalidate prp_100002").with(0);
    read.wait().with(0);
    let cached = stage.json("akamai:acme:property:prp_100002");
    assert_eq!(cached["propertyName"], "renamed");
}

#[test]
fn cp_codes_that_one_call_may_not_read_are_asked_for_by_pair_from_then_on() {
    let mut account = odd(3, 10);
    account.cpcode_grant = false;
    let stage = Stage::new(account);
    for _ in 0..2 {
        stage.run("get cpcodes").with(0);
        stage.delete("akamai:acme:cpcodes:all");
    }
    assert_eq!(stage.api.calls("/cprg/v1/cpcodes"), 1);
    stage.warm("--only cpcodes");
    assert_eq!(stage.api.calls("/cprg/v1/cpcodes"), 1);
}

#[test]
fn two_hundred_ids_beside_groups_that_may_not_be_read_cost_the_lists_and_no_more() {
    let mut account = Account::new(3)
        .groups(50)
        .contracts(2)
        .properties(260)
        .hostnames(600);
    account.forbidden = account
        .groups
        .iter()
        .take(2)
        .map(|one| one.id.clone())
        .collect();
    let readable = account.properties.iter();
    let readable = readable.filter(|one| !account.forbidden.contains(&one.group));
    let list: Vec<&str> = readable.map(|one| one.id.as_str()).take(200).collect();
    assert_eq!(list.len(), 200);
    let list = list.join("\n");
    let most = 1 + account.pairs().len() + 1;
    let stage = Stage::new(account);
    let calls = |line: &str| {
        let before = stage.api.seen().len();
        let ended = stage.with_ids(line, &list).with(0).json();
        (ended, stage.api.seen().len() - before)
    };
    for state in ["cold", "fresh"] {
        let (report, made) = calls("warm -");
        assert_eq!(report["complete"], true, "{state}: {}", report["errors"]);
        assert!(
            made <= most,
            "{state}: {made} calls, and {most} for the lists"
        );
    }
    stage.empty();
    let (read, made) = calls("get hostnames -");
    assert_eq!(read["items"].as_array().unwrap().len(), 200);
    assert!(
        made <= most + FIXED,
        "{made} calls, and {most} for the lists"
    );
}

#[test]
fn many_ids_are_written_in_batches_and_not_one_by_one() {
    let account = odd(4, 80);
    let ids = ids(&account, 80);
    let stage = Stage::new(account);
    stage.warm("");
    for line in ["warm -", "invalidate - --cascade --refill --yes"] {
        let _: String = stage.server.ask(&["CONFIG", "RESETSTAT"]);
        stage.with_ids(line, &ids).with(0);
        let executed = stage.server.info("cmdstat_exec");
        let calls = executed.strip_prefix("calls=").and_then(|rest| {
            let (calls, _) = rest.split_once(',')?;
            calls.parse::<usize>().ok()
        });
        assert!(calls.is_some_and(|calls| calls < 40), "{line}: {executed}");
    }
}
