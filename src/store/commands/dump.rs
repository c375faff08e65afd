//! Saves keys in the server's serialization.

use crate::domain::invalidation::undo_file::{SavedField, SavedKey};
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::{array, bytes, int, text};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use redis::Value;

/// Bytes of a value that are read together with the expiry time.
const SMALL: usize = 16 << 10;

/// Approximate bytes of larger values that are read at a time.
const GROUP: u64 = 4 << 20;

/// Approximate bytes of larger values that are held at once.
const HELD: u64 = 8 << 20;

/// Largest value that is saved, by its memory at the server. In transit it takes several times as much memory here.
const SAVED_MAX: u64 = 128 << 20;

impl Store {
    /// Saves the keys in order; `None` for a missing key. With large values it saves only as many keys as can be held
    /// at once, but at least one. Strings are read as plain values, which costs the server less than a dump and can
    /// be restored on any version; other types are dumped. Small values come with the first request, larger ones a
    /// few at a time. The flag of a key says whether it is known to be a string. The types of the others are queried
    /// first, because a command for another type counts as an error at the server.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a value beyond [`SAVED_MAX`], and errors of the connection.
    pub async fn save(&self, keys: &[(&[u8], bool)]) -> Result<Vec<Option<SavedKey>>, Error> {
        let strings = self.which_are_strings(keys).await?;
        let requests: Vec<Request> = keys
            .iter()
            .zip(&strings)
            .flat_map(|((key, _), string)| {
                let range = || Request::new("GETRANGE", key).arg(0).arg(SMALL - 1);
                let range = string.then(range);
                range.into_iter().chain(self.deadline_requests(key))
            })
            .collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let mut saved = Vec::with_capacity(keys.len());
        let mut others = Vec::new();
        for (at, ((key, _), string)) in keys.iter().zip(&strings).enumerate() {
            let mut value = Ok(Value::Nil);
            if *string {
                value = answers.next().ok_or_else(|| self.unexpected("GETRANGE"))?;
            }
            let Some(expires) = self.deadline(&mut answers)? else {
                return Box::pin(self.save(keys)).await;
            };
            let value = match value {
                // A missing key returns no bytes, and a longer value returns exactly `SMALL` bytes.
                Ok(value) => bytes(value).filter(|value| (1..SMALL).contains(&value.len())),
                Err(Error::WrongType { .. } | Error::Denied { .. }) => None,
                Err(error) => return Err(error),
            };
            // -1 means no expiry; any other negative number means a missing key.
            let there = expires >= -1;
            if there && value.is_none() {
                others.push((at, *key));
            }
            saved.push(there.then(|| SavedKey {
                dump: Vec::new(),
                expires: u64::try_from(expires).ok(),
                value,
            }));
        }
        let (groups, fit) = self.group_by_size(others).await?;
        saved.truncate(fit.unwrap_or(keys.len()));
        for group in groups {
            self.save_whole(&group, &strings, &mut saved).await?;
        }
        Ok(saved)
    }

    /// Reports for each key whether to read it as a string: it is known to be one, or TYPE says so.
    async fn which_are_strings(&self, keys: &[(&[u8], bool)]) -> Result<Vec<bool>, Error> {
        let unknown = keys.iter().filter(|(_, string)| !string);
        let ask: Vec<Request> = unknown.map(|(key, _)| Request::new("TYPE", key)).collect();
        let mut types = self.run(&ask, ReadFrom::Primary).await.into_iter();
        let mut strings = Vec::with_capacity(keys.len());
        for (_, string) in keys {
            strings.push(if *string {
                true
            } else {
                match types.next().ok_or_else(|| self.unexpected("TYPE"))? {
                    Ok(answer) => text(answer).as_deref() == Some("string"),
                    // If the user may not run TYPE, the reply to GETRANGE decides.
                    Err(Error::Denied { .. }) => true,
                    Err(error) => return Err(error),
                }
            });
        }
        Ok(strings)
    }

