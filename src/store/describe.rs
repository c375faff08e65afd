//! What kind of thing stands under a key, without reading it.

use super::error::Error;
use super::read::from_pttl;
use super::reply::{int, text};
use super::request::Request;
use super::store::Store;
use crate::domain::ttl::Ttl;
use redis::Value;
use std::time::Duration;

/// What is known of a key. `None` where the server does not tell: the command is unknown to it or
/// not permitted to the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The type as the server names it: `string`, `list`, `hash`, `zset`, `stream`, `set`.
    pub kind: Option<String>,
    /// How long it will live.
    pub ttl: Option<Ttl>,
    /// How the server keeps it: `embstr`, `listpack`, `hashtable`, …
    pub encoding: Option<String>,
    /// For how long nobody has used it.
    pub idle: Option<Duration>,
    /// Memory that it takes, in bytes, the server's own bookkeeping included.
    pub memory: Option<u64>,
    /// The length of a string in bytes, else the number of elements.
    pub size: Option<u64>,
}

/// The questions about each key, in the order in which [`Description`] is filled.
const QUESTIONS: usize = 5;

impl Store {
    /// Describes the keys, in their order; `None` for one that is not there. Two round trips for
    /// all of them. Looking does not count as using.
    pub async fn describe(&self, keys: &[String]) -> Vec<Result<Option<Description>, Error>> {
        let questions = keys.iter().flat_map(|key| {
            [
                Request::new("TYPE", key),
                Request::new("PTTL", key),
                Request::of("OBJECT", "ENCODING", key),
                Request::of("OBJECT", "IDLETIME", key),
                Request::of("MEMORY", "USAGE", key),
            ]
        });
        let mut answers = self.run_each(questions, self.reads).await.into_iter();
        let mut found: Vec<Result<Option<Description>, Error>> = keys
            .iter()
            .map(|_| answers.by_ref().take(QUESTIONS).collect::<Vec<_>>())
            .map(|answers| {
                let answers: Result<Vec<_>, Error> = answers.into_iter().map(tolerate).collect();
                answers.map(describe)
            })
            .collect();
        self.measure(keys, &mut found).await;
        found
    }

    /// Asks for the sizes, for which the types must be known.
    async fn measure(&self, keys: &[String], found: &mut [Result<Option<Description>, Error>]) {
        let mut questions = Vec::new();
        let mut places = Vec::new();
        for (place, (key, found)) in keys.iter().zip(found.iter()).enumerate() {
            if let Ok(Some(Description {
                kind: Some(kind), ..
            })) = found
                && let Some(command) = size_command(kind)
            {
                questions.push(Request::new(command, key));
                places.push(place);
            }
        }
        let answers = self.run_each(questions.into_iter(), self.reads).await;
        for (place, answer) in places.into_iter().zip(answers) {
            let Some(found) = found.get_mut(place) else {
                continue;
            };
            match tolerate(answer) {
                Ok(answer) => {
                    if let Ok(Some(description)) = found {
                        description.size = answer.and_then(|size| number(&size));
                    }
                }
                Err(error) => *found = Err(error),
            }
        }
    }
}

/// The command that tells how large a value of this type is.
fn size_command(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "string" => "STRLEN",
        "list" => "LLEN",
        "hash" => "HLEN",
        "zset" => "ZCARD",
        "stream" => "XLEN",
        "set" => "SCARD",
        _ => return None,
    })
}

/// An answer that the server does not give is none; only the loss of the server is an error.
fn tolerate(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::Denied { .. } | Error::Refused { .. } | Error::WrongType { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn describe(answers: Vec<Option<Value>>) -> Option<Description> {
    let mut answers = answers.into_iter().map(Option::unwrap_or_default);
    let mut next = || answers.next().unwrap_or_default();
    let kind = text(next());
    let ttl = int(&next()).map(from_pttl);
    if kind.as_deref() == Some("none") || ttl == Some(Ttl::Absent) {
        return None;
    }
    Some(Description {
        kind,
        ttl,
        encoding: text(next()),
        idle: number(&next()).map(Duration::from_secs),
        memory: number(&next()),
        size: None,
    })
}

fn number(value: &Value) -> Option<u64> {
    int(value).and_then(|number| u64::try_from(number).ok())
}
