//! The hash of all host names passes for incomplete until a run knows that nothing of it is missing.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::keep_process::KeepProcess;
use crate::support::server::wait_for;
use crate::support::stage::Stage;
use std::time::Duration;

const HASH: &str = "akamai:acme:hostnames";
const PRP: &str = "prp_100001";

/// TTL of the hash in seconds, whole and incomplete.
const WHOLE: i64 = 1_800;
const INCOMPLETE: i64 = 180;

fn account(hosts: usize) -> Account {
    let account = Account::new(3).regular().groups(5).contracts(1);
    account.properties(10).hostnames(hosts)
}

fn host_of_prp(account: &Account) -> String {
    let mut hosts = account.hostnames.iter();
    let host = hosts.find(|host| host.property == PRP);
    host.map(|host| host.name.clone()).unwrap_or_default()
}

fn refused() -> Fault {
    Fault::Status(501, vec![], "{}".into())
}

impl Stage {
    fn fields(&self) -> usize {
        self.server.ask(&["HLEN", HASH])
    }

    fn has_field(&self, name: &str) -> bool {
        self.server.ask(&["HEXISTS", HASH, name])
    }

    #[track_caller]
    fn finds(&self, name: &str) {
        let report = self.run(&format!("search {name} -o json")).with(0).json();
        let first = &report["results"][0];
        assert_eq!(first["type"], "exact_hostname", "{name}: {report}");
    }

    #[track_caller]
    fn finds_after_healing(&self, host: &str) {
        self.api.heal();
        self.finds(host);
    }

    /// Lets every call for the host names of the property alone fail.
    fn refuse_hosts_of_prp(&self) {
        let call = format!("/properties/{PRP}/versions");
        self.api.fault(&call, 99, refused());
    }
}

#[test]
fn a_run_that_is_killed_while_it_writes_leaves_an_incomplete_hash_that_denies_nothing() {
    for (line, warmed) in [("warm", false), ("warm --force", true)] {
        let stage = Stage::new(account(1_100)).behind_proxy();
        if warmed {
            stage.warm("");
        }
        let slow = Duration::from_millis(400);
        stage.proxy().on("HSET").with(HASH).delay(slow);
        let run = stage.command(line).spawn();
        wait_for("fields are written", || {
            (1..=INCOMPLETE).contains(&stage.left(HASH)).then_some(())
        });
        run.kill();
        assert_eq!(run.wait().signal(), Some(9), "{line}");
        stage.proxy().clear();
        if !warmed {
            let mut names = account(1_100).hostnames.into_iter();
            let missing = names.rfind(|host| !stage.has_field(&host.name)).unwrap();
            stage.finds(&missing.name);
        }
        stage.delete("akamai:acme:warm:lock");
        assert_eq!(stage.warm("")["complete"], true);
        assert_eq!(stage.fields(), 1_100, "{line}");
        assert!(stage.left(HASH) > WHOLE - 60, "{line}");
    }
}

#[test]
fn a_run_whose_list_fails_leaves_an_incomplete_hash_also_where_it_was_whole() {
    let stage = Stage::new(account(1_100));
    for line in ["warm", "warm --force"] {
        stage.api.fault("offset=999", 9, refused());
        stage.run(line).with(7);
        stage.api.heal();
        let left = stage.left(HASH);
        assert!((1..=INCOMPLETE).contains(&left), "{line}: {left}");
        assert_eq!(stage.warm("")["complete"], true);
        assert_eq!(stage.fields(), 1_100, "{line}");
        assert!(stage.left(HASH) > WHOLE - 60, "{line}");
    }
}

#[test]
fn a_name_that_was_invalidated_during_a_run_and_could_not_be_fetched_again_is_not_denied() {
    for refetched in [false, true] {
        let stage = Stage::new(account(30));
        let host = host_of_prp(&account(30));
        let slow = Fault::Slow(Duration::from_secs(2));
        stage.api.fault("/papi/v1/hostnames", 1, slow);
        let run = stage.command("warm -o json").spawn();
        wait_for("the list is there", || {
            stage.get("akamai:acme:properties:all")
        });
        if !refetched {
            stage.refuse_hosts_of_prp();
        }
        let line = format!("invalidate {PRP} --cascade --yes --no-undo");
        stage.run(&line).with(0);
        let ended = run.wait();
        ended.with(if refetched { 0 } else { 7 });
        stage.api.heal();
        assert_eq!(stage.has_field(&host), refetched);
        stage.finds(&host);
        let calls = stage.warm("")["api_calls"].as_u64().unwrap();
        assert_eq!(calls == 0, refetched, "{calls}");
        assert!(stage.has_field(&host), "the next run fetches it");
        assert!(stage.left(HASH) > WHOLE - 60);
    }
}

#[test]
fn an_incremental_run_that_cannot_fetch_a_name_does_not_prolong_a_hash_without_it() {
    let stage = Stage::new(account(30));
    let host = host_of_prp(&account(30));
    stage.warm("");
    stage.run(&format!("invalidate {host} --yes")).with(0);
    for key in [HASH, "akamai:acme:properties:all"] {
        stage.expire(key, 50);
    }
    stage.refuse_hosts_of_prp();
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["incremental"], true, "{report}");
    stage.finds_after_healing(&host);
    assert!(stage.left(HASH) <= INCOMPLETE);
    assert_eq!(stage.warm("")["complete"], true);
    assert!(stage.has_field(&host));
    assert!(stage.left(HASH) > WHOLE - 60);
}

#[test]
fn a_process_that_stays_keeps_an_incomplete_hash_alive_and_does_not_take_it_for_whole() {
    let stage = Stage::new(account(30));
    let host = host_of_prp(&account(30));
    stage.warm("");
    stage.run(&format!("invalidate {host} --yes")).with(0);
    stage.expire(HASH, 20);
    stage.refuse_hosts_of_prp();
    let mut process = KeepProcess::start(&stage, "--every 5m");
    assert_eq!(process.next()["complete"], false);
    let left = stage.left(HASH);
    assert!((21..=INCOMPLETE).contains(&left), "{left}");
    stage.finds_after_healing(&host);
    assert_eq!(process.cycle()["complete"], true);
    assert!(stage.has_field(&host));
    assert!(stage.left(HASH) > WHOLE - 60);
    process.end();
}

#[test]
fn a_named_run_patches_a_whole_hash_and_leaves_its_deadline() {
    let stage = Stage::new(account(30));
    stage.warm("");
    stage.expire(HASH, 1000);
    stage
        .api
        .edit(|account| account.add_hostname("new.example.com", PRP));
    stage.run(&format!("warm {PRP}")).with(0);
    assert!(stage.has_field("new.example.com"));
    assert!((900..=1_000).contains(&stage.left(HASH)));
    stage.refuse_hosts_of_prp();
    stage.run(&format!("warm {PRP}")).with(7);
    assert!((900..=1_000).contains(&stage.left(HASH)));
}
