//! Incremental runs: what changed is fetched and the rest is kept alive, as far as that is safe.

use crate::stale_embeds::Embedding;
use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, row, small};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// Lets time pass for the cache and the API: every TTL shrinks, expired keys are removed, and the state of earlier
/// runs ages.
pub fn pass(stage: &Stage, time: Duration) {
    const SCRIPT: &str = "
        local by = tonumber(ARGV[1])
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local left = redis.call('PTTL', key)
            if left >= 0 and string.sub(key, -12) ~= ':invalidated' then
                if left <= by then redis.call('DEL', key)
                else redis.call('PEXPIRE', key, left - by) end
            end
        end
        for _, field in ipairs({'full:at', 'hostnames:at', 'changes:at', 'complete:at'}) do
            local at = redis.call('HGET', KEYS[1], field)
            if at then redis.call('HSET', KEYS[1], field, string.format('%.0f', at - by)) end
        end
        return 1";
    let by = time.as_millis().to_string();
    let _: i64 = stage.server.ask(&["EVAL", SCRIPT, "1", STATE, &by]);
    let items: Option<String> = stage.server.ask(&["HGET", STATE, "items"]);
    if let Some(items) = items {
        let older: Vec<String> = items.lines().map(|line| older(line, time)).collect();
        let _: i64 = stage
            .server
            .ask(&["HSET", STATE, "items", &older.join("\n")]);
    }
    stage.api.advance(time);
}

const STATE: &str = "akamai:acme:warm:state";

/// Ages a line of a property's state: the id, and then times, each with the digest of what was fetched then, some of
/// them after a word for the resource.
fn older(line: &str, by: Duration) -> String {
    let mut words = line.split(' ');
    let mut made = vec![words.next().unwrap_or_default().to_owned()];
    while let Some(word) = words.next() {
        if word.starts_with(['v', 'V', 'A']) {
            made.push(word.to_owned());
            continue;
        }
        let at = u64::from_str_radix(word, 16).expect("a moment");
        let at = at - u64::try_from(by.as_millis()).unwrap();
        made.push(format!("{at:x} {}", words.next().expect("a digest")));
    }
    made.join(" ")
}

const MINUTE: Duration = Duration::from_mins(1);

/// A warm cache whose values are all due, and an API with its own clock.
fn due(account: Account) -> Stage {
    let stage = Stage::new(account);
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    pass(&stage, 4 * MINUTE);
    stage.api.take_seen();
    stage
}

fn calls(stage: &Stage) -> Vec<String> {
    let seen = stage.api.take_seen().into_iter();
    seen.map(|seen| seen.path_and_query).collect()
}

#[test]
fn where_nothing_changed_one_call_keeps_everything_alive() {
    let stage = due(small());
    pass(&stage, 25 * MINUTE);
    // A removed state is created again from nothing.
    assert_eq!(stage.warm("--every 3m")["incremental"], false);
    calls(&stage);
    for _ in 0..8 {
        pass(&stage, 3 * MINUTE);
        let report = stage.warm("--every 3m");
        assert_eq!(report["api_calls"], 1, "{report}");
        assert_eq!(report["incremental"], true);
        assert_eq!(row(&report, "properties")["kept_alive"], 1, "{report}");
        assert_eq!(row(&report, "properties")["stored"], 0, "{report}");
        assert!(stage.left("akamai:acme:properties:all") > 290);
        assert!(stage.left("akamai:acme:property:prp_100000") > 450);
        assert!(stage.left("akamai:acme:property:prp_100000:hostnames") > 540);
        assert!(stage.left("akamai:acme:hostnames") > 540);
    }
    assert!(
        calls(&stage)
            .iter()
            .all(|call| call.contains("modifiedSince=PT"))
    );
}

