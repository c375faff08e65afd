//! A proxy on loopback between the tool and a real server. It answers single commands like managed services, other
//! proxies and older servers do.
//!
//! ```ignore
//! let stage = Stage::new(small()).behind_proxy();
//! let proxy = stage.proxy();
//! // An older server: a command and an option that it does not know (scripts that call the command
//! // fail too).
//! proxy.on("PEXPIRETIME").refuse("ERR unknown command 'PEXPIRETIME'");
//! proxy.on("PEXPIRE").with("LT").refuse("ERR wrong number of arguments for 'pexpire' command");
//! // A service that refuses this command inside MULTI, and one that closes at a command.
//! proxy.on("HSET").inside_multi().refuse("ERR not supported inside transaction");
//! proxy.on("CLIENT").with("SETNAME").close();
//! // The first EXEC is executed, and its reply is lost.
//! proxy.on("EXEC").times(1).close_after();
//! // Inside MULTI, an answer or edit replaces the element of EXEC's reply.
//! proxy.on("INFO").edit(|reply| reply.replace("run_id:", "no_id:"));
//! stage.run("invalidate prp_1").with(0);
//! assert_eq!(proxy.seen("PEXPIRETIME"), 1);
//! ```

use super::server::Server;
use std::io::{BufRead, BufReader, BufWriter, Error, Read, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The proxy. Without rules it changes nothing. It stops when dropped.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: AtomicU16,
    ended: AtomicBool,
    rules: Mutex<Vec<Rule>>,
    garbler: Mutex<Option<Garbler>>,
    seen: Mutex<Vec<Vec<String>>>,
}

struct Rule {
    command: String,
    argument: Option<String>,
    multi: Option<bool>,
    left: Option<usize>,
    action: Action,
}

/// Modifies a reply; `true` closes the connection after it.
type Garbler = Box<dyn FnMut(Vec<u8>) -> (Vec<u8>, bool) + Send>;

type Edit = Arc<dyn Fn(String) -> String + Send + Sync>;

#[derive(Clone)]
enum Action {
    Refuse(String),
    Answer(Vec<u8>),
    Close,
    CloseAfter,
    Delay(Duration),
    Edit(Edit),
    LeadTo(u16),
}

/// A rule under construction, in force from its last method on. If several rules match, the first one applies.
pub struct On<'a> {
    shared: &'a Shared,
    command: String,
    argument: Option<String>,
    multi: Option<bool>,
    left: Option<usize>,
}

impl Proxy {
    /// Starts a proxy in front of this server.
    pub fn before(server: &Server) -> Self {
        let listener = super::server::listener();
        let port = listener.local_addr().expect("a port").port();
        let shared = Arc::new(Shared {
            upstream: AtomicU16::new(server.port),
            ended: AtomicBool::new(false),
            rules: Mutex::default(),
            garbler: Mutex::default(),
            seen: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if serving.ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.serve(&client));
            }
        });
        Self {
            port,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Address of the cache behind the proxy.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Directs new connections to another server, as when a name resolves to another host. Open connections stay.
    pub fn lead_to(&self, server: &Server) {
        self.shared.upstream.store(server.port, Ordering::Relaxed);
    }

    /// Starts a rule for a command, by name in any case.
    pub fn on(&self, command: &str) -> On<'_> {
        On {
            shared: &self.shared,
            command: command.to_ascii_uppercase(),
            argument: None,
            multi: None,
            left: None,
        }
    }

    pub fn clear(&self) {
        self.shared.rules.lock().unwrap().clear();
    }

    /// Modifies the bytes of every reply; `true` closes the connection after it.
    pub fn garble(&self, garbler: impl FnMut(Vec<u8>) -> (Vec<u8>, bool) + Send + 'static) {
        *self.shared.garbler.lock().unwrap() = Some(Box::new(garbler));
    }

    /// Number of times that a command arrived.
    pub fn seen(&self, command: &str) -> usize {
        let seen = self.commands();
        let same = |words: &&Vec<String>| words[0].eq_ignore_ascii_case(command);
        seen.iter().filter(same).count()
    }

    /// Returns all commands that arrived, word by word.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl On<'_> {
    /// Only with this argument, in any case: `LT`, `SETNAME`, a key.
    pub fn with(mut self, argument: &str) -> Self {
        self.argument = Some(argument.to_owned());
        self
    }

    /// Only between MULTI and EXEC.
    pub fn inside_multi(mut self) -> Self {
        self.multi = Some(true);
        self
    }

    /// Only outside of MULTI.
    pub fn outside_multi(mut self) -> Self {
        self.multi = Some(false);
        self
    }

    /// Only this many times.
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Answers with an error (`ERR unknown command`), which makes a transaction fail at EXEC. Scripts that call the
    /// command fail too, unless the rule names an argument.
    pub fn refuse(self, line: &str) {
        self.act(Action::Refuse(line.to_owned()));
    }

    /// Answers with these protocol bytes; the server does not see the command.
    pub fn answer(self, bytes: impl Into<Vec<u8>>) {
        self.act(Action::Answer(bytes.into()));
    }

    /// Closes the connection instead of forwarding the command.
    pub fn close(self) {
        self.act(Action::Close);
    }

    /// Forwards the command and closes the connection instead of replying.
    pub fn close_after(self) {
        self.act(Action::CloseAfter);
    }

    /// Forwards the command after a delay.
    pub fn delay(self, pause: Duration) {
        self.act(Action::Delay(pause));
    }

    /// Modifies the raw reply.
    pub fn edit(self, edit: impl Fn(String) -> String + Send + Sync + 'static) {
        self.act(Action::Edit(Arc::new(edit)));
    }

    /// Forwards the command; later connections go to another server.
    pub fn then_lead_to(self, server: &Server) {
        self.act(Action::LeadTo(server.port));
    }

    fn act(self, action: Action) {
        self.shared.rules.lock().unwrap().push(Rule {
            command: self.command,
            argument: self.argument,
            multi: self.multi,
            left: self.left,
            action,
        });
    }
}

