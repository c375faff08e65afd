//! A request: one or several commands for one key, with one result.

use crate::store::error::Error;
use redis::{Cmd, ToRedisArgs, Value};

/// One command or one transaction for one key. Its commands are sent together and have one result.
#[derive(Clone)]
pub(crate) struct Request {
    key: Vec<u8>,
    name: &'static str,
    commands: Vec<Cmd>,
    atomic: bool,
    again: RetryPolicy,
    changes: Option<i64>,
}

/// What to do if the outcome is unknown or the node has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// Repeat: running it twice equals running it once.
    Always,
    /// Repeat only if it was certainly not executed.
    Unsent,
    /// Do not repeat: it only makes sense on the same node (a cursor).
    Never,
}

/// Runs several commands. Each is given as its number of words, followed by the words. The reply of the first is
/// dropped.
const ATOMIC_SCRIPT: &str = "\
local at, answers = 1, {} \
while at <= #ARGV do \
local last = at + tonumber(ARGV[at]) \
answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, last)) \
at = last + 1 end \
table.remove(answers, 1) \
return answers";

/// Number of words up to which a command counts as one element.
const FEW: usize = 8;

/// Limit of words in one call of a script; Lua has room for about 8000.
const CALL_WORDS: usize = 4000;

/// Returns the words of a command. An RPUSH that is too long for a script is split.
fn calls(command: &Cmd) -> Vec<Vec<Vec<u8>>> {
    let words = command.args_iter().filter_map(|word| match word {
        redis::Arg::Simple(bytes) => Some(bytes.to_vec()),
        _ => None,
    });
    let words: Vec<Vec<u8>> = words.collect();
    match words.as_slice() {
        [name, key, items @ ..] if name == b"RPUSH" => items
            .chunks(CALL_WORDS)
            .map(|chunk| [&[name.clone(), key.clone()], chunk].concat())
            .collect(),
        _ => vec![words],
    }
}

impl Request {
    /// `NAME key`, continued by [`Request::arg`].
    pub(crate) fn new(name: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::with(name, &[name], key.as_ref())
    }

    /// `NAME SUB key`, such as `OBJECT ENCODING key`.
    pub(crate) fn of(
        name: &'static str,
        sub: &'static str,
        key: &(impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self::with(name, &[name, sub], key.as_ref())
    }

    /// A script for this key. It is sent in full: for a script of a few lines this costs less than a second round
    /// trip to a server that does not have it yet.
    pub(crate) fn script(text: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::with("EVAL", &["EVAL", text, "1"], key.as_ref())
    }

    /// A command without a key; `key` only selects the server.
    pub(crate) fn keyless(name: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        let mut request = Self::with(name, &[], key.as_ref());
        request.commands = vec![redis::cmd(name)];
        request
    }

    /// A transaction without commands.
    pub(crate) fn empty_transaction(key: &[u8]) -> Self {
        Self {
            key: key.to_vec(),
            name: "MULTI",
            commands: Vec::new(),
            atomic: true,
            again: RetryPolicy::Always,
            changes: None,
        }
    }

    /// `SET key value`. Allocates once, because the value may be large.
    pub(crate) fn set(key: &(impl AsRef<[u8]> + ?Sized), value: &[u8]) -> Self {
        const BESIDE: usize = 64;
        let key = key.as_ref();
        let command = Cmd::with_capacity(8, key.len() + value.len() + BESIDE);
        Self::begun(command, "SET", &["SET"], key).arg(value)
    }

    fn with(name: &'static str, words: &[&str], key: &[u8]) -> Self {
        // Room for the first few arguments, so that the buffer does not grow.
        const BESIDE: usize = 32;
        let bytes = words.iter().map(|word| word.len()).sum::<usize>() + key.len() + BESIDE;
        Self::begun(Cmd::with_capacity(words.len() + 3, bytes), name, words, key)
    }

    fn begun(mut command: Cmd, name: &'static str, words: &[&str], key: &[u8]) -> Self {
        for word in words {
            command.arg(*word);
        }
        command.arg(key);
        Self {
            key: key.to_vec(),
            name,
            commands: vec![command],
            atomic: false,
            again: RetryPolicy::Always,
            changes: None,
        }
    }

    /// Adds an argument to the last command.
    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        if let Some(command) = self.commands.last_mut() {
            command.arg(argument);
        }
        self
    }

