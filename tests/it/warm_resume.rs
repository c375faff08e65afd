//! `warm --resume`: continues a run that was killed without repeating its calls.

use crate::invalidate::hosts_of;
use crate::stale_embeds::activate;
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::keep_process::KeepProcess;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, row, small};
use std::collections::BTreeMap;
use std::path::PathBuf;

const PRP: &str = "prp_100001";

fn account() -> Account {
    let account = Account::new(3).regular().groups(5).contracts(1);
    account.properties(10).hostnames(1100)
}

impl Stage {
    fn checkpoint(&self) -> PathBuf {
        let state = self.home.path().join(".state/alecs-cache");
        state.join("resume/acme.ndjson")
    }

    /// Kills a run while it waits for the response to a matching call.
    pub fn killed_at(&self, pattern: &str) {
        let before = self.api.seen().len();
        self.api.fault(pattern, 1, Fault::Hang);
        let running = self.command("warm --concurrency 1").spawn();
        wait_for("the run hangs", || {
            let seen = self.api.seen();
            let mut new = seen.iter().skip(before);
            new.any(|call| call.path_and_query.contains(pattern))
                .then_some(())
        });
        running.kill();
        assert_eq!(running.wait().signal(), Some(9));
        self.api.heal();
        // It would expire after a minute.
        self.delete("akamai:acme:warm:lock");
    }

    fn strings(&self) -> BTreeMap<String, Option<String>> {
        let strings = self.data().into_iter();
        let strings = strings.filter(|key| key != "akamai:acme:hostnames");
        strings.map(|key| (key.clone(), self.get(&key))).collect()
    }
}

#[test]
fn a_killed_run_resumes_and_both_make_no_more_calls_than_one() {
    let whole = Stage::new(account());
    whole.warm("");
    let last = account().groups[4].id.clone();
    for pattern in [
        "/papi/v1/contracts",
        "/papi/v1/groups",
        &format!("groupId={last}"),
        "offset=999",
    ] {
        let stage = Stage::new(account());
        stage.killed_at(pattern);
        let report = stage.warm("--resume");
        assert_eq!(report["complete"], true, "{report}");
        let calls = stage.api.seen().len();
        // One call of the crawl and one of the list of hostnames may have been in flight.
        let one = account().crawl_calls();
        assert!(
            calls <= one + 2,
            "{pattern}: {calls} calls, a run takes {one}"
        );
        assert_eq!(stage.strings(), whole.strings(), "{pattern}");
        assert!(!stage.checkpoint().exists(), "a complete run needs none");
    }
}

#[test]
fn a_run_that_used_up_its_budget_goes_on_with_the_next_one() {
    let stage = Stage::new(account());
    stage.run("warm --budget 4 --concurrency 1").with(9);
    let text = std::fs::read_to_string(stage.checkpoint()).unwrap();
    assert!(
        !text.contains("c2VjcmV0") && !text.contains("akab-"),
        "{text}"
    );
    let second = stage.run("warm --resume --budget 3 --concurrency 1 -o json");
    assert_eq!(second.with(9).json()["api_calls"], 3);
    let third = stage.warm("--resume");
    assert_eq!(third["complete"], true);
    assert_eq!(stage.api.seen().len(), account().crawl_calls());
}

#[test]
fn a_run_that_used_up_its_budget_is_continued_by_the_next_run() {
    let stage = Stage::new(account());
    let (mut runs, mut for_plans) = (1, 0);
    let line = "warm --every 3m --budget 3 --concurrency 1 -q";
    while stage.run(line).code() != 0 {
        runs += 1;
        assert!(runs < 9, "{runs}");
        // The plan is what the next runs carry out, and leaves them what this one received.
        let left = account().crawl_calls() - (stage.api.seen().len() - for_plans);
        let plan = stage.run("warm -n --every 3m --budget 3 -o json");
        let plan = plan.with(if left > 3 { 9 } else { 0 }).json();
        assert_eq!(plan["planned_calls"], left, "{plan}");
        for_plans += usize::try_from(plan["api_calls"].as_u64().unwrap()).unwrap();
    }
    assert_eq!(stage.api.seen().len() - for_plans, account().crawl_calls());
    assert!(!stage.checkpoint().exists());
    // With --force nothing is taken from an earlier run.
    stage.run("warm --force --budget 4").with(9);
    stage.api.take_seen();
    stage.warm("--force");
    assert_eq!(stage.api.seen().len(), account().crawl_calls());
}

