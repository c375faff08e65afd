//! `warm` does not write back what was invalidated while it was being fetched.

use crate::support::akamai::Fault;
use crate::support::run::Running;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn what_is_invalidated_while_it_is_fetched_is_fetched_again() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm -o json", slow());
    // Another process changes the property and marks it.
    stage
        .api
        .edit(|account| account.property_mut("prp_100002").unwrap().name = "renamed".into());
    stage.mark("prp_100002");
    run.wait().with(0);
    let property = stage.json("akamai:acme:property:prp_100002");
    assert_eq!(property["propertyName"], "renamed");
    let all = stage.json("akamai:acme:properties:all");
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .any(|item| item["propertyName"] == "renamed")
    );
}

#[test]
fn a_mark_of_the_future_is_reported_as_what_it_is() {
    let stage = Stage::new(small());
    stage.warm("");
    let [seconds, _]: [u64; 2] = stage.server.ask(&["TIME"]);
    let ahead = ((seconds + 590) * 1_000).to_string();
    let (marks, key) = ("akamai:acme:invalidated", "akamai:acme:property:prp_100002");
    stage.delete(key);
    let _: i64 = stage.server.ask(&["ZADD", marks, &ahead, "prp_100002"]);
    for line in ["warm prp_100002", "warm --force"] {
        let ended = stage.run(line).with(7);
        let words = "it was invalidated before the Valkey server's clock went back; not stored until the clock catches up, in 10 min";
        ended.says(words);
        assert!(stage.get(key).is_none());
    }
    // The others stay warm.
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
    let _: i64 = stage.server.ask(&["ZREM", marks, "prp_100002"]);
    stage.warm("prp_100002");
}

#[test]
fn where_everything_was_invalidated_everything_is_fetched_again() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm -o json", slow());
    stage
        .api
        .edit(|account| account.property_mut("prp_100001").unwrap().name = "renamed".into());
    stage.mark("*");
    run.wait().with(0);
    assert_eq!(
        stage.json("akamai:acme:property:prp_100001")["propertyName"],
        "renamed"
    );
    assert!(stage.api.calls("/papi/v1/groups") == 2);
}

#[test]
fn a_host_name_that_was_invalidated_is_fetched_by_the_next_run() {
    let stage = Stage::new(small());
    stage.warm("");
    let names: Vec<String> = stage.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
    let name = names.into_iter().min().unwrap();
    let key = format!("akamai:acme:hostname:{name}");
    for (removal, line) in [("", ""), ("--soft", ""), ("", "--every 3m")] {
        let removal = format!("invalidate {name} nobody.example.com --yes {removal}");
        stage.run(&removal).with(0);
        assert!(stage.get(&key).is_none());
        let plan = stage.warm(&format!("--dry-run {line}"));
        let report = stage.warm(line);
        assert_eq!(report["complete"], true, "{report}");
        assert_eq!(report["api_calls"], 1, "{report}");
        assert_eq!(plan["planned_calls"], 1, "{plan}");
        assert!(stage.get(&key).is_some(), "{line}");
        let field: Option<String> = stage.server.ask(&["HGET", "akamai:acme:hostnames", &name]);
        assert!(field.is_some());
        // The other name does not exist: no list has it.
        assert_eq!(stage.warm(line)["api_calls"], 0);
    }
    stage.run("warm --check").with(0);
}

impl Stage {
    /// Marks something as invalidated, like the command does.
    fn mark(&self, member: &str) {
        let (seconds, micros): (u64, u64) = self.server.ask(&["TIME"]);
        let now = (seconds * 1000 + micros / 1000).to_string();
        let _: i64 = self
            .server
            .ask(&["ZADD", "akamai:acme:invalidated", &now, member]);
    }
}

impl Stage {
    /// Starts a run that waits for the hostnames and has written the list of properties.
    fn half_way(&self, line: &str, wait: Fault) -> Running {
        self.api.fault("/papi/v1/hostnames", 1, wait);
        let run = self.command(line).spawn();
        wait_for("the list is there", || {
            self.get("akamai:acme:properties:all")
        });
        wait_for("the call for host names", || {
            (self.api.calls("/papi/v1/hostnames") > 0).then_some(())
        });
        run
    }

    /// Returns the cached keys and fields that mention a text.
    fn mentions(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for key in self.data() {
            if key == "akamai:acme:invalidated" {
                continue;
            }
            let kind: String = self.server.ask(&["TYPE", &key]);
            let value: String = match kind.as_str() {
                "hash" => {
                    let fields: Vec<String> = self.server.ask(&["HGETALL", &key]);
                    fields.join(" ")
                }
                "list" => String::new(),
                _ => self.get(&key).unwrap_or_default(),
            };
            if key.contains(text) || value.contains(text) {
                found.push(key);
            }
        }
        found
    }
}

