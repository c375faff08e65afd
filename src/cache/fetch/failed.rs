//! Handles failed requests.

use super::Halt;
use super::ask::{ApiRequest, CallAnswer, Payload};
use super::known::KnownAccount;
use super::pair_states::PairAnswer;
use super::run::FetchRun;
use crate::source::{self, PropertyRef};
use std::rc::Rc;
use tokio::sync::OnceCell;

impl FetchRun<'_> {
    /// Makes a request. In a run of the whole account, a part of a property may be missing because the property was
    /// deleted, which an incremental run sees nowhere else. Then the property itself is asked for, once in a run, and
    /// if it is missing too, that is the answer. If it has moved since it was listed, its part is asked for again. If a
    /// part is refused, the list of its pair is asked for, once. No part is asked for of a pair that refuses its list.
    pub(super) async fn ask(
        &self,
        ask: ApiRequest,
    ) -> (ApiRequest, Result<CallAnswer, source::Error>) {
        let for_account = self.request.is_for_account();
        let at = ask.property().filter(|_| for_account);
        if let Some(error) = at.as_ref().and_then(|at| self.refusal(at)) {
            return (ask, Err(error));
        }
        let answer = self.caller().ask(&ask).await;
        if let ApiRequest::Properties(pair) = &ask {
            let list = Rc::new(OnceCell::new_with(Some(refused(answer.as_ref().err()))));
            self.refused.borrow_mut().insert(pair.clone(), list);
        }
        let Some(at) = at else {
            return (ask, answer);
        };
        if let Err(source::Error::Forbidden { .. }) = answer
            && let Some(pair) = at.within.clone()
        {
            let list = self
                .refused
                .borrow_mut()
                .entry(pair.clone())
                .or_default()
                .clone();
            let pair = ApiRequest::Properties(pair);
            let look = async || refused(self.caller().ask(&pair).await.as_ref().err());
            list.get_or_init(look).await;
            return (ask, answer);
        }
        if !matches!(answer, Err(source::Error::NotFound { .. })) {
            return (ask, answer);
        }
        let looked = self
            .looked_for
            .borrow_mut()
            .entry(at.id.clone())
            .or_default()
            .clone();
        let property = ApiRequest::Property(at.clone());
        let look = async || self.caller().ask(&property).await.map(place);
        match looked.get_or_init(look).await {
            Err(error @ source::Error::NotFound { .. }) => (property, Err(error.clone())),
            Err(error) if error.ends_the_run() => (property, Err(error.clone())),
            Ok(Some(now)) if *now != at => {
                self.source.note_moved(at.id);
                let answer = self.caller().ask(&ask).await;
                (ask, answer)
            }
            _ => (ask, answer),
        }
    }

    /// Returns the error if this run was refused the list of the pair that a property belongs to.
    fn refusal(&self, at: &PropertyRef) -> Option<source::Error> {
        let all = self.refused.borrow();
        all.get(at.within.as_ref()?)?.get()?.clone()
    }

    pub(super) fn absorb_failure(
        &self,
        ask: ApiRequest,
        error: source::Error,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let at = ask.property().filter(|_| self.request.is_for_account());
        if let Some(error) = at.as_ref().and_then(|at| self.refusal(at)) {
            if let Some(pair) = at.and_then(|at| at.within)
                && !known.asked.contains_key(&pair)
            {
                known.asked.insert(pair.clone(), PairAnswer::Failed(error));
                self.report_refused([&pair], known);
            }
            return Ok(());
        }
        let (resource, id) = (ask.resource(), ask.id());
        match ask {
            // The next cycle asks again; a crawl is due at its own interval.
            ApiRequest::Modified(_) if self.request.keep.is_some() && error.is_transient() => {
                self.ledger.halt(error);
            }
            // If the API cannot say what changed, everything is fetched.
            ApiRequest::Modified(_) if !error.ends_the_run() => self.progress.note(&format!(
                "cannot ask what changed, so everything is fetched: {error}"
            )),
            // Each property can still be asked for.
            ApiRequest::Groups if known.named.looks_up() => known.named.lookup.go_singly(),
            ApiRequest::Properties(pair) if known.named.looks_up() => {
                let refused = matches!(error, source::Error::Forbidden { .. });
                known.named.lookup.take_failure(pair, refused);
            }
            // A crawl needs the groups.
            ApiRequest::Groups => return Err(error.into()),
            // The result depends on the other pairs.
            ApiRequest::Properties(pair) => {
                known.asked.insert(pair, PairAnswer::Failed(error));
            }
            // Each pair can still be asked.
            ApiRequest::AllCpCodes if !error.ends_the_run() => {
                log::info!("{error}; the CP codes are asked for by contract and group");
                known.cpcodes_refused = Some(error);
            }
            ApiRequest::CpCodes(pair) => {
                if known.may_not_read(&pair, &error) {
                    self.ledger.unreadable(&pair.0, &pair.1);
                } else {
                    known.cpcodes_lack = true;
                    self.ledger.call_failed(resource, id, error);
                }
            }
            // An error that ends the run leaves the property unasked.
            ApiRequest::Property(_) if error.ends_the_run() => self.ledger.halt(error),
            ApiRequest::Property(at) => {
                known.named.lookup.asked_alone(&at.id);
                let gone = matches!(error, source::Error::NotFound { .. });
                if gone && self.checks() {
                    known.named.gone.push(at.id.clone());
                    known.named.unknown.insert(at.id, error);
                    return Ok(());
                }
                let named = self.request.ids.contains(&at.id);
                if gone {
                    self.writes.changes.borrow_mut().gone(&at.id);
                    known.named.gone.push(at.id);
                } else {
                    known.named.failed.insert(at.id);
                }
                if !gone || named {
                    self.ledger.call_failed(resource, id, error);
                }
            }
            ApiRequest::HostsOf(property) => {
                if let Some(listing) = &mut known.listing {
                    listing.has_errors = true;
                }
                known.named.failed.insert(property.id.clone());
                self.ledger.call_failed(resource, id, error);
            }
            _ => self.ledger.call_failed(resource, id, error),
        }
        Ok(())
    }
}

fn refused(error: Option<&source::Error>) -> Option<source::Error> {
    let refused = |error: &&source::Error| matches!(error, source::Error::Forbidden { .. });
    error.filter(refused).cloned()
}

/// Returns where the property is that was asked for by itself.
fn place(answered: CallAnswer) -> Option<PropertyRef> {
    match answered.value {
        Payload::Properties(found) => found.first().map(PropertyRef::from),
        _ => None,
    }
}
