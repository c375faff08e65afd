//! Extracts the items from a response.

use crate::domain::json::compact;
use crate::domain::papi::{ItemError, with_prefix};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// The lists of all kinds of responses. Only the requested one is present.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow, rename = "accountId")]
    account: Option<&'a RawValue>,
    #[serde(borrow)]
    groups: Option<List<'a>>,
    #[serde(borrow)]
    contracts: Option<List<'a>>,
    #[serde(borrow)]
    properties: Option<List<'a>>,
    #[serde(borrow)]
    hostnames: Option<List<'a>>,
    #[serde(borrow)]
    versions: Option<List<'a>>,
    #[serde(borrow)]
    activations: Option<List<'a>>,
    #[serde(borrow)]
    cpcodes: Option<List<'a>>,
}

/// A list with its paging fields.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct List<'a> {
    #[serde(borrow)]
    pub items: Option<Vec<&'a RawValue>>,
    pub total_items: Option<serde_json::Value>,
    pub next_link: Option<serde_json::Value>,
}

/// Kind of list expected in a response.
#[derive(Clone, Copy)]
pub(super) enum ListKind {
    Groups,
    Contracts,
    Properties,
    Hostnames,
    Versions,
    Activations,
    CpCodes,
}

impl ListKind {
    fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Contracts => "contracts",
            Self::Properties => "properties",
            Self::Hostnames => "hostnames",
            Self::Versions => "versions",
            Self::Activations => "activations",
            Self::CpCodes => "cpcodes",
        }
    }
}

/// A response, parsed once for its account and its lists.
pub(super) struct Body<'a> {
    text: &'a str,
    envelope: Result<Envelope<'a>, ItemError>,
}

impl<'a> Body<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        // serde would accept an array and fill the lists in their order.
        let envelope = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| not_of_its_kind(&error))
        } else {
            Err(ItemError("it is not a JSON object".into()))
        };
        Self { text, envelope }
    }

    /// Returns the account that the response is about (`act_…`), if it says so.
    pub(super) fn account(&self) -> Option<String> {
        let account = self.envelope.as_ref().ok()?.account?;
        let id: String = serde_json::from_str(account.get()).ok()?;
        (!id.is_empty()).then(|| with_prefix("act_", &id))
    }

    /// Returns the list. A list without `items` is an error: it must not pass for an empty account.
    pub(super) fn list(self, kind: ListKind) -> Result<List<'a>, ItemError> {
        let envelope = self.envelope?;
        let list = match kind {
            ListKind::Groups => envelope.groups,
            ListKind::Contracts => envelope.contracts,
            ListKind::Properties => envelope.properties,
            ListKind::Hostnames => envelope.hostnames,
            ListKind::Versions => envelope.versions,
            ListKind::Activations => envelope.activations,
            ListKind::CpCodes => envelope.cpcodes,
        };
        list.filter(|list| list.items.is_some())
            .ok_or_else(|| ItemError(format!("it has no `{}.items`", kind.name())))
    }

    /// Parses all items. Unreadable items are skipped and reported; if no item is readable, the response is
    /// malformed.
    pub(super) fn items<T>(
        self,
        kind: ListKind,
        parse: impl Fn(&str) -> Result<T, ItemError>,
    ) -> Result<Items<T>, ItemError> {
        each(self.list(kind)?.items.unwrap_or_default(), parse)
    }

    /// Like [`Body::items`], for a response with a plain array.
    pub(super) fn flat<T>(
        &self,
        parse: impl Fn(&str) -> Result<T, ItemError>,
    ) -> Result<Items<T>, ItemError> {
        if !self.text.trim_start().starts_with('{') {
            return Err(ItemError("it is not a JSON object".into()));
        }
        let list: Flat =
            serde_json::from_str(self.text).map_err(|error| not_of_its_kind(&error))?;
        each(list.cpcodes, parse)
    }

    /// Returns the whole response as compact JSON. It must be an object with `field`.
    pub(super) fn whole(&self, field: &str) -> Result<String, ItemError> {
        let fields: HashMap<Cow<str>, &RawValue> =
            serde_json::from_str(self.text).map_err(|error| not_of_its_kind(&error))?;
        if fields.contains_key(field) {
            Ok(compact(self.text))
        } else {
            Err(ItemError(format!("it has no `{field}`")))
        }
    }
}

fn not_of_its_kind(error: &serde_json::Error) -> ItemError {
    ItemError(format!("its JSON has an unexpected shape: {error}"))
}

/// The CP codes of the account-wide API: a plain array instead of an object with `items`.
#[derive(Deserialize)]
struct Flat<'a> {
    #[serde(borrow)]
    cpcodes: Vec<&'a RawValue>,
}

/// Items that could be parsed, and the errors of the others.
pub(super) struct Items<T> {
    pub read: Vec<T>,
    pub item_errors: Vec<ItemError>,
}

