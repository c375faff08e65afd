//! What a sentinel reports about a server.

use crate::store::net::reply::{pairs, text};
use crate::store::options::Node;
use redis::Value;
use std::collections::HashMap;

/// Fields of SENTINEL MASTER, or of a server of SENTINEL REPLICAS.
#[derive(Debug, Clone, Default)]
pub struct SentinelFields(HashMap<String, String>);

impl SentinelFields {
    /// Reads a list of names and values; another reply has no fields.
    pub(crate) fn read(reply: Value) -> Self {
        let fields = pairs(reply).unwrap_or_default().into_iter();
        Self(
            fields
                .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Returns the server's address.
    pub(crate) fn node(&self) -> Option<Node> {
        Some(Node {
            host: self.get("ip")?.to_owned(),
            port: self.get("port")?.parse().ok()?,
        })
    }

    /// True if the server has one of these flags.
    pub(crate) fn is_any(&self, flags: &[&str]) -> bool {
        let own = self.get("flags").unwrap_or_default();
        flags.iter().any(|flag| own.contains(flag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(words: &[&str]) -> SentinelFields {
        let words = words.iter().map(|word| word.as_bytes().to_vec());
        SentinelFields::read(Value::Array(words.map(Value::BulkString).collect()))
    }

    #[test]
    fn a_server_has_an_address_flags_and_numbers() {
        let server = fields(&["ip", "fd00::1", "port", "6379", "flags", "slave,s_down"]);
        let node = server.node().map(|node| node.to_string());
        assert_eq!(node.as_deref(), Some("[fd00::1]:6379"));
        assert!(server.is_any(&["o_down", "s_down"]));
        assert!(!server.is_any(&["disconnected"]));
        assert_eq!(server.number("port"), Some(6379));
    }

    #[test]
    fn what_is_missing_or_no_number_is_unknown() {
        assert!(fields(&["ip", "10.0.0.1"]).node().is_none());
        assert!(
            fields(&["ip", "10.0.0.1", "port", "70000"])
                .node()
                .is_none()
        );
        assert_eq!(fields(&["quorum", "two"]).number("quorum"), None);
        assert!(SentinelFields::read(Value::Nil).node().is_none());
    }
}