#[test]
fn a_host_name_that_was_invalidated_is_fetched_with_its_property_alone() {
    let stage = due(small());
    let names: Vec<String> = stage.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
    let name = names.into_iter().min().unwrap();
    stage
        .run(&format!("invalidate {name} --yes --no-undo"))
        .with(0);
    let report = stage.warm("--every 3m");
    assert_eq!(report["incremental"], true, "{report}");
    assert!(stage.get(&format!("akamai:acme:hostname:{name}")).is_some());
    let seen = calls(&stage);
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn what_was_activated_is_fetched_with_its_host_names_and_nothing_else() {
    let stage = due(small());
    stage.api.change(|account, now| {
        let version = account.draft("prp_100001", now);
        account.activate("prp_100001", Network::Production, version, now);
        account.activate("prp_100001", Network::Staging, version, now);
        account.add_hostname("new.example.com", "prp_100001");
    });
    let report = stage.warm("--every 3m");
    assert_eq!(report["api_calls"], 2, "{report}");
    assert_eq!(row(&report, "details")["stored"], 1, "{report}");
    let calls = calls(&stage);
    assert!(
        calls[1].contains("/properties/prp_100001/versions/"),
        "{calls:?}"
    );
    let own = stage.json("akamai:acme:property:prp_100001");
    let host = stage.json("akamai:acme:hostname:new.example.com");
    assert_eq!(host["property"], own);
    let all = stage.json("akamai:acme:properties:all");
    assert!(all.as_array().unwrap().contains(&own));
    // A full run finds nothing else to write.
    let before = values(&stage);
    stage.warm("--force");
    assert_eq!(values(&stage), before);
}

/// An account whose last pair has `prp_100001`, and the calls for the properties of the pair before it and of the last.
fn with_last_pair() -> (Account, [String; 2]) {
    let account = Account::new(1).regular().groups(4).contracts(1);
    let mut account = account.properties(8).hostnames(12);
    let mut pairs = account.pairs().into_iter();
    let (last, before) = (pairs.next_back().unwrap(), pairs.next_back().unwrap());
    let (group, contract) = &last;
    account.move_property("prp_100001", contract, group);
    let lists = [before, last]
        .map(|(group, contract)| format!("/properties?contractId={contract}&groupId={group}"));
    (account, lists)
}

/// Crawls the account, with a change once the response with this list is made.
fn changed_in_a_crawl(stage: &Stage, list: &str, change: impl FnOnce(&mut Account, Timestamp)) {
    let before = stage.api.calls(list);
    let slow = Fault::Slow(Duration::from_secs(1));
    stage.api.fault(list, 1, slow);
    let run = stage.command("warm --concurrency 1 -o json").spawn();
    let asked = || (stage.api.calls(list) > before).then_some(());
    wait_for("the list", asked);
    stage.api.change(change);
    let report = run.wait().with(0).json();
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["incremental"], false, "{report}");
}

#[test]
fn what_is_activated_during_a_crawl_is_cached_with_its_host_names() {
    let (account, lists) = with_last_pair();
    // The last list has the new version or the former one.
    for list in lists {
        let stage = Stage::new(account.clone());
        stage.api.set_clock(Timestamp::now());
        changed_in_a_crawl(&stage, &list, |account, now| {
            let version = account.draft("prp_100001", now);
            account.activate("prp_100001", Network::Production, version, now);
            account.activate("prp_100001", Network::Staging, version, now);
            account.add_hostname("new.example.com", "prp_100001");
        });
        pass(&stage, 4 * MINUTE);
        let report = stage.warm("--every 3m");
        assert_eq!(report["incremental"], true, "{report}");
        let own = stage.json("akamai:acme:property:prp_100001");
        assert_eq!(own["productionVersion"], own["latestVersion"]);
        let host = stage.json("akamai:acme:hostname:new.example.com");
        assert_eq!(host["property"], own);
    }
}

#[test]
fn a_deleted_property_that_the_cached_list_lacks_does_not_return_to_it() {
    let account = small();
    let id = account.properties[1].id.clone();
    let stage = due(account);
    stage.api.edit(|account| account.remove_property(&id));
    // As `get properties` of another process leaves it.
    let mut list = stage.json("akamai:acme:properties:all");
    let items = list.as_array_mut().unwrap();
    items.retain(|item| item["propertyId"] != id.as_str());
    stage.server_writes("akamai:acme:properties:all", &list.to_string());
    let report = stage.warm("--every 3m");
    assert_eq!(report["complete"], true, "{report}");
    let now = stage.get("akamai:acme:properties:all").unwrap();
    assert!(!now.contains(&id), "{report}");
    assert_eq!(stage.get(&format!("akamai:acme:property:{id}")), None);
    stage.run("warm --check").with(0);
}

#[test]
fn what_moves_to_a_listed_group_during_a_crawl_is_not_taken_for_deleted() {
    let (account, [before_last, _]) = with_last_pair();
    let (group, contract) = account.pairs().into_iter().next().unwrap();
    let stage = Stage::new(account);
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    // The list has expired, and the host names are not due.
    pass(&stage, 6 * MINUTE);
    stage.api.take_seen();
    changed_in_a_crawl(&stage, &before_last, |account, _| {
        account.move_property("prp_100001", &contract, &group);
    });
    assert_eq!(stage.api.calls("/hostnames?offset"), 0);
    let own = stage.json("akamai:acme:property:prp_100001");
    assert_eq!(own["groupId"], group.as_str());
    let all = stage.json("akamai:acme:properties:all");
    assert!(all.as_array().unwrap().contains(&own));
    let hosts = stage.json("akamai:acme:property:prp_100001:hostnames");
    for host in hosts.as_array().unwrap() {
        let name = host["cnameFrom"].as_str().unwrap();
        let host = stage.json(&format!("akamai:acme:hostname:{name}"));
        assert_eq!(host["property"], own);
    }
}

