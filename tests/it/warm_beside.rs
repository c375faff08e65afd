//! `warm prp_…` concurrent with other runs: no run waits for another, and none loses what another wrote.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, row, small};
use serde_json::Value;
use std::collections::BTreeMap;

const LIST: &str = "akamai:acme:properties:all";
const LOCK: &str = "akamai:acme:warm:lock";

/// Returns the names of the properties in the list, by id.
fn listed(stage: &Stage) -> BTreeMap<String, String> {
    let list = stage.json(LIST);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = list.as_array().unwrap().iter();
    each.map(|item| (text(&item["propertyId"]), text(&item["propertyName"])))
        .collect()
}

#[test]
fn twenty_jobs_at_once_all_succeed_and_none_loses_what_another_wrote() {
    let account = Account::new(7).regular().groups(2).contracts(1);
    let stage = Stage::new(account.properties(24).hostnames(24));
    stage.warm("");
    let ids: Vec<String> = listed(&stage).into_keys().take(20).collect();
    stage.api.edit(|account| {
        for (at, id) in ids.iter().enumerate() {
            account.property_mut(id).unwrap().name = format!("renamed-{at}");
            account.add_hostname(&format!("new-{at}.example.com"), id);
        }
    });
    let before = stage.api.seen().len();
    // Half of them would wait, half would not.
    let jobs: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| {
            let wait = if at % 2 == 0 { "--wait 60s" } else { "" };
            stage.command(&format!("warm {id} {wait} -o json")).spawn()
        })
        .collect();
    for job in jobs {
        let report = job.wait().with(0).json();
        assert_eq!(report["complete"], true, "{report}");
    }
    let calls = stage.api.seen().len() - before;
    assert!(calls <= 20 * 4, "{calls} calls");

    let names = listed(&stage);
    assert_eq!(names.len(), 24);
    for (at, id) in ids.iter().enumerate() {
        let name = format!("renamed-{at}");
        assert_eq!(names[id], name, "in the list");
        let own = stage.json(&format!("akamai:acme:property:{id}"));
        assert_eq!(own["propertyName"], name.as_str());
        let host = format!("new-{at}.example.com");
        let field: String = stage.server.ask(&["HGET", "akamai:acme:hostnames", &host]);
        assert!(field.contains(id.as_str()), "{field}");
    }
    assert!(stage.get(LOCK).is_none());
}

#[test]
fn twenty_jobs_for_one_property_fetch_it_once_each() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.api.edit(|account| {
        account.property_mut("prp_100001").unwrap().name = "renamed".into();
    });
    let calls = stage.warm("prp_100001")["api_calls"].as_u64().unwrap();
    for cold in [false, true] {
        if cold {
            stage.empty();
        } else {
            stage.api.edit(|account| {
                account.property_mut("prp_100001").unwrap().latest += 1;
            });
        }
        let before = stage.api.seen().len();
        let job = |_| stage.command("warm prp_100001 -q").spawn();
        let jobs: Vec<_> = (0..20).map(job).collect();
        for job in jobs {
            job.wait().with(0);
        }
        let made = stage.api.seen().len() - before;
        // In a cold cache each job also has to learn which account this is, and who has its host names.
        let calls = calls + if cold { 3 } else { 0 };
        assert!(made as u64 <= 20 * calls, "{made} calls");
    }
}

/// Returns the forms of a property's name that the cache holds: its own key, the list, its host name, the hash.
fn names(stage: &Stage) -> [Value; 4] {
    let own = stage.json("akamai:acme:property:prp_100001");
    let hosts = stage.json("akamai:acme:property:prp_100001:hostnames");
    let host = hosts[0]["cnameFrom"].as_str().unwrap();
    let key = stage.json(&format!("akamai:acme:hostname:{host}"));
    let field: String = stage.server.ask(&["HGET", "akamai:acme:hostnames", host]);
    let field: Value = serde_json::from_str(&field).unwrap();
    [
        own["propertyName"].clone(),
        listed(stage)["prp_100001"].clone().into(),
        key["property"]["propertyName"].clone(),
        field["property"]["propertyName"].clone(),
    ]
}

#[test]
fn of_two_runs_for_one_property_the_slower_one_does_not_leave_its_older_answer() {
    let refill = "invalidate prp_100001 --refill --yes";
    for (slow, fast) in [
        ("warm prp_100001", "warm prp_100001"),
        ("warm prp_100001", refill),
        (refill, "warm prp_100001"),
        ("warm prp_100001 --only hostnames", "warm prp_100001"),
    ] {
        let stage = Stage::new(small());
        stage.warm("");
        let call = "/papi/v1/properties/prp_100001?";
        stage.api.fault(call, 1, Fault::Held);
        let slow = stage.command(slow).spawn();
        wait_for("the call", || (stage.api.calls(call) > 0).then_some(()));
        stage.api.edit(|account| {
            account.property_mut("prp_100001").unwrap().name = "renamed".into();
        });
        stage.run(fast).with(0);
        let own = stage.json("akamai:acme:property:prp_100001");
        assert_eq!(own["propertyName"], "renamed");
        stage.api.heal();
        slow.wait().with(0);
        assert_eq!(names(&stage), ["renamed"; 4]);
    }
}

