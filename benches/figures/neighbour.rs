//! Another client of the server, which keeps sending commands during a large operation.

use crate::Failed;
use crate::wire;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pause between two commands.
const PAUSE: Duration = Duration::from_micros(500);

/// The client.
pub struct Neighbour {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<redis::RedisResult<Vec<Duration>>>,
}

/// Its waits for replies.
#[derive(Clone, Copy)]
pub struct Waits {
    pub longest: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

impl Neighbour {
    /// Connects and starts sending.
    pub fn moves_in(port: u16) -> Result<Self, Failed> {
        let mut connection = wire::connect(port)?;
        let enough = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&enough);
        let thread = std::thread::spawn(move || {
            let mut waits = Vec::new();
            while !told.load(Ordering::Relaxed) {
                let asked = Instant::now();
                redis::cmd("PING").exec(&mut connection)?;
                waits.push(asked.elapsed());
                std::thread::sleep(PAUSE);
            }
            Ok(waits)
        });
        Ok(Self { enough, thread })
    }

    /// Stops and returns the waits.
    pub fn moves_out(self) -> Result<Waits, Failed> {
        self.enough.store(true, Ordering::Relaxed);
        let asked = self.thread.join().map_err(|_| "the neighbour panicked")?;
        let mut waits = asked?;
        waits.sort_unstable();
        let at = |index: usize| waits.get(index).copied().unwrap_or_default();
        Ok(Waits {
            longest: at(waits.len().saturating_sub(1)),
            p99: at(waits.len() * 99 / 100),
        })
    }
}