impl Rule {
    fn matches(&self, words: &[String], multi: bool) -> bool {
        let named = words[0].eq_ignore_ascii_case(&self.command);
        let argument = self.argument.as_ref();
        let argued = argument.is_none_or(|argument| {
            let mut rest = words.iter().skip(1);
            rest.any(|word| word.eq_ignore_ascii_case(argument))
        });
        let refused = matches!(self.action, Action::Refuse(_)) && argument.is_none();
        let scripted = refused
            && words[0].eq_ignore_ascii_case("EVAL")
            && words.get(1).is_some_and(|text| {
                let call = format!("call('{}'", self.command);
                text.to_ascii_uppercase()
                    .contains(&call.to_ascii_uppercase())
            });
        (named && argued || scripted)
            && self.left != Some(0)
            && self.multi.is_none_or(|wanted| wanted == multi)
    }
}

/// One client connection and its server connection.
struct Session<'a> {
    shared: &'a Shared,
    client: BufWriter<&'a TcpStream>,
    server: TcpStream,
    answers: BufReader<TcpStream>,
    multi: Option<Multi>,
}

/// State between MULTI and EXEC.
#[derive(Default)]
struct Multi {
    refused: bool,
    /// Action for each element of EXEC's reply.
    elements: Vec<Option<Action>>,
}

impl Shared {
    fn serve(&self, client: &TcpStream) {
        let upstream = ("127.0.0.1", self.upstream.load(Ordering::Relaxed));
        if let Ok(server) = TcpStream::connect(upstream) {
            let _ = server.set_nodelay(true);
            let _ = client.set_nodelay(true);
            if let Ok(answers) = server.try_clone() {
                let session = Session {
                    shared: self,
                    client: BufWriter::new(client),
                    server,
                    answers: BufReader::new(answers),
                    multi: None,
                };
                // If either side ends, both end.
                let _ = session.run(client);
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    /// Returns the action of the first matching rule.
    fn action(&self, words: &[String], multi: bool) -> Option<Action> {
        let mut rules = self.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| rule.matches(words, multi))?;
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.action.clone())
    }
}

impl Session<'_> {
    fn run(mut self, client: &TcpStream) -> Result<()> {
        let mut commands = BufReader::new(client);
        loop {
            let command = frame(&mut commands)?;
            let words = words(&command);
            if words.is_empty() {
                continue;
            }
            self.shared.seen.lock().unwrap().push(words.clone());
            let action = self.shared.action(&words, self.multi.is_some());
            let reply = match words[0].to_ascii_uppercase().as_str() {
                "EXEC" if self.multi.is_some() => self.end_multi(&command, action)?,
                "DISCARD" => {
                    self.multi = None;
                    self.single(&command, action)?
                }
                _ if self.multi.is_some() => self.queue(&command, action)?,
                name => {
                    let reply = self.single(&command, action)?;
                    if name == "MULTI" && reply.starts_with(b"+") {
                        self.multi = Some(Multi::default());
                    }
                    reply
                }
            };
            let (reply, ends) = match self.shared.garbler.lock().unwrap().as_mut() {
                Some(garbler) => garbler(reply),
                None => (reply, false),
            };
            self.client.write_all(&reply)?;
            if ends {
                return Err(self.close());
            }
            if commands.buffer().is_empty() {
                self.client.flush()?;
            }
        }
    }

    /// Sends a command to the server and reads the reply.
    fn ask(&mut self, command: &[u8]) -> Result<Vec<u8>> {
        self.server.write_all(command)?;
        frame(&mut self.answers)
    }