fn slow() -> Fault {
    Fault::Slow(Duration::from_millis(800))
}

#[test]
fn what_is_fetched_again_is_new_in_every_value_that_holds_it() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm --all -o json", slow());
    let (mut old, mut host) = (String::new(), String::new());
    stage.api.edit(|account| {
        let lost = account
            .hostnames
            .iter()
            .find(|h| h.property == "prp_100002");
        host = lost.unwrap().name.clone();
        account.remove_hostname(&host);
        account.add_hostname("new.example.com", "prp_100002");
        let property = account.property_mut("prp_100002").unwrap();
        old = std::mem::replace(&mut property.name, "renamed".into());
    });
    stage.mark("prp_100002");
    let report = run.wait().with(0).json();
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.mentions(&old), Vec::<String>::new());
    let with_name = stage.mentions("renamed");
    for key in [
        "properties:all",
        "property:prp_100002",
        "hostname:new.example.com",
        "hostnames",
        "hostname:map",
        "properties:tree",
    ] {
        let key = format!("akamai:acme:{key}");
        assert!(with_name.contains(&key), "{key}: {with_name:?}");
    }
    let map = stage.json("akamai:acme:hostname:map");
    assert_eq!(map.as_object().unwrap().len(), 6);
    assert_eq!(
        map["new.example.com"]["property"]["propertyName"],
        "renamed"
    );
    let rules = stage
        .keys()
        .into_iter()
        .find(|key| key.contains("prp_100002:rules"));
    assert!(
        rules.is_some(),
        "what falls with it is fetched again as well"
    );
}

#[test]
fn where_fetching_again_fails_nothing_of_it_stays() {
    let stage = Stage::new(small());
    let refused = Fault::Status(403, vec![], "{\"title\":\"no\"}".into());
    stage
        .api
        .fault("/papi/v1/properties/prp_100002", 99, refused);
    let run = stage.half_way("warm --all -o json", slow());
    stage.mark("prp_100002");
    let ended = run.wait().with(7);
    assert_eq!(ended.json()["errors"][0]["id"], "prp_100002");
    assert_eq!(stage.mentions("prp_100002"), Vec::<String>::new());
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 5, "those of the others stay");
}

#[test]
fn a_property_that_is_no_more_when_it_is_fetched_again_is_gone_everywhere() {
    let stage = Stage::new(small());
    let run = stage.half_way(
        "warm --only properties,details,hostnames,map,tree -o json",
        slow(),
    );
    stage
        .api
        .edit(|account| account.remove_property("prp_100002"));
    stage.mark("prp_100002");
    // An unknown property, which costs no call.
    stage.mark("prp_999999");
    run.wait().with(0);
    assert_eq!(stage.mentions("prp_100002"), Vec::<String>::new());
    let all = stage.json("akamai:acme:properties:all");
    assert_eq!(all.as_array().unwrap().len(), 3, "the list stays");
    assert!(stage.get("akamai:acme:hostname:map").is_some());
    assert_eq!(stage.api.calls("prp_999999"), 0);
}

#[test]
fn what_is_invalidated_each_time_it_is_fetched_is_removed() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm --all -o json", slow());
    let over = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                stage.mark("prp_100002");
            }
        });
        let ended = run.wait();
        over.store(true, Ordering::Relaxed);
        ended
    });
    let report = ended.with(7).json();
    assert_eq!(report["errors"][0]["code"], "invalidated", "{report}");
    assert_eq!(stage.mentions("prp_100002"), Vec::<String>::new());
    assert!(stage.get("akamai:acme:property:prp_100001").is_some());
}

#[test]
fn a_run_that_ends_early_leaves_nothing_that_was_invalidated() {
    for (member, left) in [("prp_100002", "property:prp_100001"), ("*", "warm:none")] {
        let stage = Stage::new(small());
        let run = stage.half_way("warm -o json", Fault::Hang);
        stage.mark(member);
        run.interrupt();
        run.wait().with(130);
        assert_eq!(stage.mentions("prp_100002"), Vec::<String>::new());
        assert_eq!(
            stage.get(&format!("akamai:acme:{left}")).is_some(),
            member != "*",
            "{member}"
        );
    }
}

