//! Host names that two properties claim, as while they move: the one that has them on production owns them.

use crate::support::account::{Account, Hostname};
use crate::support::stage::{Stage, small};

const OWNER: &str = "prp_100000";
const OTHER: &str = "prp_100001";
const NAME: &str = "moving.example.com";

/// `OWNER` has the name on production, `OTHER` has it on staging, in a version of its own.
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

/// The property that the name's key and its field in the hash give it to.
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

#[test]
fn a_name_belongs_to_the_property_that_has_it_on_production_whoever_is_fetched_last() {
    for line in [
        "warm --force",
        "warm prp_100000 prp_100001",
        "warm prp_100001 prp_100000",
        "warm prp_100001",
        "warm prp_100001 --hostnames version",
        "invalidate prp_100001 --cascade --refill",
        "invalidate prp_100000 --cascade --refill",
        "invalidate prp_100000 prp_100001 --cascade --refill",
        "warm --force --hostnames version",
    ] {
        let stage = Stage::new(claimed());
        stage.warm("");
        assert_eq!(owner(&stage), of(OWNER));
        stage.run(line).with(0);
        let own = if line.starts_with("invalidate prp_100001 ") {
            // The cascade takes the name along; whoever asks next asks Akamai.
            [None, None]
        } else {
            of(OWNER)
        };
        assert_eq!(owner(&stage), own, "{line}");
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
