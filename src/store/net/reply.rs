//! Interpretation of replies: results, redirections, errors.

use crate::store::error::Error;
use crate::store::net::request::Request;
use crate::store::options::Node;
use redis::{ServerError, Value};

/// Meaning of a reply for its request.
pub(crate) enum Reply {
    Done(Value),
    /// A retry will not help.
    Final(Error),
    /// Not executed: another node owns the key now, or this one is no longer a primary.
    Elsewhere(Error),
    /// Not executed: the key is migrating to this node, which has to be asked once.
    Ask(Node, Error),
    /// Not executed: the server is not ready yet.
    Later(Error),
    /// The server refused this transaction; send it as a script.
    NoTransaction(Error),
    /// The connection failed.
    Unreachable {
        error: Error,
        /// True if the server may have executed it.
        sent: bool,
    },
}

/// Judges all replies to one request. For a transaction the first error counts, whether at queuing or in the result.
pub(crate) fn judge(replies: Vec<Value>, request: &Request, node: &str) -> Reply {
    if request.is_atomic()
        && let Some(outcome) = refused_transaction(&replies, request, node)
    {
        return outcome;
    }
    let mut last = Value::Nil;
    for reply in replies {
        match reply {
            Value::ServerError(error) => return refusal(&error, request, node),
            other => last = other,
        }
    }
    judge_reply(last, request, node)
}

/// Judges the only reply to a request.
pub(crate) fn judge_reply(reply: Value, request: &Request, node: &str) -> Reply {
    let error = match &reply {
        Value::ServerError(error) => Some(error),
        Value::Array(parts) => parts.iter().find_map(|part| match part {
            Value::ServerError(error) => Some(error),
            _ => None,
        }),
        _ => None,
    };
    match error {
        Some(error) => refusal(error, request, node),
        None => Reply::Done(reply),
    }
}

/// Detects a refusal of MULTI, EXEC or of a command inside a transaction; the error of a command itself is none.
fn refused_transaction(replies: &[Value], request: &Request, node: &str) -> Option<Reply> {
    let error_of = |reply: &Value, name: &str| match reply {
        Value::ServerError(error) => Some(failure(error, name, request.key(), node)),
        _ => None,
    };
    let (first, rest) = replies.split_first()?;
    let (last, inner) = rest.split_last()?;
    let refused = |error: &Error| error.is_unknown_syntax();
    let forbidden = |error: &Error| refused(error) || matches!(error, Error::Denied { .. });
    if let Some(error) = error_of(first, "MULTI").filter(forbidden) {
        return Some(Reply::NoTransaction(error));
    }
    let inside = inner
        .iter()
        .find_map(|reply| error_of(reply, request.name()));
    let inside = inside.filter(|error| {
        let text = error.to_string().to_ascii_lowercase();
        refused(error) && (text.contains("transaction") || text.contains("multi"))
    });
    let error = inside.or_else(|| error_of(last, "EXEC").filter(refused))?;
    Some(Reply::NoTransaction(error))
}

fn refusal(error: &ServerError, request: &Request, node: &str) -> Reply {
    let detail = error.details().unwrap_or_default();
    let failure = failure(error, request.name(), request.key(), node);
    match error.code() {
        "ASK" => match target(detail, node) {
            Some(target) => Reply::Ask(target, failure),
            None => Reply::Elsewhere(failure),
        },
        "MOVED" | "READONLY" => Reply::Elsewhere(failure),
        code if not_ready(code) => Reply::Later(failure),
        _ => Reply::Final(failure),
    }
}

/// True if the error code means that the same command will work soon.
pub(crate) fn not_ready(code: &str) -> bool {
    matches!(
        code,
        "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "BUSY"
    )
}

/// Converts an error reply to an error.
pub(crate) fn failure(error: &ServerError, command: &str, key: &[u8], node: &str) -> Error {
    let endpoint = node.to_owned();
    let command = command.to_owned();
    let code = error.code();
    let detail = error.details().unwrap_or_default();
    let reason = match (code, detail) {
        ("ERR", detail) => detail.to_owned(),
        (code, "") => code.to_owned(),
        (code, detail) => format!("{code} {detail}"),
    };
    match code {
        "NOAUTH" | "WRONGPASS" | "DENIED" => Error::Auth { endpoint, reason },
        "ERR" if detail.starts_with("invalid password") || detail.contains("not permitted") => {
            Error::Auth { endpoint, reason }
        }
        "ERR" if detail.starts_with("max number of clients") => Error::Connect {
            endpoint,
            reason,
            source: None,
        },
        _ if code == "NOPERM" || is_denied_in_script(detail) => Error::Denied {
            endpoint,
            command: denied_command(detail).unwrap_or(command),
            reason,
        },
        "OOM" => Error::OutOfMemory { endpoint },
        "READONLY" => Error::ReadOnly { endpoint },
        "WRONGTYPE" => Error::WrongType {
            key: String::from_utf8_lossy(key).into_owned(),
        },
        // Redirections are followed. One that remains will resolve soon.
        "MOVED" | "ASK" => Error::NotReady {
            endpoint,
            command,
            reason,
        },
        code if not_ready(code) => Error::NotReady {
            endpoint,
            command,
            reason,
        },
        _ => Error::Refused {
            endpoint,
            command,
            reason,
        },
    }
}

