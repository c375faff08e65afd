//! `inspect`: shows what keys contain, or which keys match.

mod absent;

use super::connect::with_observer;
use super::no_keys;
use crate::cache::{self, inspect::Inspector, names};
use crate::clock::today;
use crate::domain::glob;
use crate::domain::inspect::content::Content;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::inspect::field::FieldPath;
use crate::domain::inspect::report::{Inspected, ListedKeys};
use crate::domain::inspect::{InspectTarget, KeyFreshness, in_ascii, parts_of};
use crate::domain::key::{Entry, Key, Scheme};
use crate::domain::stats::advice::quoted;
use crate::exit::{Exit, Failure};
use crate::output::reports::inspect::{InspectItem, InspectReport};
use crate::output::{Output, human};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::{self, Store};
use clap::Args;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// Default limit of keys, members and elements.
const LIMIT: usize = 20;

/// Default limit of an object's lines on a terminal.
const LINES: usize = 100;

/// Strings up to this size are read whole to be shown.
const READ_MAX: usize = 64 << 20;

/// Strings up to this size are read whole for --field, which keeps them in memory.
const FIELD_MAX: usize = 256 << 20;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Keys, property or contract ids, host names, or patterns
    ///
    /// A key is complete (`akamai:acme:property:prp_1`), relative to the customer (`property:prp_1`) or as
    /// hit-rate prints it (`acme:property:prp_1`); a pattern is complete or relative. A word with a `*`, `?` or
    /// `[` is a pattern, unless escaped by a backslash: `search:a\*b` is one key. If only
    /// parts of an id are cached, they are shown.
    #[arg(value_name = "KEY|ID|HOSTNAME|PATTERN", required = true)]
    pub targets: Vec<OsString>,

    /// Show at most N keys, members, array elements or lines of an object; 0 shows all [default: 20]
    ///
    /// A terminal shows 100 lines of an object, a pipe all of it. With `-o json`, nothing is cut unless
    /// --limit is given, which then bounds keys, members and array elements.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// Show one field of the value, such as .rules.name
    #[arg(long, value_name = "PATH", conflicts_with = "raw")]
    pub field: Option<FieldPath>,

    /// Treat each argument as a key, even with * ? [
    #[arg(long)]
    pub exact: bool,

    /// Print the value exactly as stored, and nothing else
    #[arg(long, conflicts_with = "limit")]
    pub raw: bool,
}

pub(crate) async fn run(
    arguments: InspectArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let targets = targets(&arguments, settings)?;
    with_observer(settings, stop, async |store| {
        let run = InspectRun {
            arguments: &arguments,
            settings,
            out,
            inspector: Inspector {
                store,
                scheme: &settings.scheme,
                lifetimes: settings.lifetimes(),
                today: today(),
            },
        };
        Box::pin(run.all(&targets)).await
    })
    .await
}

/// Parses the arguments. The flag of each target says whether it is an id.
fn targets(
    arguments: &InspectArgs,
    settings: &Settings,
) -> Result<Vec<(InspectTarget, bool)>, Failure> {
    let customer = settings.customers.one("inspect")?;
    if arguments.raw && arguments.targets.len() > 1 {
        return Err(Failure::usage(
            "`--raw` shows one key, but several were named",
        ));
    }
    let one_value = if arguments.raw { "--raw" } else { "--field" };
    let mut targets = Vec::with_capacity(arguments.targets.len());
    for word in &arguments.targets {
        let word = word.as_bytes();
        let target = InspectTarget::parse(word, arguments.exact, &settings.scheme, customer);
        let target = target.map_err(|error| {
            let forms = "give a property or contract id, a host name, a key (`property:prp_1` or in full), or a pattern";
            let forms = if is_exact_pattern(arguments, word) { WITHOUT_EXACT } else { forms };
            Failure::usage(error.to_string())
                .hint(error.hint.unwrap_or_else(|| forms.to_owned()))
        })?;
        if matches!(target, InspectTarget::Pattern(_))
            && (arguments.raw || arguments.field.is_some())
        {
            return Err(Failure::usage(format!(
                "`{one_value}` shows one key, but `{}` is a pattern",
                escape_bytes(word)
            ))
            .hint(format!(
                "name a key: `alecs-cache inspect {} -c {customer}` lists those that match",
                quoted(&escape_bytes(word))
            )));
        }
        targets.push((target, !word.contains(&b':')));
    }
    Ok(targets)
}

/// Hint for a pattern that `--exact` makes a key.
const WITHOUT_EXACT: &str = "leave out --exact to list the keys that match";

