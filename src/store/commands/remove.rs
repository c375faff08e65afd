//! Removes keys and shortens TTLs, in batches that do not block other clients.

use crate::store::client::Store;
use crate::store::commands::read::of_its_type;
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::{int, number};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use std::time::Duration;

/// Limit of keys in one UNLINK; other clients wait until it is done.
const CHUNK: usize = 100;

/// Shortens a TTL, for servers whose PEXPIRE lacks LT (Redis 6).
const EXPIRE_SCRIPT: &str = "\
local left = redis.call('PTTL', KEYS[1]) \
if left >= 0 and left <= tonumber(ARGV[1]) then return 0 end \
return redis.call('PEXPIRE', KEYS[1], ARGV[1])";

fn is_unknown(answer: &Result<bool, Error>) -> bool {
    answer.as_ref().is_err_and(Error::is_unknown_syntax)
}

impl Store {
    /// Removes the keys (UNLINK) and returns how many existed.
    pub async fn remove_many(&self, keys: &[Vec<u8>]) -> Result<u64, Error> {
        let (counts, ended) = self.remove_groups(&[keys.to_vec()]).await;
        ended.map(|()| counts.into_iter().sum())
    }

    /// Removes groups of keys (UNLINK) and returns how many of each group existed. On a single server the keys of a
    /// group share commands; in a cluster each key has its own command, because their slots differ. What was removed
    /// counts even if another command failed. After a lost answer all keys of its command count, because they may have
    /// existed: a number may be too high, never too low.
    pub async fn remove_groups(&self, groups: &[Vec<Vec<u8>>]) -> (Vec<u64>, Result<(), Error>) {
        let mut requests = Vec::new();
        let mut group_of = Vec::new();
        for (group, keys) in groups.iter().enumerate() {
            let removals = self.together("UNLINK", keys);
            requests.extend(removals.map(|(request, count)| request.changes(count)));
            group_of.resize(requests.len(), group);
        }
        let (mut counts, mut ended) = (vec![0; groups.len()], Ok(()));
        let answers = self.run(&requests, ReadFrom::Primary).await;
        for (group, answer) in group_of.into_iter().zip(answers) {
            let count = answer.and_then(|answer| self.count(&answer, "UNLINK"));
            match (count, counts.get_mut(group)) {
                (Ok(count), Some(sum)) => *sum += count,
                (Ok(_), None) => {}
                (Err(error), _) => ended = ended.and(Err(error)),
            }
        }
        (counts, ended)
    }

