//! The kind of value that a key has, without reading it.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::{from_pttl, range};
use crate::store::error::Error;
use crate::store::net::reply::{bytes, int, text};
use crate::store::net::request::Request;
use redis::Value;
use std::time::Duration;

/// What is known of a key. `None` where the server does not say: it lacks the command, or the user may
/// not run it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The type as the server names it: `string`, `list`, `hash`, `zset`, `stream`, `set`.
    pub kind: Option<String>,
    /// How long it will live.
    pub ttl: Option<Ttl>,
    /// How the server keeps it: `embstr`, `listpack`, `hashtable`, …
    pub encoding: Option<String>,
    /// The time since its last use.
    pub idle: Option<Duration>,
    /// Memory that it takes, in bytes, the server's own bookkeeping included.
    pub memory: Option<u64>,
    /// The length of a string in bytes, else the number of elements.
    pub size: Option<u64>,
}

/// The number of commands for each key.
const QUESTIONS: usize = 5;

/// So many bytes of a string are read together with its description.
const FIRST: usize = 64 << 10;

/// A string up to this size is read whole.
const READ_MAX: usize = 64 << 20;

/// So many bytes are read of a longer one.
const SHOWN: usize = 4 << 10;

impl Store {
    /// Describes the keys, in their order; `None` for one that is not there. Two round trips for
    /// all of them. The sizes are asked for last: that counts as using a key.
    pub async fn describe(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Vec<Result<Option<Description>, Error>> {
        let mut found = self.outline(keys).await;
        self.measure(keys, &mut found).await;
        found
    }

    /// Describes the keys but for their sizes, in one round trip. On no server does it count as using
    /// them.
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

    /// Describes one key and reads it where it is a string, all in one round trip but for long ones; `None` where it is
    /// not there. It is described before it is read, so that the idle time is not that of our own look.
    /// Of a string beyond [`READ_MAX`] only the first bytes are read, unless the `whole` is asked for. One that should be a `collection` is read only if it turns out to be a string: reading another
    /// type is an error that the server counts.
    pub async fn look(
        &self,
        key: &[u8],
        collection: bool,
        whole: bool,
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
                // What has gone meanwhile has no bytes either.
                if head.is_empty() && !self.exist(&[key.to_vec()]).await.remove(0)? {
                    return Ok(None);
                }
                if head.len() < FIRST {
                    about.size = Some(head.len() as u64);
                    return Ok(Some((about, Some(head))));
                }
                self.look_on(key, about, head, whole).await.map(Some)
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

    /// Reads a string whose first bytes are known. What the server does not say of its size is learned by reading.
    async fn look_on(
        &self,
        key: &[u8],
        about: Description,
        mut head: Vec<u8>,
        whole: bool,
    ) -> Result<(Description, Option<Vec<u8>>), Error> {
        let mut found = [Ok(Some(about))];
        self.measure(&[key], &mut found).await;
        let [about] = found;
        let mut about = about?.unwrap_or_default();
        let most = if whole { usize::MAX } else { READ_MAX };
        if about.size.is_none_or(|size| size <= most as u64) {
            let value = self.run_one(range(key, most), self.reads).await?;
            let value = bytes(value).ok_or_else(|| self.unexpected("GETRANGE"))?;
            if value.len() < most {
                about.size = Some(value.len() as u64);
                return Ok((about, Some(value)));
            }
        }
        head.truncate(SHOWN);
        // In the middle of a character it would be no text.
        if let Err(error) = std::str::from_utf8(&head)
            && error.error_len().is_none()
        {
            head.truncate(error.valid_up_to());
        }
        Ok((about, Some(head)))
    }

    /// Asks for the sizes, for which the types must be known.
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

/// What is asked of a key, in the order of [`Description`]'s fields.
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
    let answers: Result<Vec<_>, Error> = answers.map(tolerate).collect();
    answers.map(describe)
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

/// A refused command is `None`; only the loss of the server is an error.
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
