//! Writing where nothing was invalidated meanwhile: on one server the marks and the keys are looked at
//! and written in one step, so that no moment is left in which a process can end between the two. In a
//! cluster they are on different servers, and whoever writes looks at the marks once more behind it.

use super::write::{Write, chunks, milliseconds, with_pairs};
use crate::store::client::{Lacks, Store};
use crate::store::error::Error;
use crate::store::net::reply::{array, int};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use redis::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The most writes in one script, and the most bytes: other clients wait for it, about half a
/// millisecond.
const WRITES: usize = 100;
const BYTES: usize = 128 << 10;

/// How long a value lives that is too large for a script, until one gives it its whole time.
const BRIEF: Duration = Duration::from_secs(10);

/// More marks are not counted again.
const MARKS: usize = 1000;

/// So many keys are looked for where they belong before the server is taken for one.
const PLACES: usize = 32;

/// `ARGV`: the oldest score, that of the look, how many marks there were up to it and above it; then the
/// writes: the number of steps, and for each its number of words, the answer without which the rest of
/// the write is left out, and the words. Gives nil where there are more marks, else the numbers of the
/// writes that failed, and negative those that were left out.
const SCRIPT: &str = "\
local function more(from, to, known) \
return #redis.call('ZRANGEBYSCORE', KEYS[1], from, to, 'LIMIT', known, 1) > 0 end \
if more(ARGV[1], ARGV[2], ARGV[3]) or more('(' .. ARGV[2], '+inf', ARGV[4]) then return false end \
local at, number, left = 5, 0, {} \
while at <= #ARGV do \
local steps, going = tonumber(ARGV[at]), true \
at, number = at + 1, number + 1 \
for _ = 1, steps do \
local last, expected = at + 1 + tonumber(ARGV[at]), ARGV[at + 1] \
if going then \
local answer = redis.pcall(unpack(ARGV, at + 2, last)) \
if type(answer) == 'table' and answer.err then going, left[#left + 1] = false, number \
elseif expected ~= '' and tostring(answer) ~= expected then going, left[#left + 1] = false, -number end \
end \
at = last + 1 end end \
return left";

/// What the set of marks held when it was read: with more in it nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMarks {
    key: String,
    from: u64,
    since: u64,
    /// How many marks there were with scores up to `since`.
    before: usize,
    /// How many later ones.
    after: usize,
}

impl SeenMarks {
    /// From the marks that have scores from `from` on, as they were read. A member that is marked anew
    /// moves above `since` and is one more there. `None` where there are too many to count them again.
    pub fn new(key: String, from: u64, since: u64, marks: &[(String, u64)]) -> Option<Self> {
        let before = marks.iter().filter(|(_, at)| *at <= since).count();
        let after = marks.len() - before;
        (before.max(after) <= MARKS).then_some(Self {
            key,
            from,
            since,
            before,
            after,
        })
    }
}

/// One command of a write.
pub(super) struct GuardedStep {
    words: Vec<Vec<u8>>,
    expected: Vec<u8>,
}

impl GuardedStep {
    /// The words of a request of one command.
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            words: request.words().next().unwrap_or_default(),
            expected: Vec::new(),
        }
    }

    /// Without this answer the rest of the write is left out.
    pub(crate) fn answering(self, expected: &[u8]) -> Self {
        Self {
            expected: expected.to_vec(),
            ..self
        }
    }
}

/// A key, and what is done to it.
pub(super) type Steps<'a> = (&'a str, &'a [GuardedStep]);

/// What became of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Guarded {
    /// Nothing is written: something was marked.
    Marked,
    /// All is written but the writes of these numbers, which begin with one: they failed, or were left
    /// out where the number is negative.
    Done(Vec<i64>),
    /// Nothing is written: it has to be done without a script.
    Without,
}

impl Store {
    /// Carries out writes as [`Store::write`] does, and tells of each whether it was carried out: not
    /// where something was marked since `seen`, as far as one step can tell. Without `seen`, in a
    /// cluster, and where the server takes no such script, everything is written.
    pub async fn write_unmarked(
        &self,
        batch: &[Write],
        seen: Option<&SeenMarks>,
    ) -> Vec<Result<bool, Error>> {
        let mut results = Vec::with_capacity(batch.len());
        let mut rest = batch;
        while !rest.is_empty() {
            let Some(seen) = seen.filter(|_| self.guards()) else {
                results.extend(self.plainly(rest).await);
                break;
            };
            let (now, later) = rest.split_at(fitting(rest));
            match now {
                [large] if large.bytes() > BYTES => results.push(self.large(large, seen).await),
                now => results.extend(self.scripted(now, seen).await),
            }
            rest = later;
        }
        results
    }

    fn guards(&self) -> bool {
        !self.clustered() && !Lacks::known(&self.inner.lacks.guard)
    }

