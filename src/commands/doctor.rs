//! `doctor`: checks Valkey and Akamai and gives a hint for each problem.

mod akamai;
mod valkey;

use crate::domain::doctor::Check;
use crate::domain::permissions::UserRole;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::doctor::DoctorReport;
use crate::settings::{Settings, values};
use crate::stop::Stop;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// What the Valkey user must be allowed to do
    #[arg(long, value_name = "WHAT", default_value = "all", value_parser = values::keyword::<UserRole>())]
    pub need: UserRole,

    /// Check Valkey only; make no API call
    #[arg(long)]
    pub no_akamai: bool,
}

/// The result of a check, and its exit code if the check failed.
type Finding = (Check, Exit);

/// Checks both sides and prints the findings.
pub(crate) async fn run(
    arguments: DoctorArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let findings = tokio::select! {
        findings = examine(&arguments, settings, out, stop) => findings,
        signal = stop.raised() => return Err(Failure::signal(signal)),
    };
    let wrong = findings.iter().filter(|(check, _)| !check.ok);
    let exit = Exit::first(wrong.map(|(_, exit)| *exit));
    let cause = findings.iter().find(|(check, of)| !check.ok && *of == exit);
    let cause = cause.cloned();
    let checks: Vec<Check> = findings.into_iter().map(|(check, _)| check).collect();
    let examined = DoctorReport { checks: &checks };
    examined.show(out, &settings.endpoint(), settings.customers.texts())?;
    match cause.filter(|_| out.is_json()) {
        // The text shows it already.
        Some((check, exit)) => Err(Failure {
            hint: check.hint,
            ..Failure::new(exit, format!("{}: {}", check.name, check.detail))
        }),
        None => Ok(exit),
    }
}

/// Connects, and then checks both sides concurrently.
async fn examine(
    arguments: &DoctorArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Vec<Finding> {
    let (store, mut findings) = valkey::open(settings, stop).await;
    let of_valkey = async {
        match &store {
            Some(store) => valkey::examine(store, settings, arguments.need, out).await,
            None => Vec::new(),
        }
    };
    let of_akamai = async {
        if arguments.no_akamai {
            return Vec::new();
        }
        akamai::examine(settings, store.as_ref(), stop).await
    };
    let (of_valkey, of_akamai) = futures_util::join!(of_valkey, of_akamai);
    findings.extend(of_valkey);
    findings.extend(of_akamai);
    if let Some(store) = store
        && let Err(error) = store.close().await
    {
        findings.push(failed("embedded server", error.into()));
    }
    findings
}

fn passed(name: &'static str, detail: impl Into<String>) -> Finding {
    (Check::passed(name, detail), Exit::Done)
}

/// Turns a failure into a finding.
fn failed(name: &'static str, failure: Failure) -> Finding {
    let hint = failure.hint.unwrap_or_default();
    let mut check = Check::failed(name, failure.message, hint);
    check.hint = check.hint.filter(|hint| !hint.is_empty());
    (check, failure.exit)
}
