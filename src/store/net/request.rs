//! What is asked of the key's owner in one go and answered as one.

use redis::{Cmd, ToRedisArgs};

/// One command, or one transaction, about one key. All of it travels together and has one result.
#[derive(Clone)]
pub(crate) struct Request {
    key: Vec<u8>,
    name: &'static str,
    commands: Vec<Cmd>,
    atomic: bool,
    again: Again,
}

/// What may be done where the outcome is unknown or the node has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Doing it twice is the same as doing it once.
    Always,
    /// Only where it is certain that it was not carried out.
    Unsent,
    /// Not at all: it only makes sense on the node that answered before (a cursor).
    Never,
}

/// Runs commands one after the other: each is its number of words and the words.
const ATOMIC_SCRIPT: &str = "\
local at, answers = 1, {} \
while at <= #ARGV do \
local last = at + tonumber(ARGV[at]) \
answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, last)) \
at = last + 1 end \
return answers";

/// How many words a command may have that counts as one element.
const FEW: usize = 8;

/// How many words one call of a script may have: Lua has about 8000 places for them.
const CALL_WORDS: usize = 4000;

/// The words of a command; an RPUSH that is too long for a script is cut into several.
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
    /// `NAME key`, to be continued by [`Request::arg`].
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

    /// A script about this one key. It is sent whole: a script of a few lines costs less than a
    /// second round trip for a server that does not have it yet.
    pub(crate) fn script(text: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::with("EVAL", &["EVAL", text, "1"], key.as_ref())
    }

    /// A command that names no key; `key` only says whose owner is asked.
    pub(crate) fn keyless(name: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        let mut request = Self::with(name, &[], key.as_ref());
        request.commands = vec![redis::cmd(name)];
        request
    }

    /// `NAME key value`. The value, which may be large, is copied once and not while the command grows.
    pub(crate) fn valued(name: &'static str, key: &str, value: &[u8]) -> Self {
        const BESIDE: usize = 64;
        let bytes = name.len() + key.len() + value.len() + BESIDE;
        let command = Cmd::with_capacity(8, bytes);
        Self::begun(command, name, &[name], key.as_bytes()).arg(value)
    }

    fn with(name: &'static str, words: &[&str], key: &[u8]) -> Self {
        // It does not grow while the first words come; most have few more.
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
            again: Again::Always,
        }
    }

    /// Adds an argument to the last command.
    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        if let Some(command) = self.commands.last_mut() {
            command.arg(argument);
        }
        self
    }

    /// Makes it a transaction: this and `next`, which is about the same key, or nothing.
    pub(crate) fn and(mut self, next: Request) -> Self {
        self.commands.extend(next.commands);
        self.atomic = true;
        self
    }

    /// Says what may be done when the outcome is unknown.
    pub(crate) fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    /// The key that decides who is asked.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The key as text, for people.
    pub(crate) fn name_of_key(&self) -> String {
        String::from_utf8_lossy(&self.key).into_owned()
    }

    /// The command's name, for people.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What may be done when the outcome is unknown.
    pub(crate) fn retry(&self) -> Again {
        self.again
    }

    /// Whether it is a transaction.
    pub(crate) fn is_atomic(&self) -> bool {
        self.atomic
    }

    /// The same as one script about its key, which answers as EXEC does: for servers that refuse
    /// transactions.
    pub(crate) fn as_script(&self) -> Self {
        let script = Self::script(ATOMIC_SCRIPT, &self.key).again(self.again);
        let calls = self.commands.iter().flat_map(calls);
        calls.fold(script, |script, call| {
            let script = script.arg(call.len());
            call.into_iter().fold(script, Request::arg)
        })
    }

    /// Its commands, for a transaction of others.
    pub(crate) fn into_commands(self) -> Vec<Cmd> {
        self.commands
    }

    /// How many replies will come.
    pub(crate) fn replies(&self) -> usize {
        if self.atomic {
            self.commands.len() + 2
        } else {
            self.commands.len()
        }
    }

    /// Its approximate size on the wire.
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

    /// What it makes the server do, in commands with few words: each further word is one element more.
    pub(crate) fn elements(&self) -> usize {
        let elements = |command: &Cmd| command.args_iter().count().saturating_sub(FEW).max(1);
        self.commands.iter().map(elements).sum()
    }

    /// The command, where it is a single one.
    pub(crate) fn only(&self) -> Option<&Cmd> {
        match self.commands.as_slice() {
            [only] if !self.atomic => Some(only),
            _ => None,
        }
    }

    /// All commands of these requests, each announced where its key is on its way.
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

    /// Puts the commands behind those that are in the pipeline already.
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