    async fn plainly(&self, batch: &[Write]) -> Vec<Result<bool, Error>> {
        let results = self.write(batch).await.into_iter();
        results.map(|result| result.map(|()| true)).collect()
    }

    /// Writes that fit in one script.
    async fn scripted(&self, batch: &[Write], seen: &SeenMarks) -> Vec<Result<bool, Error>> {
        let script = Lacks::known(&self.inner.lacks.expire_nx);
        let steps = batch.iter().map(|write| (write.key(), write.steps(script)));
        let steps: Vec<(&str, Vec<GuardedStep>)> = steps.collect();
        let writes = steps.iter().map(|(key, steps)| (*key, steps.as_slice()));
        let left = match self.guarded(&writes.collect::<Vec<_>>(), seen).await {
            Ok(Guarded::Done(left)) => left,
            Ok(Guarded::Marked) => return batch.iter().map(|_| Ok(false)).collect(),
            Ok(Guarded::Without) => return self.plainly(batch).await,
            Err(error) => return batch.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut results: Vec<Result<bool, Error>> = batch.iter().map(|_| Ok(true)).collect();
        // One by one they tell what is wrong.
        let failed = left
            .iter()
            .filter_map(|number| usize::try_from(*number).ok());
        let failed: Vec<usize> = failed.filter_map(|number| number.checked_sub(1)).collect();
        let again = failed.iter().filter_map(|at| batch.get(*at).cloned());
        let again: Vec<Write> = again.collect();
        if !again.is_empty() {
            for (at, result) in failed.into_iter().zip(self.plainly(&again).await) {
                if let Some(place) = results.get_mut(at) {
                    *place = result;
                }
            }
        }
        results
    }

    /// A value that would keep others waiting in a script: it is written to live briefly, and the script
    /// gives it its time. Other large writes are not guarded.
    async fn large(&self, write: &Write, seen: &SeenMarks) -> Result<bool, Error> {
        let Write::Set {
            key,
            value,
            ttl: Some(ttl),
        } = write
        else {
            let mut results = self.plainly(std::slice::from_ref(write)).await;
            return results.pop().unwrap_or(Ok(true));
        };
        let set = Request::new("SET", key).arg(value.as_slice());
        let set = set.arg("PX").arg(milliseconds(BRIEF.min(*ttl)));
        self.carry_out(set).await?;
        let prolong = || Request::new("PEXPIRE", key).arg(milliseconds(*ttl));
        let steps = [GuardedStep::new(&prolong()).answering(b"1")];
        let done = self.step_by_step(&[(key, &steps)], Some(seen), &[]).await?;
        match done {
            Guarded::Done(left) if left.is_empty() => Ok(true),
            // It is gone, or no longer to be written.
            Guarded::Done(_) | Guarded::Marked => {
                self.carry_out(Request::new("UNLINK", key)).await?;
                Ok(false)
            }
            Guarded::Without => {
                self.carry_out(prolong()).await?;
                Ok(true)
            }
        }
    }

    /// Carries out the steps of each write, unless something was marked since `seen`. Until the keys of
    /// some were found where they belong, none is written of which that cannot be seen: a proxy with
    /// several servers behind it asks the one that has the marks.
    async fn guarded(&self, writes: &[Steps<'_>], seen: &SeenMarks) -> Result<Guarded, Error> {
        let guarded = &self.inner.lacks.guarded;
        if guarded.load(Ordering::Relaxed) >= PLACES {
            return self.step_by_step(writes, Some(seen), &[]).await;
        }
        let left_behind = writes
            .iter()
            .filter(|(_, steps)| steps.iter().any(GuardedStep::leaves_a_key));
        let places: Vec<&str> = left_behind.map(|(key, _)| *key).collect();
        if places.is_empty() {
            return Ok(Guarded::Without);
        }
        let done = self.step_by_step(writes, Some(seen), &places).await?;
        if matches!(&done, Guarded::Done(left) if left.is_empty()) {
            guarded.fetch_add(places.len(), Ordering::Relaxed);
        }
        Ok(done)
    }

    /// Carries out the steps of each write, unless something was marked since `seen`, and looks whether
    /// these keys are there afterwards.
    pub(super) async fn step_by_step(
        &self,
        writes: &[Steps<'_>],
        seen: Option<&SeenMarks>,
        places: &[&str],
    ) -> Result<Guarded, Error> {
        let Some(seen) = seen.filter(|_| self.guards()) else {
            return Ok(Guarded::Without);
        };
        let places = places.iter().map(|key| Request::new("EXISTS", *key));
        let requests: Vec<Request> = [seen.script(writes)].into_iter().chain(places).collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let left = match answers.next() {
            Some(Ok(Value::Nil | Value::Boolean(false))) => return Ok(Guarded::Marked),
            Some(Ok(answer)) => array(answer)
                .and_then(|left| left.iter().map(int).collect::<Option<Vec<i64>>>())
                .ok_or_else(|| self.unexpected("EVAL")),
            Some(Err(error)) => Err(error),
            None => Err(self.unexpected("EVAL")),
        };
        let there = |answer: Result<Value, Error>| answer.is_ok_and(|there| int(&there) == Some(1));
        match left {
            Ok(left) if !left.is_empty() || answers.all(there) => Ok(Guarded::Done(left)),
            Ok(_) => {
                self.without_guard("what a script wrote is not where it belongs");
                // It may have been invalidated by now.
                Ok(Guarded::Marked)
            }
            Err(error @ (Error::Denied { .. } | Error::Refused { .. })) => {
                self.without_guard(&error.to_string());
                Ok(Guarded::Without)
            }
            // Each write tells for itself.
            Err(Error::WrongType { .. } | Error::OutOfMemory { .. }) => Ok(Guarded::Without),
            Err(error) => Err(error),
        }
    }

    fn without_guard(&self, reason: &str) {
        if !Lacks::known(&self.inner.lacks.guard) {
            log::info!("{reason}: marks are read before and after each batch instead");
            Lacks::learn(&self.inner.lacks.guard);
        }
    }
}

impl SeenMarks {
    fn script(&self, writes: &[Steps<'_>]) -> Request {
        let keys: Vec<&str> = writes.iter().map(|(key, _)| *key).collect();
        let script = Request::script_of(SCRIPT, &self.key, &keys);
        let script = script.arg(self.from).arg(self.since);
        let mut script = script.arg(self.before).arg(self.after);
        for (_, steps) in writes {
            script = script.arg(steps.len());
            for step in *steps {
                script = script.arg(step.words.len()).arg(step.expected.as_slice());
                let words = step.words.iter().map(Vec::as_slice);
                script = words.fold(script, Request::arg);
            }
        }
        script
    }
}

impl GuardedStep {
    /// Whether the key is there afterwards, whatever was there before.
    fn leaves_a_key(&self) -> bool {
        let word = |at: usize| self.words.get(at).map(Vec::as_slice).unwrap_or_default();
        match word(0) {
            b"SET" => !self.words.iter().skip(3).any(|word| word == b"XX"),
            b"ZADD" => word(2) != b"XX",
            b"RPUSH" => true,
            _ => false,
        }
    }
}

impl Write {
    /// What carries it out inside a script.
    fn steps(&self, script: bool) -> Vec<GuardedStep> {
        let sets = |key, fields| {
            let set = move |chunk| GuardedStep::new(&with_pairs(Request::new("HSET", key), chunk));
            chunks(fields).map(set)
        };
        match self {
            Self::Fields { key, fields, ttl } => {
                let for_ever = GuardedStep::new(&Request::new("PTTL", key)).answering(b"-1");
                let expire = Request::new("PEXPIRE", key).arg(milliseconds(*ttl));
                let end = [for_ever, GuardedStep::new(&expire)];
                sets(key, fields).chain(end).collect()
            }
            Self::PatchFields { key, set, drop } => {
                let there = GuardedStep::new(&Request::new("EXISTS", key)).answering(b"1");
                let drops = Self::DropFields {
                    key: key.clone(),
                    fields: drop.clone(),
                };
                let begin = std::iter::once(there).chain(sets(key, set));
                begin.chain(drops.steps(script)).collect()
            }
            _ => {
                let mut requests = Vec::new();
                self.append_to(&mut requests, script);
                let steps = requests.iter().flat_map(Request::words);
                let step = |words| GuardedStep {
                    words,
                    expected: Vec::new(),
                };
                steps.map(step).collect()
            }
        }
    }
}

/// How many writes fit in one script; at least one.
fn fitting(batch: &[Write]) -> usize {
    let mut bytes = 0;
    let fits = batch.iter().take(WRITES).take_while(|write| {
        bytes += write.bytes();
        bytes <= BYTES
    });
    fits.count().max(1).min(batch.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_bounded_in_writes_and_bytes_and_a_large_value_is_alone() {
        let set = |size: usize| Write::Set {
            key: "k".into(),
            value: vec![0; size],
            ttl: None,
        };
        assert_eq!(fitting(&vec![set(1); WRITES + 1]), WRITES);
        assert_eq!(
            fitting(&[set(BYTES / 2), set(BYTES / 3), set(BYTES / 2)]),
            2
        );
        assert_eq!(fitting(&[set(2 * BYTES), set(1)]), 1);
    }

    #[test]
    fn marks_are_counted_on_both_sides_of_the_moment_and_many_are_not() {
        let mark = |at: u64| ("m".to_owned(), at);
        let seen = SeenMarks::new("k".into(), 5, 10, &[mark(6), mark(10), mark(11)]).unwrap();
        assert_eq!((seen.before, seen.after), (2, 1));
        let many = vec![mark(11); MARKS + 1];
        assert_eq!(SeenMarks::new("k".into(), 5, 10, &many), None);
    }
}
