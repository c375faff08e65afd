//! Handles failed requests.

use super::Halt;
use super::ask::{ApiRequest, CallAnswer, Payload};
use super::known::KnownAccount;
use super::pair_states::PairAnswer;
use super::run::{FetchRun, LookedFor};
use super::values::pair_name;
use crate::source::{self, PropertyRef};
use std::cell::RefMut;
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
        if let ApiRequest::Properties(_) = &ask {
            let list = OnceCell::new_with(Some(outcome(&answer)));
            *self.looked_for(&ask) = Rc::new(list);
        }
        let Some(at) = at else {
            return (ask, answer);
        };
        match (&answer, &at.within) {
            (Err(source::Error::Forbidden { .. }), Some(pair)) => {
                // `refusal` reads the outcome.
                let _ = self.look_for(&ApiRequest::Properties(pair.clone())).await;
                return (ask, answer);
            }
            (Err(source::Error::NotFound { .. }), _) => {}
            _ => return (ask, answer),
        }
        let property = ApiRequest::Property(at.clone());
        match self.look_for(&property).await {
            Err(error @ source::Error::NotFound { .. }) => (property, Err(error)),
            Err(error) if error.ends_the_run() => (property, Err(error)),
            Ok(Some(now)) if now != at => {
                self.source.note_moved(at.id);
                let answer = self.caller().ask(&ask).await;
                (ask, answer)
            }
            _ => (ask, answer),
        }
    }

    /// Makes a request unless this run has made it, and returns its outcome.
    async fn look_for(&self, ask: &ApiRequest) -> LookedFor {
        let looked = self.looked_for(ask).clone();
        let look = async || outcome(&self.caller().ask(ask).await);
        looked.get_or_init(look).await.clone()
    }

    /// Returns the outcome of a request in this run.
    fn looked_for(&self, ask: &ApiRequest) -> RefMut<'_, Rc<OnceCell<LookedFor>>> {
        let all = self.looked_for.borrow_mut();
        RefMut::map(all, |all| {
            all.entry(ask.id().unwrap_or_default()).or_default()
        })
    }

    /// Returns the error if this run was refused the list of the pair that a property belongs to.
    fn refusal(&self, at: &PropertyRef) -> Option<source::Error> {
        let all = self.looked_for.borrow();
        let list = all.get(&pair_name(at.within.as_ref()?))?.get()?;
        let refused = |error: &&source::Error| matches!(error, source::Error::Forbidden { .. });
        list.as_ref().err().filter(refused).cloned()
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
                known.named.failed.insert(property.id.clone());
                self.ledger.call_failed(resource, id, error);
            }
            _ => self.ledger.call_failed(resource, id, error),
        }
        Ok(())
    }
}

/// Returns where the property is that was asked for by itself.
fn outcome(answer: &Result<CallAnswer, source::Error>) -> LookedFor {
    let answered = answer.as_ref().map_err(Clone::clone)?;
    Ok(match &answered.value {
        Payload::Properties(found) => found.first().map(PropertyRef::from),
        _ => None,
    })
}
