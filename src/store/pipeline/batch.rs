//! Batches of requests to one server.

use crate::store::error::Error;
use crate::store::net::connection::Connection;
use crate::store::net::reply::{Reply, judge, judge_reply};
use crate::store::net::request::Request;
use redis::Value;
use std::borrow::Cow;

/// Limit of bytes in one batch, unless a single request has more.
const BATCH_BYTES: usize = 1 << 20;

/// Returns how many of the requests fit in a batch of `most` elements; at least one.
pub(super) fn fitting(requests: &[Request], indices: &[usize], most: usize) -> usize {
    let (mut elements, mut bytes) = (0, 0);
    let fits = indices.iter().take_while(|index| {
        let request = requests.get(**index);
        elements += request.map_or(0, Request::elements);
        bytes += request.map_or(0, Request::bytes);
        elements <= most && bytes <= BATCH_BYTES
    });
    fits.count().max(1).min(indices.len())
}

/// Sends one batch. Returns the meaning of each reply with the index of its request.
pub(super) async fn exchange(
    connection: &Connection,
    asking: bool,
    scripted: bool,
    requests: &[Request],
    batch: &[usize],
) -> Vec<(usize, Reply)> {
    let gone = |error: &Error, sent| {
        let outcome = |index: &usize| {
            let error = error.clone();
            (*index, Reply::Unreachable { error, sent })
        };
        batch.iter().map(outcome).collect()
    };
    if !connection.alive() {
        let error = Error::Lost {
            endpoint: connection.name().to_owned(),
            reason: "an earlier command failed on this connection".to_owned(),
            source: None,
        };
        return gone(&error, false);
    }
    let chosen: Vec<(usize, Cow<'_, Request>)> = batch
        .iter()
        .filter_map(|index| Some((*index, requests.get(*index)?)))
        .map(|(index, request)| match request {
            request if scripted && request.is_atomic() => (index, Cow::Owned(request.as_script())),
            request => (index, Cow::Borrowed(request)),
        })
        .collect();
    let name = chosen.first().map_or("", |(_, request)| request.name());
    let began = std::time::Instant::now();
    // A single large command is sent without copying it into a pipeline.
    let only = match chosen.as_slice() {
        [(_, request)] if !asking => request.only(),
        _ => None,
    };
    let answered = if let Some(command) = only {
        connection.command(command).await.map(|reply| vec![reply])
    } else {
        let all = chosen.iter().map(|(_, request)| &**request);
        connection
            .exchange(&Request::pipeline(all, asking), name)
            .await
    };
    let replies = match answered {
        Ok(replies) => {
            let (count, to, took) = (chosen.len(), connection.name(), began.elapsed());
            log::debug!("`{to}` answered `{name}` (batch of {count}) in {took:.1?}");
            replies
        }
        Err(error) => return gone(&error, true),
    };
    let mut replies = replies.into_iter();
    chosen
        .into_iter()
        .map(|(index, request)| {
            if asking {
                replies.next();
            }
            let outcome = if request.is_atomic() {
                let own = replies.by_ref().take(request.replies()).collect();
                judge(own, &request, connection.name())
            } else {
                let reply = replies.by_ref().take(request.replies()).last();
                judge_reply(reply.unwrap_or(Value::Nil), &request, connection.name())
            };
            if matches!(&outcome, Reply::Elsewhere(Error::ReadOnly { .. })) {
                connection.retire();
            }
            match outcome {
                Reply::Final(error)
                    if matches!(request, Cow::Owned(_)) && error.is_unknown_syntax() =>
                {
                    (index, Reply::Final(error.neither(connection.name())))
                }
                outcome => (index, outcome),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_elements_and_in_bytes_and_a_large_request_is_alone() {
        let fits = |requests: &[Request], most| {
            let indices: Vec<usize> = (0..requests.len()).collect();
            fitting(requests, &indices, most)
        };
        assert_eq!(fits(&vec![Request::new("GET", "k"); 300], 200), 200);
        assert_eq!(fits(&vec![Request::new("GET", "k"); 30], 200), 30);
        let names = vec!["name"; 100];
        let wide = Request::new("UNLINK", "k").arg(&names);
        assert_eq!(fits(&vec![wide; 3], 250), 2);
        let half = Request::new("SET", "k").arg(vec![b'x'; BATCH_BYTES / 2]);
        assert_eq!(fits(&vec![half; 3], 200), 1);
        let huge = Request::new("SET", "k").arg(vec![b'x'; 3 * BATCH_BYTES]);
        assert_eq!(fits(&[huge.clone(), huge], 200), 1);
        assert_eq!(fits(&[], 200), 0);
    }
}
