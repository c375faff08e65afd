//! `customers`: lists configured and cached customers, with their keys, last warm run and hit rate.

use super::connect::with_observer;
use super::no_keys;
use crate::cache::customers::{CustomerCensus, count, last_warm};
use crate::cache::hit_rate::measure;
use crate::clock::{now, today};
use crate::domain::hit_rate::{GroupBy, HitRateQuery, days_until};
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::customers::{CustomerLine, CustomersList};
use crate::settings::Settings;
use crate::source;
use crate::stop::Stop;
use crate::store::{Error, Store};
use clap::Args;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Days that the hit rate covers: the lifetime of the counters.
const DAYS: u16 = 7;

#[derive(Debug, Args)]
pub(crate) struct CustomersArgs {
    /// Show at most N customers [default: all]
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    pub limit: Limit,
}

pub(crate) async fn run(
    arguments: CustomersArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    // Without the file there are no sections, but customers with keys are still listed.
    let sections = source::sections(&settings.source.edgerc);
    if let Err(error) = &sections
        && settings.source.edgerc.exists()
    {
        out.warn(&error.to_string());
    }
    let sections: BTreeSet<String> = sections.unwrap_or_default().into_iter().collect();
    let work = async |store: &Store| Ok(read(store, settings, &sections, out).await?);
    let (mut lines, census, notes) = with_observer(settings, stop, work).await?;
    let asked = settings.customers.named;
    let keys = lines.iter().map(|line| line.keys).sum();
    let total = arguments.limit.cut(&mut lines);
    let list = CustomersList {
        customers: lines,
        total,
        keys,
        not_manageable: if asked {
            Vec::new()
        } else {
            census.refused.into_iter().collect()
        },
    };
    list.show(out, &settings.endpoint())?;
    for note in &notes {
        out.note(note);
    }
    Ok(Exit::Done)
}

async fn read(
    store: &Store,
    settings: &Settings,
    sections: &BTreeSet<String>,
    out: &Output,
) -> Result<(Vec<CustomerLine>, CustomerCensus, Vec<String>), Error> {
    let census = count(store, &settings.scheme).await?;
    let question = HitRateQuery {
        days: days_until(today(), DAYS),
        by: GroupBy::Customer,
        ..HitRateQuery::default()
    };
    let counted = measure(store, &settings.scheme, question).await?;
    let rates: BTreeMap<&str, Option<f64>> = (counted.rows.iter())
        .map(|row| (row.group.as_str(), row.hit_rate))
        .collect();
    let of_sections = sections.iter().filter_map(|name| Customer::new(name).ok());
    let names: BTreeSet<Customer> = if settings.customers.named {
        let known = no_keys::known(store, settings, &settings.customers.names, out);
        known.await?.into_iter().collect()
    } else {
        of_sections.chain(census.keys.keys().cloned()).collect()
    };
    let mut lines = Vec::with_capacity(names.len());
    for customer in names {
        let keys = census.keys.get(&customer).copied().unwrap_or_default();
        let age = if keys == 0 {
            None
        } else {
            last_warm(store, &settings.scheme, &settings.policy, &customer).await?
        };
        let section = sections.get(customer.as_str()).cloned();
        lines.push(CustomerLine {
            section,
            keys,
            last_warm: age.and_then(ended_at),
            age,
            hit_rate: rates.get(customer.as_str()).copied().flatten(),
            customer: customer.to_string(),
        });
    }
    Ok((lines, census, counted.left_out_notes()))
}

/// Returns the time `age` ago in RFC 3339.
fn ended_at(age: Duration) -> Option<String> {
    let seconds = i64::try_from(now().saturating_sub(age.as_secs())).ok()?;
    Some(Timestamp::from_second(seconds).ok()?.to_string())
}