pub(super) fn each<T>(
    list: Vec<&RawValue>,
    parse: impl Fn(&str) -> Result<T, ItemError>,
) -> Result<Items<T>, ItemError> {
    let mut items = Items {
        read: Vec::with_capacity(list.len()),
        item_errors: Vec::new(),
    };
    for (raw, place) in list.into_iter().zip(1..) {
        match parse(raw.get()) {
            Ok(item) => items.read.push(item),
            // Name the item by its position; its text could contain anything.
            Err(problem) => items.item_errors.push(ItemError(format!(
                "{problem}, at place {place} of its list"
            ))),
        }
    }
    match items.item_errors.first() {
        Some(problem) if items.read.is_empty() => Err(problem.clone()),
        _ => Ok(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::papi::{
        Activation, ActiveHostname, Contract, CpCode, Group, Property, VersionHostname,
    };
    use crate::source::pages::page;
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    /// Field names that occur in responses, and some that do not.
    const NAMES: [&str; 24] = [
        "items",
        "groups",
        "contracts",
        "properties",
        "hostnames",
        "versions",
        "activations",
        "cpcodes",
        "accountId",
        "totalItems",
        "nextLink",
        "propertyId",
        "propertyName",
        "contractId",
        "contractIds",
        "groupId",
        "groupName",
        "latestVersion",
        "productionVersion",
        "cnameFrom",
        "activationId",
        "cpcodeId",
        "rules",
        "other",
    ];

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(ctr_|grp_|prp_|/papi/v1/x?offset=)?\\PC{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 48, 6, |inner| {
            let names = prop::sample::select(&NAMES[..]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names, inner), 0..6).prop_map(|fields| {
                    let fields = fields
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value));
                    Value::Object(fields.collect())
                }),
            ]
        })
    }

    fn answer() -> impl Strategy<Value = String> {
        let names = prop::sample::select(&NAMES[1..8]);
        let list = prop::collection::vec(tree(), 0..5);
        let answer = (names, list, tree(), tree()).prop_map(|(name, list, total, link)| {
            serde_json::json!({ name: { "items": list, "totalItems": total, "nextLink": link }, "cpcodes": link })
        });
        prop_oneof![4 => answer.prop_map(|body| body.to_string()), 2 => tree().prop_map(|body| body.to_string())]
    }

    /// Every item is read or reported as unreadable, and the stored part is valid JSON.
    fn each_is_read_or_reported<T>(
        body: &str,
        kind: ListKind,
        parse: impl Fn(&str) -> Result<T, ItemError>,
        kept: impl Fn(&T) -> &str,
    ) {
        let Ok(items) = Body::read(body).items(kind, parse) else {
            return;
        };
        let given = Body::read(body).list(kind).unwrap();
        let given = given.items.unwrap().len();
        assert_eq!(items.read.len() + items.item_errors.len(), given);
        for item in &items.read {
            serde_json::from_str::<IgnoredAny>(kept(item)).unwrap();
        }
    }

    fn read_in_every_way(body: &str) {
        each_is_read_or_reported(body, ListKind::Groups, Group::parse, |item| &item.json);
        each_is_read_or_reported(body, ListKind::Contracts, Contract::parse, |item| {
            &item.json
        });
        each_is_read_or_reported(body, ListKind::Properties, Property::parse, |item| {
            &item.json
        });
        each_is_read_or_reported(body, ListKind::Hostnames, VersionHostname::parse, |item| {
            &item.json
        });
        each_is_read_or_reported(body, ListKind::Hostnames, ActiveHostname::parse, |item| {
            item.as_version_item().unwrap_or("null")
        });
        each_is_read_or_reported(body, ListKind::Activations, Activation::parse, |item| {
            &item.json
        });
        each_is_read_or_reported(body, ListKind::CpCodes, CpCode::parse, |item| &item.json);
        let _ = Body::read(body).flat(CpCode::parse_of_account);
        let of_one = |json: &str| ActiveHostname::parse_of("prp_1", json);
        if let Ok(page) = page(Body::read(body), of_one) {
            for item in page.items {
                item.as_version_item();
                let _ = item.clone().merged(item);
            }
        }
        let _ = Body::read(body).account();
        if let Ok(whole) = Body::read(body).whole("rules") {
            serde_json::from_str::<IgnoredAny>(&whole).unwrap();
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused_item_by_item(body in answer()) {
            read_in_every_way(&body);
        }

        #[test]
        fn an_answer_that_was_damaged_is_read_or_refused(
            body in answer(),
            at in any::<prop::sample::Index>(),
            odd in "\\PC{0,3}|[\\[\\]{}\",:\\\\0-9eE.-]{0,3}",
            length in 0..4usize,
        ) {
            let chars: Vec<char> = body.chars().collect();
            let at = at.index(chars.len() + 1);
            let rest = chars.get(at + length..).unwrap_or_default();
            let damaged: String = chars[..at].iter().copied().chain(odd.chars()).chain(rest.iter().copied()).collect();
            read_in_every_way(&damaged);
        }
    }

    #[test]
    fn an_answer_nested_without_end_is_refused() {
        let deep = format!("{}{}", "{\"groups\":".repeat(10_000), "[".repeat(10_000));
        assert!(Body::read(&deep).list(ListKind::Groups).is_err());
        let item = format!(
            "{{\"groups\":{{\"items\":[{}{}]}}}}",
            "[".repeat(10_000),
            "]".repeat(10_000)
        );
        read_in_every_way(&item);
    }
}