#[test]
fn a_continued_run_does_not_set_back_what_a_run_for_the_property_stored() {
    for cut in ["budget", "killed"] {
        let stage = Stage::new(account());
        let host = {
            let full = Stage::new(account());
            full.warm("");
            hosts_of(&full, PRP)[0].clone()
        };
        let how = if cut == "budget" {
            stage.run("warm --budget 7 --concurrency 1").with(9);
            "warm"
        } else {
            stage.killed_at("/papi/v1/hostnames");
            "warm --resume"
        };
        activate(&stage, &host);
        stage.warm(PRP);
        let stored = stage.json(&format!("akamai:acme:property:{PRP}"));
        let ended = stage.run(how).with(0);
        let now = stage.json(&format!("akamai:acme:property:{PRP}"));
        assert_eq!(now, stored, "{cut}: {}", ended.stdout);
        stage.run("warm --check").with(0);
    }
}

/// Else a run with a small budget never comes to an end beside the jobs of a CI.
#[test]
fn what_is_stored_by_name_between_runs_does_not_make_them_crawl_again() {
    let stage = Stage::new(account());
    let crawled = || {
        let seen = stage.api.seen();
        let pairs = seen
            .iter()
            .filter(|call| call.path_and_query.starts_with("/papi/v1/properties?"));
        pairs.count()
    };
    // The budget ends while the second one is fetched again.
    for id in ["prp_100001", "prp_100002"] {
        stage.run("warm --budget 4 --concurrency 1 -q").with(9);
        stage.warm(id);
    }
    stage.run("warm --budget 4 --concurrency 1 -q").with(9);
    stage.run("warm --budget 4 --concurrency 1 -q").with(0);
    assert_eq!(crawled(), account().pairs().len());
    stage.run("warm --check").with(0);
}

#[test]
fn a_continued_run_that_fails_is_not_continued_again() {
    let stage = Stage::new(account());
    let budget = account().crawl_calls() - 1;
    stage
        .run(&format!("warm --budget {budget} --concurrency 1"))
        .with(9);
    // The list is shorter than its first page said.
    stage.api.edit(|account| account.hostnames.truncate(900));
    stage.run("warm").with(7);
    assert!(!stage.checkpoint().exists(), "it came to its end");
    stage.run("warm").with(0);
    stage.run("warm --check").with(0);
}

#[test]
fn a_group_that_may_not_be_read_is_asked_once_in_all_runs_of_a_crawl() {
    let mut account = Account::new(3).regular().groups(9).contracts(1);
    account = account.properties(10).hostnames(20);
    account.cpcode_grant = false;
    let groups = account.groups.iter().skip(2);
    account.forbidden = groups.map(|group| group.id.clone()).collect();
    let stage = Stage::new(account.clone());
    let mut runs = 1;
    while stage.run("warm --budget 4 --concurrency 1 -q").code() != 0 {
        runs += 1;
        assert!(runs < 9, "{runs}");
    }
    assert_eq!(stage.api.seen().len(), account.crawl_calls());

    let stage = Stage::new(account.clone());
    stage.killed_at("/papi/v1/hostnames");
    assert_eq!(stage.warm("--resume")["complete"], true);
    assert_eq!(stage.api.seen().len(), account.crawl_calls() + 1);
}

#[test]
fn what_is_complete_when_the_budget_ends_is_stored() {
    let stage = Stage::new(account());
    let groups_and_pairs = 2 + account().pairs().len();
    let line = format!("warm --budget {groups_and_pairs} --concurrency 8 -o json");
    let report = stage.run(&line).with(9).json();
    assert_eq!(row(&report, "properties")["stored"], 1, "{report}");
    let all = stage.json("akamai:acme:properties:all");
    assert_eq!(all.as_array().unwrap().len(), 10);
    stage.run("warm --budget 3 --force").with(9);
    assert_eq!(stage.json("akamai:acme:properties:all"), all);
}

/// When something is invalidated: a run was killed, and another one goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    BeforeIt,
    WhileItWaits,
    WhileItRuns,
}