/// Returns the cached properties and hostnames, without TTLs and bookkeeping.
pub fn values(stage: &Stage) -> Vec<(String, Value)> {
    let all = stage.keys().into_iter();
    all.filter(|key| key.contains(":propert") || key.contains(":hostname:"))
        .map(|key| {
            let mut value = stage.json(&key);
            if let Some(items) = value.as_array_mut() {
                items.sort_by_key(ToString::to_string);
            }
            (key, value)
        })
        .collect()
}

#[test]
fn a_foreign_value_is_never_kept_alive() {
    let stage = due(small());
    let key = "akamai:acme:property:prp_100000";
    let foreign = r#"{"propertyId":"prp_100000","propertyName":"old"}"#;
    let _: String = stage.server.ask(&["SET", key, foreign, "EX", "500"]);
    let report = stage.warm("--every 3m");
    // What changed, the property, its hostnames: less than a crawl only with more pairs.
    assert_eq!(report["complete"], true);
    assert_ne!(stage.get(key).unwrap(), foreign);
    let name = stage
        .keys()
        .into_iter()
        .find(|key| key.starts_with("akamai:acme:hostname:"))
        .unwrap();
    let _: String = stage.server.ask(&["SET", &name, "{}", "EX", "500"]);
    pass(&stage, 4 * MINUTE);
    let report = stage.warm("--every 21m");
    assert_eq!(report["incremental"], true, "{report}");
    assert_ne!(stage.get(&name).unwrap(), "{}");
}

#[test]
fn what_was_invalidated_is_fetched_although_the_old_value_is_back() {
    let stage = Stage::new(
        Account::new(1)
            .regular()
            .groups(6)
            .contracts(1)
            .properties(12)
            .hostnames(6),
    );
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    let key = "akamai:acme:property:prp_100000";
    let old = stage.get(key).unwrap();
    let list = "akamai:acme:properties:all";
    let old_list = stage.get(list).unwrap();
    stage.run("invalidate prp_100000 --cascade --yes").with(0);
    stage
        .api
        .edit(|account| account.property_mut("prp_100000").unwrap().name = "renamed".into());
    // A reader that had fetched it before writes it back.
    stage.server_writes(key, &old);
    let _: String = stage.server.ask(&["SET", list, &old_list, "EX", "100"]);
    stage.api.take_seen();
    let report = stage.warm("--every 3m");
    assert_eq!(report["incremental"], true, "{report}");
    assert_eq!(stage.json(key)["propertyName"], "renamed");
    let calls = calls(&stage);
    assert!(
        !calls
            .iter()
            .any(|call| call.contains("groupId=") && call.contains("/properties?")),
        "{calls:?}"
    );
    let list = stage.get("akamai:acme:properties:all").unwrap();
    assert!(list.contains("renamed"));
}

#[test]
fn intervals_are_settings_and_a_crawl_finds_what_no_call_shows() {
    let stage = due(small());
    stage
        .home
        .config("[incremental]\nfull = '1h'\nhostnames = '30m'\nmargin = '1m'\n");
    stage
        .api
        .edit(|account| account.remove_property("prp_100003"));
    let report = stage.warm("--every 3m");
    assert_eq!(report["intervals"]["full"], 3_600);
    assert_eq!(report["intervals"]["hostnames"], 1_800);
    assert_eq!(report["intervals"]["margin"], 60);
    assert_eq!(report["api_calls"], 1);
    for _ in 0..20 {
        pass(&stage, 3 * MINUTE);
        stage.warm("--every 3m");
    }
    let list = stage.get("akamai:acme:properties:all").unwrap();
    assert!(!list.contains("prp_100003"), "{list}");
    let refused = stage.home.config("[incremental]\nfoo = '1h'\n");
    assert!(refused.exists());
    stage.run("warm").with(3);
}

#[test]
fn a_crawl_asks_for_groups_that_are_older_than_its_interval() {
    let stage = due(small());
    let add = |account: &mut Account| account.add_group("grp_77777", "prp_200000");
    stage.api.edit(add);
    let asks_groups = || calls(&stage).iter().any(|call| call.contains("/groups"));
    stage.delete("akamai:acme:properties:all");
    assert_eq!(stage.warm("--every 3m")["incremental"], false);
    assert!(!asks_groups(), "they are four minutes old");
    for line in ["--every 3m", "--only properties", "--every 3m"] {
        pass(&stage, 6 * 60 * MINUTE);
        let plan = stage.warm(&format!("--dry-run {line}"));
        calls(&stage);
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{report}");
        let list = stage.get("akamai:acme:properties:all").unwrap();
        assert!(list.contains("prp_200000"), "{list}");
        assert!(asks_groups(), "{line}");
        // The first plan does not know the group yet.
        let planned = plan["planned_calls"].as_u64().unwrap();
        let made = report["api_calls"].as_u64().unwrap();
        assert!(planned == made || planned + 1 == made, "{plan} {report}");
        pass(&stage, 3 * MINUTE);
        stage.warm(line);
        assert!(!asks_groups(), "{line}");
    }
}

