//! Properties that are deleted while a run of the whole account makes the calls for each alone.

use crate::invalidate::hosts_of;
use crate::support::account::{Account, Hostname};
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::Value;

const PRP: &str = "prp_100001";

impl Stage {
    /// Warms, and changes the account after a matching call has been answered. Returns the report.
    #[track_caller]
    fn warm_beside(&self, line: &str, call: &str, change: impl FnOnce(&mut Account)) -> Value {
        self.api.take_seen();
        self.api.fault(call, 1, Fault::Held);
        let line = format!("warm --all --concurrency 1 -o json {line}");
        let run = self.command(&line).spawn();
        wait_for("the call", || (self.api.calls(call) > 0).then_some(()));
        self.api.edit(change);
        self.api.heal();
        let report = run.wait().with(0).json();
        assert_eq!(report["complete"], true, "{report}");
        report
    }

    /// Returns the keys with one of these texts in their name or value, without bookkeeping.
    fn with_any(&self, texts: &[String]) -> Vec<String> {
        let has = |text: &str| texts.iter().any(|one| text.contains(one.as_str()));
        let fields: Vec<String> = self.server.ask(&["HGETALL", "akamai:acme:hostnames"]);
        let mut keys = self.data();
        keys.retain(|key| {
            let value = match key.as_str() {
                "akamai:acme:hostnames" => Some(fields.concat()),
                _ => self.server.try_ask(&["GET", key]).ok(),
            };
            has(key) || value.is_some_and(|value: String| has(&value))
        });
        keys
    }
}

fn latest(account: &Account) -> u32 {
    account.property(PRP).unwrap().latest
}

/// The call for the rules of the property.
fn rules() -> String {
    format!("/properties/{PRP}/versions/{}/rules", latest(&small()))
}

#[test]
fn a_property_that_is_deleted_meanwhile_leaves_nothing() {
    for cold in [true, false] {
        let stage = Stage::new(small());
        let mut own: Vec<String> = vec![PRP.to_owned()];
        let hosts = small().hostnames.into_iter();
        own.extend(
            hosts
                .filter(|host| host.property == PRP)
                .map(|host| host.name),
        );
        assert!(own.len() > 1);
        if !cold {
            stage.warm("--all");
        }
        stage.warm_beside("--force", &rules(), |account| {
            account.remove_property(PRP);
        });
        assert_eq!(stage.with_any(&own), Vec::<String>::new(), "cold: {cold}");
        for made in ["properties:all", "properties:tree", "hostname:map"] {
            assert!(
                stage.get(&format!("akamai:acme:{made}")).is_some(),
                "{made}"
            );
        }
    }
}

#[test]
fn a_host_name_of_a_property_that_is_deleted_meanwhile_goes_to_another_that_has_it() {
    const NAME: &str = "shared.example.com";
    for cold in [true, false] {
        let mut account = small();
        account.add_hostname(NAME, PRP);
        account.hostnames.push(Hostname {
            name: NAME.to_owned(),
            property: "prp_100002".to_owned(),
            staging: true,
            production: false,
            split: false,
        });
        let stage = Stage::new(account);
        if !cold {
            stage.warm("--all");
        }
        stage.warm_beside("--force", &rules(), |account| {
            account.remove_property(PRP);
        });
        let key = stage.json(&format!("akamai:acme:hostname:{NAME}"));
        assert_eq!(key["property"]["propertyId"], "prp_100002");
        let field: String = stage.server.ask(&["HGET", "akamai:acme:hostnames", NAME]);
        assert!(field.contains("prp_100002"), "{field}");
        let map = stage.json("akamai:acme:hostname:map");
        assert_eq!(map[NAME]["property"]["propertyId"], "prp_100002");
        assert!(hosts_of(&stage, "prp_100002").contains(&NAME.to_owned()));
        assert_eq!(stage.with_any(&[PRP.to_owned()]), Vec::<String>::new());
    }
}