#[test]
fn of_a_host_name_that_was_invalidated_the_property_is_fetched_again() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm --all -o json", slow());
    let mut name = String::new();
    stage.api.edit(|account| {
        let host = account
            .hostnames
            .iter()
            .find(|h| h.property == "prp_100002");
        name = host.unwrap().name.clone();
        account.property_mut("prp_100002").unwrap().name = "renamed".into();
    });
    stage.mark(&format!("host:{name}"));
    run.wait().with(0);
    let value = stage.json(&format!("akamai:acme:hostname:{name}"));
    assert_eq!(value["property"]["propertyName"], "renamed");
    let map = stage.json("akamai:acme:hostname:map");
    assert_eq!(map[&name]["property"]["propertyName"], "renamed");
}

#[test]
fn what_was_invalidated_is_not_there_while_the_run_goes_on() {
    let stage = Stage::new(small());
    stage.api.fault("/versions/", 99, slow());
    let run = stage
        .command("warm --hostnames version --concurrency 1 -o json")
        .spawn();
    wait_for("the list is there", || {
        stage.get("akamai:acme:properties:all")
    });
    let mut old = String::new();
    stage.api.edit(|account| {
        let property = account.property_mut("prp_100002").unwrap();
        old = std::mem::replace(&mut property.name, "renamed".into());
    });
    stage.mark("prp_100002");
    let _: i64 = stage.server.ask(&[
        "DEL",
        "akamai:acme:properties:all",
        "akamai:acme:property:prp_100002",
    ]);
    wait_for("a later batch", || {
        stage.get("akamai:acme:property:prp_100000:hostnames")
    });
    run.kill();
    run.wait();
    let old = stage.mentions(&old);
    assert_eq!(old, Vec::<String>::new(), "not even after a kill");
}

#[test]
fn a_mark_by_a_clock_that_has_gone_back_is_seen() {
    let stage = Stage::new(small());
    let run = stage.half_way("warm -o json", slow());
    stage
        .api
        .edit(|account| account.property_mut("prp_100002").unwrap().name = "renamed".into());
    // As by a new primary whose clock is behind.
    let (seconds, _): (u64, u64) = stage.server.ask(&["TIME"]);
    let earlier = ((seconds - 3) * 1000).to_string();
    let _: i64 = stage
        .server
        .ask(&["ZADD", "akamai:acme:invalidated", &earlier, "prp_100002"]);
    run.wait().with(0);
    let property = stage.json("akamai:acme:property:prp_100002");
    assert_eq!(property["propertyName"], "renamed");
}

#[test]
fn a_key_of_another_type_in_the_place_of_the_marks_is_replaced_once() {
    let marks = "akamai:acme:invalidated";
    for line in ["warm -o json", "warm prp_100002", "get property prp_100002"] {
        let stage = Stage::new(small());
        let _: i64 = stage.server.ask(&["SADD", marks, "abc"]);
        let _: String = stage.server.ask(&["SET", "akamai:beta:invalidated", "abc"]);
        // This run only looks.
        stage.run("warm --check -o json");
        let kind: String = stage.server.ask(&["TYPE", marks]);
        assert_eq!(kind, "set");
        let words = "`akamai:acme:invalidated` held something other than marks of invalidations, and was replaced";
        let ended = stage.run(line).with(0);
        assert!(ended.stderr.contains(words), "{line}: {}", ended.stderr);
        let calls = stage.api.seen().len();
        let kind: String = stage.server.ask(&["TYPE", marks]);
        assert_eq!(kind, "zset");
        assert!(stage.left(marks) > 3500);
        let ended = stage.run(line).with(0);
        assert!(!ended.stderr.contains("was replaced"), "{}", ended.stderr);
        assert!(stage.api.seen().len() <= 2 * calls, "{line}");
        assert_eq!(stage.get("akamai:beta:invalidated").as_deref(), Some("abc"));
    }
}

#[test]
fn what_is_invalidated_after_the_marks_were_lost_is_fetched_again() {
    // The marks are lost before, or after something was invalidated.
    for lost_last in [false, true] {
        let stage = Stage::new(small());
        let run = stage.half_way("warm -o json", slow());
        let lose = || {
            let marks = "akamai:acme:invalidated";
            let _: String = stage.server.ask(&["SET", marks, "abc"]);
        };
        let rename = |account: &mut crate::support::account::Account| {
            account.property_mut("prp_100002").unwrap().name = "renamed".into();
        };
        if !lost_last {
            lose();
        }
        stage.api.edit(rename);
        let line = "invalidate prp_100002 --cascade --yes --no-undo";
        stage.run(line).with(0);
        if lost_last {
            lose();
        }
        let ended = run.wait().with(0);
        let property = stage.json("akamai:acme:property:prp_100002");
        assert_eq!(property["propertyName"], "renamed");
        let says = ended.stderr.contains("was replaced");
        assert_eq!(says, lost_last, "{}", ended.stderr);
    }
}
