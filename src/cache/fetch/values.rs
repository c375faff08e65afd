//! Shapes of cached values, made from the API's answers. All writers take them from here.

use crate::cache::values::VERSIONS;
use crate::domain::json::{push_name, push_number, push_text};
use crate::domain::key::Id;
use crate::domain::papi::{ActiveHostname, Group, Property, VersionHostname};
use crate::domain::warm::HostnameView;
use crate::source::PAGE;
use crate::source::{self, ApiAnswer, Pages, PropertyRef, Source};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// A (contract, group) pair, by which the API lists properties and CP codes.
pub(crate) type GroupContract = (String, String);

/// Returns the pair that lists a property.
pub(super) fn pair_of(property: &Property) -> GroupContract {
    (property.contract.to_string(), property.group.to_string())
}

/// Returns the name of a pair in reports and in remembered fields.
pub(crate) fn pair_name((contract, group): &GroupContract) -> String {
    format!("{contract}/{group}")
}

/// A host name of a property, with its item in the form of the API's list of a version.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// The name as the API spells it.
    pub(crate) name: String,
    pub(crate) item: String,
    /// The property is known to have the name on production.
    pub(crate) production: bool,
}

/// The list of a version does not name the network.
impl From<VersionHostname> for Host {
    fn from(item: VersionHostname) -> Self {
        Self {
            name: item.name,
            item: item.json,
            production: false,
        }
    }
}

/// A property with its host names, and whether all of them could be read.
pub(crate) type HostsOf = (Rc<Property>, Vec<Host>, bool);

pub(crate) fn array<'a>(items: impl Iterator<Item = &'a str> + Clone) -> Vec<u8> {
    // The list of all properties is large, and must not be copied while it grows.
    let bytes: usize = items.clone().map(|item| item.len() + 1).sum();
    let mut array = Vec::with_capacity(bytes + 2);
    array.push(b'[');
    for item in items {
        if array.len() > 1 {
            array.push(b',');
        }
        array.extend_from_slice(item.as_bytes());
    }
    array.push(b']');
    array
}

/// Returns the value of `hostname:FQDN`, and of each host name in the map.
pub(crate) fn host_value(property: &Property, item: &str) -> String {
    [
        r#"{"property":"#,
        &property.json,
        r#","hostname":"#,
        item,
        "}",
    ]
    .concat()
}

/// Room for what every field of the hash has: the names of its fields and its numbers.
const FIELD_REST: usize = 160;

/// Returns the value of a field of the hash of all host names. It has less than the whole property, because it
/// is repeated for each of the property's host names.
pub(crate) fn field_value(property: &Property) -> String {
    let texts = [
        ("propertyName", &*property.name),
        ("contractId", &*property.contract),
        ("groupId", &*property.group),
    ];
    let numbers = [
        ("latestVersion", property.latest),
        ("stagingVersion", property.staging),
        ("productionVersion", property.production),
    ];
    let bytes = texts.iter().map(|(_, text)| text.len()).sum::<usize>();
    let mut json = String::with_capacity(bytes + property.id.len() + FIELD_REST);
    json.push('{');
    push_text(&mut json, "propertyId", &property.id);
    push_name(&mut json, "property");
    json.push('{');
    for (name, text) in texts {
        push_text(&mut json, name, text);
    }
    for (name, number) in numbers {
        push_number(&mut json, name, number);
    }
    json.push_str("}}");
    json
}

/// Returns every (contract, group) pair once, in the order of the groups.
pub(crate) fn pairs(groups: &[Group]) -> Vec<GroupContract> {
    let mut seen = HashSet::new();
    let all = groups.iter().flat_map(|group| {
        group
            .contracts
            .iter()
            .map(|contract| (contract.clone(), group.id.clone()))
    });
    all.filter(|pair| seen.insert(pair.clone())).collect()
}

/// Returns the tree: group → contract → properties, by id and name.
pub(crate) fn tree<P: AsRef<Property>>(groups: &[Group], properties: &[P]) -> String {
    let mut by_group: BTreeMap<&str, BTreeMap<&str, Vec<serde_json::Value>>> = BTreeMap::new();
    for property in properties {
        let property = property.as_ref();
        let by_contract = by_group.entry(&property.group).or_default();
        let items = by_contract.entry(&property.contract).or_default();
        items.push(tree_item(property));
    }
    let contract = |id: &str, properties: Vec<serde_json::Value>| json!({"contractId": id, "properties": properties});
    let mut tree: Vec<serde_json::Value> = Vec::with_capacity(groups.len());
    for group in groups {
        let mut own = by_group.remove(group.id.as_str()).unwrap_or_default();
        let ids = group.contracts.iter();
        let known = ids.map(|id| contract(id, own.remove(id.as_str()).unwrap_or_default()));
        let mut contracts: Vec<serde_json::Value> = known.collect();
        contracts.extend(own.into_iter().map(|(id, items)| contract(id, items)));
        tree.push(json!({
            "groupId": group.id,
            "groupName": group.name,
            "parentGroupId": group.parent,
            "contracts": contracts,
        }));
    }
    tree.extend(by_group.into_iter().map(|(id, own)| {
        let contracts = own.into_iter().map(|(id, items)| contract(id, items));
        let contracts: Vec<serde_json::Value> = contracts.collect();
        json!({"groupId": id, "groupName": id, "parentGroupId": null, "contracts": contracts})
    }));
    serde_json::Value::Array(tree).to_string()
}