#[test]
fn what_is_invalidated_is_fetched_again_whatever_an_interrupted_run_had_received() {
    const LOCK: &str = "akamai:acme:warm:lock";
    for moment in [Moment::WhileItRuns, Moment::WhileItWaits, Moment::BeforeIt] {
        let stage = Stage::new(account()).behind_proxy();
        let host = account().hostnames;
        let host = host.into_iter().find(|host| host.property == PRP).unwrap();
        let host = host.name;
        stage.killed_at("offset=999");
        let change = || {
            activate(&stage, &host);
            let line = format!("invalidate {PRP} --cascade --yes --no-undo");
            stage.run(&line).with(0);
        };
        let run = stage.command("warm --resume --force --wait 60s --concurrency 1 -o json");
        let run = match moment {
            Moment::BeforeIt => {
                change();
                run.spawn()
            }
            Moment::WhileItWaits => {
                let _: String = stage.server.ask(&["SET", LOCK, "another", "PX", "60000"]);
                let tries = || {
                    let commands = stage.proxy().commands().into_iter();
                    let own = |words: &Vec<String>| words[0] == "SET" && words[1] == LOCK;
                    commands.filter(own).count()
                };
                let before = tries();
                let run = run.spawn();
                wait_for("the run waits", || (tries() > before).then_some(()));
                change();
                stage.delete(LOCK);
                run
            }
            Moment::WhileItRuns => {
                let calls = stage.api.seen().len();
                stage.api.fault("offset=999", 1, Fault::Held);
                let run = run.spawn();
                wait_for("the run asks", || {
                    (stage.api.seen().len() > calls).then_some(())
                });
                change();
                stage.api.heal();
                run
            }
        };
        let report = run.wait().with(0).json();
        assert_eq!(report["complete"], true, "{moment:?}: {report}");
        assert_eq!(stage.api.calls("/papi/v1/groups"), 1, "{moment:?}");
        let pairs = account().pairs().len();
        let lists = stage.api.calls("/papi/v1/properties?");
        // One may have been in flight when the first run was killed.
        assert!(lists <= pairs + 1, "{moment:?}: {lists}");
        // The invalidation may have come after the end of the run.
        if let Some(item) = stage.get("akamai:acme:property:prp_100001") {
            assert!(item.contains("renamed"), "{moment:?}: {item}");
            let list = stage.get("akamai:acme:properties:all").unwrap();
            assert!(list.contains("renamed"), "{moment:?}: {list}");
            let hosts = hosts_of(&stage, PRP);
            assert!(hosts.contains(&"new.example.com".to_owned()), "{moment:?}");
        }
        let list = "akamai:acme:property:prp_100001:hostnames";
        if stage.get(list).is_some() {
            assert!(!hosts_of(&stage, PRP).contains(&host), "{moment:?}: {host}");
        }
        assert_eq!(stage.get(&format!("akamai:acme:hostname:{host}")), None);
        let field: Option<String> = stage.server.ask(&["HGET", "akamai:acme:hostnames", &host]);
        assert_eq!(field, None, "{moment:?}");
        assert!(!stage.checkpoint().exists(), "a complete run needs none");
    }
}

#[test]
fn runs_with_a_small_budget_come_to_an_end_after_everything_was_invalidated() {
    let stage = Stage::new(account());
    stage.run("warm --budget 3 --concurrency 1").with(9);
    stage.run("invalidate --everything --yes").with(0);
    let mut runs = 1;
    let line = "warm --every 3m --budget 3 --concurrency 1 -q";
    while stage.run(line).code() != 0 {
        runs += 1;
        assert!(runs < 9, "{runs}");
    }
    assert!(!stage.checkpoint().exists());
}

#[test]
fn answers_are_not_used_where_none_are_left_or_they_are_another_accounts() {
    let stage = Stage::new(account());
    let none = stage.run("warm --resume --only contracts").with(0);
    none.says("no run was interrupted");
    stage.empty();
    stage.killed_at("/papi/v1/groups");
    let other = stage.run("warm --resume --section beta");
    other.says("for another account");
    stage.run("warm prp_100001 --resume").with(2);
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_gone_on_with_by_a_process_that_stays() {
    let one = account().crawl_calls();
    for least in [10, 25, 40, 55, 70] {
        let stage = Stage::new(account()).behind_proxy();
        let running = stage.command("warm --concurrency 1").spawn();
        // The run may be faster than that.
        wait_for("it has come so far", || {
            let proxy = stage.proxy();
            (proxy.commands().len() >= least || running.is_over()).then_some(())
        });
        running.kill();
        running.wait();
        stage.delete("akamai:acme:warm:lock");
        let mut process = KeepProcess::start(&stage, "--resume");
        let report = process.next();
        assert_eq!(report["complete"], true, "{report}");
        let calls = stage.api.seen().len();
        // One call of the crawl and one of the list of hostnames may have been in flight.
        assert!(
            calls <= one + 2,
            "{least}: {calls} calls, a run takes {one}"
        );
        assert_eq!(process.cycle()["complete"], true);
        let told = process.end().stderr;
        assert!(!told.contains("from the beginning"), "{least}: {told}");
    }
}

#[test]
fn a_run_whose_answers_were_all_invalidated_begins_anew_and_makes_no_call_twice() {
    let calls = |stage: &Stage| stage.warm("--all")["api_calls"].as_u64().unwrap();
    let needed = calls(&Stage::new(small()));
    let stage = Stage::new(small());
    stage.run("warm --all --budget 4").with(9);
    stage.run("invalidate --pattern search:* --yes").with(0);
    let made = calls(&stage);
    assert!(made <= needed, "{made} of {needed}");
}