    /// True if one of the keys exists.
    pub async fn any_exists(&self, keys: &[Vec<u8>]) -> Result<bool, Error> {
        let requests = self.together("EXISTS", keys).map(|(request, _)| request);
        let requests: Vec<Request> = requests.collect();
        for answer in self.run(&requests, ReadFrom::Primary).await {
            if self.count(&answer?, "EXISTS")? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns requests for all keys, each with its number of keys: a few together, but one by one in a cluster, where
    /// their slots differ.
    fn together(
        &self,
        name: &'static str,
        keys: &[Vec<u8>],
    ) -> impl Iterator<Item = (Request, usize)> {
        let chunk = if self.clustered() { 1 } else { CHUNK };
        keys.chunks(chunk).filter_map(move |keys| {
            let (first, rest) = keys.split_first()?;
            let request = Request::new(name, first);
            let all = rest
                .iter()
                .fold(request, |request, key| request.arg(key.as_slice()));
            Some((all, keys.len()))
        })
    }

    /// Shortens the TTL of each key to at most the given one; never lengthens it. Returns for each key whether it was
    /// shortened.
    pub async fn expire_early(&self, keys: &[(Vec<u8>, Duration)]) -> Vec<Result<bool, Error>> {
        let unsupported = &self.inner.unsupported;
        if !Unsupported::known(&unsupported.expire_lt) {
            let expired = self.expire_by_option(keys).await;
            if !expired.iter().any(is_unknown) {
                return expired;
            }
            log::info!("PEXPIRE has no LT on this server: a script shortens what keys have left");
            Unsupported::learn(&unsupported.expire_lt);
        }
        if !Unsupported::known(&unsupported.eval) {
            let expired = self.expire_by_script(keys).await;
            if !expired.iter().any(is_unknown) {
                return expired;
            }
            log::info!("no scripts on this server: comparing PTTL before each PEXPIRE");
            Unsupported::learn(&unsupported.eval);
        }
        self.expire_by_looking(keys).await
    }

    async fn expire_by_option(&self, keys: &[(Vec<u8>, Duration)]) -> Vec<Result<bool, Error>> {
        let requests = keys.iter().map(|(key, limit)| {
            let limit = milliseconds(*limit);
            let expire = Request::new("PEXPIRE", key).arg(limit).arg("LT");
            expire.changes(1)
        });
        let requests: Vec<Request> = requests.collect();
        let answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let shortened = |answer: Result<redis::Value, Error>| self.is_one(&answer?, "PEXPIRE");
        answers.map(shortened).collect()
    }

    async fn expire_by_script(&self, keys: &[(Vec<u8>, Duration)]) -> Vec<Result<bool, Error>> {
        let scripts = keys.iter().map(|(key, limit)| {
            let expire = Request::script(EXPIRE_SCRIPT, key).arg(milliseconds(*limit));
            expire.changes(1)
        });
        let answers = self.run_each(scripts, ReadFrom::Primary).await.into_iter();
        let shortened = |answer: Result<redis::Value, Error>| self.is_one(&answer?, "EVAL");
        answers.map(shortened).collect()
    }

    /// Shortens in two steps. A key whose TTL is extended in between is shortened all the same.
    async fn expire_by_looking(&self, keys: &[(Vec<u8>, Duration)]) -> Vec<Result<bool, Error>> {
        let looks = keys.iter().map(|(key, _)| Request::new("PTTL", key));
        let left = self.run_each(looks, ReadFrom::Primary).await;
        let mut expired = Vec::with_capacity(keys.len());
        for ((key, limit), left) in keys.iter().zip(left) {
            let limit = milliseconds(*limit);
            let left = left.and_then(|left| int(&left).ok_or_else(|| self.unexpected("PTTL")));
            expired.push(match left {
                Err(error) => Err(error),
                Ok(left) if u64::try_from(left).is_ok_and(|left| left <= limit) => Ok(false),
                Ok(_) => {
                    let shorten = Request::new("PEXPIRE", key).arg(limit);
                    let done = self.run_one(shorten, ReadFrom::Primary).await;
                    done.and_then(|done| self.is_one(&done, "PEXPIRE"))
                }
            });
        }
        expired
    }

    /// Removes fields of a hash and returns how many existed; 0 for a key of another type. What was removed counts even
    /// if another command failed, and after a lost answer all fields of its command count.
    pub async fn drop_fields(&self, key: &str, fields: &[String]) -> (u64, Result<(), Error>) {
        self.each_chunk("HDEL", key, fields).await
    }

    /// Removes members of a sorted set and returns how many existed; 0 for a key of another type.
    pub async fn drop_members(
        &self,
        key: &str,
        members: &[impl redis::ToRedisArgs],
    ) -> Result<u64, Error> {
        let (count, ended) = self.each_chunk("ZREM", key, members).await;
        ended.map(|()| count)
    }

    /// Returns the memory of each key at the server, in bytes; `None` if the key is missing or the server does not
    /// say.
    pub async fn memory(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<u64>>, Error> {
        let requests: Vec<Request> = keys
            .iter()
            .map(|key| Request::of("MEMORY", "USAGE", key))
            .collect();
        let answers = self.run(&requests, self.reads).await;
        answers
            .into_iter()
            .map(|answer| match answer {
                Ok(value) => Ok(number(&value)),
                Err(Error::Denied { .. } | Error::Refused { .. }) => Ok(None),
                Err(error) => Err(error),
            })
            .collect()
    }

    async fn each_chunk(
        &self,
        command: &'static str,
        key: &str,
        texts: &[impl redis::ToRedisArgs],
    ) -> (u64, Result<(), Error>) {
        let requests: Vec<Request> = texts
            .chunks(CHUNK)
            .map(|chunk| Request::new(command, key).arg(chunk).changes(chunk.len()))
            .collect();
        let (mut all, mut ended) = (0, Ok(()));
        for answer in self.run(&requests, ReadFrom::Primary).await {
            let count = of_its_type(answer).and_then(|answer| match answer {
                Some(answer) => self.count(&answer, command),
                None => Ok(0),
            });
            match count {
                Ok(count) => all += count,
                Err(error) => ended = ended.and(Err(error)),
            }
        }
        (all, ended)
    }

    fn is_one(&self, answer: &redis::Value, command: &str) -> Result<bool, Error> {
        Ok(self.count(answer, command)? > 0)
    }

    fn count(&self, answer: &redis::Value, command: &str) -> Result<u64, Error> {
        number(answer).ok_or_else(|| self.unexpected(command))
    }
}
