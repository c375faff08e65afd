//! Wires between the tool and its servers, which forward bytes, hold the tool at a moment of its run, and break.
//! Traffic of other clients, such as sentinels and replicas, always passes.

use super::server::wait_for;
use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a broken wire does with replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Closes each connection after this many bytes.
    Cut(usize),
    /// Lets nothing through in either direction.
    Hole,
    /// Sends one byte at a time.
    Drip,
    /// Replaces the bytes with garbage.
    Garbage,
}

/// State shared by all wires of one deployment.
pub struct Net {
    /// Whether replicas use the wires too; their connections start with PING.
    replicas: bool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Connections accepted from any client.
    dialled: usize,
    /// Parts of requests that the tool has sent.
    requests: usize,
    /// Number of the request at which to hold.
    at: Option<usize>,
    held: bool,
    broken: Option<Broken>,
    /// How often it was mended. A connection that was broken before is closed.
    mended: usize,
}

pub struct Wire {
    pub port: u16,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Net {
    pub fn new(replicas: bool) -> Arc<Self> {
        Arc::new(Self {
            replicas,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Recognizes a connection of the tool by its first bytes: it sends its client name, except after a server closed
    /// the connection at that. Sentinels send another name. No other client uses TLS.
    fn is_of_tool(&self, first: &[u8]) -> bool {
        const TLS_HANDSHAKE: u8 = 22;
        if first.first() == Some(&TLS_HANDSHAKE) {
            return true;
        }
        let text = String::from_utf8_lossy(first).to_ascii_uppercase();
        let has = |word: &str| text.contains(word);
        has("ALECS-CACHE") || has("ROLE") && !has("SENTINEL") || has("PING") && !self.replicas
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    /// Resets the counts, and holds the tool at request number `at`; 0 never holds it.
    pub fn hold_at(&self, at: usize) {
        let mut state = self.state();
        (state.dialled, state.requests) = (0, 0);
        state.at = (at > 0).then_some(at);
    }

    /// Connections since then.
    pub fn dialled(&self) -> usize {
        self.state().dialled
    }

    /// Requests since then.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// Waits until the tool is held. Returns `false` if its run ends first.
    pub fn holds(&self, over: impl Fn() -> bool) -> bool {
        wait_for("the moment has come", || {
            if self.state().held {
                Some(true)
            } else {
                over().then_some(false)
            }
        })
    }

    /// Lets the tool continue, over broken or intact wires.
    pub fn release(&self, broken: Option<Broken>) {
        let mut state = self.state();
        state.held = false;
        state.at = None;
        state.broken = broken;
        self.changed.notify_all();
    }

    /// Repairs the wires.
    pub fn mend(&self) {
        self.release(None);
        self.state().mended += 1;
    }

    /// Counts a request, waits while the tool is held, and returns the state of the wire.
    fn sent(&self) -> (Option<Broken>, usize) {
        let mut state = self.state();
        state.requests += 1;
        if state.at.is_some_and(|at| state.requests >= at) {
            state.held = true;
            state.at = None;
        }
        self.pass(state)
    }

    fn answered(&self) -> (Option<Broken>, usize) {
        self.pass(self.state())
    }

    fn pass(&self, state: MutexGuard<'_, State>) -> (Option<Broken>, usize) {
        let limit = Duration::from_secs(30);
        let held = |state: &mut State| state.held;
        let (state, _) = self
            .changed
            .wait_timeout_while(state, limit, held)
            .expect("not poisoned");
        (state.broken, state.mended)
    }
}

impl Wire {
    /// Starts a wire to a server that listens on this port, now or later.
    pub fn to(upstream: u16, net: &Arc<Net>) -> Self {
        let listener = super::server::listener();
        let port = listener.local_addr().expect("a port").port();
        let (ended, net) = (Arc::new(AtomicBool::new(false)), Arc::clone(net));
        let over = Arc::clone(&ended);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let net = Arc::clone(&net);
                net.state().dialled += 1;
                std::thread::spawn(move || {
                    // If either side ends, both end.
                    let _ = connect(&client, upstream, &net);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        Self {
            port,
            ended,
            accepting: Some(accepting),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn connect(client: &TcpStream, upstream: u16, net: &Arc<Net>) -> Result<()> {
    let server = TcpStream::connect(("127.0.0.1", upstream))?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let ours = Arc::new(AtomicBool::new(false));
    let (from, to, of_tool) = (server.try_clone()?, client.try_clone()?, Arc::clone(&ours));
    let net = Arc::clone(net);
    let answers = Arc::clone(&net);
    let answering = std::thread::spawn(move || {
        let _ = answer(&from, &to, &of_tool, &answers);
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
    let _ = request(client, &server, &ours, &net);
    let _ = server.shutdown(Shutdown::Both);
    let _ = answering.join();
    Ok(())
}

fn request(
    mut client: &TcpStream,
    mut server: &TcpStream,
    ours: &AtomicBool,
    net: &Net,
) -> Result<()> {
    let mut part = vec![0; 1 << 16];
    let mut first = true;
    loop {
        let length @ 1.. = client.read(&mut part)? else {
            return Ok(());
        };
        let part = &part[..length];
        if std::mem::take(&mut first) {
            ours.store(net.is_of_tool(part), Ordering::Relaxed);
        }
        let hole = ours.load(Ordering::Relaxed) && net.sent().0 == Some(Broken::Hole);
        if !hole {
            server.write_all(part)?;
        }
    }
}

fn answer(
    mut server: &TcpStream,
    mut client: &TcpStream,
    ours: &AtomicBool,
    net: &Net,
) -> Result<()> {
    let mut part = vec![0; 1 << 16];
    let mut spoiled = None;
    loop {
        let length @ 1.. = server.read(&mut part)? else {
            return Ok(());
        };
        let part = &mut part[..length];
        if !ours.load(Ordering::Relaxed) {
            client.write_all(part)?;
            continue;
        }
        let (broken, mended) = net.answered();
        if spoiled.is_some_and(|before| before != mended) {
            return Ok(());
        }
        if broken.is_some() {
            spoiled = Some(mended);
        }
        match broken {
            None => client.write_all(part)?,
            Some(Broken::Hole) => {}
            Some(Broken::Cut(bytes)) => return client.write_all(&part[..bytes.min(length)]),
            Some(Broken::Garbage) => {
                let mut byte = 0x5a_u8;
                part.fill_with(|| {
                    byte = byte.wrapping_mul(109).wrapping_add(89);
                    byte
                });
                client.write_all(part)?;
            }
            Some(Broken::Drip) => {
                for byte in part.chunks(1) {
                    client.write_all(byte)?;
                    if net.answered().1 != mended {
                        return Ok(());
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }
}
