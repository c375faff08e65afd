//! Checks of Akamai: file, section, credentials, permissions, clock, account.

use super::{Finding, failed};
use crate::cache;
use crate::cache::fetch::{CacheView, Remembered};
use crate::clock::now;
use crate::domain::doctor::Check;
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::human;
use crate::settings::Settings;
use crate::source::{self, ApiLimits, CredentialsWarning, Source};
use crate::stop::Stop;
use crate::store::Store;
use std::cell::RefCell;
use std::time::Duration;

/// Checks the account of each customer with one call.
pub(super) async fn examine(
    settings: &Settings,
    store: Option<&Store>,
    stop: &Stop,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for customer in &settings.customers.names {
        let of_customer = of_customer(settings, customer, store, stop).await;
        findings.extend(of_customer.into_iter().map(|(mut check, exit)| {
            check.customer = Some(customer.to_string());
            (check, exit)
        }));
    }
    findings
}

async fn of_customer(
    settings: &Settings,
    customer: &Customer,
    store: Option<&Store>,
    stop: &Stop,
) -> Vec<Finding> {
    let warnings = RefCell::new(Vec::new());
    // One call and one retry, because the operator waits for the diagnosis.
    let limits = ApiLimits {
        tries: 2,
        concurrency: 1,
        ..ApiLimits::default()
    };
    let warn = |warning: &CredentialsWarning| {
        let CredentialsWarning { problem, remedy } = warning;
        warnings.borrow_mut().push(match remedy {
            Some(remedy) => (
                Check::failed("credentials file", problem, remedy),
                Exit::Config,
            ),
            None => super::passed("credentials file", problem),
        });
    };
    let source = settings.source_of(customer, limits, stop, warn);
    let mut findings: Vec<Finding> = warnings.into_inner();
    let source = match source {
        Ok(source) => source,
        Err(error) => {
            findings.push(without_credentials(settings, customer, error));
            return findings;
        }
    };
    let section = settings.source.section.as_deref();
    let section = section.unwrap_or(customer.as_str());
    findings.push(super::passed(
        "credentials",
        format!("complete, of section [{section}]"),
    ));
    let lifetimes = settings.lifetimes();
    let cache = store.map(|store| CacheView::new(store, &settings.scheme, customer, lifetimes));
    let known = match &cache {
        // Without it nothing is known of the account and of a block.
        Some(cache) => obeyed(cache, &source).await.unwrap_or_default(),
        None => Remembered::default(),
    };
    match source.groups_of_account().await {
        Ok(answer) => {
            let groups = answer.value.groups.len() as u64;
            let detail = format!("accepted; {} listed", human::count(groups, "group"));
            findings.push(super::passed("akamai", detail));
            if let Some(date) = answer.date {
                findings.push(clock(date.as_second()));
            }
            let account = answer.value.account.as_deref();
            if let Err(error) = known.agree(customer.as_str(), account) {
                findings.push(failed("account", error.into()));
            }
        }
        Err(error) => {
            let error = cache::Error::from(error);
            if let Some(cache) = &cache {
                known.note_block(cache, Some(&error)).await;
            }
            findings.push(failed("akamai", error.into()));
        }
    }
    findings
}

/// Reads what is remembered of the customer. While the API blocks this address, the source makes no call.
async fn obeyed(cache: &CacheView<'_>, source: &Source) -> Result<Remembered, cache::Error> {
    let known = Remembered::read(cache).await?;
    known.obey_block(cache, source, None).await?;
    Ok(known)
}

fn without_credentials(settings: &Settings, customer: &Customer, error: source::Error) -> Finding {
    let file = &settings.source.edgerc;
    let has_no_section = error.to_string().starts_with("no ");
    let sections = source::sections(file).unwrap_or_default();
    if !settings.customers.named && has_no_section && !sections.is_empty() {
        let hint = format!("name a customer with -c ({})", sections.join(", "));
        return failed("credentials", Failure::from(error).hint(hint));
    }
    if file.exists() || !has_no_section {
        return failed("credentials", error.into());
    }
    let failure = Failure::config(format!("no credentials: {} does not exist", file.display()));
    let hint = if settings.has_credentials("default") {
        "AKAMAI_HOST and the others are set: --section default uses them".to_owned()
    } else {
        format!(
            "create it with a section [{customer}] (host, client_token, client_secret, access_token), or name \
             the file with --edgerc"
        )
    };
    failed("credentials", failure.hint(hint))
}

fn clock(date: i64) -> Finding {
    let here = i64::try_from(now()).unwrap_or(i64::MAX);
    let skew = Duration::from_secs(here.abs_diff(date));
    // Signatures are valid for 30 seconds, and the call itself took some of them.
    if skew < Duration::from_secs(20) {
        return super::passed("clock of akamai", "agrees with this machine");
    }
    let way = if here > date { "ahead of" } else { "behind" };
    let detail = format!("this machine is {} {way} Akamai", human::duration(skew));
    let hint = "set the clock of this machine (NTP): signatures are valid for 30 seconds";
    (Check::failed("clock of akamai", detail, hint), Exit::Denied)
}