    /// Makes a transaction of this and `next`, which must be for the same key. The last one sets the TTL.
    pub(crate) fn and(mut self, next: Request) -> Self {
        self.commands.extend(next.commands);
        self.atomic = true;
        self
    }

    /// Sets the retry rule.
    pub(crate) fn again(mut self, again: RetryPolicy) -> Self {
        self.again = again;
        self
    }

    /// Sets how many changes the answer counts at most. After a lost answer the request is repeated, and its second
    /// answer lacks what the first attempt changed, or says that it is there: then this number takes its place.
    pub(crate) fn changes(mut self, most: usize) -> Self {
        self.changes = i64::try_from(most).ok();
        self
    }

    /// Returns the answer of a request that was repeated after an answer was lost.
    pub(crate) fn answer_again(&self, answer: Result<Value, Error>) -> Result<Value, Error> {
        match (answer, self.changes) {
            (Ok(Value::Int(_) | Value::Nil), Some(most)) => Ok(Value::Int(most)),
            (Err(error), Some(most)) if error.is_busy_key() => Ok(Value::Int(most)),
            (answer, _) => answer,
        }
    }

    /// Returns the key, which selects the server.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Returns the key as text, for messages.
    pub(crate) fn name_of_key(&self) -> String {
        String::from_utf8_lossy(&self.key).into_owned()
    }

    /// Returns the command's name, for messages.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the retry rule.
    pub(crate) fn retry(&self) -> RetryPolicy {
        self.again
    }

    /// True for a transaction.
    pub(crate) fn is_atomic(&self) -> bool {
        self.atomic
    }

    /// Returns the same request as a script with the reply of EXEC, for servers that refuse transactions. The last
    /// command, which sets the TTL, also comes first: servers do not roll a script back, and a user who may not run it
    /// must not create a key without a TTL.
    pub(crate) fn as_script(&self) -> Self {
        let script = Self::script(ATOMIC_SCRIPT, &self.key).again(self.again);
        let first = self.commands.last();
        let calls = first.into_iter().chain(&self.commands).flat_map(calls);
        calls.fold(script, |script, call| {
            let script = script.arg(call.len());
            call.into_iter().fold(script, Request::arg)
        })
    }

    /// Returns the commands, for use in another transaction.
    pub(crate) fn into_commands(self) -> Vec<Cmd> {
        self.commands
    }

    /// Number of replies to expect.
    pub(crate) fn replies(&self) -> usize {
        if self.atomic {
            self.commands.len() + 2
        } else {
            self.commands.len()
        }
    }

    /// Returns the approximate size on the wire, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let argument = |argument: redis::Arg<&[u8]>| match argument {
            redis::Arg::Simple(bytes) => bytes.len() + 16,
            _ => 16,
        };
        self.commands
            .iter()
            .map(|command| command.args_iter().map(argument).sum::<usize>())
            .sum()
    }

    /// Returns the work for the server in elements: a command with few words counts as one, and each further word
    /// adds one.
    pub(crate) fn elements(&self) -> usize {
        let elements = |command: &Cmd| command.args_iter().count().saturating_sub(FEW).max(1);
        self.commands.iter().map(elements).sum()
    }

    /// Returns the command if there is only one.
    pub(crate) fn only(&self) -> Option<&Cmd> {
        match self.commands.as_slice() {
            [only] if !self.atomic => Some(only),
            _ => None,
        }
    }

    /// Builds a pipeline of all requests, each preceded by ASKING if its key is migrating.
    pub(crate) fn pipeline<'a>(
        requests: impl Iterator<Item = &'a Self>,
        asking: bool,
    ) -> redis::Pipeline {
        let mut pipeline = redis::Pipeline::new();
        for request in requests {
            if asking {
                pipeline.cmd("ASKING");
            }
            request.append_to(&mut pipeline);
        }
        pipeline
    }

    /// Appends the commands to a pipeline.
    fn append_to(&self, pipeline: &mut redis::Pipeline) {
        if self.atomic {
            pipeline.cmd("MULTI");
        }
        for command in &self.commands {
            pipeline.add_command(command.clone());
        }
        if self.atomic {
            pipeline.cmd("EXEC");
        }
    }
}
