//! Reads the first elements of lists, sorted sets, streams, hashes and sets.

use crate::store::client::Store;
use crate::store::commands::read::{FieldValue, of_its_type};
use crate::store::error::Error;
use crate::store::net::reply::{array, bytes, scored, string_pairs, strings, text};
use crate::store::net::request::Request;
use redis::Value;

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEntry {
    /// `milliseconds-sequence`.
    pub id: String,
    /// Names and values, in order.
    pub fields: Vec<FieldValue>,
}

/// Index of the last of the first `limit` items.
fn last(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX) - 1
}

impl Store {
    /// Returns the first `limit` items of a list.
    pub async fn read_list(
        &self,
        key: &(impl AsRef<[u8]> + ?Sized),
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let request = Request::new("LRANGE", key).arg(0).arg(last(limit));
        let value = self.run_one(request, self.reads).await?;
        strings(value).ok_or_else(|| self.unexpected("LRANGE"))
    }

    /// Returns the first `limit` items of each list; empty for a missing key or another type.
    pub async fn heads(&self, keys: &[String], limit: usize) -> Vec<Result<Vec<Vec<u8>>, Error>> {
        let head = |key: &String| Request::new("LRANGE", key).arg(0).arg(last(limit.max(1)));
        let requests: Vec<Request> = keys.iter().map(head).collect();
        let answers = self.run(&requests, self.reads).await.into_iter();
        answers
            .map(|answer| match of_its_type(answer)? {
                None => Ok(Vec::new()),
                Some(items) => strings(items).ok_or_else(|| self.unexpected("LRANGE")),
            })
            .collect()
    }

    /// Returns the first `limit` members of a sorted set with their scores, lowest first.
    pub async fn read_zset(
        &self,
        key: &(impl AsRef<[u8]> + ?Sized),
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, f64)>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // The command that reads marks as well, so that a role needs one permission for both.
        let request = Request::new("ZRANGEBYSCORE", key)
            .arg("-inf")
            .arg("+inf")
            .arg("WITHSCORES")
            .arg("LIMIT")
            .arg(0)
            .arg(limit.min(i32::MAX as usize));
        let value = self.run_one(request, self.reads).await?;
        scored(value).ok_or_else(|| self.unexpected("ZRANGEBYSCORE"))
    }

    /// Returns the newest `limit` entries of a stream, newest first.
    pub async fn read_stream(
        &self,
        key: &(impl AsRef<[u8]> + ?Sized),
        limit: usize,
    ) -> Result<Vec<StreamEntry>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let request = Request::new("XREVRANGE", key)
            .arg("+")
            .arg("-")
            .arg("COUNT")
            // The server parses COUNT as a signed number.
            .arg(limit.min(i32::MAX as usize));
        let value = self.run_one(request, self.reads).await?;
        array(value)
            .and_then(|entries| entries.into_iter().map(entry).collect())
            .ok_or_else(|| self.unexpected("XREVRANGE"))
    }

    /// Returns the first `limit` fields of a hash, in the server's order.
    pub async fn read_hash(
        &self,
        key: &(impl AsRef<[u8]> + ?Sized),
        limit: usize,
    ) -> Result<Vec<FieldValue>, Error> {
        let pages = self.walk("HSCAN", key, limit.saturating_mul(2)).await?;
        let mut fields = Vec::with_capacity(limit.min(pages.len() / 2));
        let mut parts = pages.into_iter();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            if fields.len() == limit {
                break;
            }
            fields.push((name, value));
        }
        Ok(fields)
    }

    /// Returns the first `limit` members of a set, in the server's order.
    pub async fn read_set(
        &self,
        key: &(impl AsRef<[u8]> + ?Sized),
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let mut members = self.walk("SSCAN", key, limit).await?;
        members.truncate(limit);
        Ok(members)
    }

    /// Walks a collection until it has at least `enough` elements or the walk ends.
    async fn walk(
        &self,
        command: &'static str,
        key: &(impl AsRef<[u8]> + ?Sized),
        enough: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        self.restart_if_moved(async || {
            let mut elements = Vec::new();
            self.each_page(command, key, &[], enough, |page| {
                let page = array(page).unwrap_or_default().into_iter().map(bytes);
                let page: Option<Vec<_>> = page.collect();
                elements.extend(page.ok_or_else(|| self.unexpected(command))?);
                Ok(())
            })
            .await?;
            Ok(elements)
        })
        .await
    }
}

fn entry(value: Value) -> Option<StreamEntry> {
    let mut parts = array(value)?.into_iter();
    let id = text(parts.next()?)?;
    let fields = string_pairs(parts.next()?)?;
    Some(StreamEntry { id, fields })
}
