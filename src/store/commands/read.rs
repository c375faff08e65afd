//! Reads values, TTLs, hashes and marks.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::{
    array, bytes, int, number, pairs, string_pairs, strings, text, unexpected,
};
use crate::store::net::request::Request;
use crate::store::unsupported::Unsupported;
use redis::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A hash with more fields is read in steps. Read in one go, it would block the server's other clients.
const WHOLE: i64 = 1000;
/// Number of fields requested by name at a time.
const NAMED: usize = 500;
/// Number of marks read at a time.
const MARKS: usize = 5000;

/// Name and value of a hash field.
pub(crate) type FieldValue = (Vec<u8>, Vec<u8>);

/// Maps a wrong type to `None`; the caller treats such a key as missing.
pub(crate) fn of_its_type(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Err(Error::WrongType { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// Reads the first bytes of a string.
pub(crate) fn range(key: &(impl AsRef<[u8]> + ?Sized), most: usize) -> Request {
    let last = i64::try_from(most).map_or(-1, |most| most - 1);
    Request::new("GETRANGE", key).arg(0).arg(last)
}

/// Parses the reply to PTTL.
pub(crate) fn from_pttl(milliseconds: i64) -> Ttl {
    match u64::try_from(milliseconds) {
        Ok(left) => Ttl::Left(Duration::from_millis(left)),
        Err(_) if milliseconds == -1 => Ttl::Forever,
        Err(_) => Ttl::Absent,
    }
}

impl Store {
    /// Returns the server's clock in milliseconds since 1970.
    pub async fn now(&self) -> Result<u64, Error> {
        self.now_for("").await
    }

    /// Returns the clock of the server that owns `key`, in milliseconds since 1970.
    pub async fn now_for(&self, key: &str) -> Result<u64, Error> {
        let time = Request::keyless("TIME", key);
        self.time(self.run_one(time, self.reads).await?)
    }

    /// Parses the reply to TIME into milliseconds since 1970.
    pub(crate) fn time(&self, answer: Value) -> Result<u64, Error> {
        let parts = array(answer).unwrap_or_default();
        let part = |at: usize| parts.get(at).and_then(number);
        match (part(0), part(1)) {
            (Some(seconds), Some(micros)) => {
                Ok(seconds.saturating_mul(1000).saturating_add(micros / 1000))
            }
            _ => Err(self.unexpected("TIME")),
        }
    }

    /// Returns the values of all keys in order; `None` for a missing key or another type.
    pub async fn get(&self, keys: &[impl AsRef<[u8]>]) -> Vec<Result<Option<Vec<u8>>, Error>> {
        let requests = keys.iter().map(|key| Request::new("GET", key));
        let answers = self.run_each(requests, self.reads).await;
        answers
            .into_iter()
            .map(|answer| match of_its_type(answer)? {
                None | Some(Value::Nil) => Ok(None),
                Some(value) => bytes(value).map(Some).ok_or_else(|| self.unexpected("GET")),
            })
            .collect()
    }

    /// Like [`Store::get`], but fails with the first error.
    pub(crate) async fn values(
        &self,
        keys: &[impl AsRef<[u8]>],
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.get(keys).await.into_iter().collect()
    }

    /// True if the database has exactly one key. False if the server does not say, and in a cluster.
    pub(crate) async fn has_one_key(&self) -> bool {
        let keys = Request::keyless("DBSIZE", "");
        !self.clustered() && matches!(self.run_one(keys, self.reads).await, Ok(Value::Int(1)))
    }

    /// Returns the TTLs of the keys in order.
    pub async fn time_to_live(&self, keys: &[impl AsRef<[u8]>]) -> Vec<Result<Ttl, Error>> {
        let requests = keys.iter().map(|key| Request::new("PTTL", key));
        let answers = self.run_each(requests, self.reads).await;
        self.numbers(answers, "PTTL", from_pttl)
    }

    /// Converts the number in each answer to the command.
    pub(crate) fn numbers<T>(
        &self,
        answers: Vec<Result<Value, Error>>,
        command: &str,
        meaning: impl Fn(i64) -> T,
    ) -> Vec<Result<T, Error>> {
        let number = |answer| int(&answer).ok_or_else(|| self.unexpected(command));
        let answers = answers.into_iter();
        answers
            .map(|answer| answer.and_then(number).map(&meaning))
            .collect()
    }

    /// Returns the first bytes of each string in order; empty if it is empty, missing or of another type.
    pub async fn first_bytes(
        &self,
        keys: &[impl AsRef<[u8]>],
        most: usize,
    ) -> Vec<Result<Vec<u8>, Error>> {
        let first = keys.iter().map(|key| range(key, most));
        let answers = self.run_each(first, self.reads).await;
        answers
            .into_iter()
            .map(|answer| match of_its_type(answer)?.map(bytes) {
                None => Ok(Vec::new()),
                Some(Some(bytes)) => Ok(bytes),
                Some(None) => Err(self.unexpected("GETRANGE")),
            })
            .collect()
    }

    /// Calls `each` with the name and value of every field of a hash; never for a missing key or another type. Two
    /// pages are in memory at a time. A large hash that changes meanwhile may return a field twice; a hash that moves
    /// to another server is read again from the start and returns all of them twice.
    pub async fn fields(&self, key: &str, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), Error> {
        let read = self.restart_if_moved(async || self.fields_once(key, &mut each).await);
        match read.await {
            Err(Error::WrongType { .. }) => Ok(()),
            read => read,
        }
    }

    /// Like [`Store::fields`], for callers that add up: a hash that moves is an error ([`Error::Moved`]), and so is a
    /// connection lost in the middle.
    pub async fn fields_once(
        &self,
        key: &str,
        mut each: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Error> {
        if self.number_of_fields(key).await? <= WHOLE {
            let all = self
                .run_one(Request::new("HGETALL", key), self.reads)
                .await?;
            return self.each_field(all, "HGETALL", &mut each);
        }
        self.each_page("HSCAN", key, &[], usize::MAX, |page| {
            self.each_field(page, "HSCAN", &mut each)
        })
        .await
    }

    /// Returns the number of fields of each hash in order, 0 for a missing one; `None` if the key is no hash.
    pub async fn numbers_of_fields(&self, keys: &[String]) -> Result<Vec<Option<u64>>, Error> {
        let requests = keys.iter().map(|key| Request::new("HLEN", key));
        let answers = self.run_each(requests, self.reads).await.into_iter();
        answers
            .map(|answer| match of_its_type(answer)?.as_ref().map(number) {
                None => Ok(None),
                Some(Some(number)) => Ok(Some(number)),
                Some(None) => Err(self.unexpected("HLEN")),
            })
            .collect()
    }

    /// Returns the names of all fields of a hash; for a large hash without the values, if the server can. A large
    /// hash that changes meanwhile may return a name twice. `None` if the key is no hash.
    pub async fn field_names(&self, key: &str) -> Result<Option<Vec<Vec<u8>>>, Error> {
        self.field_names_as(key, Some).await
    }

    /// Like [`Store::field_names`], but keeps only what `make` returns for each name.
    pub(crate) async fn field_names_as<T>(
        &self,
        key: &str,
        make: impl Fn(Vec<u8>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Error> {
        match self.all_names(key, make).await {
            Err(Error::WrongType { .. }) => Ok(None),
            names => names.map(Some),
        }
    }

    async fn all_names<T>(
        &self,
        key: &str,
        make: impl Fn(Vec<u8>) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        if self.number_of_fields(key).await? <= WHOLE {
            let all = self.run_one(Request::new("HKEYS", key), self.reads).await?;
            let names = strings(all)
                .ok_or_else(|| self.unexpected("HKEYS"))?
                .into_iter();
            return Ok(names.filter_map(make).collect());
        }
        self.restart_if_moved(async || self.walk_names(key, &make).await)
            .await
    }

    async fn walk_names<T>(
        &self,
        key: &str,
        make: impl Fn(Vec<u8>) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let unsupported = &self.inner.unsupported.hscan_novalues;
        let mut names = Vec::new();
        if !Unsupported::known(unsupported) {
            let walked = self.each_page("HSCAN", key, &["NOVALUES"], usize::MAX, |page| {
                let page = strings(page)
                    .ok_or_else(|| self.unexpected("HSCAN"))?
                    .into_iter();
                names.extend(page.filter_map(&make));
                Ok(())
            });
            match walked.await {
                Err(error) if error.is_unknown_syntax() => Unsupported::learn(unsupported),
                walked => {
                    names.shrink_to_fit();
                    return walked.map(|()| names);
                }
            }
        }
        names.clear();
        let walked = self.each_page("HSCAN", key, &[], usize::MAX, |page| {
            let page = string_pairs(page)
                .ok_or_else(|| self.unexpected("HSCAN"))?
                .into_iter();
            names.extend(page.filter_map(|(name, _)| make(name)));
            Ok(())
        });
        walked.await?;
        names.shrink_to_fit();
        Ok(names)
    }

    /// Returns the names of the fields that match a glob, without duplicates and in order. Walks the whole hash.
    pub async fn names_matching(&self, key: &str, glob: &str) -> Result<BTreeSet<Vec<u8>>, Error> {
        self.restart_if_moved(async || {
            let mut names = BTreeSet::new();
            let options = ["MATCH", glob];
            let walked = self.each_page("HSCAN", key, &options, usize::MAX, |page| {
                let page = string_pairs(page).ok_or_else(|| self.unexpected("HSCAN"))?;
                names.extend(page.into_iter().map(|(name, _)| name));
                Ok(())
            });
            match walked.await {
                Err(Error::WrongType { .. }) => Ok(BTreeSet::new()),
                walked => walked.map(|()| names),
            }
        })
        .await
    }

    /// Returns the values of the named fields in order; `None` for a missing field. A key of another type has no
    /// fields.
    pub async fn field_values(
        &self,
        key: &str,
        fields: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let requests = fields
            .chunks(NAMED)
            .map(|chunk| Request::new("HMGET", key).arg(chunk));
        let mut values = Vec::with_capacity(fields.len());
        for answer in self.run_each(requests, self.reads).await {
            let Some(answer) = of_its_type(answer)? else {
                return Ok(vec![None; fields.len()]);
            };
            let chunk = array(answer).ok_or_else(|| self.unexpected("HMGET"))?;
            values.extend(chunk.into_iter().map(bytes));
        }
        if values.len() == fields.len() {
            Ok(values)
        } else {
            Err(self.unexpected("HMGET"))
        }
    }

    /// Returns the value of one field of each hash in order; `None` if it is missing or the key has another type.
    pub async fn field_of_each(
        &self,
        hashes: &[String],
        field: &str,
    ) -> Vec<Result<Option<Vec<u8>>, Error>> {
        let requests = hashes
            .iter()
            .map(|hash| Request::new("HMGET", hash).arg(field));
        let answers = self.run_each(requests, self.reads).await.into_iter();
        answers
            .map(|answer| {
                let values = of_its_type(answer)?.and_then(array);
                Ok(values.into_iter().flatten().next().and_then(bytes))
            })
            .collect()
    }

    /// Returns the score of a member of a sorted set; `None` if the key has another type.
    pub async fn score(&self, key: &str, member: &str) -> Result<Option<f64>, Error> {
        let request = Request::new("ZSCORE", key).arg(member);
        let score = of_its_type(self.run_one(request, self.reads).await)?;
        Ok(score.and_then(text).and_then(|score| score.parse().ok()))
    }

    /// Returns the members of a sorted set with scores of at least `since` (milliseconds since 1970), lowest first.
    /// `None` if the key has another type.
    pub async fn marks_since(
        &self,
        key: &str,
        since: u64,
    ) -> Result<Option<Vec<(String, u64)>>, Error> {
        let mut marks: Vec<(String, u64)> = Vec::new();
        loop {
            let request = Request::new("ZRANGEBYSCORE", key)
                .arg(since)
                .arg("+inf")
                .arg("WITHSCORES")
                .arg("LIMIT")
                .arg(marks.len())
                .arg(MARKS);
            let Some(value) = of_its_type(self.run_one(request, self.reads).await)? else {
                return Ok(None);
            };
            let page = pairs(value).ok_or_else(|| self.unexpected("ZRANGEBYSCORE"))?;
            let count = page.len();
            for (member, score) in page {
                let mark = text(member).zip(text(score).as_deref().and_then(score_of));
                marks.push(mark.ok_or_else(|| self.unexpected("ZRANGEBYSCORE"))?);
            }
            if count < MARKS {
                return Ok(Some(marks));
            }
        }
    }

    async fn number_of_fields(&self, key: &str) -> Result<i64, Error> {
        let value = self.run_one(Request::new("HLEN", key), self.reads).await?;
        int(&value).ok_or_else(|| self.unexpected("HLEN"))
    }

    fn each_field(
        &self,
        page: Value,
        command: &str,
        each: &mut impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Error> {
        let parts = array(page).ok_or_else(|| self.unexpected(command))?;
        for pair in parts.chunks_exact(2) {
            let [Value::BulkString(name), Value::BulkString(value)] = pair else {
                return Err(self.unexpected(command));
            };
            each(name, value);
        }
        Ok(())
    }

    /// Error for a reply that the command does not give.
    pub(crate) fn unexpected(&self, command: &str) -> Error {
        unexpected(command, &self.endpoint())
    }
}

/// Parses a score as whole milliseconds. Scores arrive as text, large ones with an exponent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no clock reaches the numbers where it would"
)]
pub(crate) fn score_of(text: &str) -> Option<u64> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<f64>().ok().map(|score| score as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_absent_endless_or_a_duration() {
        assert_eq!(from_pttl(-2), Ttl::Absent);
        assert_eq!(from_pttl(-1), Ttl::Forever);
        assert_eq!(from_pttl(0), Ttl::Left(Duration::ZERO));
        assert_eq!(from_pttl(1500), Ttl::Left(Duration::from_millis(1500)));
    }

    #[test]
    fn a_score_is_read_with_and_without_an_exponent() {
        assert_eq!(score_of("1795392000123"), Some(1_795_392_000_123));
        assert_eq!(score_of("1.795392000123e12"), Some(1_795_392_000_123));
        assert_eq!(score_of("soon"), None);
    }
}
