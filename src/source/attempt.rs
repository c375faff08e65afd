//! One attempt at a call: signs, sends, reads the whole response and classifies it.

use super::Error;
use super::call::{Call, encode};
use super::edgerc::Credentials;
use super::endpoint::ApiEndpoint;
use super::headers::RateHeaders;
use super::quote::quote;
use super::sign::{Signed, Stamp, authorization};
use crate::domain::os_error::cause;
use crate::waiting;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use serde::Deserialize;
use std::borrow::Cow;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Limit of an uncompressed response body, in bytes.
const MAX_BODY: usize = 64 << 20;

/// Limit of an error's body, in bytes. The body is only used for the message; the status alone decides whether to retry.
const MAX_ERROR_BODY: usize = 64 << 10;

/// A response read to its end, of any status.
pub(super) struct RawResponse {
    pub status: StatusCode,
    pub headers: RateHeaders,
    pub body: Vec<u8>,
}

/// The system's message, and the error it came from.
pub(super) type Disconnected = (String, Option<Arc<dyn std::error::Error + Send + Sync>>);

/// Reason why an attempt got no response.
pub(super) enum AttemptError {
    /// The connection could not be opened.
    Unconnected(Disconnected),
    /// The connection broke before the response began.
    Network(Disconnected),
    /// The server's certificate was not accepted. A retry would fail the same way.
    Untrusted(Disconnected),
    /// No response within the limit.
    Timeout,
    /// The response ended early or could not be decompressed.
    Cut(String),
    /// The response is larger than [`MAX_BODY`].
    TooLarge,
}

/// Makes one attempt within `limit`. Each attempt has its own signature.
pub(super) async fn attempt(
    http: &reqwest::Client,
    address: &ApiEndpoint,
    call: &Call,
    limit: Duration,
) -> Result<RawResponse, AttemptError> {
    let begun = Instant::now();
    let answered = tokio::time::timeout(limit, exchange(http, address, call));
    let result = waiting::answer(|| "Akamai".to_owned(), limit, answered)
        .await
        .unwrap_or(Err(AttemptError::Timeout));
    let millis = begun.elapsed().as_millis();
    match &result {
        Ok(answered) => log::debug!("{call} -> {} in {millis} ms", answered.status.as_u16()),
        Err(_) => log::debug!("{call} -> no answer in {millis} ms"),
    }
    result
}

async fn exchange(
    http: &reqwest::Client,
    address: &ApiEndpoint,
    call: &Call,
) -> Result<RawResponse, AttemptError> {
    let path_and_query = with_account(&call.path_and_query(), &address.credentials);
    let body = call.body().unwrap_or_default();
    let signed = Signed {
        method: call.method(),
        host: &address.host,
        path_and_query: &path_and_query,
        headers: "",
        body: body.as_bytes(),
    };
    let stamp = Stamp::new(Timestamp::now());
    let authorization = authorization(&address.credentials, &stamp, &signed);
    let mut authorization = HeaderValue::try_from(authorization).map_err(|_| {
        AttemptError::Network(("the credentials do not fit in a header".into(), None))
    })?;
    authorization.set_sensitive(true);
    let url = format!("{}://{}{path_and_query}", address.scheme, address.host);
    let mut request = if call.method() == "POST" {
        http.post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
    } else {
        http.get(url)
    };
    request = request
        .header(HOST, address.host.as_str())
        .header(AUTHORIZATION, authorization)
        .header(ACCEPT, "application/json")
        .header("PAPI-Use-Prefixes", "true");
    let mut response = request.send().await.map_err(unsent)?;
    let status = response.status();
    let headers = RateHeaders::read(response.headers(), Timestamp::now());
    let failed = !status.is_success();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if failed && body.len() + chunk.len() > MAX_ERROR_BODY => {
                let room = MAX_ERROR_BODY.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                break;
            }
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(AttemptError::TooLarge);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            // The rest of an error's body changes nothing.
            Err(_) if failed => break,
            Err(error) => {
                let (reason, _) = broken(error);
                return Err(AttemptError::Cut(format!(
                    "it broke off after {} bytes: {reason}",
                    body.len()
                )));
            }
        }
    }
    Ok(RawResponse {
        status,
        headers,
        body,
    })
}

/// Appends the account switch key. It is part of the signed URL and may appear only once.
fn with_account(path_and_query: &str, credentials: &Credentials) -> String {
    match &credentials.account_key {
        None => path_and_query.to_owned(),
        Some(key) => {
            let joint = if path_and_query.contains('?') {
                '&'
            } else {
                '?'
            };
            format!(
                "{path_and_query}{joint}accountSwitchKey={}",
                encode(key.reveal())
            )
        }
    }
}

fn unsent(error: reqwest::Error) -> AttemptError {
    let untrusted = error.source().is_some_and(is_untrusted);
    let unconnected = error.is_connect() && !error.is_timeout();
    let broken = broken(error);
    if untrusted {
        AttemptError::Untrusted(broken)
    } else if unconnected {
        AttemptError::Unconnected(broken)
    } else {
        AttemptError::Network(broken)
    }
}

