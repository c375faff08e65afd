//! Candidates for values: names from files of this machine. Nothing is queried over the network, and unreadable files
//! offer nothing.

use crate::cache::undo::UndoFolder;
use crate::domain::key::Customer;
use crate::domain::stats::StatsReport;
use crate::domain::ttl::Resource;
use crate::settings::{self, Environment, Flags, keys};
use crate::source;
use clap::Command;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Limit of offered undo files, newest first.
const UNDOS: usize = 50;

/// Sources of names.
pub(super) struct ValueNames {
    known: Arc<settings::KnownNames>,
    state: Option<PathBuf>,
}

impl ValueNames {
    /// Honors options typed earlier on the line, such as `--config`.
    pub(crate) fn new(flags: &Flags, environment: &Environment) -> Self {
        Self {
            known: Arc::new(settings::known(flags, environment)),
            state: environment.state_folder(),
        }
    }

    /// Returns the definition with candidates added to its arguments.
    pub(crate) fn offered(&self, definition: Command) -> Command {
        let of = |values: fn(&settings::KnownNames) -> Vec<CompletionCandidate>| {
            let known = Arc::clone(&self.known);
            ArgValueCandidates::new(move || values(&known))
        };
        let resources =
            || ArgValueCandidates::new(|| words(Resource::WARMABLE.iter().map(|one| one.as_str())));
        let state = self.state.clone();
        let undos = ArgValueCandidates::new(move || undos(state.clone()));
        let profiles =
            |known: &settings::KnownNames| words(known.profiles.iter().map(String::as_str));
        definition
            .mut_arg(keys::customer.name, |arg| arg.add(of(customers)))
            .mut_arg(keys::section.name, |arg| arg.add(of(sections)))
            .mut_arg(keys::default_profile.name, |arg| arg.add(of(profiles)))
            .mut_subcommand("warm", |warm| {
                warm.mut_arg("only", |arg| arg.add(resources()))
                    .mut_arg("skip", |arg| arg.add(resources()))
            })
            .mut_subcommand("undo", |undo| undo.mut_arg("id", |arg| arg.add(undos)))
            .mut_subcommand("stats", |stats| {
                let figures = || words(StatsReport::names().iter().map(String::as_str));
                stats.mut_arg("assertions", |arg| {
                    arg.add(ArgValueCandidates::new(figures))
                })
            })
            .mut_subcommand("config", |config| {
                let keys = || words(keys::names().iter().map(String::as_str));
                config.mut_arg("keys", |arg| arg.add(ArgValueCandidates::new(keys)))
            })
    }
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<CompletionCandidate> {
    words.into_iter().map(CompletionCandidate::new).collect()
}

/// Returns the sections of `.edgerc` and the customers named in the configuration file.
fn customers(known: &settings::KnownNames) -> Vec<CompletionCandidate> {
    let sections = of_edgerc(known);
    let all = sections.iter().chain(&known.customers);
    let all: BTreeSet<Customer> = all.filter_map(|name| Customer::new(name).ok()).collect();
    words(all.iter().map(Customer::as_str))
}

fn sections(known: &settings::KnownNames) -> Vec<CompletionCandidate> {
    words(of_edgerc(known).iter().map(String::as_str))
}

fn of_edgerc(known: &settings::KnownNames) -> Vec<String> {
    // Reading a pipe would block.
    if !known.edgerc.is_file() {
        return Vec::new();
    }
    source::sections(&known.edgerc).unwrap_or_default()
}

/// Returns undo ids, each with the command that it undoes.
fn undos(state: Option<PathBuf>) -> Vec<CompletionCandidate> {
    let folder = state.map(|state| UndoFolder::below(&state));
    let headers = folder.and_then(|folder| folder.newest(UNDOS).ok());
    let offered = headers.unwrap_or_default().into_iter().map(|header| {
        let command = header.command.into();
        CompletionCandidate::new(header.id).help(Some(command))
    });
    offered.collect()
}
