//! `warm --keep`: each cycle asks what changed, even if it has no starting point for the question, and everything is
//! fresh.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::keep_process::KeepProcess;
use crate::support::stage::Stage;

/// An account with this many pairs of group and contract.
fn stage(groups: usize) -> Stage {
    let account = Account::new(1).regular().groups(groups).contracts(1);
    Stage::new(account.properties(4).hostnames(6))
}

/// Activates a version, and checks that the cycle that begins at once caches what follows from it.
#[track_caller]
fn sees_an_activation(stage: &Stage, process: &mut KeepProcess, key: &str) {
    stage.api.change(|account, now| {
        let version = account.draft("prp_100001", now);
        account.activate("prp_100001", Network::Production, version, now);
        account.add_hostname("new.example.com", "prp_100001");
    });
    let report = process.cycle();
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get(key).is_some(), "{key}: {report}");
}

const HOST: &str = "akamai:acme:hostname:new.example.com";

#[test]
fn whatever_it_warms_and_however_few_groups_there_are() {
    for (groups, line, key) in [
        (1, "", HOST),
        (6, "--skip details", HOST),
        (6, "--skip properties", HOST),
        (
            6,
            "--only details,rules",
            "akamai:acme:property:prp_100001:rules:v2",
        ),
    ] {
        let stage = stage(groups);
        let mut process = KeepProcess::start(&stage, line);
        assert_eq!(process.next()["complete"], true);
        let mut latest = 0;
        stage
            .api
            .edit(|account| latest = account.property("prp_100001").unwrap().latest + 1);
        let key = key.replace("v2", &format!("v{latest}"));
        sees_an_activation(&stage, &mut process, &key);
        process.end();
    }
}

#[test]
fn after_cycles_that_used_up_their_budget() {
    let stage = stage(6);
    let mut process = KeepProcess::start(&stage, "--budget 4");
    let mut report = process.next();
    while report["complete"] != true {
        report = process.cycle();
    }
    sees_an_activation(&stage, &mut process, HOST);
    process.end();
}
