//! Report of a dry run: what would be stored, and what that costs.

use super::{CustomerPart, ended, summary};
use crate::domain::key::Customer;
use crate::domain::ttl::Resource;
use crate::domain::warm::{Failed, PlanSummary};
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use serde::Serialize;
use std::collections::BTreeMap;

/// Assumed time of an API call if none was made, in milliseconds.
const CALL_MILLIS: u64 = 300;

/// Plans of a dry run for all customers.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// All requested customers.
    pub customers: Vec<String>,
    /// Each customer with its plan.
    pub plans: Vec<(String, PlanSummary)>,
    /// Customers without a plan, and why.
    pub ends: Vec<(String, Failed)>,
    /// API calls made to learn the size of an account that is not cached.
    pub api_calls: u64,
    /// Calls that the API still allows at present, if it reports them.
    pub api_calls_remaining: Option<u64>,
    /// Calls per minute that the API allows.
    pub calls_per_minute: u64,
    /// Calls per minute that the operator allows, evenly spaced.
    pub rate: Option<u64>,
    /// True if values would be compared instead of written.
    pub check: bool,
    /// True if a recording provides the answers.
    pub recorded: bool,
    /// Command line that carries out the plan, if known.
    pub run: Option<String>,
    /// Concurrent API calls.
    pub concurrency: u64,
    /// Measured time of a call of this plan, in milliseconds.
    pub call_millis: Option<u64>,
}

#[derive(Serialize)]
struct PlannedLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    resource: Resource,
    /// `null` if only fetching will tell.
    planned: Option<u64>,
    kept: u64,
}

#[derive(Serialize)]
struct PlannedBody<'a> {
    dry_run: bool,
    planned_calls: u64,
    planned_calls_exact: bool,
    planned_keys: u64,
    planned_keys_exact: bool,
    planned_seconds: u64,
    api_calls: u64,
    api_calls_remaining: Option<u64>,
    resources: Vec<PlannedLine<'a>>,
    errors: Vec<CustomerPart<'a, Failed>>,
}

impl Planned {
    /// Records why a customer has no plan.
    pub(crate) fn end(&mut self, customer: &Customer, message: &str, code: &'static str) {
        self.ends.push(ended(customer, message, code));
    }

    /// Returns the number of API calls of the runs.
    pub(crate) fn calls(&self) -> u64 {
        self.plans.iter().map(|(_, plan)| plan.calls).sum()
    }

    /// Returns true if the runs may make fewer calls.
    fn is_at_most(&self) -> bool {
        self.plans.iter().any(|(_, plan)| plan.at_most)
    }

    fn may_find_more(&self) -> bool {
        self.plans.iter().any(|(_, plan)| plan.may_find_more)
    }

    /// Seconds that the calls take, and the calls per minute that bound them: at this concurrency, or at the rate that
    /// the operator or the API allows, whichever is slowest.
    fn pace(&self) -> (u64, u64) {
        let calls = self.calls();
        let at = |rate: u64, calls: u64| ((calls * 60).div_ceil(rate.max(1)), rate);
        // The operator's rate applies from the first call on, that of the API after the calls that it still allows.
        let waiting = calls.saturating_sub(self.api_calls_remaining.unwrap_or(0));
        let by_api = at(self.calls_per_minute, waiting);
        let by_operator = self.rate.map_or(by_api, |rate| at(rate, calls));
        let (allowed, rate) = by_api.max(by_operator);
        let millis = self.call_millis.unwrap_or(CALL_MILLIS);
        let answered = calls * millis / self.concurrency.max(1);
        (allowed.max(answered.div_ceil(1000)), rate)
    }

