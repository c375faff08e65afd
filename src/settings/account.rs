//! The account of a customer, as the settings say how it is reached.

use super::Settings;
use super::resolve::CustomerSelection;
use crate::domain::key::Customer;
use crate::domain::read::freshness::Lifetimes;
use crate::exit::Failure;
use crate::source::{self, ApiLimits, Source};
use crate::stop::Stop;

impl Settings {
    /// Refuses to fetch for several customers with one section or account key: all of them
    /// would get the data of its account.
    pub(crate) fn refuse_shared_section(&self, customers: &[Customer]) -> Result<(), Failure> {
        let shared = match &self.source.section {
            Some(section) => format!("section `{section}`"),
            None if self.source.account_key.is_some() => "an account key".to_owned(),
            None => return Ok(()),
        };
        if customers.len() < 2 {
            return Ok(());
        }
        let names: Vec<_> = customers.iter().map(|name| format!("`{name}`")).collect();
        Err(Failure::usage(format!(
            "{shared} is of one account and cannot fetch for several customers: {}",
            names.join(", ")
        ))
        .hint(
            "leave out --section, --account-key and their variables, or name one customer with -c",
        ))
    }

    /// A source for a customer, with the credentials of its section. `warn` is called with
    /// what the operator should know of them.
    pub(crate) fn source_of(
        &self,
        customer: &Customer,
        limits: ApiLimits,
        stop: &Stop,
        warn: impl Fn(&str),
    ) -> Result<Source, source::Error> {
        let options = &self.source;
        let section = options.section.as_deref().unwrap_or(customer.as_str());
        let environment = |name: &str| self.environment.get(name).map(ToOwned::to_owned);
        let found = source::find_credentials(&options.edgerc, section, &environment)?;
        for warning in &found.warnings {
            warn(warning);
        }
        if options.section_from_environment && section != customer.as_str() {
            warn(&format!(
                "using credentials of section \"{section}\" for customer \"{customer}\""
            ));
        }
        Source::api(
            customer.as_str(),
            found.credentials,
            options,
            limits,
            stop.clone(),
        )
    }

    /// Whether the environment holds the credentials of the section `default`, where there is no file.
    pub(crate) fn has_default_credentials(&self) -> bool {
        let environment = |name: &str| self.environment.get(name).map(ToOwned::to_owned);
        source::find_credentials(&self.source.edgerc, "default", &environment).is_ok()
    }

    /// How long values are kept, by the configuration alone.
    pub(crate) fn lifetimes(&self) -> Lifetimes<'_> {
        Lifetimes {
            policy: &self.policy,
            stale_for: self.stale_for,
        }
    }
}

impl CustomerSelection {
    /// The one customer of a command that works for one.
    ///
    /// # Errors
    /// A usage failure where several are named.
    pub(crate) fn one(&self, command: &str) -> Result<&Customer, Failure> {
        match self.names.as_slice() {
            [customer] => Ok(customer),
            _ => Err(Failure::usage(format!(
                "`{command}` works for one customer, and several are named"
            ))
            .hint("name the one with -c NAME")),
        }
    }
}
