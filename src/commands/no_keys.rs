//! Checks after a read found nothing: whether the customer is known at all, and which customers have keys.

use crate::cache::customers::{cached, has_keys, is_filled};
use crate::domain::key::Customer;
use crate::domain::nearest::did_you_mean;
use crate::output::{Output, human};
use crate::settings::Settings;
use crate::source;
use crate::store::{Error, Store};
use std::collections::BTreeSet;

/// Limit of customers listed in a warning.
const LISTED: usize = 10;

/// Reports whether a customer has credentials or keys. Nothing is written for an unknown customer, because the name
/// may be a typo. If the keys cannot be walked, every customer counts as known.
pub(super) async fn is_known(
    store: &Store,
    settings: &Settings,
    customer: &Customer,
) -> Result<bool, Error> {
    let name = customer.as_str();
    if sections(settings).contains(name) || settings.has_credentials(name) {
        return Ok(true);
    }
    match has_keys(store, &settings.scheme, customer).await {
        Err(Error::NoScan(_) | Error::Denied { .. }) => Ok(true),
        found => found,
    }
}

fn sections(settings: &Settings) -> BTreeSet<String> {
    // Without the file there are no sections.
    let names = source::sections(&settings.source.edgerc).unwrap_or_default();
    names.into_iter().collect()
}

/// Returns the known customers. Warns about each unknown one that was named.
pub(super) async fn known(
    store: &Store,
    settings: &Settings,
    customers: &[Customer],
    out: &Output,
) -> Result<Vec<Customer>, Error> {
    let mut known = Vec::with_capacity(customers.len());
    for customer in customers {
        if is_known(store, settings, customer).await? {
            known.push(customer.clone());
        } else if settings.customers.named {
            warn(store, settings, customer, out, "nothing is cached").await?;
        }
    }
    Ok(known)
}

/// Warns about those of these customers that were named and of whom nothing is known: a name may be a typo.
pub(super) async fn warn_of_unknown(
    store: &Store,
    settings: &Settings,
    customers: Vec<Customer>,
    out: &Output,
) {
    if settings.customers.named
        && let Err(error) = known(store, settings, &customers, out).await
    {
        log::info!("cannot list the customers that have keys: {error}");
    }
}

/// Warns if a read found nothing in the cache and its customer is unknown or a wrong guess. Returns whether the read
/// may be recorded, which it is not for an unknown customer. `found` says whether the API had something. If the cache
/// fails, there is no warning.
pub(super) async fn warn_if_unknown(
    store: Option<&Store>,
    settings: &Settings,
    customer: &Customer,
    out: &Output,
    found: bool,
) -> bool {
    let Some(store) = store else {
        return true;
    };
    let known = async {
        let known = found || is_known(store, settings, customer).await?;
        let guessed = !settings.customers.named
            && !is_filled(store, &settings.scheme, customer).await?
            && !others(store, settings, customer).await?.is_empty();
        if guessed || !known && settings.customers.named {
            warn(store, settings, customer, out, "nothing is cached").await?;
        }
        Ok::<_, Error>(known)
    };
    known.await.unwrap_or(true)
}

/// Warns that `nothing` (such as `nothing is cached`) was found for a customer, and names the customers that have
/// keys. Without `-c` the customer is a guess that may be wrong.
pub(super) async fn warn(
    store: &Store,
    settings: &Settings,
    customer: &Customer,
    out: &Output,
    nothing: &str,
) -> Result<(), Error> {
    let names = others(store, settings, customer).await?;
    out.warn(&format!(
        "{nothing} for customer {customer} ({}){}",
        listed(&names),
        if settings.customers.named {
            let sections = sections(settings);
            let known = names.iter().map(Customer::as_str);
            let known = known.chain(sections.iter().map(String::as_str));
            did_you_mean(customer.as_str(), known).replace('`', "")
        } else if names.is_empty() {
            String::new()
        } else {
            "; name one with -c".to_owned()
        }
    ));
    Ok(())
}

/// Returns the other customers that have keys; empty if the keys cannot be walked.
async fn others(
    store: &Store,
    settings: &Settings,
    customer: &Customer,
) -> Result<BTreeSet<Customer>, Error> {
    let mut names = match cached(store, &settings.scheme).await {
        Err(Error::NoScan(_) | Error::Denied { .. }) => BTreeSet::new(),
        names => names?,
    };
    names.remove(customer);
    Ok(names)
}

fn listed(names: &BTreeSet<Customer>) -> String {
    if names.is_empty() {
        return "and for no other".to_owned();
    }
    format!("cached: {}", human::first(names, LISTED))
}