    fn single(&mut self, command: &[u8], action: Option<Action>) -> Result<Vec<u8>> {
        match action {
            None => self.ask(command),
            Some(Action::Refuse(line)) => Ok(format!("-{line}\r\n").into_bytes()),
            Some(Action::Answer(bytes)) => Ok(bytes),
            Some(Action::Edit(edit)) => Ok(edited(&edit, &self.ask(command)?)),
            Some(Action::Close) => Err(self.close()),
            Some(Action::CloseAfter) => {
                self.ask(command)?;
                Err(self.close())
            }
            Some(Action::LeadTo(port)) => {
                self.shared.upstream.store(port, Ordering::Relaxed);
                self.ask(command)
            }
            Some(Action::Delay(pause)) => {
                std::thread::sleep(pause);
                self.ask(command)
            }
        }
    }

    fn queue(&mut self, command: &[u8], action: Option<Action>) -> Result<Vec<u8>> {
        let mut multi = self.multi.take().unwrap_or_default();
        let reply = match action {
            Some(action @ Action::Answer(_)) => {
                multi.elements.push(Some(action));
                self.ask(b"*1\r\n$4\r\nPING\r\n")?
            }
            Some(action @ Action::Edit(_)) => {
                multi.elements.push(Some(action));
                self.ask(command)?
            }
            action => {
                let refused = matches!(action, Some(Action::Refuse(_)));
                multi.refused |= refused;
                if !refused {
                    multi.elements.push(None);
                }
                self.single(command, action)?
            }
        };
        self.multi = Some(multi);
        Ok(reply)
    }

    fn end_multi(&mut self, command: &[u8], action: Option<Action>) -> Result<Vec<u8>> {
        const ABORTED: &str = "EXECABORT Transaction discarded because of previous errors.";
        let multi = self.multi.take().unwrap_or_default();
        let refused = matches!(action, Some(Action::Refuse(_) | Action::Answer(_)));
        if multi.refused || refused {
            self.ask(b"*1\r\n$7\r\nDISCARD\r\n")?;
            let action = action.filter(|_| refused);
            return self.single(&[], action.or(Some(Action::Refuse(ABORTED.to_owned()))));
        }
        let reply = self.single(command, action)?;
        if multi.elements.iter().all(Option::is_none) || !reply.starts_with(b"*") {
            return Ok(reply);
        }
        let mut rest = BufReader::new(reply.as_slice());
        let mut changed = Vec::new();
        rest.read_until(b'\n', &mut changed)?;
        for action in multi.elements {
            let element = frame(&mut rest)?;
            changed.extend(match action {
                Some(Action::Answer(bytes)) => bytes,
                Some(Action::Edit(edit)) => edited(&edit, &element),
                _ => element,
            });
        }
        Ok(changed)
    }

    /// Closes the connection after sending earlier replies.
    fn close(&mut self) -> Error {
        let _ = self.client.flush();
        Error::other("closed by a rule")
    }
}

fn edited(edit: &Edit, reply: &[u8]) -> Vec<u8> {
    edit(String::from_utf8_lossy(reply).into_owned()).into_bytes()
}

/// Reads one raw protocol value; a command is one too.
fn frame(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut left = 1_usize;
    while left > 0 {
        left -= 1;
        let start = bytes.len();
        from.read_until(b'\n', &mut bytes)?;
        if !bytes.ends_with(b"\n") {
            return Err(Error::other("the end"));
        }
        let kind = bytes[start];
        let number = std::str::from_utf8(&bytes[start + 1..]).unwrap_or_default();
        let number: usize = number.trim().parse().unwrap_or_default();
        match kind {
            b'$' if bytes[start..] == *b"$-1\r\n" => {}
            b'$' | b'=' | b'!' => {
                let end = u64::try_from(number + 2).unwrap_or_default();
                from.by_ref().take(end).read_to_end(&mut bytes)?;
            }
            b'*' | b'~' | b'>' => left += number,
            b'%' => left += 2 * number,
            _ => {}
        }
    }
    Ok(bytes)
}

fn words(command: &[u8]) -> Vec<String> {
    let mut rest = BufReader::new(command);
    let mut header = String::new();
    if rest.read_line(&mut header).is_err() || !header.starts_with('*') {
        return header.split_whitespace().map(str::to_owned).collect();
    }
    let mut words = Vec::new();
    while let Ok(word) = frame(&mut rest) {
        let text = word.splitn(2, |byte| *byte == b'\n').nth(1);
        let text = text.and_then(|text| text.strip_suffix(b"\r\n"));
        words.push(String::from_utf8_lossy(text.unwrap_or_default()).into_owned());
    }
    words
}
