//! Access, rate limit and response of a call.

use super::rate::Bucket;
use super::{Asked, Headers, SECRET, State, access_token};
use crate::support::account::{Question, pairs, problem};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

impl State {
    /// Returns status, headers and body of the right response.
    pub(super) fn reply(&mut self, asked: &Asked, ahead: SignedDuration) -> (u16, Headers, Value) {
        let now = self.now() + ahead;
        // Signatures are made with the system's clock, not with one that a test sets.
        let signed_at = Timestamp::now() + ahead;
        let token = match self.check(asked, signed_at) {
            Ok(token) => token,
            Err((status, body)) => return (status, Vec::new(), body),
        };
        let bucket = self.buckets.entry(token.clone());
        let bucket = bucket.or_insert_with(|| Bucket::full(now));
        let (headers, allowed) = bucket.take(&self.rate, now);
        if !allowed {
            let (status, body) = problem(
                429,
                "-/rate-limit",
                "Too many requests",
                "the limit is reached",
            );
            return (status, headers, body);
        }
        let (path, query) = asked
            .path_and_query
            .split_once('?')
            .unwrap_or((&asked.path_and_query, ""));
        let query = pairs(query);
        let switch: Vec<_> = query
            .iter()
            .filter(|(name, _)| name == "accountSwitchKey")
            .collect();
        let account = match switch.as_slice() {
            [] => self.accounts.get(&token),
            [(_, key)] => self.accounts.get(key),
            _ => None,
        };
        let (status, mut body) = match account {
            None => problem(403, "-/pep-authz/deny", "Not authorized", "no such account"),
            Some(account) => account.reply(&Question {
                method: &asked.method,
                path,
                query: &query,
                body: &asked.body,
                now,
            }),
        };
        if !asked.prefixes {
            without_prefixes(&mut body);
        }
        (status, headers, body)
    }

    /// Returns the client token that signed the call, or the reason for refusing it.
    fn check(&mut self, asked: &Asked, now: Timestamp) -> Result<String, (u16, Value)> {
        let denied = |detail: &str| problem(401, "-/pep-authn/deny", "Not authorized", detail);
        let header = asked.authorization.strip_prefix("EG1-HMAC-SHA256 ");
        let fields: HashMap<_, _> = header
            .ok_or_else(|| denied("no EdgeGrid header"))?
            .split(';')
            .filter_map(|field| field.split_once('='))
            .collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let (token, timestamp, nonce) = (field("client_token"), field("timestamp"), field("nonce"));
        let section = token
            .strip_prefix("akab-hunter2-client-token-of-")
            .unwrap_or_default();
        if !self.accounts.contains_key(token) || field("access_token") != access_token(section) {
            return Err(denied("Invalid token"));
        }
        let moment = jiff::fmt::strtime::parse("%Y%m%dT%H:%M:%S%z", timestamp)
            .and_then(|time| time.to_timestamp())
            .ok();
        let off = moment.map(|moment| now.duration_since(moment).as_secs().abs());
        if !timestamp.ends_with("+0000") || off.is_none_or(|seconds| seconds > 30) {
            return Err(problem(
                400,
                "-/pep-authn/request-error",
                "Bad request",
                "Invalid timestamp",
            ));
        }
        let hash = if asked.method == "POST" && !asked.body.is_empty() {
            STANDARD.encode(Sha256::digest(asked.body.as_bytes()))
        } else {
            String::new()
        };
        let access = access_token(section);
        let signed = format!(
            "{}\thttps\t{}\t{}\t\t{hash}\tEG1-HMAC-SHA256 client_token={token};access_token={access};timestamp={timestamp};nonce={nonce};",
            asked.method, asked.host, asked.path_and_query
        );
        if field("signature") != hmac(&hmac(SECRET, timestamp), &signed) {
            return Err(denied("The signature does not match"));
        }
        if nonce.is_empty() || !self.nonces.insert(nonce.to_owned()) {
            return Err(problem(
                400,
                "-/pep-authn/request-error",
                "Bad request",
                "Invalid nonce",
            ));
        }
        Ok(token.to_owned())
    }
}

fn hmac(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Removes prefixes, as the API does unless they are requested.
fn without_prefixes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().and_then(|text| text.split_once('_')) {
                    Some((_, bare)) if name.ends_with("Id") => *field = bare.into(),
                    _ => without_prefixes(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_prefixes),
        _ => {}
    }
}
