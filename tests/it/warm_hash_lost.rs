//! The hash of all host names that has lost its last field: the server removes an empty hash.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::Stage;
use crate::warm_since::pass;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

const HASH: &str = "akamai:acme:hostnames";
const OWNER: &str = "prp_100000";
const NAMES: [&str; 2] = ["one.example.com", "two.example.com"];

/// A warm cache whose values are due, of an account of which one property alone has host names.
fn due(view: &str) -> Stage {
    // So many pairs that a crawl costs more than the call for what changed.
    let account = Account::new(1).regular().groups(4).contracts(1);
    let mut account = account.properties(8).hostnames(0);
    for name in NAMES {
        account.add_hostname(name, OWNER);
    }
    let stage = Stage::new(account);
    stage.api.set_clock(Timestamp::now());
    stage.warm(view);
    pass(&stage, Duration::from_mins(4));
    stage
}

impl Stage {
    fn has_all_names(&self) {
        let mut fields: Vec<String> = self.server.ask(&["HKEYS", HASH]);
        fields.sort_unstable();
        assert_eq!(fields, NAMES);
        assert!(self.left(HASH) > 540, "{}", self.left(HASH));
        for name in NAMES {
            assert!(self.get(&format!("akamai:acme:hostname:{name}")).is_some());
        }
    }
}

#[test]
fn a_hash_that_lost_its_last_host_name_is_whole_after_the_next_run() {
    let removals = [NAMES.join(" "), format!("{OWNER} --cascade --refill")];
    let views = ["", "--hostnames version"];
    for (at, removal) in removals.iter().cycle().enumerate().take(4) {
        let view = views[at / 2];
        let stage = due(view);
        let removal = format!("invalidate {removal} --yes --no-undo");
        stage.run(&removal).with(0);
        assert!(!stage.keys().contains(&HASH.to_owned()));
        let line = format!("--every 3m {view}");
        let plan = stage.warm(&format!("--dry-run {line}"));
        let report = stage.warm(&line);
        assert_eq!(report["incremental"], true, "{report}");
        let calls = [&report["api_calls"], &plan["planned_calls"]].map(Value::as_u64);
        assert!(calls[0] <= calls[1], "{plan} {report}");
        stage.has_all_names();
        stage.run(&format!("warm --check {view}")).with(0);
    }
}

#[test]
fn a_missing_hash_is_written_by_a_run_that_writes_cached_host_names_again() {
    let stage = due("");
    stage.delete(HASH);
    stage.api.change(|account, now| {
        account.property_mut(OWNER).unwrap().name = "renamed".into();
        let version = account.property(OWNER).unwrap().production.unwrap();
        account.activate(OWNER, Network::Production, version, now);
    });
    let report = stage.warm("--every 3m");
    assert_eq!(report["incremental"], true, "{report}");
    stage.has_all_names();
}

#[test]
fn a_hash_that_is_lost_during_the_run_is_whole_after_it() {
    let stage = due("");
    // The host names are stored when the run asks for activations.
    stage.api.fault("/activations", 1, Fault::Held);
    let line = "warm --only properties,details,hostnames,activations -o json";
    let run = stage.command(line).spawn();
    wait_for("the last stage", || {
        (stage.api.calls("/activations") > 0).then_some(())
    });
    let removal = format!("invalidate {OWNER} --cascade --yes --no-undo");
    stage.run(&removal).with(0);
    assert!(!stage.keys().contains(&HASH.to_owned()));
    stage.api.heal();
    run.wait().with(0);
    stage.has_all_names();
}
