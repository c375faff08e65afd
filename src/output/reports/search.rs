//! Report of `search`.

use crate::domain::stats::advice::quoted;
use crate::output::human::{self, grouped};
use crate::output::table::{Column, Rows};
use crate::output::{Output, WriteError};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Results of a search.
#[derive(Debug, Serialize)]
pub(crate) struct SearchReport<'a> {
    /// The search text in lower case.
    pub query: &'a str,
    /// `cache`, `stale` or `akamai`.
    pub source: &'static str,
    /// A JSON array in the server's shape.
    pub results: Box<RawValue>,
    /// Number of results found; `results` may contain fewer.
    pub total: usize,
    /// True if only whole names were looked up, because the property list is not cached or the API could not be called.
    pub incomplete: bool,
    /// True if the API could not be called; a warning reports it.
    #[serde(skip)]
    pub unasked: bool,
    /// Keys whose invalid values were fetched again.
    pub repaired: Vec<String>,
    /// API calls made for the answer.
    pub api_calls: u64,
    /// Values that are refreshed after the answer, with calls that are not counted.
    pub refreshing: usize,
}

impl SearchReport<'_> {
    /// Prints the results as a table or a document.
    pub(crate) fn show(
        &self,
        out: &Output,
        endpoint: &str,
        customer: &str,
    ) -> Result<(), WriteError> {
        if out.is_json() {
            return out.document("search", endpoint, [customer], self);
        }
        let results: Vec<Value> = serde_json::from_str(self.results.get()).unwrap_or_default();
        let whose = format!("{customer} ({})", human::address(endpoint));
        if !results.is_empty() {
            out.line_of_report(&self.headline(&whose))?;
            self.table(&results, out)?;
        } else if self.incomplete && self.unasked {
            out.note(&format!(
                "no match for `{}` in {whose}; only whole names were looked up",
                self.query
            ));
        } else {
            out.note(&format!("no match for `{}` in {whose}", self.query));
        }
        if results.len() < self.total {
            out.note(&format!(
                "{} of {} results; --limit 0 shows all",
                grouped(results.len() as u64),
                grouped(self.total as u64)
            ));
        }
        if self.incomplete && !self.unasked {
            out.note(&format!(
                "the property list is not cached, so properties were looked up by id and by whole name only; run: \
                 alecs-cache warm -c {}",
                quoted(customer)
            ));
        }
        Ok(())
    }

    /// Headline: number of results, and where the answer comes from.
    fn headline(&self, whose: &str) -> String {
        let from = match self.source {
            "akamai" => "; asked Akamai",
            "stale" => "; expired values",
            _ => "",
        };
        let verb = if self.total == 1 { "matches" } else { "match" };
        format!(
            "{} of {whose} {verb} `{}`{from}",
            human::count(self.total as u64, "result"),
            self.query
        )
    }

    /// Prints a row per result. The kind of match is shown only with `-v`, because it is visible from the row.
    fn table(&self, results: &[Value], out: &Output) -> Result<(), WriteError> {
        let verbose = out.options().verbosity > 0;
        let mut columns = vec![
            Column::Whole("hostname"),
            Column::Whole("property"),
            Column::Text("name"),
            Column::Number("production"),
        ];
        if verbose {
            columns.extend([Column::Whole("match"), Column::Whole("source")]);
        }
        let mut rows = Rows::new(&columns)
            .optional(&["source", "match"])
            .names(&["name", "hostname"])
            .unless_zero(&["hostname", "production"]);
        for result in results {
            let cell = |place: &str| match result.pointer(place) {
                None | Some(Value::Null) => "-".to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            rows.push([
                cell("/hostname/cnameFrom"),
                cell("/property/propertyId"),
                cell("/property/propertyName"),
                cell("/property/productionVersion"),
                cell("/type"),
                self.source.to_owned(),
            ]);
        }
        out.table(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_has_the_number_of_results_and_their_source() {
        let line_of = |source, total| {
            let searched = SearchReport {
                query: "site1",
                source,
                results: RawValue::NULL.to_owned(),
                total,
                incomplete: false,
                unasked: false,
                repaired: Vec::new(),
                api_calls: 0,
                refreshing: 0,
            };
            searched.headline("acme (h:1)")
        };
        assert_eq!(
            line_of("cache", 1_018),
            "1,018 results of acme (h:1) match `site1`"
        );
        assert_eq!(
            line_of("akamai", 1),
            "1 result of acme (h:1) matches `site1`; asked Akamai"
        );
    }
}