/// Returns a reply, or the error that it reports.
pub(crate) fn accepted(reply: Value, command: &str, node: &str) -> Result<Value, Error> {
    match reply {
        Value::ServerError(error) => Err(failure(&error, command, &[], node)),
        reply => Ok(reply),
    }
}

/// True if a script failed because its user lacks a permission. The code is ERR then.
fn is_denied_in_script(detail: &str) -> bool {
    detail.contains("ACL failure in script")
        || detail.contains("NOPERM")
        || detail.contains("executing the script can't")
}

/// Returns the command named in `… no permissions to run the 'hset' command`. In a transaction or script it is
/// usually not the first one.
fn denied_command(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once("run the '")?;
    let (name, _) = rest.split_once('\'')?;
    Some(name.replace('|', " ").to_ascii_uppercase())
}

/// Parses the node in `3999 host:port`; an empty host means the node that was asked.
fn target(detail: &str, asked: &str) -> Option<Node> {
    let asked = asked.rsplit_once(':').map_or(asked, |(host, _)| host);
    named_node(detail.split_ascii_whitespace().nth(1)?, asked)
}

/// Parses the address of a node of a cluster. An empty host means the one that was asked.
pub(crate) fn named_node(address: &str, asked: &str) -> Option<Node> {
    let (host, port) = address.rsplit_once(':')?;
    let host = if ["", "?"].contains(&host) {
        asked
    } else {
        host
    };
    Some(Node {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
    })
}

/// Error for a reply of an unexpected shape.
pub(crate) fn unexpected(command: &str, node: &str) -> Error {
    Error::Refused {
        endpoint: node.to_owned(),
        command: command.to_owned(),
        reason: "an answer of an unexpected shape".to_owned(),
    }
}

/// Returns the next cursor and the elements of a reply to SCAN, HSCAN or SSCAN with the cursor `sent`.
pub(crate) fn scanned(
    answer: Value,
    sent: &str,
    command: &str,
    node: &str,
) -> Result<(String, Value), Error> {
    let parts = array(answer).ok_or_else(|| unexpected(command, node))?;
    if parts.len() > 2 {
        return Err(Error::NoScan(format!(
            "`{node}` is not a single server but a proxy: it answered {command} with several cursors; \
             name the nodes with --mode cluster"
        )));
    }
    let mut parts = parts.into_iter();
    let cursor = parts.next().and_then(text);
    let cursor = cursor.filter(|cursor| cursor.bytes().all(|byte| byte.is_ascii_digit()));
    let page = parts.next().filter(|page| matches!(page, Value::Array(_)));
    let (cursor, page) = cursor.zip(page).ok_or_else(|| unexpected(command, node))?;
    // The walk would never end.
    if cursor == sent && cursor != "0" && matches!(&page, Value::Array(page) if page.is_empty()) {
        return Err(Error::NoScan(format!(
            "`{node}` does not advance: it answered {command} with an empty page and the cursor that was sent; \
             if it is a proxy, name the servers behind it"
        )));
    }
    Ok((cursor, page))
}

/// Returns the bytes of a string reply.
pub(crate) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.into_bytes()),
        Value::Okay => Some(b"OK".to_vec()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Returns the text of a string reply; invalid UTF-8 is replaced.
pub(crate) fn text(value: Value) -> Option<String> {
    let bytes = bytes(value)?;
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Returns the number of an integer reply, or of a string that is one.
pub(crate) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        Value::SimpleString(text) => text.parse().ok(),
        _ => None,
    }
}

/// Like [`int`], for a number that is not negative.
pub(crate) fn number(value: &Value) -> Option<u64> {
    u64::try_from(int(value)?).ok()
}

/// Returns the elements of an array reply; nil counts as empty.
pub(crate) fn array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) | Value::Set(values) => Some(values),
        Value::Nil => Some(Vec::new()),
        Value::Map(pairs) => Some(pairs.into_iter().flat_map(<[Value; 2]>::from).collect()),
        _ => None,
    }
}

/// Returns the elements of an array reply in pairs.
pub(crate) fn pairs(value: Value) -> Option<Vec<(Value, Value)>> {
    let mut values = array(value)?.into_iter();
    let mut pairs = Vec::with_capacity(values.len() / 2);
    while let (Some(first), Some(second)) = (values.next(), values.next()) {
        pairs.push((first, second));
    }
    Some(pairs)
}

/// Returns the elements of an array of strings.
pub(crate) fn strings(value: Value) -> Option<Vec<Vec<u8>>> {
    array(value)?.into_iter().map(bytes).collect()
}

/// Returns the elements of an array of strings in pairs.
pub(crate) fn string_pairs(value: Value) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let pairs = pairs(value)?.into_iter();
    pairs
        .map(|(one, other)| Some((bytes(one)?, bytes(other)?)))
        .collect()
}

/// Returns the members of a sorted set with their scores.
pub(crate) fn scored(value: Value) -> Option<Vec<(Vec<u8>, f64)>> {
    let pairs = pairs(value)?.into_iter();
    pairs
        .map(|(member, score)| Some((bytes(member)?, text(score)?.parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests;
