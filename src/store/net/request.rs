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

impl Request {
    /// `NAME key`, to be continued by [`Request::arg`].
    pub fn new(name: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::with(name, &[name], key.as_ref())
    }

    /// `NAME SUB key`, such as `OBJECT ENCODING key`.
    pub fn of(name: &'static str, sub: &'static str, key: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::with(name, &[name, sub], key.as_ref())
    }

    /// A script about this one key. It is sent whole: a script of a few lines costs less than a
    /// second round trip for a server that does not have it yet.
    pub fn script(text: &'static str, key: &str) -> Self {
        Self::with("EVAL", &["EVAL", text, "1"], key.as_bytes())
    }

    /// A command that names no key; `key` only says whose owner is asked.
    pub fn keyless(name: &'static str, key: &str) -> Self {
        let mut request = Self::with(name, &[], key.as_bytes());
        request.commands = vec![redis::cmd(name)];
        request
    }

    fn with(name: &'static str, words: &[&str], key: &[u8]) -> Self {
        let mut command = Cmd::new();
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
    pub fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        if let Some(command) = self.commands.last_mut() {
            command.arg(argument);
        }
        self
    }

    /// Makes it a transaction: this and `next`, which is about the same key, or nothing.
    pub fn and(mut self, next: Request) -> Self {
        self.commands.extend(next.commands);
        self.atomic = true;
        self
    }

    /// Says what may be done when the outcome is unknown.
    pub fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    /// The key that decides who is asked.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The command's name, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What may be done when the outcome is unknown.
    pub fn retry(&self) -> Again {
        self.again
    }

    /// How many replies will come.
    pub fn replies(&self) -> usize {
        if self.atomic {
            self.commands.len() + 2
        } else {
            self.commands.len()
        }
    }

    /// What it weighs on the wire, about.
    pub fn bytes(&self) -> usize {
        let argument = |argument: redis::Arg<&[u8]>| match argument {
            redis::Arg::Simple(bytes) => bytes.len() + 16,
            _ => 16,
        };
        self.commands
            .iter()
            .map(|command| command.args_iter().map(argument).sum::<usize>())
            .sum()
    }

    /// Puts the commands behind those that are in the pipeline already.
    pub fn append_to(&self, pipeline: &mut redis::Pipeline) {
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
