//! A stand-in for the Akamai API on a loopback address. It verifies every signature with its own implementation,
//! counts, limits, pages, and fails on request.

mod faults;
mod rate;
mod rules;

pub use faults::Fault;
pub use rate::Rate;

use self::rate::Bucket;
use super::account::Account;
use super::secrets::marked;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

/// A call as it arrived, and the status of its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path_and_query: String,
    pub user_agent: String,
    /// 0 if it was not answered.
    pub status: u16,
}

/// The stand-in. It stops when dropped.
pub struct Akamai {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    /// By client token or account switch key.
    accounts: HashMap<String, Account>,
    faults: Vec<(String, usize, Fault)>,
    healed: Arc<Notify>,
    rate: Rate,
    buckets: HashMap<String, Bucket>,
    /// The time set by a test; `None` means the system's.
    clock: Option<Timestamp>,
    nonces: HashSet<String>,
    seen: Vec<Seen>,
    under_way: usize,
    most_under_way: usize,
}

const SECRET: &str = "hunter2-of-the-stand-in==";

impl Akamai {
    /// Serves an account for the section `acme`.
    pub fn start(account: Account) -> Self {
        let state = Arc::new(Mutex::new(State {
            accounts: HashMap::from([(client_token("acme"), account)]),
            faults: Vec::new(),
            healed: Arc::default(),
            rate: Rate::of(100_000),
            buckets: HashMap::new(),
            clock: None,
            nonces: HashSet::new(),
            seen: Vec::new(),
            under_way: 0,
            most_under_way: 0,
        }));
        let listener = super::server::listener();
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a bound socket");
        let (end, ended) = oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(listener, shared) => {}
                    _ = ended => {}
                }
            });
        });
        Self {
            address,
            state,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// Address for `--akamai-host`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Writes a private `.edgerc` with these sections.
    pub fn edgerc(folder: &Path, sections: &[&str]) -> PathBuf {
        let mut text = String::new();
        for section in sections {
            let (token, access) = (client_token(section), access_token(section));
            let _ = write!(
                text,
                "[{section}]\nhost = akab-{section}.luna.akamaiapis.example\nclient_token = {token}\n\
                 client_secret = {SECRET}\naccess_token = {access}\n\n"
            );
        }
        let path = folder.join("edgerc");
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .expect("a file");
        io::Write::write_all(&mut file, text.as_bytes()).expect("written");
        path
    }

    /// Serves another account for another section.
    pub fn serve(&self, section: &str, account: Account) {
        self.state().accounts.insert(client_token(section), account);
    }

    /// Serves an account for this account switch key.
    pub fn switch(&self, key: &str, account: Account) {
        marked(key);
        self.state().accounts.insert(key.to_owned(), account);
    }

    /// Changes the account of the section `acme`.
    pub fn edit(&self, change: impl FnOnce(&mut Account)) {
        let mut state = self.state();
        change(
            state
                .accounts
                .get_mut(&client_token("acme"))
                .expect("the first account"),
        );
    }

    /// Makes the next `times` calls fail whose path and query, or whose credentials, contain `pattern`.
    pub fn fault(&self, pattern: &str, times: usize, fault: Fault) {
        self.state().faults.push((pattern.to_owned(), times, fault));
    }

    /// Ends all faults and sends the responses that are held.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.healed.notify_waiters();
    }

    pub fn rate(&self, rate: Rate) {
        let mut state = self.state();
        state.rate = rate;
        state.buckets.clear();
    }

    /// Stops the API's clock at this time; from now on only [`Akamai::advance`] moves it. Signatures are still
    /// verified with the system's clock, which made them.
    pub fn set_clock(&self, moment: Timestamp) {
        self.state().clock = Some(moment);
    }

    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        let by = SignedDuration::try_from(by).expect("a span of the clock");
        state.clock = Some(state.now() + by);
    }

    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Changes the account of the section `acme` at the API's time.
    pub fn change(&self, change: impl FnOnce(&mut Account, Timestamp)) {
        let now = self.now();
        self.edit(|account| change(account, now));
    }

    /// Returns and clears the calls so far, which a long simulation would keep in memory.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// Returns all calls so far, in the order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// Number of calls whose path and query contain `pattern`.
    pub fn calls(&self, pattern: &str) -> usize {
        let state = self.state();
        state
            .seen
            .iter()
            .filter(|seen| seen.path_and_query.contains(pattern))
            .count()
    }

    /// Largest number of concurrent calls.
    pub fn most_under_way(&self) -> usize {
        self.state().most_under_way
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }
}

impl Drop for Akamai {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn client_token(section: &str) -> String {
    format!("akab-hunter2-client-token-of-{section}")
}

fn access_token(section: &str) -> String {
    format!("akab-hunter2-access-token-of-{section}")
}

type Body = BoxBody<Bytes, io::Error>;

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&state)));
            // Fails if a fault closes the connection.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let text = |name: &str| {
        let value = head.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let asked = Asked {
        method: head.method.to_string(),
        path_and_query: head
            .uri
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default(),
        host: text("host"),
        authorization: text("authorization"),
        prefixes: text("papi-use-prefixes") == "true",
        body,
    };
    let healed = Arc::clone(&state.lock().expect("not poisoned").healed);
    let (place, fault, response, healed) = {
        // A test that sees the call and then changes the account has the former answer in flight.
        let mut state = state.lock().expect("not poisoned");
        let (place, fault) = state.arrived(&asked, text("user-agent"));
        let response = faults::respond(&asked, fault.as_ref(), &mut state);
        // From here on healing is noticed.
        (place, fault, response, healed.notified())
    };
    faults::wait(fault.as_ref(), healed).await;
    let mut state = state.lock().expect("not poisoned");
    state.under_way -= 1;
    // The list may have been taken meanwhile.
    if let Some(seen) = state.seen.get_mut(place) {
        seen.status = response
            .as_ref()
            .map_or(0, |response| response.status().as_u16());
    }
    response
}

struct Asked {
    method: String,
    path_and_query: String,
    host: String,
    authorization: String,
    prefixes: bool,
    body: String,
}

type Headers = Vec<(&'static str, String)>;

impl State {
    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    fn arrived(&mut self, asked: &Asked, user_agent: String) -> (usize, Option<Fault>) {
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
        self.seen.push(Seen {
            method: asked.method.clone(),
            path_and_query: asked.path_and_query.clone(),
            user_agent,
            status: 0,
        });
        let mut faults = self.faults.iter_mut();
        let fault = faults.find(|(pattern, times, _)| {
            let of = [&asked.path_and_query, &asked.authorization];
            *times > 0 && of.iter().any(|text| text.contains(pattern.as_str()))
        });
        let fault = fault.map(|(_, times, fault)| {
            *times -= 1;
            fault.clone()
        });
        (self.seen.len() - 1, fault)
    }
}
