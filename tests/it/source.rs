//! The API client against the stand-in: its calls, its parsing, and its handling of invalid responses.

mod answers;
mod faults;
mod limits;
mod paging;
mod recording;
mod stand_in;

use crate::support::account::Account;
use crate::support::akamai::{Akamai, Fault};
use alecs_cache::testing::source::{
    ApiLimits, Error, Source, SourceOptions, Tuning, find_credentials,
};
use alecs_cache::testing::stop::Stop;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// The stand-in with a folder for its `.edgerc`.
struct Scene {
    akamai: Akamai,
    folder: TempDir,
    options: SourceOptions,
    limits: ApiLimits,
    /// Waits short enough for tests.
    tuning: Tuning,
}

impl Scene {
    fn new(account: Account) -> Self {
        let akamai = Akamai::start(account);
        let folder = tempfile::tempdir().unwrap();
        let options = SourceOptions {
            edgerc: Akamai::edgerc(folder.path(), &["acme", "beta"]),
            section: None,
            section_from_environment: false,
            account_key: None,
            host: Some(akamai.url()),
            timeout: Duration::from_secs(10),
        };
        Self {
            akamai,
            folder,
            options,
            limits: ApiLimits::default(),
            tuning: Tuning {
                first_delay: Duration::from_millis(5),
                longest_delay: Duration::from_millis(20),
                longest_wait: Duration::from_secs(20),
                unconnected_timeout: Duration::from_secs(2),
                unreachable_timeout: Duration::from_secs(2),
                cooldown: Duration::from_millis(200),
                ..Tuning::default()
            },
        }
    }

    fn small() -> Self {
        Self::new(
            Account::new(1)
                .contracts(1)
                .groups(2)
                .properties(5)
                .hostnames(5),
        )
    }

    fn source(&self) -> Source {
        self.source_of("acme", Stop::never())
    }

    fn source_of(&self, section: &str, stop: Stop) -> Source {
        let found = find_credentials(&self.options.edgerc, section, &|_| None).unwrap();
        let (limits, tuning) = (self.limits.clone(), self.tuning.clone());
        Source::api_tuned(
            section,
            found.credentials,
            &self.options,
            limits,
            tuning,
            stop,
        )
        .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Returns all names of a walk, and how it ended.
async fn walk(source: &Source) -> (Vec<String>, Result<(), Error>) {
    let mut pages = source.hostnames();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(items) => names.extend(items.into_iter().map(|item| item.name)),
            Err(error) => return (names, Err(error)),
        }
    }
    (names, Ok(()))
}

fn status(status: u16) -> Fault {
    Fault::Status(status, Vec::new(), String::new())
}

fn limited(header: &'static str, value: &str) -> Fault {
    Fault::Status(429, vec![(header, value.to_owned())], String::new())
}
