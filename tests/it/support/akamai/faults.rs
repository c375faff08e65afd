//! Faulty responses.

use super::{Asked, Body, State};
use crate::support::account::problem;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::{Bytes, Frame};
use jiff::SignedDuration;
use serde_json::Value;
use std::io;
use std::time::Duration;
use tokio::sync::futures::Notified;

#[derive(Clone)]
pub enum Fault {
    /// Responds with this status, these headers and this body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// Sends the first half of the right body, then breaks off.
    Cut,
    /// Accepts the call and never responds.
    Hang,
    /// Closes the connection without a response.
    Reset,
    /// The API's clock is this many seconds ahead.
    Skew(i64),
    /// Sends the response that is right on arrival, after a delay.
    Slow(Duration),
    /// Sends the response that is right on arrival once the faults are healed.
    Held,
    /// Sends the right body compressed, whether requested or not.
    Packed,
    /// Sends an endless body.
    Endless,
    /// Responds with this status and a meaningless body of this many bytes.
    Huge(u16, usize),
    /// Refuses because of the rate limit. Only the text contains the time when calls are allowed again.
    LimitedInText(Duration),
    /// Blocks the address for a burst of requests.
    BurstBlock,
    /// Sends a modified body.
    Twist(fn(Value) -> Value),
}

impl Fault {
    /// Takes the property out of the second host name.
    pub fn without_property() -> Self {
        Self::Twist(|mut body| {
            body["hostnames"]["items"][1]["propertyId"] = Value::Null;
            body
        })
    }
}

/// Waits for as long as the fault keeps back the response.
pub(super) async fn wait(fault: Option<&Fault>, healed: Notified<'_>) {
    match fault {
        Some(Fault::Held) => healed.await,
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Slow(delay)) => tokio::time::sleep(*delay).await,
        _ => {}
    }
}

pub(super) fn respond(
    asked: &Asked,
    fault: Option<&Fault>,
    state: &mut State,
) -> io::Result<Response<Body>> {
    match fault {
        Some(Fault::Reset | Fault::Hang) => return Err(io::Error::other("no response")),
        Some(Fault::Status(status, headers, body)) => {
            let mut response = Response::builder().status(*status);
            for (name, value) in headers {
                response = response.header(*name, value);
            }
            return response.body(whole(body.clone())).map_err(io::Error::other);
        }
        Some(Fault::Huge(status, bytes)) => {
            let response = Response::builder().status(*status);
            return response.body(huge(*bytes)).map_err(io::Error::other);
        }
        _ => {}
    }
    let ahead = match fault {
        Some(Fault::Skew(seconds)) => *seconds,
        _ => 0,
    };
    let ahead = SignedDuration::from_secs(ahead);
    let now = state.now() + ahead;
    let (mut status, headers, mut value) = state.reply(asked, ahead);
    match fault {
        Some(Fault::Twist(twist)) => value = twist(value),
        Some(Fault::LimitedInText(wait)) => {
            let wait = SignedDuration::try_from(*wait).expect("a short wait");
            let detail = format!("The rate limit is reached; next request at {}", now + wait);
            (status, value) = problem(429, "-/rate-limit", "Too many requests", &detail);
        }
        Some(Fault::BurstBlock) => {
            let detail = "IPBLOCK-BURST: 192.0.2.1 is blocked for a burst of requests";
            (status, value) = problem(400, "-/rate-limit", "Bad request", detail);
        }
        _ => {}
    }
    let kind = if status == 200 {
        "application/json"
    } else {
        "application/problem+json"
    };
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("date", date);
    for (name, value) in &headers {
        response = response.header(*name, value);
    }
    // With line breaks, as in some real responses.
    let text = serde_json::to_string_pretty(&value).expect("JSON");
    let body = if matches!(fault, Some(Fault::Packed)) {
        response = response.header("content-encoding", "gzip");
        Full::new(Bytes::from(packed(text.as_bytes())))
            .map_err(|never| match never {})
            .boxed()
    } else if matches!(fault, Some(Fault::Endless)) {
        let spaces = Bytes::from(vec![b' '; 1 << 20]);
        let frames = stream::repeat_with(move || Ok(Frame::data(spaces.clone())));
        BodyExt::boxed(StreamBody::new(frames))
    } else if matches!(fault, Some(Fault::Cut)) {
        response = response.header("content-length", text.len());
        let half = Bytes::from(text.into_bytes()).slice(..10);
        let head = stream::once(async { Ok(Frame::data(half)) });
        // Wait, or the half would be discarded before it is sent.
        let end = stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(io::Error::other("cut"))
        });
        BodyExt::boxed(StreamBody::new(Box::pin(head.chain(end))))
    } else {
        whole(text)
    };
    response.body(body).map_err(io::Error::other)
}

/// Sends spaces, a megabyte at a time.
fn huge(bytes: usize) -> Body {
    let frames = (0..bytes.div_ceil(1 << 20)).map(move |at| {
        let rest = bytes - (at << 20);
        Ok(Frame::data(Bytes::from(vec![b' '; rest.min(1 << 20)])))
    });
    BodyExt::boxed(StreamBody::new(stream::iter(frames)))
}

fn whole(text: String) -> Body {
    Full::new(Bytes::from(text))
        .map_err(|never| match never {})
        .boxed()
}

/// Wraps bytes as gzip without compression (RFC 1951, 1952).
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for chunk in bytes.chunks(0xffff) {
        let length = u16::try_from(chunk.len()).expect("a chunk");
        out.push(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    let crc = bytes.iter().fold(!0_u32, |crc, byte| {
        let mixed = crc ^ u32::from(*byte);
        (0..8).fold(mixed, |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    out.extend_from_slice(&(!crc).to_le_bytes());
    let size = u32::try_from(bytes.len()).expect("a small body");
    out.extend_from_slice(&size.to_le_bytes());
    out
}
