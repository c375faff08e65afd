//! Credentials and lifetimes for a customer's account, as configured.

use super::Settings;
use super::resolve::CustomerSelection;
use crate::domain::key::Customer;
use crate::domain::read::freshness::Lifetimes;
use crate::exit::Failure;
use crate::source::{self, ApiLimits, Source};
use crate::stop::Stop;

impl Settings {
    /// Fails if several customers would be fetched with one section or account key: all of them would get the data of
    /// that one account.
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

    /// Creates the API source of a customer with the credentials of its section. `warn` receives the warnings about
    /// those credentials.
    pub(crate) fn source_of(
        &self,
        customer: &Customer,
        limits: ApiLimits,
        stop: &Stop,
        warn: impl Fn(&source::CredentialsWarning),
    ) -> Result<Source, source::Error> {
        let options = &self.source;
        let section = options.section.as_deref().unwrap_or(customer.as_str());
        let environment =
            |name: &str| (self.environment.get_even_empty(name)).map(ToOwned::to_owned);
        let found = source::find_credentials(&options.edgerc, section, &environment)?;
        for warning in &found.warnings {
            warn(warning);
        }
        if options.section_from_environment && section != customer.as_str() {
            warn(&source::CredentialsWarning {
                problem: format!(
                    "using credentials of section \"{section}\" for customer \"{customer}\""
                ),
                remedy: None,
            });
        }
        Source::api(
            customer.as_str(),
            found.credentials,
            options,
            limits,
            stop.clone(),
        )
    }

    /// Returns true if a section has credentials, in the environment or in the file.
    pub(crate) fn has_credentials(&self, section: &str) -> bool {
        let environment = |name: &str| self.environment.get(name).map(ToOwned::to_owned);
        source::find_credentials(&self.source.edgerc, section, &environment).is_ok()
    }

    /// Returns the configured lifetimes of values.
    pub(crate) fn lifetimes(&self) -> Lifetimes<'_> {
        Lifetimes {
            policy: &self.policy,
            stale_for: self.stale_for,
        }
    }
}

impl CustomerSelection {
    /// Returns the customer of a command that accepts only one.
    ///
    /// # Errors
    /// Usage failure if several customers are named.
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
