//! Removes secrets from the API's responses.

use super::call::encode;
use super::edgerc::Credentials;
use crate::domain::secret::Secret;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

impl Credentials {
    /// Returns a digest of the client and the account that calls are made for.
    pub(super) fn identity(&self, host: &str) -> String {
        let key = self.account_key.as_ref().map_or("", Secret::reveal);
        digest_of(&[
            host,
            self.client_token.reveal(),
            self.access_token.reveal(),
            key,
        ])
    }

    /// Removes secrets that a response may have echoed: the tokens, the client secret, a signature, the account
    /// switch key.
    pub(super) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        let tokens = [&self.client_token, &self.client_secret, &self.access_token];
        for secret in tokens.into_iter().map(Secret::reveal) {
            replace(&mut text, secret);
        }
        // A switch key without a colon is an account id, which occurs all over the API's data.
        if let Some(key) = self
            .account_key
            .as_ref()
            .filter(|key| key.reveal().contains(':'))
        {
            replace(&mut text, key.reveal());
            replace(&mut text, &encode(key.reveal()));
        }
        blank(&mut text, "accountSwitchKey=");
        blank(&mut text, "signature=");
        text
    }
}

/// Returns a digest of texts. 64 bits are enough to tell credentials apart.
pub(super) fn digest_of(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let digest = digest.finalize();
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

const BLANK: &str = "********";

/// Shorter secrets occur only in tests. They are left in place inside longer words.
const TELLTALE: usize = 6;

fn replace(text: &mut Cow<'_, str>, secret: &str) {
    if secret.is_empty() || !text.contains(secret) {
        return;
    }
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in text.match_indices(secret) {
        let end = at + found.len();
        let inside = text[..at].ends_with(of_word) || text[end..].starts_with(of_word);
        out.push_str(&text[rest..at]);
        out.push_str(if inside && secret.len() < TELLTALE {
            found
        } else {
            BLANK
        });
        rest = end;
    }
    out.push_str(&text[rest..]);
    *text = Cow::Owned(out);
}

/// Blanks the text after each `marker`, to the end of the parameter.
fn blank(text: &mut Cow<'_, str>, marker: &str) {
    if !text.contains(marker) {
        return;
    }
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split(marker).enumerate() {
        if at == 0 {
            out.push_str(part);
            continue;
        }
        let end = part
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~%:+/=".contains(c)))
            .unwrap_or(part.len());
        out.push_str(marker);
        out.push_str(BLANK);
        out.push_str(part.get(end..).unwrap_or_default());
    }
    *text = Cow::Owned(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{ApiLimits, Source, SourceOptions};
    use crate::stop::Stop;
    use std::time::Duration;

    fn credentials(access_token: &str) -> Credentials {
        Credentials {
            host: "a.example".into(),
            plain: false,
            client_token: Secret::new("token-2"),
            client_secret: Secret::new("secret-2"),
            access_token: Secret::new(access_token),
            request_limit: None,
            account_key: Some(Secret::new("1-A:1-B")),
            max_body: 1,
        }
    }

    // Cache and checkpoints keep both.
    #[test]
    fn the_digests_of_credentials_never_change() {
        let ours = credentials("access-2");
        assert_eq!(ours.identity("h.example"), "0dddc0c5c1cc34f2");
        let options = SourceOptions {
            edgerc: "/none".into(),
            section: None,
            section_from_environment: false,
            account_key: None,
            host: None,
            timeout: Duration::ZERO,
        };
        let source = Source::api("acme", ours, &options, ApiLimits::default(), Stop::never());
        assert_eq!(source.unwrap().account_digest(), "ad253248914ad91b");
    }

    #[test]
    fn secrets_are_removed_from_a_text() {
        let credentials = credentials("access-2");
        let text = "x token-2 secret-2 access-2 xaccess-2y 1-A:1-B 1-A%3A1-B?accountSwitchKey=1-C&offset=1 signature=ab+/=; y";
        assert_eq!(
            credentials.scrub(text),
            "x ******** ******** ******** x********y ******** ********?accountSwitchKey=********&offset=1 signature=********; y"
        );
        assert!(matches!(
            credentials.scrub("nothing of it"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn a_short_token_is_left_inside_longer_words() {
        assert_eq!(
            credentials("at").scrub(r#"{"status":"at","activations":["at_1"]}"#),
            r#"{"status":"********","activations":["at_1"]}"#
        );
    }
}
