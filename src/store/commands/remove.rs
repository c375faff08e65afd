//! Removing and softening many keys, in batches that do not keep other clients waiting.

use crate::store::client::Store;
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use std::time::Duration;

/// How many keys one UNLINK names.
const CHUNK: usize = 500;

/// What became of a key whose time was to be shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Softened {
    /// It is not there.
    Gone,
    /// It had no more time left than that.
    Already,
    /// It was shortened.
    Shortened,
}

impl Store {
    /// Removes the keys (UNLINK) and tells how many were there. Where they are all on one server they
    /// travel many to a command; in a cluster each is a command of its own, since they have different
    /// slots. After a connection was lost the number may be too low, never too high.
    pub async fn remove_many(&self, keys: &[Vec<u8>]) -> Result<u64, Error> {
        let chunk = if self.clustered() { 1 } else { CHUNK };
        let requests: Vec<Request> = keys
            .chunks(chunk)
            .filter_map(|keys| {
                let (first, rest) = keys.split_first()?;
                let request = Request::new("UNLINK", first);
                Some(
                    rest.iter()
                        .fold(request, |request, key| request.arg(key.as_slice())),
                )
            })
            .collect();
        let mut removed = 0;
        for answer in self.run(&requests, ReadFrom::Primary).await {
            removed += self.count(&answer?, "UNLINK")?;
        }
        Ok(removed)
    }

    /// Removes the keys and tells for each whether it was there.
    pub async fn remove_each(&self, keys: &[Vec<u8>]) -> Vec<Result<bool, Error>> {
        let requests: Vec<Request> = keys.iter().map(|key| Request::new("UNLINK", key)).collect();
        let answers = self.run(&requests, ReadFrom::Primary).await;
        answers
            .into_iter()
            .map(|answer| Ok(self.count(&answer?, "UNLINK")? > 0))
            .collect()
    }

    /// Shortens what is left of each key's time to at most the given one, never lengthens it.
    pub async fn soften(&self, keys: &[(Vec<u8>, Duration)]) -> Vec<Result<Softened, Error>> {
        let requests: Vec<Request> = keys
            .iter()
            .flat_map(|(key, limit)| {
                let limit = milliseconds(*limit);
                [
                    Request::new("PEXPIRE", key).arg(limit).arg("LT"),
                    Request::new("EXISTS", key),
                ]
            })
            .collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        keys.iter()
            .map(|_| {
                let (shortened, there) = (answers.next(), answers.next());
                let missing = || self.unexpected("PEXPIRE");
                let shortened = self.count(&shortened.ok_or_else(missing)??, "PEXPIRE")? > 0;
                let there = self.count(&there.ok_or_else(missing)??, "EXISTS")? > 0;
                Ok(match (shortened, there) {
                    (true, _) => Softened::Shortened,
                    (false, true) => Softened::Already,
                    (false, false) => Softened::Gone,
                })
            })
            .collect()
    }

    /// Removes fields of a hash and tells how many were there.
    pub async fn drop_fields(&self, key: &str, fields: &[String]) -> Result<u64, Error> {
        self.each_chunk("HDEL", key, fields).await
    }

    /// Removes members of a sorted set and tells how many were there.
    pub async fn drop_members(&self, key: &str, members: &[String]) -> Result<u64, Error> {
        self.each_chunk("ZREM", key, members).await
    }

    /// How many bytes each key takes in the server's memory. `None`: it is not there, or the server
    /// does not tell.
    pub async fn memory(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<u64>>, Error> {
        let requests: Vec<Request> = keys
            .iter()
            .map(|key| Request::of("MEMORY", "USAGE", key))
            .collect();
        let answers = self.run(&requests, self.reads).await;
        answers
            .into_iter()
            .map(|answer| match answer {
                Ok(value) => Ok(int(&value).and_then(|bytes| u64::try_from(bytes).ok())),
                Err(Error::Denied { .. } | Error::Refused { .. }) => Ok(None),
                Err(error) => Err(error),
            })
            .collect()
    }

    async fn each_chunk(
        &self,
        command: &'static str,
        key: &str,
        texts: &[String],
    ) -> Result<u64, Error> {
        let requests: Vec<Request> = texts
            .chunks(CHUNK)
            .map(|chunk| Request::new(command, key).arg(chunk))
            .collect();
        let mut count = 0;
        for answer in self.run(&requests, ReadFrom::Primary).await {
            count += self.count(&answer?, command)?;
        }
        Ok(count)
    }

    fn count(&self, answer: &redis::Value, command: &str) -> Result<u64, Error> {
        int(answer)
            .and_then(|count| u64::try_from(count).ok())
            .ok_or_else(|| self.unexpected(command))
    }
}