pub(crate) fn tree_item(property: &Property) -> serde_json::Value {
    json!({"propertyId": property.id.as_str(), "propertyName": property.name})
}

/// Returns the newest versions of a property. They follow from the latest one, because no number is skipped or
/// deleted.
pub(crate) fn newest_versions(property: &Property) -> Vec<String> {
    let all = (1..=property.latest.unwrap_or_default()).rev();
    let newest = all.take(VERSIONS);
    newest.map(|number| format!("v{number}")).collect()
}

/// Returns the number of pages for this many host names. An empty account has one page as well.
pub(crate) fn pages(names: u64) -> u64 {
    names.div_ceil(PAGE).max(1)
}

/// Returns the number of calls for the host names of a property alone.
pub(crate) fn host_calls(property: &Property, view: HostnameView) -> u64 {
    if property.bucket {
        1
    } else {
        versions_with_hosts(property, view).len() as u64
    }
}

/// Returns the versions whose host names belong to a property. The first takes precedence.
pub(crate) fn versions_with_hosts(property: &Property, view: HostnameView) -> Vec<u32> {
    match view {
        HostnameView::Version => property.latest.into_iter().collect(),
        HostnameView::Active => {
            let staging = property.staging.filter(|v| property.production != Some(*v));
            property.production.into_iter().chain(staging).collect()
        }
    }
}

/// Returns the versions whose rule trees are kept: the latest, and the one in production if it is another.
pub(crate) fn rule_versions(property: &Property) -> impl Iterator<Item = u32> + use<> {
    let production = property.production.filter(|v| property.latest != Some(*v));
    property.latest.into_iter().chain(production)
}

/// Returns the property among the versions that a search for a host name has found: one that is active in
/// production, else on staging, else one without a status. An inactive version serves nothing, but the view of latest
/// versions may show its host names.
pub(crate) fn serving(versions: &[Property], view: HostnameView) -> Option<Id> {
    let rank = |version: &&Property| {
        let json: serde_json::Value = serde_json::from_str(&version.json).unwrap_or_default();
        let [production, staging] =
            ["productionStatus", "stagingStatus"].map(|name| json.get(name));
        if production.is_some_and(|status| status == "ACTIVE") {
            Some(0)
        } else if staging.is_some_and(|status| status == "ACTIVE") {
            Some(1)
        } else if production.or(staging).is_none() || view == HostnameView::Version {
            Some(2)
        } else {
            None
        }
    };
    let ranked = versions
        .iter()
        .filter_map(|version| Some((rank(&version)?, version)));
    let (_, found) = ranked.min_by_key(|(rank, _)| *rank)?;
    Some(found.id.clone())
}

/// Fetches the host names of one property, with a call for each version that counts.
pub(crate) async fn hosts_of(
    source: &Source,
    property: &Property,
    view: HostnameView,
) -> Result<ApiAnswer<Vec<Host>>, source::Error> {
    let at = PropertyRef::from(property);
    if property.bucket {
        return all_rows(source.bucket_hostnames(&at)).await;
    }
    let mut hosts: Vec<Host> = Vec::new();
    let mut item_errors = Vec::new();
    for version in versions_with_hosts(property, view) {
        let production = property.production == Some(version);
        let answer = source.version_hostnames(&at, version).await?;
        item_errors.extend(answer.item_errors);
        for item in answer.value {
            let same = |host: &Host| host.name.eq_ignore_ascii_case(&item.name);
            if !hosts.iter().any(same) {
                let host = Host::from(item);
                hosts.push(Host { production, ..host });
            }
        }
    }
    Ok(ApiAnswer::of(hosts, item_errors))
}

/// Reads the rows of a paged list.
async fn all_rows(mut pages: Pages<'_>) -> Result<ApiAnswer<Vec<Host>>, source::Error> {
    let mut hosts = Vec::new();
    while let Some(page) = pages.next().await {
        hosts.extend(page?.iter().filter_map(host));
    }
    Ok(ApiAnswer::of(hosts, pages.take_item_errors()))
}

/// Converts a row of an account-wide list to the form of a version's list; `None` if it is active nowhere.
pub(crate) fn host(row: &ActiveHostname) -> Option<Host> {
    row.as_version_item().map(|item| Host {
        name: row.name.clone(),
        item: item.to_owned(),
        production: row.production,
    })
}
