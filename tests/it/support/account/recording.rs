//! An account as the recording of a crawl.

use super::{Account, PAGE, Question, pairs};
use jiff::Timestamp;
use serde_json::json;

impl Account {
    /// Returns the lines of a recording of a whole crawl; with `deep` also of the calls about single properties.
    pub fn recording<'a>(
        &'a self,
        customer: &'a str,
        deep: bool,
    ) -> impl Iterator<Item = String> + 'a {
        let mut calls = vec![
            "/papi/v1/groups".to_owned(),
            "/papi/v1/contracts".to_owned(),
        ];
        for (group, contract) in self.pairs() {
            let within = format!("contractId={contract}&groupId={group}");
            calls.push(format!("/papi/v1/properties?{within}"));
            if deep {
                calls.push(format!("/papi/v1/cpcodes?{within}"));
            }
        }
        for page in 0..self.hostnames.len().div_ceil(PAGE).max(1) {
            calls.push(format!(
                "/papi/v1/hostnames?offset={}&limit={PAGE}",
                page * PAGE
            ));
        }
        let properties = if deep {
            self.properties.as_slice()
        } else {
            &[]
        };
        for property in properties {
            let within = format!(
                "contractId={}&groupId={}",
                property.contract, property.group
            );
            let base = format!("/papi/v1/properties/{}", property.id);
            calls.push(format!("{base}?{within}"));
            calls.push(format!("{base}/versions?{within}&limit=10"));
            calls.push(format!("{base}/activations?{within}"));
            if property.bucket {
                calls.push(format!("{base}/hostnames?{within}&offset=0&limit={PAGE}"));
            }
            let mut versions = vec![property.latest];
            versions.extend(
                property
                    .production
                    .filter(|version| *version != property.latest),
            );
            for version in versions {
                calls.push(format!(
                    "{base}/versions/{version}/rules?{within}&validateRules=false"
                ));
                calls.push(format!(
                    "{base}/versions/{version}/hostnames?{within}&validateHostnames=false"
                ));
            }
        }
        calls.into_iter().map(move |call| {
            let (path, query) = call.split_once('?').unwrap_or((&call, ""));
            let query = pairs(query);
            let (status, body) = self.reply(&Question {
                method: "GET",
                path,
                query: &query,
                body: "",
                now: Timestamp::UNIX_EPOCH,
            });
            let line = json!({
                "version": 1, "customer": customer, "call": format!("GET {call}"), "status": status,
                "date": "2026-11-23T08:00:00Z", "body": body,
            });
            line.to_string()
        })
    }
}
