//! A property that is gone at Akamai leaves nothing that shows it.

use crate::invalidate::hosts_of;
use crate::stale_embeds::{Embedding, PRP};
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

/// Returns all keys that mention the property or one of its hostnames.
fn traces(stage: &Stage, hosts: &[String]) -> Vec<String> {
    let of = |key: &String| {
        let value = stage
            .server
            .try_ask::<Option<String>>(&["GET", key])
            .ok()
            .flatten();
        let named = |text: &str| text.contains(PRP) || hosts.iter().any(|host| text.contains(host));
        let marks = key.ends_with(":invalidated") || key.ends_with(":audit");
        !marks && (named(key) || value.is_some_and(|value| named(&value)))
    };
    stage.keys().into_iter().filter(of).collect()
}

#[test]
fn a_property_that_is_gone_at_akamai_is_removed_with_its_host_names_and_its_place_in_lists() {
    for (recipe, exit) in [
        ("warm prp_100001", 5),
        ("invalidate prp_100001 --cascade --refill", 0),
        ("invalidate prp_100001 --refill", 0),
    ] {
        let stage = Stage::new(small());
        stage.warm("--all");
        let server = Embedding::asked(&stage);
        let mut hosts = hosts_of(&stage, PRP);
        // A hostname that has moved since belongs to another property.
        let moved = hosts.pop().filter(|_| !hosts.is_empty());
        if let Some(moved) = &moved {
            let value = json!({"property": {"propertyId": "prp_100002"}, "hostname": {}});
            stage.server_writes(&format!("akamai:acme:hostname:{moved}"), &value.to_string());
        }
        stage.api.edit(|account| account.remove_property(PRP));
        stage.run(recipe).with(exit);
        assert_eq!(server.cached(), Vec::<String>::new(), "{recipe}");
        assert_eq!(traces(&stage, &hosts), Vec::<String>::new(), "{recipe}");
        let fields: Vec<String> = stage.server.ask(&["HVALS", "akamai:acme:hostnames"]);
        assert!(
            !fields.is_empty() && !fields.concat().contains(PRP),
            "{recipe}"
        );
        let list = stage.json("akamai:acme:properties:all");
        assert_eq!(list.as_array().unwrap().len(), 3, "{recipe}");
        stage.run("get property prp_100001").with(5);
    }
}

#[test]
fn an_id_that_neither_akamai_nor_the_cache_knows_takes_nothing_with_it() {
    let stage = Stage::new(small());
    stage.warm("--all");
    Embedding::asked(&stage);
    let before = stage.data();
    for (recipe, exit) in [
        ("warm prp_999", 5),
        ("invalidate prp_999 --refill", 0),
        ("invalidate prp_999 --cascade --refill", 0),
        ("get property prp_999 --no-record", 5),
    ] {
        stage.run(recipe).with(exit);
        let mut after = stage.data();
        after.retain(|key| !key.contains(":absent:"));
        assert_eq!(after, before, "{recipe}");
    }
}

#[test]
fn a_deleted_property_of_which_only_the_tree_and_the_map_are_left_goes_from_both() {
    for recipe in ["warm prp_100001", "get property prp_100001"] {
        let stage = Stage::new(small());
        stage.warm("--all");
        for key in stage.data() {
            let own = key.contains(&format!(":property:{PRP}")) || key.ends_with(":properties:all");
            if own {
                stage.delete(&key);
            }
        }
        stage.api.edit(|account| account.remove_property(PRP));
        stage.run(recipe).with(5);
        for key in ["properties:tree", "hostname:map"] {
            assert_eq!(stage.get(&format!("akamai:acme:{key}")), None, "{recipe}");
        }
    }
}

#[test]
fn a_host_name_whose_property_is_gone_is_looked_for_where_it_is_now() {
    let stage = Stage::new(small());
    stage.warm("");
    let hosts = hosts_of(&stage, PRP);
    let host = &hosts[0];
    stage.api.edit(|account| {
        account.remove_property(PRP);
        account.add_hostname(host, "prp_100002");
    });
    let report = stage.run(&format!("warm {host} -o json")).with(0).json();
    assert_eq!(report["complete"], true, "{report}");
    let value: Value = stage.json(&format!("akamai:acme:hostname:{host}"));
    assert_eq!(value["property"]["propertyId"], "prp_100002");
    assert_eq!(stage.get(&format!("akamai:acme:property:{PRP}")), None);

    stage.api.edit(|account| account.remove_hostname(host));
    stage
        .api
        .edit(|account| account.remove_property("prp_100002"));
    stage.run(&format!("warm {host}")).with(5);
    assert_eq!(stage.get(&format!("akamai:acme:hostname:{host}")), None);
}