#[test]
fn one_property_does_not_wait_for_a_warm_of_the_account_nor_is_it_set_back_by_it() {
    let stage = Stage::new(small());
    // The account's properties are fetched at once, its hostnames later.
    stage.api.fault("/papi/v1/hostnames", 1, Fault::Held);
    let whole = stage.command("warm -o json").spawn();
    wait_for("the list is there", || stage.get(LIST));
    wait_for("the call for host names", || {
        (stage.api.calls("/papi/v1/hostnames") > 0).then_some(())
    });
    stage.api.edit(|account| {
        account.property_mut("prp_100001").unwrap().name = "renamed".into();
        account.add_hostname("new.example.com", "prp_100001");
    });
    let one = stage.run("warm prp_100001 -o json").with(0).json();
    assert_eq!(one["complete"], true, "{one}");
    stage.api.heal();
    let report = whole.wait().with(0).json();
    assert_eq!(report["complete"], true, "{report}");

    assert_eq!(listed(&stage)["prp_100001"], "renamed");
    let own = stage.json("akamai:acme:property:prp_100001");
    assert_eq!(own["propertyName"], "renamed");
    let host = stage.json("akamai:acme:hostname:new.example.com");
    assert_eq!(host["property"]["propertyName"], "renamed");
    assert_eq!(listed(&stage).len(), 4);
}

#[test]
fn items_that_are_fetched_again_are_counted_once_and_the_reason_is_true() {
    // Few are fetched again one by one, many by another crawl.
    for jobs in [3, 12] {
        let account = Account::new(7).regular().groups(3).contracts(1);
        let stage = Stage::new(account.properties(12).hostnames(24));
        let first = stage.warm("");
        let ids: Vec<String> = listed(&stage).into_keys().collect();
        stage.api.edit(|account| {
            for id in &ids {
                account.property_mut(id).unwrap().latest += 1;
            }
        });
        stage.api.fault("/papi/v1/hostnames", 1, Fault::Held);
        let before = stage.api.calls("/papi/v1/hostnames");
        let whole = stage.command("warm --force -o json").spawn();
        wait_for("the call for host names", || {
            (stage.api.calls("/papi/v1/hostnames") > before).then_some(())
        });
        let beside: Vec<_> = ids
            .iter()
            .take(jobs)
            .map(|id| stage.command(&format!("warm {id} -q")).spawn())
            .collect();
        for job in beside {
            job.wait().with(0);
        }
        stage.api.heal();
        let ended = whole.wait().with(0);
        let report = ended.json();
        for resource in ["properties", "details", "hostnames", "contracts", "groups"] {
            let fetched = |report| row(report, resource)["fetched"].clone();
            assert_eq!(fetched(&report), fetched(&first), "{jobs} {resource}");
        }
        let words = "invalidated or stored by other commands meanwhile";
        ended.says(words);
    }
}

#[test]
fn a_lock_that_another_holds_keeps_only_a_warm_of_the_account_away() {
    let stage = Stage::new(small());
    let _: String = stage.server.ask(&["SET", LOCK, "another", "PX", "60000"]);
    stage.run("warm prp_100001 -o json").with(0);
    stage.run("warm -o json").with(8);
    assert_eq!(stage.get(LOCK).as_deref(), Some("another"));
}

#[test]
fn what_is_invalidated_while_it_is_fetched_is_fetched_again_without_a_lock_too() {
    let stage = Stage::new(small());
    stage.warm("");
    let own = "akamai:acme:property:prp_100001";
    stage.delete(own);
    stage.api.fault("/hostnames", 1, Fault::Held);
    let one = stage.command("warm prp_100001 -o json").spawn();
    wait_for("it is written", || stage.get(own));
    let rename = |account: &mut Account| {
        account.property_mut("prp_100001").unwrap().name = "renamed".into();
    };
    stage.api.edit(rename);
    stage
        .run("invalidate prp_100001 --cascade --yes --no-undo")
        .with(0);
    stage.api.heal();
    one.wait().with(0);
    let own = stage.json(own);
    assert_eq!(own["propertyName"], "renamed");
}

#[test]
fn a_list_on_stdin_names_properties_and_an_empty_one_is_not_the_whole_account() {
    let stage = Stage::new(small());
    let list = "\u{feff}# after the release\r\nprp_100001\r\n\r\n  100002  \r\n100001\r\n";
    let ended = stage.command("warm - -o json").stdin(list).run().with(0);
    assert_eq!(ended.json()["complete"], true);
    for id in ["prp_100001", "prp_100002"] {
        assert!(stage.get(&format!("akamai:acme:property:{id}")).is_some());
    }
    let seen = stage.api.seen();
    let details = |path: &str| path.split('?').next().unwrap().ends_with("/prp_100001");
    let asked = seen.iter().filter(|call| details(&call.path_and_query));
    assert_eq!(asked.count(), 1, "each once");

    let calls = stage.api.seen().len();
    for empty in ["", "\n# nothing\r\n"] {
        let ended = stage.command("warm - -o json").stdin(empty).run().with(2);
        let message = ended.error()["message"].to_string();
        assert!(message.contains("names no property"), "{message}");
    }
    stage.command("warm - --from -").stdin("").run().with(2);
    assert_eq!(stage.api.seen().len(), calls);
}
