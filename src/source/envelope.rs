//! Taking the items out of an answer.

use crate::domain::account::Flaw;
use crate::domain::json::compact;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Where each kind of answer keeps its list. Only the one that is asked for is there.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope<'a> {
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

/// A list with what it says of itself.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct List<'a> {
    #[serde(borrow)]
    pub items: Option<Vec<&'a RawValue>>,
    pub total_items: Option<serde_json::Value>,
    pub next_link: Option<serde_json::Value>,
}

/// Which list an answer is asked for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Groups,
    Contracts,
    Properties,
    Hostnames,
    Versions,
    Activations,
    CpCodes,
}

impl Kind {
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

/// The list of an answer. One without `items` is no list: an answer that lost them must not pass
/// for an empty account.
pub(super) fn list(body: &str, kind: Kind) -> Result<List<'_>, Flaw> {
    // An array would be taken for the lists in their order.
    if !body.trim_start().starts_with('{') {
        return Err(Flaw("it is no JSON object".into()));
    }
    let envelope: Envelope = serde_json::from_str(body)
        .map_err(|error| Flaw(format!("it is not JSON of its kind: {error}")))?;
    let list = match kind {
        Kind::Groups => envelope.groups,
        Kind::Contracts => envelope.contracts,
        Kind::Properties => envelope.properties,
        Kind::Hostnames => envelope.hostnames,
        Kind::Versions => envelope.versions,
        Kind::Activations => envelope.activations,
        Kind::CpCodes => envelope.cpcodes,
    };
    list.filter(|list| list.items.is_some())
        .ok_or_else(|| Flaw(format!("it has no `{}.items`", kind.name())))
}

/// All items of an answer, each read by `parse`.
pub(super) fn items<T>(
    body: &str,
    kind: Kind,
    parse: impl Fn(&str) -> Result<T, Flaw>,
) -> Result<Vec<T>, Flaw> {
    let list = list(body, kind)?;
    list.items
        .unwrap_or_default()
        .into_iter()
        .map(|raw| parse(raw.get()))
        .collect()
}

/// A whole answer, compact; it must be an object that has `field`.
pub(super) fn whole(body: &str, field: &str) -> Result<String, Flaw> {
    let fields: std::collections::HashMap<std::borrow::Cow<str>, &RawValue> =
        serde_json::from_str(body)
            .map_err(|error| Flaw(format!("it is not JSON of its kind: {error}")))?;
    if fields.contains_key(field) {
        Ok(compact(body))
    } else {
        Err(Flaw(format!("it has no `{field}`")))
    }
}