#[test]
fn the_list_of_host_names_says_drafts_that_no_call_tells() {
    let stage = due(small());
    stage.home.config("[incremental]\nhostnames = '1m'\n");
    let draft = stage_draft(&stage);
    let report = stage.warm("--every 1h");
    assert_eq!(report["incremental"], true, "{report}");
    assert_eq!(
        stage.json("akamai:acme:property:prp_100000")["latestVersion"],
        draft
    );
}

fn stage_draft(stage: &Stage) -> u32 {
    let mut draft = 0;
    stage
        .api
        .change(|account, now| draft = account.draft("prp_100000", now));
    draft
}

#[test]
fn the_apis_clock_counts_and_not_the_caches() {
    let stage = due(small());
    // Half an hour has passed for the API, four minutes for the cache.
    stage.api.change(|account, now| {
        let version = account.draft("prp_100000", now);
        account.activate("prp_100000", Network::Production, version, now);
    });
    stage.api.advance(30 * MINUTE);
    let report = stage.warm("--every 3m");
    assert_eq!(report["incremental"], true, "{report}");
    let asked = calls(&stage);
    let times = asked.iter().filter(|call| call.contains("modifiedSince"));
    assert_eq!(times.count(), 2, "{asked:?}");
    let own = stage.json("akamai:acme:property:prp_100000");
    assert_eq!(own["productionVersion"], own["latestVersion"]);
}

#[test]
fn the_dry_run_of_an_incremental_run_plans_its_call() {
    let stage = due(small());
    let plan = stage
        .run("warm -o json --dry-run --every 3m")
        .with(0)
        .json();
    assert_eq!(plan["planned_calls"], 1, "{plan}");
    assert_eq!(plan["api_calls"], 0, "{plan}");
    assert_eq!(stage.warm("--every 3m")["api_calls"], 1);
}

#[test]
fn a_property_is_gone_if_a_part_of_it_and_itself_are_missing() {
    const PRP: &str = "prp_100001";
    for (line, parts) in [
        ("", ["hostnames", ""]),
        ("--all", ["activations", "rules:v"]),
    ] {
        let stage = Stage::new(small());
        stage.api.set_clock(Timestamp::now());
        stage.warm(line);
        pass(&stage, 4 * MINUTE);
        let server = Embedding::asked(&stage);
        let own = format!("akamai:acme:property:{PRP}:");
        let is_part = |key: &String| {
            let part = key.strip_prefix(&own).unwrap_or_default();
            parts
                .iter()
                .any(|name| !name.is_empty() && part.starts_with(name))
        };
        for key in stage.keys().iter().filter(|key| is_part(key)) {
            stage.delete(key);
        }
        let asks_itself = |call: &String| {
            let path = call.split('?').next().unwrap_or_default();
            path.ends_with(&format!("/properties/{PRP}"))
        };
        let asked = |stage: &Stage| calls(stage).into_iter().filter(asks_itself).count();
        calls(&stage);
        let missing = || Fault::Status(404, Vec::new(), r#"{"title":"Not Found"}"#.into());

        stage
            .api
            .fault(&format!("/properties/{PRP}/"), 9, missing());
        let before = stage.data();
        let report = stage.run(&format!("warm -o json {line}")).with(7).json();
        assert_eq!(report["incremental"], true, "{report}");
        assert_eq!(report["errors"][0]["code"], "not_found", "{report}");
        assert_eq!(asked(&stage), 1, "the property exists");
        assert_eq!(stage.data(), before);
        stage.api.heal();

        pass(&stage, 4 * MINUTE);
        stage.api.edit(|account| account.remove_property(PRP));
        let report = stage.warm(line);
        assert_eq!(report["incremental"], true, "{report}");
        assert_eq!(report["complete"], true, "{report}");
        assert_eq!(asked(&stage), 2, "with and without its group");
        assert_eq!(server.cached(), Vec::<String>::new(), "{line}");
        assert_eq!(server.says(PRP), Vec::<String>::new(), "{line}");
        let list = stage.json("akamai:acme:properties:all");
        assert_eq!(list.as_array().map(Vec::len), Some(3), "{list}");
        let there = |key: &str| stage.get(&format!("akamai:acme:{key}")).is_some();
        for made in ["properties:tree", "hostname:map"] {
            assert_eq!(there(made), line == "--all", "{line}: {made}");
        }
        stage.api.take_seen();
        assert_eq!(stage.warm(line)["complete"], true);
        assert_eq!(stage.api.calls(PRP), 0);
    }
}
