//! The graphs of all customers together, so that one scan of the keyspace serves them all.

use super::{Decision, EntityKind, Graph, Reason, Scope, common};
use crate::domain::glob;
use crate::domain::key::{Customer, Entry, Id, Scheme};
use std::collections::HashMap;

/// Judges whole keys.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    scheme: Scheme,
    /// Graphs by the customer's name; the number is the customer's position in the order given.
    graphs: HashMap<String, (usize, Customer, Graph)>,
    /// Patterns and keys over the counts of all customers, each with its target.
    history: Vec<(usize, String)>,
}

/// A key and the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MatchedKey<'s, 'k> {
    /// Its customer; `None` for the counts of all customers.
    pub customer: Option<&'s Customer>,
    /// Position of the customer in the order given.
    pub place: Option<usize>,
    /// The part after the customer; for counts, the whole key.
    pub rest: &'k [u8],
    pub decision: Decision,
}

impl Matcher {
    /// Creates a matcher of these graphs.
    pub(crate) fn new(
        scheme: &Scheme,
        graphs: impl IntoIterator<Item = (Customer, Graph)>,
    ) -> Self {
        let graphs = graphs.into_iter().enumerate();
        Self {
            scheme: scheme.clone(),
            graphs: graphs
                .map(|(place, (c, graph))| (c.as_str().to_owned(), (place, c, graph)))
                .collect(),
            history: Vec::new(),
        }
    }

    /// Adds a glob over whole keys of the counts of all customers.
    pub(crate) fn history(&mut self, pattern: String, target: usize) {
        self.history.push((target, pattern));
    }

    /// Returns the graph of a customer.
    pub(crate) fn graph(&self, customer: &Customer) -> Option<&Graph> {
        self.graphs
            .get(customer.as_str())
            .map(|(_, _, graph)| graph)
    }

    /// Returns the graph of a customer, to add targets.
    pub(crate) fn graph_mut(&mut self, customer: &Customer) -> Option<&mut Graph> {
        let found = self.graphs.get_mut(customer.as_str());
        found.map(|(_, _, graph)| graph)
    }