fn is_exact_pattern(arguments: &InspectArgs, word: &[u8]) -> bool {
    arguments.exact && word.iter().any(|byte| b"*?[".contains(byte))
}

struct InspectRun<'a> {
    arguments: &'a InspectArgs,
    settings: &'a Settings,
    out: &'a Output,
    inspector: Inspector<'a>,
}

impl InspectRun<'_> {
    async fn all(&self, targets: &[(InspectTarget, bool)]) -> Result<Exit, Failure> {
        let mut report = InspectReport::default();
        let (mut missing, mut moved) = (Vec::new(), None);
        for (word, (target, is_id)) in self.arguments.targets.iter().zip(targets) {
            match self.one(target, *is_id).await? {
                Ok(mut shown) => {
                    moved = moved.or_else(|| shown.incomplete().cloned());
                    self.name(&mut shown).await;
                    report.items.push(shown);
                }
                Err(failure) => {
                    let word = escape_bytes(word.as_bytes());
                    report.missing.push(word.into_owned());
                    missing.push(failure);
                }
            }
        }
        let several = targets.len() > 1;
        if self.arguments.raw {
            self.raw(&report)?;
        } else if several || !report.items.is_empty() {
            report.show(self.out, &self.settings.endpoint(), several)?;
        }
        if let Some(coverage) = &moved {
            return Err(Failure::topology_changed(
                coverage,
                "some keys may be missing",
            ));
        }
        let Some(mut last) = missing.pop() else {
            return Ok(Exit::Done);
        };
        for failure in &missing {
            self.out.error(&failure.message, None);
        }
        if !report.items.is_empty() {
            last.exit = Exit::Partial;
        }
        Err(last)
    }

    /// Inspects one argument. The inner `Err` reports a target that does not exist.
    async fn one(
        &self,
        target: &InspectTarget,
        is_id: bool,
    ) -> Result<Result<InspectItem, Failure>, Failure> {
        let key = match target {
            InspectTarget::Key(key) => key,
            InspectTarget::Pattern(glob) => return Ok(Ok(self.pattern(glob).await?)),
        };
        let (limit, longest) = match (&self.arguments.field, self.limit()) {
            (Some(_), _) => (usize::MAX, FIELD_MAX),
            _ if self.arguments.raw || self.arguments.limit == Some(0) => (usize::MAX, usize::MAX),
            (None, limit) => (limit.unwrap_or(usize::MAX), READ_MAX),
        };
        let ascii = is_id.then(|| in_ascii(key, self.scheme())).flatten();
        let mut found = self.inspector.key(key, limit, longest).await?;
        if let (None, Some(ascii)) = (&found, &ascii) {
            found = self.inspector.key(ascii, limit, longest).await?;
        }
        if let Some(found) = found {
            return Ok(self.of_key(found));
        }
        let key = ascii.as_ref().unwrap_or(key);
        let wants_value = self.arguments.raw || self.arguments.field.is_some();
        if is_id
            && !wants_value
            && let Some(shown) = self.parts(key).await?
        {
            return Ok(Ok(shown));
        }
        self.warn_of_customer(key).await;
        let hint = if is_exact_pattern(self.arguments, key) {
            WITHOUT_EXACT.to_owned()
        } else {
            absent::hint(key, is_id, self.scheme())
        };
        let message = format!("`{}` is not in the cache", escape_bytes(key));
        Ok(Err(Failure::new(Exit::NotFound, message).hint(hint)))
    }

    /// Adds the names of the properties that keys belong to, for the table only.
    async fn name(&self, shown: &mut InspectItem) {
        let quiet = self.inspector.store.reads_without_touch();
        if self.out.is_json() || self.arguments.raw || !quiet {
            return;
        }
        let prefix = self.scheme().prefix();
        let keys: Vec<String> = match shown {
            // Its value has been read.
            InspectItem::Key(key)
                if matches!(&key.parsed, Some(Key::Of(_, Entry::Property(_)))) =>
            {
                return;
            }
            InspectItem::Key(key) => vec![key.name.key.clone()],
            InspectItem::Keys(listed) => {
                let keys = listed.keys.iter();
                keys.map(|key| key.name.key.clone()).collect()
            }
        };
        let short = keys.iter().filter_map(|key| key.strip_prefix(prefix));
        let names = names::of_properties(self.inspector.store, self.scheme(), short).await;
        let mut names = names
            .into_iter()
            .map(|(key, name)| (format!("{prefix}{key}"), name));
        match shown {
            InspectItem::Key(key) => key.property_name = names.next().map(|(_, name)| name),
            InspectItem::Keys(listed) => listed.names = names.collect(),
        }
    }

    /// Limit of keys, members and elements, if there is one. Scripts get all of them unless they pass --limit.
    fn limit(&self) -> Option<usize> {
        match self.arguments.limit {
            None => (!self.out.is_json()).then_some(LIMIT),
            limit => limit.filter(|limit| *limit > 0),
        }
    }

    fn of_key(&self, mut shown: Inspected) -> Result<InspectItem, Failure> {
        if shown.lock_unknown {
            let key = &shown.name.key;
            self.out.warn(&format!(
                "cannot tell whether `{key}` is locked: the server of its lock does not answer"
            ));
        }
        let marks = matches!(&shown.parsed, Some(Key::Of(_, Entry::Invalidated)));
        let readable = shown.kind.as_ref().is_none_or(|kind| kind == "zset");
        if marks && (!readable || shown.freshness == KeyFreshness::NoTtl) {
            self.out.note("invalidating any id replaces it");
        }
        if let Some(path) = &self.arguments.field {
            if let (Content::Text(_), true, Some(size)) =
                (&shown.value, shown.value_cut, shown.size)
            {
                let (key, size) = (&shown.name.key, human::bytes(size));
                let most = human::bytes(FIELD_MAX as u64);
                let what = format!("`{key}` is {size}, and `--field` reads values up to {most}");
                return Err(Failure::usage(what).hint("write it to a file with --raw"));
            }
            shown.take_field(path).map_err(|missing| {
                let key = &shown.name.key;
                Failure::new(Exit::NotFound, format!("`{key}` has no field {missing}"))
                    .hint("leave out --field to see all fields")
            })?;
        }
        if let Some(limit) = self.limit().filter(|_| !self.arguments.raw) {
            shown.cut_array(limit);
        }
        shown.lines = match self.arguments.limit {
            Some(0) => None,
            Some(limit) => Some(limit),
            // Output that is not on a terminal is never cut.
            None => Output::on_terminal().then_some(LINES),
        };
        Ok(InspectItem::Key(Box::new(shown)))
    }

    async fn pattern(&self, glob: &[u8]) -> Result<InspectItem, Failure> {
        let listing = self.listing(glob).await?;
        if listing.total == 0 {
            self.warn_of_customer(&glob::literal_prefix(glob)).await;
        }
        Ok(InspectItem::Keys(listing))
    }

    async fn listing(&self, glob: &[u8]) -> Result<ListedKeys, cache::Error> {
        let limit = self.limit().unwrap_or(usize::MAX);
        self.inspector.pattern(glob, limit).await
    }

    /// Lists the cached keys that belong to a property, if the property itself is not cached.
    async fn parts(&self, key: &[u8]) -> Result<Option<InspectItem>, Failure> {
        let Some(glob) = parts_of(key, self.scheme()) else {
            return Ok(None);
        };
        let listing = match self.listing(&glob).await {
            Err(cache::Error::Store(store::Error::NoScan(_) | store::Error::Denied { .. })) => {
                return Ok(None);
            }
            listing => listing?,
        };
        if listing.total == 0 {
            return Ok(None);
        }
        self.out.note(&format!(
            "`{}` is not in the cache, only parts of it",
            escape_bytes(key)
        ));
        Ok(Some(InspectItem::Keys(listing)))
    }

    fn scheme(&self) -> &Scheme {
        &self.settings.scheme
    }

    /// Warns if nothing is known of the customer that a missing key belongs to, and names the customers that have
    /// keys.
    async fn warn_of_customer(&self, key: &[u8]) {
        let (store, settings): (&Store, _) = (self.inspector.store, self.settings);
        let whose = self.scheme().split(key).map(|(customer, _)| customer);
        for customer in &settings.customers.names {
            if whose.as_ref() == Some(customer) {
                no_keys::warn_if_unknown(Some(store), settings, customer, self.out, false).await;
            }
        }
    }

    fn raw(&self, report: &InspectReport) -> Result<(), Failure> {
        let Some(InspectItem::Key(shown)) = report.items.first() else {
            return Ok(());
        };
        let shown: &Inspected = shown;
        let Content::Text(bytes) = &shown.value else {
            let kind = shown.kind.as_deref();
            let kind = kind.unwrap_or("value of another type");
            return Err(Failure::usage(format!(
                "`{}` is a {kind}, and `--raw` writes strings",
                shown.name.key
            ))
            .hint("use `-o json`"));
        };
        Ok(self.out.bytes(bytes)?)
    }
}
