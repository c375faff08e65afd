//! `warm --force` and `warm --check` of some resources: nothing comes from cached groups, lists or items.

use crate::support::account::Group;
use crate::support::account::changes::Network;
use crate::support::stage::{Stage, small};

/// A cache that was warmed with everything before a property was activated, and a group with another one was created.
fn behind() -> Stage {
    let mut account = small();
    account.cpcode_grant = false;
    let stage = Stage::new(account);
    stage.warm("--all");
    stage.api.change(|account, now| {
        let version = account.draft("prp_100001", now);
        account.activate("prp_100001", Network::Production, version, now);
        let contract = account.contracts[0].clone();
        account.groups.push(Group {
            id: "grp_999".to_owned(),
            name: "new".to_owned(),
            parent: None,
            contracts: vec![contract.clone()],
        });
        account.add_property("prp_200000", "new");
        account.move_property("prp_200000", &contract, "grp_999");
        account.add_hostname("new.example.com", "prp_200000");
    });
    stage
}

#[test]
fn each_resource_alone_is_compared_with_and_fetched_from_the_api() {
    for resource in [
        "groups",
        "properties",
        "details",
        "hostnames",
        "map",
        "rules",
        "versions",
        "activations",
        "cpcodes",
        "tree",
    ] {
        let stage = behind();
        let line = format!("warm --check --only {resource}");
        stage.run(&line).with(6);
        let report = stage.warm(&format!("--force --only {resource}"));
        assert_eq!(report["complete"], true, "{report}");
        stage.run(&line).with(0);
    }
}
