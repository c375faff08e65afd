//! `warm --keep`: stays and warms repeatedly, before keys expire or cross the server's refresh threshold.

use super::{Recordings, Round, Warm, WarmArgs};
use crate::commands::connect::connect;
use crate::domain::key::Customer;
use crate::domain::progress::NoProgress;
use crate::domain::ttl::{Due, Resource};
use crate::domain::warm::WarmRequest;
use crate::exit::{self, Exit, Failure};
use crate::output::Output;
use crate::output::human;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use futures_util::future::join_all;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// Default time between two cycles.
const EVERY: Duration = Duration::from_mins(3);

/// Time that a cycle may take before the keys it refreshes cross a threshold. Also the longest wait for the API's
/// rate limit, because the next cycle tries again.
pub(super) const SLACK: Duration = Duration::from_secs(30);

/// Attempts per call; the next cycle tries again.
pub(super) const TRIES: u32 = 4;

/// First wait if the cache cannot be reached. It doubles up to the time between two cycles.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Runs until it is stopped, or fails in a way that waiting does not cure.
pub(super) async fn keep(
    arguments: &WarmArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
    customers: &[Customer],
    request: WarmRequest,
) -> Result<Exit, Failure> {
    let every = arguments.every.unwrap_or(EVERY);
    let request = WarmRequest {
        due: Due::Before(every.saturating_add(SLACK)),
        keep: Some(every),
        ..request
    };
    warn_of_list(every, &request, settings, out);
    // Each account has its own limits and failures.
    let each = customers.iter().map(|customer| async {
        let mut cycles = Cycles {
            arguments,
            settings,
            out,
            stop,
            customer: std::slice::from_ref(customer),
            alone: customers.len() == 1,
            request: request.clone(),
            every,
            store: None,
            failed: 0,
            warned: false,
        };
        let ended = cycles.stay().await;
        let closed = cycles.close().await;
        let exit = ended?;
        closed?;
        Ok(exit)
    });
    let ended: Vec<Result<Exit, Failure>> = join_all(each).await;
    let exits: Result<Vec<Exit>, Failure> = ended.into_iter().collect();
    exits.map(Exit::first)
}

/// Warns if the list of properties does not last until the next run.
pub(super) fn warn_of_list(
    every: Duration,
    request: &WarmRequest,
    settings: &Settings,
    out: &Output,
) {
    let list = settings.lifetimes().policy.ttl(Resource::Properties);
    let percent = Resource::Properties.server_refresh_percent();
    let refreshed = list.mul_f64(1.0 - f64::from(percent) / 100.0);
    if every <= refreshed || !request.resources.contains(&Resource::Properties) {
        return;
    }
    let how = if every > list {
        "expires"
    } else {
        "crosses the server's refresh threshold"
    };
    out.warn(&format!(
        "the list of properties lives {}: with a run each {} it {how} before the next one",
        human::duration(list),
        human::duration(every),
    ));
}

/// The cycles of one customer.
struct Cycles<'a> {
    arguments: &'a WarmArgs,
    settings: &'a Settings,
    out: &'a Output,
    stop: &'a Stop,
    customer: &'a [Customer],
    /// True if there is only one customer.
    alone: bool,
    request: WarmRequest,
    every: Duration,
    /// `None` if a new connection is needed.
    store: Option<Store>,
    /// Consecutive failed cycles.
    failed: u32,
    /// Warnings about the credentials were already printed.
    warned: bool,
}

impl Cycles<'_> {
    async fn stay(&mut self) -> Result<Exit, Failure> {
        let mut at_once = signal(SignalKind::user_defined1()).map_err(|error| {
            Failure::new(
                Exit::Unexpected,
                format!("cannot listen for SIGUSR1: {error}"),
            )
        })?;
        loop {
            let begun = Instant::now();
            let wait = match self.cycle().await {
                Ok(()) => self.every,
                // An error that waiting does not cure ends the run, unless other customers are warmed too.
                Err(failure)
                    if self.alone
                        && matches!(failure.exit, Exit::Usage | Exit::Config | Exit::Denied) =>
                {
                    return Err(failure);
                }
                Err(failure) => {
                    if let Some(signal) = self.stop.signal() {
                        return Ok(signal.into());
                    }
                    self.trouble(&failure).await
                }
            };
            let next = (begun + wait).max(Instant::now() + Duration::from_secs(1));
            tokio::select! {
                signal = self.stop.raised() => return Ok(signal.into()),
                () = sleep_until(next) => {}
                // SIGUSR1 starts a cycle at once, for example after an activation.
                _ = at_once.recv() => {}
            }
        }
    }

    /// Reports the failure and returns the wait before the next cycle.
    async fn trouble(&mut self, failure: &Failure) -> Duration {
        let reached = self.store.is_some();
        // The connection may be the cause, so the next cycle opens a new one.
        let _ = self.close().await;
        let wait = if reached {
            self.every
        } else {
            FIRST_WAIT
                .saturating_mul(1 << self.failed.min(10))
                .min(self.every)
        };
        self.failed = self.failed.saturating_add(1);
        let message = match self.customer {
            [customer] if !self.alone => format!("{customer}: {}", failure.message),
            _ => failure.message.clone(),
        };
        let wait_text = human::duration(wait);
        self.out
            .warn(&format!("{message}; next cycle in {wait_text}"));
        wait
    }

    async fn close(&mut self) -> Result<(), Failure> {
        match self.store.take() {
            Some(store) => Ok(store.close().await?),
            None => Ok(()),
        }
    }

    async fn cycle(&mut self) -> Result<(), Failure> {
        let store = match self.store.take() {
            Some(store) => store,
            None => connect(self.settings, self.stop).await?,
        };
        let store = self.store.insert(store);
        let answers = Recordings::default();
        let warm = Warm {
            arguments: self.arguments,
            settings: self.settings,
            out: self.out,
            stop: self.stop,
            request: &self.request,
            answers: &answers,
            store,
            warned: std::mem::replace(&mut self.warned, true),
        };
        let Round {
            warmed,
            mut failures,
            ..
        } = warm.round(self.customer, &NoProgress).await;
        if self.stop.signal().is_some() && !failures.is_empty() {
            return Err(failures.remove(0));
        }
        if self.out.is_json() {
            warmed.show(self.out, &self.settings.endpoint())?;
        } else if !warmed.reports.is_empty() && (!warmed.is_complete() || !self.out.is_quiet()) {
            let mut line = warmed.line();
            if self.failed > 0 && failures.is_empty() {
                let failed = human::count(self.failed.into(), "failed cycle");
                let _ = write!(line, "; recovered after {failed}");
            }
            self.out.line_of_report(&line)?;
        }
        exit::end(self.out, [], failures, 0)?;
        self.failed = 0;
        Ok(())
    }
}
