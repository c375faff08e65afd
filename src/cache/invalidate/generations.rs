//! Selects keys by the warm run that wrote or kept them, using the index of generations.

use super::part::CustomerPlan;
use crate::cache::Error;
use crate::domain::invalidation::graph::is_data;
use crate::domain::invalidation::{Generation, InvalidationTarget};
use crate::domain::key::Entry;

impl CustomerPlan<'_> {
    /// Names the keys individually, so that no scan is needed.
    pub(super) async fn generations(&mut self) -> Result<(), Error> {
        let index = self.key(&Entry::Generations);
        for (at, (_, wanted)) in self.job.request.wanted.iter().enumerate() {
            let borders = match wanted {
                InvalidationTarget::Generation(Generation::Exactly(number)) => {
                    (number.to_string(), number.to_string())
                }
                InvalidationTarget::Generation(Generation::Before(number)) => {
                    ("-inf".to_owned(), format!("({number}"))
                }
                _ => continue,
            };
            let mut place = 0;
            loop {
                let borders = (borders.0.as_str(), borders.1.as_str());
                let store = self.job.store;
                let members = store.members(&index, borders, place).await?;
                if members.is_empty() {
                    break;
                }
                place += members.len();
                for (member, _) in members {
                    // The index is untrusted data: it must not select keys outside the customer's data.
                    if let Some((customer, rest)) = self.job.scheme.split(&member)
                        && customer == *self.customer
                        && is_data(rest)
                        && !rest.starts_with(b"warm:")
                        && let Ok(rest) = std::str::from_utf8(rest)
                    {
                        self.name_key(rest, at);
                    }
                }
            }
        }
        Ok(())
    }
}
