//! Batches: requests to one server that travel together.

use crate::store::error::Error;
use crate::store::net::connection::Link;
use crate::store::net::reply::{Reply, judge, judge_reply};
use crate::store::net::request::Request;
use redis::Value;
use std::borrow::Cow;

/// The most requests in one batch.
const BATCH_REQUESTS: usize = 500;
/// The most bytes in one batch, unless one request alone has more.
const BATCH_BYTES: usize = 1 << 20;
/// Cuts the requests into batches of bounded size.
pub(super) fn batches<'a>(requests: &[Request], indices: &'a [usize]) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, index) in indices.iter().enumerate() {
        let more = requests.get(*index).map_or(0, Request::bytes);
        if at > start && (at - start >= BATCH_REQUESTS || bytes + more > BATCH_BYTES) {
            batches.extend(indices.get(start..at));
            (start, bytes) = (at, 0);
        }
        bytes += more;
    }
    batches.extend(indices.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

/// Sends one batch on a connection; what each answer means, by the index of its request.
pub(super) async fn exchange(
    link: &Link,
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
    if !link.alive() {
        let error = Error::Lost {
            endpoint: link.name().to_owned(),
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
    // A large one is sent alone, without a copy for a pipeline.
    let only = match chosen.as_slice() {
        [(_, request)] if !asking => request.only(),
        _ => None,
    };
    let answered = if let Some(command) = only {
        link.command(command).await.map(|reply| vec![reply])
    } else {
        let all = chosen.iter().map(|(_, request)| &**request);
        link.exchange(&Request::pipeline(all, asking), name).await
    };
    let replies = match answered {
        Ok(replies) => {
            let (count, to, took) = (chosen.len(), link.name(), began.elapsed());
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
                judge(own, &request, link.name())
            } else {
                let reply = replies.by_ref().take(request.replies()).last();
                judge_reply(reply.unwrap_or(Value::Nil), &request, link.name())
            };
            if matches!(&outcome, Reply::Elsewhere(Error::ReadOnly { .. })) {
                link.retire();
            }
            match outcome {
                Reply::Final(error)
                    if matches!(request, Cow::Owned(_)) && error.is_unknown_syntax() =>
                {
                    (index, Reply::Final(error.neither(link.name())))
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
    fn batches_are_bounded_in_number_and_in_bytes_and_keep_the_order() {
        let small: Vec<Request> = (0..1201).map(|_| Request::new("GET", "k")).collect();
        let indices: Vec<usize> = (0..small.len()).collect();
        let cut = batches(&small, &indices);
        let sizes: Vec<usize> = cut.iter().map(|batch| batch.len()).collect();
        assert_eq!(sizes, [500, 500, 201]);
        assert_eq!(cut.concat(), indices);

        let value = vec![b'x'; BATCH_BYTES / 2];
        let large: Vec<Request> = (0..5)
            .map(|_| Request::new("SET", "k").arg(value.as_slice()))
            .collect();
        let cut = batches(&large, &[0, 1, 2, 3, 4]);
        assert_eq!(
            cut.iter().map(|batch| batch.len()).collect::<Vec<_>>(),
            [1; 5]
        );

        let huge = [Request::new("SET", "k").arg(vec![b'x'; 3 * BATCH_BYTES])];
        assert_eq!(batches(&huge, &[0]), [&[0]]);
        assert!(batches(&huge, &[]).is_empty());
    }
}