    /// Judges one key. A key outside the prefix and the customers is kept, whatever a server claims to have matched.
    pub(crate) fn judge<'s, 'k>(&'s self, key: &'k [u8]) -> MatchedKey<'s, 'k> {
        let stays = MatchedKey {
            customer: None,
            place: None,
            rest: key,
            decision: Decision::Keep,
        };
        let Some(behind) = key.strip_prefix(self.scheme.prefix().as_bytes()) else {
            return stays;
        };
        if behind.starts_with(b"stats:") {
            let found = self
                .history
                .iter()
                .find(|(_, glob)| glob::matches(glob.as_bytes(), key));
            let decision = found.map_or(Decision::Keep, |(target, _)| {
                Decision::Named(Reason::named(*target))
            });
            return MatchedKey { decision, ..stays };
        }
        let Some(colon) = behind.iter().position(|byte| *byte == b':') else {
            return stays;
        };
        let (name, rest) = behind.split_at(colon);
        let graph = std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.graphs.get(name));
        let (Some((place, customer, graph)), Some(rest)) = (graph, rest.get(1..)) else {
            return stays;
        };
        MatchedKey {
            customer: Some(customer),
            place: Some(*place),
            rest,
            decision: graph.judge(rest),
        }
    }

    /// Returns the keys that may be removed; `None` if only a scan finds them.
    pub(crate) fn keys(&self) -> Option<Vec<Vec<u8>>> {
        if !self.history.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for (_, customer, graph) in self.graphs.values() {
            let Scope::Keys(keys) = graph.scope() else {
                return None;
            };
            all.extend(self.whole(customer, keys));
        }
        all.sort_unstable();
        Some(all)
    }

    /// Returns true if a property, a host name or a contract is a target.
    pub(crate) fn has_entities(&self) -> bool {
        let targets = |graph: &Graph| EntityKind::ALL.iter().any(|kind| graph.targets(*kind));
        self.graphs.values().any(|(_, _, graph)| targets(graph))
    }

    /// Returns true if a target can only be found by a scan: a pattern, or everything.
    pub(crate) fn is_only_walked(&self) -> bool {
        let walked = |(_, _, graph): &(usize, Customer, Graph)| graph.is_only_walked();
        !self.history.is_empty() || self.graphs.values().any(walked)
    }

    /// Returns the keys that are known without the scan that finds the rest; none if the only targets are patterns or
    /// everything. `rules` are the known versions of each property.
    pub(crate) fn named_keys(&self, rules: &[(Customer, Id, u32)]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for (_, customer, graph) in self.graphs.values() {
            let own = rules.iter().filter(|(of, _, _)| of == customer);
            let rules = own.map(|(_, id, version)| Entry::Rules(id.clone(), *version));
            all.extend(self.whole(customer, graph.named_keys(rules)));
        }
        all.sort_unstable();
        all
    }

    /// Adds the prefix and the customer to the parts of keys after the customer.
    fn whole(&self, customer: &Customer, rests: Vec<String>) -> impl Iterator<Item = Vec<u8>> {
        let of = self.scheme.of_customer(customer);
        let rests = rests.into_iter();
        rests.map(move |rest| format!("{of}{rest}").into_bytes())
    }

    /// Returns a glob that matches every key that may be removed, and as few others as one glob can.
    pub(crate) fn pattern(&self) -> Vec<u8> {
        let graphs = self.graphs.values().flat_map(|(_, customer, graph)| {
            let of = self.scheme.of_customer(customer).into_bytes();
            let rests = match graph.scope() {
                Scope::Beginning(rest) => vec![rest],
                Scope::Keys(keys) => keys.into_iter().map(String::into_bytes).collect(),
            };
            rests
                .into_iter()
                .map(move |rest| [of.as_slice(), &rest].concat())
        });
        let history = self
            .history
            .iter()
            .map(|(_, glob)| glob::literal_prefix(glob.as_bytes()));
        let prefix = graphs
            .chain(history)
            .reduce(|one, other| common(&one, &other));
        let prefix = prefix.unwrap_or_else(|| self.scheme.prefix().as_bytes().to_vec());
        let mut pattern = Vec::with_capacity(prefix.len() + 1);
        for byte in prefix {
            if glob::is_special(char::from(byte)) {
                pattern.push(b'\\');
            }
            pattern.push(byte);
        }
        pattern.push(b'*');
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn customer(name: &str) -> Customer {
        Customer::new(name).unwrap()
    }

    fn matcher(pattern: Option<&str>) -> Matcher {
        let mut graph = Graph::new(false);
        match pattern {
            Some(pattern) => graph.pattern(pattern, 0),
            None => graph.property(&Id::new("prp_1").unwrap(), Reason::named(0)),
        }
        Matcher::new(
            &Scheme::default(),
            BTreeMap::from([(customer("acme"), graph)]),
        )
    }

    #[test]
    fn other_customers_other_prefixes_and_the_history_stay() {
        let matcher = matcher(Some("*"));
        assert_ne!(
            matcher.judge(b"akamai:acme:property:prp_1").decision,
            Decision::Keep
        );
        for key in [
            "akamai:acme2:property:prp_1",
            "akamai:acme.eu:property:prp_1",
            "akamai:acm:property:prp_1",
            "akamai:stats:2026-01-02:hits",
            "akamai:acme",
            "session:1",
            "akamai2:acme:property:prp_1",
        ] {
            assert_eq!(
                matcher.judge(key.as_bytes()).decision,
                Decision::Keep,
                "{key}"
            );
        }
        assert_eq!(
            matcher.judge(b"akamai:\xff:property:prp_1").decision,
            Decision::Keep
        );
        assert_ne!(
            matcher.judge(b"akamai:acme:unheard:\xff").decision,
            Decision::Keep
        );
    }

    #[test]
    fn history_is_removed_if_it_is_named() {
        let mut matcher = matcher(None);
        matcher.history("akamai:stats:2026-01-*".into(), 4);
        let named = Decision::Named(Reason::named(4));
        assert_eq!(
            matcher.judge(b"akamai:stats:2026-01-02:hits").decision,
            named
        );
        assert_eq!(
            matcher.judge(b"akamai:stats:2026-02-02:hits").decision,
            Decision::Keep
        );
        assert_eq!(matcher.pattern(), b"akamai:*");
    }

    #[test]
    fn the_scan_pattern_is_as_narrow_as_one_glob_can_be() {
        assert_eq!(matcher(None).pattern(), b"akamai:acme:*");
        assert_eq!(
            matcher(Some("property:prp_9*")).pattern(),
            b"akamai:acme:property:prp_9*"
        );
        assert_eq!(
            matcher(Some("search:\\[a*")).pattern(),
            b"akamai:acme:search:\\[a*"
        );
        let graphs = ["acme", "acme2"].map(|name| {
            let mut graph = Graph::new(false);
            graph.everything(0);
            (customer(name), graph)
        });
        let both = Matcher::new(&Scheme::default(), BTreeMap::from(graphs));
        assert_eq!(both.pattern(), b"akamai:acme*");
        assert_eq!(
            both.judge(b"akamai:acme3:property:prp_1").decision,
            Decision::Keep
        );
    }

    #[test]
    fn known_keys_need_no_scan() {
        let mut graph = Graph::new(false);
        graph.key("groups:all", 0);
        let graphs = BTreeMap::from([(customer("acme"), graph)]);
        let matcher = Matcher::new(&Scheme::default(), graphs);
        assert_eq!(
            matcher.keys(),
            Some(vec![b"akamai:acme:groups:all".to_vec()])
        );
    }
}