    /// Prints the plan on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let lines: Vec<PlannedLine<'_>> = self
            .plans
            .iter()
            .flat_map(|(customer, plan)| self.lines(customer, plan))
            .collect();
        if !out.is_json() {
            return self.table(out, endpoint, &lines);
        }
        let errors = self.ends.iter().map(|(customer, part)| CustomerPart {
            customer: Some(customer.as_str()),
            part,
        });
        let body = PlannedBody {
            dry_run: true,
            planned_calls: self.calls(),
            planned_calls_exact: !self.is_at_most() && !self.may_find_more(),
            planned_keys: lines.iter().filter_map(|line| line.planned).sum(),
            planned_keys_exact: lines.iter().all(|line| line.planned.is_some()),
            planned_seconds: self.pace().0,
            api_calls: self.api_calls,
            api_calls_remaining: self.api_calls_remaining,
            resources: lines,
            errors: errors.collect(),
        };
        let names = self.customers.iter().map(String::as_str);
        out.document("warm", endpoint, names, body)
    }

    fn lines<'a>(
        &'a self,
        customer: &'a str,
        plan: &'a PlanSummary,
    ) -> impl Iterator<Item = PlannedLine<'a>> {
        let mut lines: BTreeMap<Resource, (Option<u64>, u64)> = BTreeMap::new();
        for (resource, keys) in &plan.keys {
            lines.entry(*resource).or_insert((Some(0), 0)).0 = *keys;
        }
        for (resource, kept) in &plan.kept {
            lines.entry(*resource).or_insert((Some(0), 0)).1 = *kept;
        }
        let customer = (self.customers.len() > 1).then_some(customer);
        lines
            .into_iter()
            .map(move |(resource, (planned, kept))| PlannedLine {
                customer,
                resource,
                planned,
                kept,
            })
    }

    fn table(
        &self,
        out: &Output,
        endpoint: &str,
        lines: &[PlannedLine<'_>],
    ) -> Result<(), WriteError> {
        let names: Vec<&str> = self
            .plans
            .iter()
            .map(|(customer, _)| customer.as_str())
            .collect();
        if lines.is_empty() && self.calls() == 0 {
            // Nothing was missed, or only what cannot be fetched.
            return out.line_of_report(&format!(
                "nothing to fetch for {} (nothing is written)",
                names.join(", ")
            ));
        }
        out.line_of_report(&format!(
            "Plan for {} on {} (nothing is written)",
            names.join(", "),
            human::address(endpoint)
        ))?;
        let several = self.customers.len() > 1;
        let keys = if self.check { "to compare" } else { "to write" };
        let figures = [Column::Number(keys), Column::Number("fresh")];
        let mut columns = vec![Column::Whole("resource")];
        if several {
            columns.insert(0, Column::Whole("customer"));
        }
        columns.extend(figures);
        let mut rows = Rows::new(&columns);
        for line in lines {
            let number = human::dash_or_grouped;
            let mut cells = vec![
                line.resource.to_string(),
                line.planned.map_or_else(|| "unknown".into(), number),
                number(line.kept),
            ];
            if several {
                cells.insert(0, line.customer.unwrap_or_default().to_owned());
            }
            rows.push(cells);
        }
        out.table(rows)?;
        if lines.iter().any(|line| line.planned.is_none()) {
            out.line_of_report("unknown until Akamai answers")?;
        }
        out.line_of_report(&self.cost())?;
        let nothing = lines.iter().all(|line| line.planned == Some(0));
        match &self.run {
            _ if nothing && self.calls() == 0 && !self.check => {
                out.line_of_report(&self.nothing_due(&names))
            }
            Some(run) => out.line_of_report(&format!("run it: {run}")),
            None => out.line_of_report("run it without --dry-run"),
        }
    }

    /// Describes a plan without calls. Of customers without a plan nothing is known.
    fn nothing_due(&self, names: &[&str]) -> String {
        let ends: Vec<&str> = self.ends.iter().map(|(name, _)| name.as_str()).collect();
        if ends.is_empty() {
            return "everything is fresh: nothing would be fetched".into();
        }
        format!(
            "everything is fresh for {}; {} could not be planned",
            names.join(", "),
            ends.join(", ")
        )
    }

    /// Describes the cost of the run, and of the plan itself.
    fn cost(&self) -> String {
        if self.recorded {
            return "0 API calls: the recording has the answers".into();
        }
        let calls = summary::calls(self.calls(), self.api_calls_remaining);
        let (seconds, rate) = self.pace();
        // Without an answer yet, how many calls Akamai's burst still allows is unknown.
        let about = if self.rate == Some(rate) || self.api_calls_remaining.is_some() {
            "about"
        } else {
            "at most"
        };
        let wait = match seconds {
            0 => String::new(),
            seconds => format!(
                ", {about} {} at {} a minute",
                human::duration(std::time::Duration::from_secs(seconds)),
                human::grouped(rate)
            ),
        };
        let plan = match self.api_calls {
            0 => String::new(),
            made => format!("; this plan took {}", human::count(made, "API call")),
        };
        let most = if self.is_at_most() { "up to " } else { "" };
        format!("{most}{calls}{wait}{plan}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_the_burst_may_still_allow_take_at_most_as_long_as_the_rate_says() {
        let plan = |left: Option<u64>, rate: Option<u64>| {
            let summary = PlanSummary {
                calls: 150,
                ..PlanSummary::default()
            };
            let plans = vec![("acme".to_owned(), summary)];
            Planned {
                plans,
                api_calls_remaining: left,
                calls_per_minute: 100,
                rate,
                concurrency: 4,
                ..Planned::default()
            }
        };
        let unknown = "150 API calls, at most 1 min 30 s at 100 a minute";
        assert_eq!(plan(None, None).cost(), unknown);
        let paced = "150 API calls, about 3 min at 50 a minute";
        assert_eq!(plan(None, Some(50)).cost(), paced);
        let known = "150 API calls (900 left), about 12 s at 100 a minute";
        assert_eq!(plan(Some(900), None).cost(), known);
        // The operator's rate does not take away what the API allows at once.
        let known = "150 API calls (900 left), about 15 s at 600 a minute";
        assert_eq!(plan(Some(900), Some(600)).cost(), known);
    }
}