    /// Groups keys so that the values of a group fit in one reply. If all values together exceed the limit, returns
    /// the first ones and the position of the first key left out.
    async fn group_by_size<'k>(
        &self,
        keys: Vec<(usize, &'k [u8])>,
    ) -> Result<(Vec<Vec<(usize, &'k [u8])>>, Option<usize>), Error> {
        let names: Vec<Vec<u8>> = keys.iter().map(|(_, key)| key.to_vec()).collect();
        let (mut groups, mut group, mut sum, mut all) = (Vec::new(), Vec::new(), 0, 0);
        for ((at, key), size) in keys.into_iter().zip(self.memory(&names).await?) {
            let size = size.unwrap_or(0);
            if size > SAVED_MAX {
                return Err(Error::TooLarge {
                    key: String::from_utf8_lossy(key).into_owned(),
                    bytes: size,
                });
            }
            if all > 0 && all + size > HELD {
                groups.push(group);
                return Ok((groups, Some(at)));
            }
            if !group.is_empty() && sum + size > GROUP {
                groups.push(std::mem::take(&mut group));
                sum = 0;
            }
            sum += size;
            all += size;
            group.push((at, key));
        }
        groups.push(group);
        Ok((groups, None))
    }

    /// Saves keys by their whole value, or by a dump if they are no strings.
    async fn save_whole(
        &self,
        keys: &[(usize, &[u8])],
        strings: &[bool],
        saved: &mut [Option<SavedKey>],
    ) -> Result<(), Error> {
        let is_string = |(at, _): &(usize, &[u8])| strings.get(*at) == Some(&true);
        let (whole, mut dumps): (Vec<_>, Vec<_>) = keys.iter().copied().partition(is_string);
        let gets: Vec<Request> = whole
            .iter()
            .map(|(_, key)| Request::new("GET", key))
            .collect();
        let values = self.run(&gets, ReadFrom::Primary).await;
        for ((at, key), value) in whole.iter().zip(values) {
            let Some(place) = saved.get_mut(*at) else {
                continue;
            };
            match value {
                Ok(Value::Nil) => *place = None,
                Ok(value) => {
                    let value = bytes(value).ok_or_else(|| self.unexpected("GET"))?;
                    if let Some(saved) = place {
                        saved.value = Some(value);
                    }
                }
                Err(Error::WrongType { .. } | Error::Denied { .. }) => dumps.push((*at, *key)),
                Err(error) => return Err(error),
            }
        }
        let requests: Vec<Request> = dumps
            .iter()
            .map(|(_, key)| Request::new("DUMP", key))
            .collect();
        for ((at, _), dump) in dumps
            .iter()
            .zip(self.run(&requests, ReadFrom::Primary).await)
        {
            let Some(place) = saved.get_mut(*at) else {
                continue;
            };
            match dump? {
                Value::Nil => *place = None,
                dump => {
                    let dump = bytes(dump).ok_or_else(|| self.unexpected("DUMP"))?;
                    if let Some(saved) = place {
                        saved.dump = dump;
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the commands for saving on a key that need not exist, so that missing permissions are reported before
    /// anything is written.
    ///
    /// # Errors
    /// [`Error::Denied`], and errors of the connection.
    pub async fn may_save(&self, key: &str) -> Result<(), Error> {
        self.carry_out(Request::new("DUMP", key)).await?;
        loop {
            let requests = self.deadline_requests(key.as_bytes());
            let answers = self.run(&requests, ReadFrom::Primary).await;
            if self.deadline(&mut answers.into_iter())?.is_some() {
                return Ok(());
            }
        }
    }

    /// Returns the commands for a key's expiry time. Without PEXPIRETIME (Redis 6), TIME comes before PTTL, so that
    /// the result is never later than the real expiry.
    fn deadline_requests(&self, key: &[u8]) -> Vec<Request> {
        if Unsupported::known(&self.inner.unsupported.pexpiretime) {
            vec![Request::keyless("TIME", key), Request::new("PTTL", key)]
        } else {
            vec![Request::new("PEXPIRETIME", key)]
        }
    }

    /// Parses the expiry time in the form of PEXPIRETIME: -1 for none, -2 for a missing key. `None` if the server
    /// turns out to lack the command and has to be queried in the other way.
    fn deadline(
        &self,
        answers: &mut impl Iterator<Item = Result<Value, Error>>,
    ) -> Result<Option<i64>, Error> {
        let unsupported = &self.inner.unsupported.pexpiretime;
        let mut next = || answers.next().ok_or_else(|| self.unexpected("PTTL"));
        if Unsupported::known(unsupported) {
            let now = self.time(next()??)?;
            let left = int(&next()??).ok_or_else(|| self.unexpected("PTTL"))?;
            let at = i64::try_from(now).unwrap_or(i64::MAX).saturating_add(left);
            return Ok(Some(if left < 0 { left } else { at }));
        }
        match next()? {
            Ok(at) => int(&at)
                .map(Some)
                .ok_or_else(|| self.unexpected("PEXPIRETIME")),
            Err(error) if error.is_unknown_syntax() || matches!(error, Error::Denied { .. }) => {
                log::info!("no PEXPIRETIME: {error}; deadlines come from TIME and PTTL");
                Unsupported::learn(unsupported);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Saves the fields of a hash that exist.
    pub async fn save_fields(&self, key: &str, names: &[String]) -> Result<Vec<SavedField>, Error> {
        let mut requests = vec![Request::new("HMGET", key).arg(names)];
        requests.extend(self.deadline_requests(key.as_bytes()));
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let values = answers.next().ok_or_else(|| self.unexpected("HMGET"))??;
        let Some(expires) = self.deadline(&mut answers)? else {
            return Box::pin(self.save_fields(key, names)).await;
        };
        let expires = u64::try_from(expires).ok();
        let values = array(values).ok_or_else(|| self.unexpected("HMGET"))?;
        let found = names.iter().zip(values).filter_map(|(name, value)| {
            Some(SavedField {
                name: name.as_bytes().to_vec(),
                value: bytes(value)?,
                expires,
            })
        });
        Ok(found.collect())
    }
}
