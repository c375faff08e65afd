//! The `EdgeGrid` signature (`EG1-HMAC-SHA256`) of API requests.
//!
//! A signature is valid for one attempt: the API refuses a repeated nonce and a timestamp more than 30 seconds off.
//! Every retry is signed anew.

use super::edgerc::Credentials;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The values that differ in every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// `20261123T08:15:30+0000`
    pub timestamp: String,
    /// Never used twice.
    pub nonce: String,
}

impl Stamp {
    /// Returns the stamp of an attempt made at `now`.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            timestamp: now.strftime("%Y%m%dT%H:%M:%S+0000").to_string(),
            nonce: uuid::Uuid::new_v4().to_string(),
        }
    }
}

/// The signed parts of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// As in the `Host` header, with the port if it has one.
    pub host: &'a str,
    /// Path and query exactly as sent.
    pub path_and_query: &'a str,
    /// Signed headers in canonical form (`name:value`, joined by tabs). This API requires none.
    pub headers: &'a str,
    /// Only the body of a POST is signed.
    pub body: &'a [u8],
}

/// Returns the value of the `Authorization` header.
pub(super) fn authorization(credentials: &Credentials, stamp: &Stamp, request: &Signed) -> String {
    let Stamp { timestamp, nonce } = stamp;
    let unsigned = format!(
        "EG1-HMAC-SHA256 client_token={};access_token={};timestamp={timestamp};nonce={nonce};",
        credentials.client_token.reveal(),
        credentials.access_token.reveal(),
    );
    // The signing key is the base64 text itself, not the bytes that it encodes.
    let key = hmac_base64(credentials.client_secret.reveal(), timestamp);
    // Always `https`, because a loopback address takes the place of the API.
    let data = [
        request.method,
        "https",
        request.host,
        request.path_and_query,
        request.headers,
        &content_hash(request, credentials.max_body),
        &unsigned,
    ]
    .join("\t");
    format!("{unsigned}signature={}", hmac_base64(&key, &data))
}

fn content_hash(request: &Signed, max_body: usize) -> String {
    if request.method != "POST" || request.body.is_empty() {
        return String::new();
    }
    let signed = request.body.get(..max_body).unwrap_or(request.body);
    STANDARD.encode(Sha256::digest(signed))
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn hmac_base64(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    /// Signs with fixed stamps. The expected values were made with the official client, edgegrid-python 2.0.9, from
    /// the same input.
    fn signature(method: &str, host: &str, path_and_query: &str, body: &[u8]) -> String {
        let credentials = Credentials {
            host: String::new(),
            plain: false,
            client_token: Secret::new("akab-token-for-tests"),
            client_secret: Secret::new("c2VjcmV0LWZvci10ZXN0cw=="),
            access_token: Secret::new("akab-access-for-tests"),
            max_body: 131_072,
            account_key: None,
            request_limit: None,
        };
        let stamp = Stamp {
            timestamp: "20261123T08:15:30+0000".into(),
            nonce: "7f0c1f6e-2a55-4b53-9d3a-0f8f7b6c2e11".into(),
        };
        let request = Signed {
            method,
            host,
            path_and_query,
            headers: "",
            body,
        };
        let header = authorization(&credentials, &stamp, &request);
        let (unsigned, signature) = header.split_once("signature=").unwrap();
        assert_eq!(
            unsigned,
            "EG1-HMAC-SHA256 client_token=akab-token-for-tests;access_token=akab-access-for-tests;\
             timestamp=20261123T08:15:30+0000;nonce=7f0c1f6e-2a55-4b53-9d3a-0f8f7b6c2e11;"
        );
        signature.to_owned()
    }

    #[test]
    fn get_is_signed_as_the_official_client_signs_it() {
        let host = "akab-host.example.net";
        assert_eq!(
            signature("GET", host, "/papi/v1/groups", b""),
            "otWffKXWoRyrZAjpXMbJ8vCIPGFAqUP9lMHgpsS8Mt4="
        );
        assert_eq!(
            signature(
                "GET",
                host,
                "/papi/v1/properties?contractId=ctr_C-1&groupId=grp_2&accountSwitchKey=1-ABC%3A1-XYZ",
                b""
            ),
            "LWFHoAemK12UZmfT4unkt9FuDErXaksXEbsBuz9BSb4="
        );
        assert_eq!(
            signature(
                "GET",
                "127.0.0.1:8443",
                "/papi/v1/hostnames?offset=0&limit=999",
                b""
            ),
            "WH/anpWvhEdmfTlFQFTw6QWn58SJ2gueGZk54lI9jyE="
        );
    }

    #[test]
    fn the_body_of_a_post_is_signed_up_to_its_limit_and_no_other_body_is() {
        let host = "akab-host.example.net";
        let path = "/papi/v1/search/find-by-value";
        let json = "{\"hostname\":\"www.exämple.com\"}";
        assert_eq!(
            signature("POST", host, path, json.as_bytes()),
            "RY8uvKHkMtBPF1ulJPEl87T9daB4X2sJIvPh4zJgbCo="
        );
        assert_eq!(
            signature("POST", host, path, b""),
            "eOrw0i3KWvWrjrAFUqajmbnaJ17UNMsemBK4JPCOcZ4="
        );
        assert_eq!(
            signature("PUT", host, path, b"not signed"),
            "DP+ESnh9AoY/RmdPlrJp1+dF3KYYiha9eqFcLxkf16E="
        );
        let mut long = vec![b'x'; 131_072];
        long.extend_from_slice(b"beyond");
        assert_eq!(
            signature("POST", host, path, &long),
            "fxnObPsflIGcgUWR3ZU1UKzSSV5ntL+ww1VxUQf8XLE="
        );
    }

    #[test]
    fn each_stamp_is_new_and_says_the_time_in_utc() {
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let stamp = Stamp::new(now);
        assert_eq!(stamp.timestamp, "20260102T03:04:05+0000");
        assert_ne!(stamp.nonce, Stamp::new(now).nonce);
    }
}
