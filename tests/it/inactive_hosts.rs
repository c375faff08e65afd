//! Host names that only an inactive version has: no property serves them.

use crate::support::stage::{Stage, small};

#[test]
fn a_host_name_of_a_draft_is_not_found_and_not_cached() {
    let stage = Stage::new(small());
    let mut host = String::new();
    stage.api.change(|account, now| {
        account.draft("prp_100001", now);
        host = account.property("prp_100001").unwrap().draft_hostname();
    });
    for warm in [false, true] {
        if warm {
            stage.warm("");
            // Until the hash is whole again, it denies no name.
            stage.delete("akamai:acme:hostnames");
        }
        let calls = stage.api.calls("/search/find-by-value");
        stage.run(&format!("get hostname {host}")).with(5);
        assert_eq!(stage.api.calls("/search/find-by-value"), calls + 1);
        let found = stage.run(&format!("search {host} -o json")).with(0).json();
        assert_eq!(found["total"], 0, "{found}");
        let ended = stage.run(&format!("warm {host} -o json")).with(5);
        assert_eq!(ended.json()["errors"][0]["id"], host.as_str());
        let key = format!("akamai:acme:hostname:{host}");
        assert!(!stage.keys().contains(&key));
        stage.delete(&format!("akamai:acme:absent:hostname:{host}"));
    }
    stage.warm("--force");
    stage.run("warm --check").with(0);
    // The view of latest versions has it.
    let report = stage.warm(&format!("{host} --hostnames version"));
    assert_eq!(report["complete"], true, "{report}");
    let value = stage.json(&format!("akamai:acme:hostname:{host}"));
    assert_eq!(value["property"]["propertyId"], "prp_100001");
}
