//! Metadata of keys, without reading their values.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::{from_pttl, range};
use crate::store::error::Error;
use crate::store::net::reply::{bytes, int, number, text};
use crate::store::net::request::Request;
use redis::Value;
use std::time::Duration;

/// Metadata of a key. A field is `None` if the server lacks the command or the user may not run it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Type as the server names it: `string`, `list`, `hash`, `zset`, `stream`, `set`.
    pub kind: Option<String>,
    pub ttl: Option<Ttl>,
    /// Encoding: `embstr`, `listpack`, `hashtable`, …
    pub encoding: Option<String>,
    /// Time since the last access.
    pub idle: Option<Duration>,
    /// Memory in bytes, including the server's overhead.
    pub memory: Option<u64>,
    /// Length of a string in bytes, otherwise the number of elements.
    pub size: Option<u64>,
}

/// Number of commands for each key.
const QUESTIONS: usize = 5;

/// Bytes of a string that are read together with its metadata.
const FIRST: usize = 64 << 10;

/// Bytes that are read of a longer string.
const SHOWN: usize = 4 << 10;

impl Store {
    /// Describes the keys in order, in two round trips; `None` for a missing key. The sizes are queried last, because
    /// that counts as an access.
    pub async fn describe(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Vec<Result<Option<Description>, Error>> {
        let mut found = self.outline(keys).await;
        self.measure(keys, &mut found).await;
        found
    }

    /// Describes the keys without their sizes, in one round trip. No server counts this as an access.
    pub async fn outline(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Vec<Result<Option<Description>, Error>> {
        let questions = keys.iter().flat_map(questions);
        let mut answers = self.run_each(questions, self.reads).await.into_iter();
        keys.iter()
            .map(|_| described(answers.by_ref().take(QUESTIONS)))
            .collect()
    }

    /// Returns the types of the keys in order, in one round trip; `none` for a missing key, `None` if the user may not
    /// ask.
    pub async fn types(&self, keys: &[impl AsRef<[u8]>]) -> Vec<Result<Option<String>, Error>> {
        let questions = keys.iter().map(|key| Request::new("TYPE", key));
        let answers = self.run_each(questions, self.reads).await.into_iter();
        answers
            .map(|answer| Ok(none_if_refused(answer)?.and_then(text)))
            .collect()
    }

    /// Describes one key and reads it if it is a string, in one round trip unless it is long; `None` if it is
    /// missing. The metadata is queried before the value, so that this read does not reset the idle time. If a string
    /// has more than `longest` bytes, only its first ones are read. A key that should be a `collection` is
    /// read only if it is a string after all, because reading another type counts as an error at the server.
    pub async fn look(
        &self,
        key: &[u8],
        collection: bool,
        longest: usize,
    ) -> Result<Option<(Description, Option<Vec<u8>>)>, Error> {
        if collection {
            let Some(about) = self.describe(&[key]).await.pop().transpose()?.flatten() else {
                return Ok(None);
            };
            if about.kind.as_deref().is_some_and(|kind| kind != "string") {
                return Ok(Some((about, None)));
            }
        }
        let questions = questions(&key).into_iter();
        let questions = questions.chain([range(key, FIRST)]);
        let mut answers = self.run_each(questions, self.reads).await.into_iter();
        let Some(mut about) = described(answers.by_ref().take(QUESTIONS))? else {
            return Ok(None);
        };
        match answers.next() {
            None => Ok(None),
            Some(Ok(value)) => {
                let head = bytes(value).ok_or_else(|| self.unexpected("GETRANGE"))?;
                // A key that has just disappeared also returns no bytes.
                if head.is_empty() && !self.exist(&[key.to_vec()]).await.remove(0)? {
                    return Ok(None);
                }
                if head.len() < FIRST {
                    about.size = Some(head.len() as u64);
                    return Ok(Some((about, Some(head))));
                }
                self.look_on(key, about, head, longest).await.map(Some)
            }
            Some(Err(Error::WrongType { .. })) => {
                let mut found = [Ok(Some(about))];
                self.measure(&[key], &mut found).await;
                let [found] = found;
                Ok(found?.map(|about| (about, None)))
            }
            Some(Err(error)) => Err(error),
        }
    }

    /// Reads the rest of a string. If the server does not report its size, the read shows it.
    async fn look_on(
        &self,
        key: &[u8],
        about: Description,
        mut head: Vec<u8>,
        longest: usize,
    ) -> Result<(Description, Option<Vec<u8>>), Error> {
        let mut found = [Ok(Some(about))];
        self.measure(&[key], &mut found).await;
        let [about] = found;
        let mut about = about?.unwrap_or_default();
        if about.size.is_none_or(|size| size <= longest as u64) {
            let value = self.run_one(range(key, longest), self.reads).await?;
            let value = bytes(value).ok_or_else(|| self.unexpected("GETRANGE"))?;
            if value.len() < longest {
                about.size = Some(value.len() as u64);
                return Ok((about, Some(value)));
            }
        }
        head.truncate(SHOWN);
        // Do not cut in the middle of a character: the head would no longer be text.
        if let Err(error) = std::str::from_utf8(&head)
            && error.error_len().is_none()
        {
            head.truncate(error.valid_up_to());
        }
        Ok((about, Some(head)))
    }

    /// Queries the sizes of keys whose types are known.
    async fn measure(
        &self,
        keys: &[impl AsRef<[u8]>],
        found: &mut [Result<Option<Description>, Error>],
    ) {
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
            match none_if_refused(answer) {
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

/// Commands for one key, in the order of [`Description`]'s fields.
fn questions(key: &impl AsRef<[u8]>) -> [Request; QUESTIONS] {
    [
        Request::new("TYPE", key),
        Request::new("PTTL", key),
        Request::of("OBJECT", "ENCODING", key),
        Request::of("OBJECT", "IDLETIME", key),
        Request::of("MEMORY", "USAGE", key),
    ]
}

fn described(
    answers: impl Iterator<Item = Result<Value, Error>>,
) -> Result<Option<Description>, Error> {
    let answers: Result<Vec<_>, Error> = answers.map(none_if_refused).collect();
    answers.map(describe)
}

/// Returns the command for the size of a type.
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

/// Maps a refused command to `None`. Other errors are returned.
fn none_if_refused(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
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
