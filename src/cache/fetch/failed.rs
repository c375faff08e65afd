//! Handles failed requests.

use super::Halt;
use super::ask::ApiRequest;
use super::known::KnownAccount;
use super::run::FetchRun;
use super::state::PairAnswer;
use crate::source;

impl FetchRun<'_> {
    pub(super) fn absorb_failure(
        &self,
        ask: ApiRequest,
        error: source::Error,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
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
            ApiRequest::CpCodes(_) => {
                known.cpcodes_lack = true;
                self.ledger.call_failed(resource, id, error);
            }
            // An error that ends the run leaves the property unasked.
            ApiRequest::Property(_) if error.ends_the_run() => self.ledger.halt(error),
            ApiRequest::Property(at) => {
                known.named.lookup.settle(&at.id);
                let gone = matches!(error, source::Error::NotFound { .. });
                if gone && self.checks() {
                    known.named.gone.push(at.id.clone());
                    known.named.unknown.insert(at.id, error);
                    return Ok(());
                }
                let named = self.request.ids.contains(&at.id);
                if gone {
                    if !self.request.is_whole() {
                        self.writes.changes.borrow_mut().gone(&at.id);
                    }
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
