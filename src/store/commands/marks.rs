//! The marks of invalidated keys, and the audit log.

use crate::domain::invalidation::marks::LOST;
use crate::store::client::{Store, lock};
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::text;
use crate::store::net::request::{Request, RetryPolicy};
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use std::collections::BTreeSet;
use std::time::Duration;

/// Number of members added at a time.
const MEMBERS: usize = 500;

/// Marks members without lowering a later time, for servers whose ZADD lacks GT (Redis 6.0). A user who may not set
/// the expiry fails before anything is written.
const MARK_SCRIPT: &str = "\
redis.call('PEXPIRE', KEYS[1], ARGV[2]) \
for i = 4, #ARGV do \
local old = redis.call('ZSCORE', KEYS[1], ARGV[i]) \
if not old or tonumber(old) < tonumber(ARGV[1]) then redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i]) end \
end \
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3]) \
redis.call('PEXPIRE', KEYS[1], ARGV[2]) \
return 1";

impl Store {
    /// Marks the members with a time (milliseconds since 1970, by the server's clock). A later mark of a member is
    /// kept; marks older than `life` are removed; the key expires if nothing is marked for that long. A key of
    /// another type is replaced, as by [`Store::replace_marks`].
    pub async fn mark(
        &self,
        key: &str,
        at: u64,
        members: &[String],
        life: Duration,
    ) -> Result<(), Error> {
        let life = milliseconds(life);
        let unsupported = &self.inner.unsupported.zadd_gt;
        let script = Unsupported::known(unsupported);
        let requests: Vec<Request> = members
            .chunks(MEMBERS)
            .map(|chunk| {
                if script {
                    let marks = Request::script(MARK_SCRIPT, key).arg(at).arg(life);
                    return marks.arg(at.saturating_sub(life)).arg(chunk);
                }
                let add = Request::new("ZADD", key).arg("GT");
                let add = chunk
                    .iter()
                    .fold(add, |add, member| add.arg(at).arg(member));
                let forget = Request::new("ZREMRANGEBYSCORE", key)
                    .arg("-inf")
                    .arg(at.saturating_sub(life));
                add.and(forget).and(Request::new("PEXPIRE", key).arg(life))
            })
            .collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await;
        let foreign = |answer: &Result<_, _>| matches!(answer, Err(Error::WrongType { .. }));
        if answers.iter().any(foreign) {
            self.replace_marks(key, Duration::from_millis(life)).await?;
            answers = self.run(&requests, ReadFrom::Primary).await;
        }
        let marked = answers
            .into_iter()
            .try_for_each(|answer| answer.map(|_| ()));
        match marked {
            Err(error) if !script && error.wants_a_script() => {
                log::info!("ZADD has no GT on this server: a script writes the marks");
                Unsupported::learn(unsupported);
                Box::pin(self.mark(key, at, members, Duration::from_millis(life))).await
            }
            marked => marked,
        }
    }

    /// Replaces a key of another type by a set of marks. The key belongs to this program, and without marks old
    /// values may come back. Marks that were there before, or that another process sets meanwhile, are lost: the new
    /// set says so to whoever relies on them.
    pub async fn replace_marks(&self, key: &str, life: Duration) -> Result<(), Error> {
        let now = self.now_for(key).await?;
        let replace = Request::new("UNLINK", key)
            .and(Request::new("ZADD", key).arg(now).arg(LOST))
            .and(Request::new("PEXPIRE", key).arg(milliseconds(life)));
        self.carry_out(replace).await?;
        lock(&self.inner.replaced_marks).insert(key.to_owned());
        Ok(())
    }

    /// Returns the keys that were replaced by [`Store::replace_marks`] since the last call.
    pub fn take_replaced_marks(&self) -> BTreeSet<String> {
        std::mem::take(&mut lock(&self.inner.replaced_marks))
    }

    /// Appends an entry to a stream that keeps about the newest `keep` entries, and returns its id.
    pub async fn append(
        &self,
        key: &str,
        keep: usize,
        fields: &[(&str, String)],
    ) -> Result<String, Error> {
        let request = Request::new("XADD", key)
            .arg("MAXLEN")
            .arg("~")
            .arg(keep)
            .arg("*");
        let request = fields.iter().fold(request, |request, (name, value)| {
            request.arg(*name).arg(value.as_str())
        });
        let answer = self.carry_out(request.again(RetryPolicy::Unsent)).await?;
        text(answer).ok_or_else(|| self.unexpected("XADD"))
    }

    /// Reports for each key whether it exists, in order.
    pub async fn exist(&self, keys: &[Vec<u8>]) -> Vec<Result<bool, Error>> {
        let requests = keys.iter().map(|key| Request::new("EXISTS", key));
        let answers = self.run_each(requests, self.reads).await;
        self.numbers(answers, "EXISTS", |found| found > 0)
    }
}
