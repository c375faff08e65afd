//! `search`: finds a hostname or a property.

use super::no_keys;
use super::session::{ReadArgs, with_session};
use crate::cache::read::ServedFrom;
use crate::domain::limit::Limit;
use crate::domain::read::search::SearchTerm;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::get::raw_json;
use crate::output::reports::search::SearchReport;
use crate::settings::Settings;
use crate::stop::Stop;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Host name, property name or id, or a part of one
    #[arg(value_name = "QUERY")]
    pub query: String,

    /// Show at most N results; 0 shows all
    #[arg(long, value_name = "N", default_value = "100")]
    pub limit: Limit,

    /// How the cache is read.
    #[command(flatten)]
    pub read: ReadArgs,
}

pub(crate) async fn run(
    arguments: SearchArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let customer = settings.customers.one("search")?;
    let wanted =
        SearchTerm::new(&arguments.query).map_err(|error| Failure::usage(error.to_string()))?;
    let limit = arguments.limit.items();
    with_session(&arguments.read, settings, customer, out, stop, async |reader| {
        let answer = reader.search(&wanted, limit).await;
        let mut record = true;
        let cold = !matches!(&answer, Ok(results) if results.origin != ServedFrom::Akamai && results.json != b"[]");
        if cold {
            let found = answer.is_ok();
            record = no_keys::warn_if_unknown(reader.store(), settings, customer, out, found).await;
        }
        let shown = answer.map_err(Failure::from).and_then(|results| {
            let searched = SearchReport {
                query: wanted.lower(),
                source: results.origin.as_str(),
                results: raw_json(results.json),
                total: results.total,
                incomplete: results.incomplete,
                unasked: results.unasked,
                repaired: reader.repaired(),
                api_calls: reader.calls_made(),
                refreshing: if arguments.read.no_refresh { 0 } else { reader.due() },
            };
            Ok(searched.show(out, &settings.endpoint(), customer.as_str())?)
        });
        (shown, record)
    })
    .await?;
    Ok(Exit::Done)
}