/// Reports whether TLS caused the error. `io::Error::source` skips the wrapped error, so this looks into it.
fn is_untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match wrapped {
        Some(inner) => is_untrusted(inner),
        None => error.source().is_some_and(is_untrusted),
    }
}

/// Returns the innermost cause, and the error without its URL, which may contain the account switch key.
pub(super) fn broken(error: reqwest::Error) -> Disconnected {
    let error = error.without_url();
    (reason(&error), Some(Arc::new(error)))
}

fn reason(error: &reqwest::Error) -> String {
    let mut innermost = error.to_string();
    let mut inner = error.source();
    while let Some(deeper) = inner {
        innermost = deeper.to_string();
        inner = deeper.source();
    }
    quote(cause(innermost).as_bytes())
}

/// The documented fields of an error body. All of them are optional.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Problem<'a> {
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
    #[serde(rename = "limitKey")]
    limit_key: Option<serde::de::IgnoredAny>,
}

/// Classification of an error response.
pub(super) enum Refusal {
    Final(Error),
    /// Blocked for a burst of requests.
    Burst(String),
    /// Too many requests. Every call has to wait.
    Limited(String),
    /// A temporary failure.
    Passing(Error),
}

impl RawResponse {
    /// Time until the latest moment named in an error body, by the API's clock if the response has a date. `None` if
    /// the body names no moment in the future.
    pub(super) fn wait_in_text(&self, now: Timestamp) -> Option<Duration> {
        let text = String::from_utf8_lossy(&self.body);
        let words = text.split(|c: char| c.is_whitespace() || "\"'<>()[],;".contains(c));
        words
            .filter_map(|word| word.trim_end_matches('.').parse::<Timestamp>().ok())
            .filter_map(|moment| {
                let wait = moment.duration_since(self.headers.date.unwrap_or(now));
                Duration::try_from(wait).ok().filter(|wait| !wait.is_zero())
            })
            .max()
    }

    /// Classifies an error response.
    pub(super) fn refusal(
        &self,
        call: &Call,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Refusal {
        let text = String::from_utf8_lossy(&self.body);
        // Scrub before the text is shortened: the cut could leave half of a secret.
        let text = credentials.scrub(&text);
        refusal(self.status.as_u16(), self.headers.date, &text, call, now)
    }
}

/// Classifies an error status, using the body if it says more.
pub(super) fn refusal(
    status: u16,
    date: Option<Timestamp>,
    text: &str,
    call: &Call,
    now: Timestamp,
) -> Refusal {
    let problem: Problem = serde_json::from_str(text).unwrap_or_default();
    let detail = problem.words(text);
    let call = call.to_string();
    let other = |call, detail| Error::Status {
        call,
        status,
        detail,
    };
    match status {
        400..=499 if text.contains("IPBLOCK-BURST") => Refusal::Burst(detail),
        400 | 401 if text.to_ascii_lowercase().contains("invalid timestamp") => {
            Refusal::Final(match date {
                Some(date) => Error::ClockSkew {
                    skew_seconds: now.duration_since(date).as_secs(),
                },
                None => other(call, detail),
            })
        }
        401 => Refusal::Final(Error::Unauthorized { call, detail }),
        403 => Refusal::Final(Error::Forbidden { call, detail }),
        404 => Refusal::Final(Error::NotFound {
            call,
            customer: None,
        }),
        429 if problem.limit_key.is_some() => Refusal::Final(Error::ResourceLimit { call, detail }),
        429 => Refusal::Limited(detail),
        409 | 500 | 502..=599 => Refusal::Passing(other(call, detail)),
        _ => Refusal::Final(other(call, detail)),
    }
}

impl Refusal {
    /// Converts to an error, for callers that cannot retry.
    pub(super) fn into_error(self, call: &Call) -> Error {
        match self {
            Self::Final(error) | Self::Passing(error) => error,
            Self::Burst(detail) => Error::BurstBlocked {
                detail,
                wait: Duration::ZERO,
            },
            Self::Limited(detail) => Error::RateLimited {
                call: call.to_string(),
                detail,
            },
        }
    }
}

impl Problem<'_> {
    /// Returns the title and detail if present, otherwise the start of the body.
    fn words(&self, body: &str) -> String {
        let words: Vec<String> = [&self.title, &self.detail]
            .into_iter()
            .flatten()
            .map(|text| quote(text.as_bytes()))
            .filter(|text| !text.is_empty())
            .collect();
        match words.as_slice() {
            [] if body.is_empty() => "an empty body".to_owned(),
            [] => quote(body.as_bytes()),
            // Some responses repeat their title in the detail.
            [title, detail] if detail.starts_with(title.as_str()) => detail.clone(),
            words => words.join(": "),
        }
    }
}
