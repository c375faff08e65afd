//! Parses the arguments into a request.

use super::WarmArgs;
use crate::commands::stdin;
use crate::domain::key::{Customer, Fqdn, Id};
use crate::domain::nearest::did_you_mean;
use crate::domain::read::property;
use crate::domain::stats::advice::quoted;
use crate::domain::ttl::{Due, Resource};
use crate::domain::warm::WarmRequest;
use crate::exit::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::source;
use crate::stop::Stop;
use std::collections::{BTreeSet, HashSet};

/// Returns the named customers, or every section of `.edgerc`.
pub(super) fn customers(
    arguments: &WarmArgs,
    settings: &Settings,
    out: &Output,
) -> Result<Vec<Customer>, Failure> {
    if !arguments.all_customers {
        return Ok(settings.customers.names.clone());
    }
    let mut customers = Vec::new();
    for section in source::sections(&settings.source.edgerc)? {
        match Customer::new(&section) {
            Ok(customer) => customers.push(customer),
            Err(error) => out.warn(&format!("a section is left out: {error}")),
        }
    }
    if customers.is_empty() {
        let file = settings.source.edgerc.display();
        return Err(Failure::config(format!(
            "`{file}` has no section that can be a customer"
        )));
    }
    Ok(customers)
}

/// Parses the arguments into a request.
pub(super) async fn request(
    arguments: &WarmArgs,
    customers: &[Customer],
    stop: &Stop,
) -> Result<WarmRequest, Failure> {
    let (mut ids, mut hosts) = (Vec::new(), Vec::new());
    let (mut known_ids, mut known_hosts) = (HashSet::new(), HashSet::new());
    let words = stdin::words(&arguments.ids, stop).await?;
    let several = !arguments.ids.is_empty();
    if several && words.is_empty() {
        // An empty list must not be taken for the whole account.
        return Err(Failure::usage("the list on stdin names no property")
            .hint("leave out `-` to warm the whole account"));
    }
    for text in &words {
        match named(text)? {
            WarmTarget::Property(id) if known_ids.insert(id.clone()) => ids.push(id),
            WarmTarget::Host(name) if known_hosts.insert(name.clone()) => hosts.push(name),
            _ => {}
        }
    }
    if several && customers.len() > 1 {
        return Err(
            Failure::usage("a property belongs to one customer, but several were named")
                .hint("name the one with -c NAME"),
        );
    }
    let usual: &[Resource] = if !arguments.only.is_empty() {
        &arguments.only
    } else if arguments.all {
        Resource::WARMABLE
    } else {
        Resource::DEFAULT
    };
    let mut resources: BTreeSet<Resource> = usual.iter().copied().collect();
    resources.retain(|resource| !arguments.skip.contains(resource));
    if several {
        if let Some(resource) = arguments
            .only
            .iter()
            .find(|resource| !Resource::OF_ONE.contains(resource))
        {
            return Err(Failure::usage(format!("`{resource}` does not belong to a single property")).hint(
                "leave out the ids, or name some of details, hostnames, rules, versions, activations",
            ));
        }
        resources.retain(|resource| Resource::OF_ONE.contains(resource));
    }
    if resources.is_empty() {
        return Err(
            Failure::usage("nothing to warm: --skip names all resources").hint("name fewer"),
        );
    }
    Ok(WarmRequest {
        ids,
        hosts,
        own: None,
        resources,
        due: match arguments.every {
            _ if arguments.force => Due::Always,
            Some(next) => Due::Before(next),
            None => Due::Below(arguments.refresh_below.into()),
        },
        jitter: arguments.jitter,
        hostnames: arguments.hostnames,
        concurrency: arguments.concurrency.get(),
        keep: None,
        check: arguments.check,
    })
}

enum WarmTarget {
    Property(Id),
    Host(Fqdn),
}

/// Parses a property id, with or without its prefix, or a hostname.
fn named(text: &str) -> Result<WarmTarget, Failure> {
    let text = text.trim();
    if let Ok(id) = property(text) {
        return Ok(WarmTarget::Property(id));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    // Only a whole label can be a wildcard; elsewhere `*` is meant as a pattern.
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let is_host = !labels.contains(|c: char| c.is_whitespace() || "*?[]/\\@".contains(c));
    if let Some(name) = Fqdn::new(name).ok().filter(|_| is_host) {
        return Ok(WarmTarget::Host(name));
    }
    Err(Failure::usage(format!(
        "invalid value '{text}' for [ID|HOSTNAME]: expected a property or a host name"
    ))
    .hint("ids look like prp_123, host names like www.example.com"))
}

/// Parses a resource that can be warmed.
pub(super) fn warmable(text: &str) -> Result<Resource, String> {
    let resource =
        Resource::named(text.trim()).filter(|resource| Resource::WARMABLE.contains(resource));
    resource.ok_or_else(|| {
        let words = Resource::WARMABLE.iter().map(|one| one.as_str());
        let words: Vec<&str> = words.collect();
        let meant = did_you_mean(text, words.iter().copied());
        format!("expected one of {}{meant}", words.join(", "))
    })
}

impl WarmArgs {
    /// Returns the command line that carries out a dry run's plan. `None` if it may contain a secret, or cannot be
    /// typed again because it reads stdin.
    pub(super) fn without_dry_run(&self) -> Option<String> {
        let mut line = "alecs-cache".to_owned();
        for word in self.typed.iter().skip(1) {
            match word.to_str()? {
                "-n" | "--dry-run" => {}
                word if word == "-" || word.contains('@') || word.starts_with("--account") => {
                    return None;
                }
                word => line.extend([" ", &quoted(word)]),
            }
        }
        // `-n` may have been combined with other short options.
        (self
            .typed
            .iter()
            .any(|word| word == "-n" || word == "--dry-run"))
        .then_some(line)
    }
}
