//! An incremental run: one call lists what was activated since the last complete run, and only that is fetched.
//! The rest is kept alive with a new TTL, but only values that are what we wrote, have no mark since we fetched
//! them, and are younger than their maximum age.
//!
//! That call is a hint: its answer may lack drafts, and properties that were deleted or moved. So the account
//! is crawled, and all host names are listed, at intervals of their own.

use super::Halt;
use super::ask::ApiRequest;
use super::baseline::{Baseline, Written, digest};
use super::known::{KnownAccount, ListWrite};
use super::marks::LastMarks;
use super::plan::{FetchStep, Planner};
use super::run::FetchRun;
use super::survey::Survey;
use super::view::by_id;
use crate::cache::Error;
use crate::cache::values::property;
use crate::domain::json::same_json;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::source::PropertyRef;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Starting point of an incremental run.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Since {
    /// The API is asked for what was activated within this many seconds.
    pub seconds: u64,
    /// The API's clock at the last such call (ms since 1970).
    pub date: i64,
    pub margin: u64,
    /// Properties whose cached value is what we wrote.
    pub ours: Vec<Rc<Property>>,
    /// The cached list of all properties agrees with `ours`.
    pub list: bool,
    /// Properties whose cached value is missing, foreign or marked, by their last known reference.
    pub doubtful: Vec<PropertyRef>,
    pub items: Rc<HashMap<Id, Written>>,
    /// All host names are due to be listed again.
    pub hosts_over: bool,
    /// Host names are too old to be kept alive, even while the API does not answer.
    pub hosts_old: bool,
    /// The incremental run costs less than a crawl, and no crawl is due. Otherwise it only serves while the API
    /// does not answer.
    pub pays: bool,
    pub marks: LastMarks,
}

impl Planner<'_> {
    /// Returns the starting point of an incremental run, if one is possible and costs less than a crawl. A run
    /// with `keep` gets it even if it costs more, for the time that the API does not answer.
    pub(crate) async fn since(&self, survey: &Survey) -> Result<Option<Rc<Since>>, Error> {
        let request = self.request;
        let wants = |resource| request.wants(resource);
        // A cycle that begins at once does so because something was activated a moment ago.
        let stays = request.keep.is_some();
        let due = stays
            || survey.is_due(Resource::Properties)
            || survey.is_due(Resource::Details)
            || wants(Resource::Hostnames) && survey.hash_there && survey.hash_due;
        if self.forgets
            || request.asks_everything()
            || survey.other_view
            || !(wants(Resource::Properties) && wants(Resource::Details) && due)
        {
            return Ok(None);
        }
        let baseline = Baseline::read(&self.cache).await?;
        let now = self.cache.now().await?;
        let intervals = self.cache.lifetimes.policy.intervals;
        let age = |at: u64| now.checked_sub(at).map(Duration::from_millis);
        let young = |at, most| age(at).is_some_and(|age| age < most);
        let (Some(date), Some(elapsed)) = (baseline.date, age(baseline.asked)) else {
            return Ok(None);
        };
        // While the API does not answer, cached values may become twice as old.
        let most = if stays {
            2 * intervals.full
        } else {
            intervals.full
        };
        if !young(baseline.full, most) {
            return Ok(None);
        }
        let margin = intervals.margin.as_secs();
        let mut since = Since {
            seconds: elapsed.as_secs() + 1 + margin,
            date,
            margin,
            ours: Vec::new(),
            list: false,
            doubtful: Vec::new(),
            hosts_over: !young(baseline.hosts, intervals.hostnames),
            hosts_old: !young(baseline.hosts, 2 * intervals.hostnames),
            pays: young(baseline.full, intervals.full),
            items: Rc::new(baseline.items),
            marks: LastMarks::read(&self.cache).await?,
        };
        self.sort(&mut since, survey).await?;
        since.list = since.doubtful.is_empty() && survey.lists(&since.ours);
        // One call for what changed and one for each doubtful property; a crawl asks every pair.
        let crawl = survey.pairs.count();
        // A missing list takes a crawl: no other answer shows what is gone.
        since.pays &= survey.properties.is_some() && since.doubtful.len() + 1 < crawl;
        Ok(Some(Rc::new(since)).filter(|since| since.pays || stays))
    }

    async fn sort(&self, since: &mut Since, survey: &Survey) -> Result<(), Error> {
        let listed = survey.properties.as_deref().unwrap_or_default();
        let by_id: HashMap<&Id, &Rc<Property>> = listed.iter().map(|p| (&p.id, p)).collect();
        let mut ids: Vec<Id> = listed.iter().map(|p| p.id.clone()).collect();
        let more = since.items.keys();
        let mut more: Vec<&Id> = more.filter(|id| !by_id.contains_key(*id)).collect();
        more.sort_unstable();
        ids.extend(more.into_iter().cloned());
        let read = self.cache.each_item(&ids, |id, value| {
            let written = since.items.get(id);
            let listed = by_id.get(id).map(|listed| listed.json.as_bytes());
            let ours = value.filter(|value| {
                written.is_some_and(|written| {
                    digest(value) == written.item && !since.marks.property(id.as_str(), written.at)
                }) && match listed {
                    Some(listed) => same_json(listed, value),
                    // A list without it may be newer than what was written.
                    None => survey.properties.is_none(),
                }
            });
            match ours.as_deref().and_then(property) {
                Some(property) => since.ours.push(Rc::new(property)),
                None => since.doubtful.push(by_id.get(id).map_or_else(
                    || PropertyRef::new(id.clone()),
                    |p| PropertyRef::from(p.as_ref()),
                )),
            }
        });
        read.await
    }
}

impl Since {
    pub(super) fn steps(&self) -> Vec<FetchStep> {
        let doubtful = self.doubtful.iter().cloned().map(ApiRequest::Property);
        let doubtful = doubtful.map(|ask| FetchStep::filling(ask, Resource::Details, Some(1)));
        [FetchStep::fetch(ApiRequest::Modified(self.seconds))]
            .into_iter()
            .chain(doubtful)
            .collect()
    }

    /// Predicts the properties: ours as cached, doubtful ones as in the cached list.
    pub(super) fn predict(&self, survey: &Survey, known: &mut KnownAccount) {
        known.properties.clone_from(&self.ours);
        let doubtful: HashSet<&Id> = self.doubtful.iter().map(|at| &at.id).collect();
        let listed = survey.properties.as_deref().unwrap_or_default();
        for property in listed.iter().filter(|one| doubtful.contains(&one.id)) {
            known.changed.insert(property.id.clone());
            known.hosts_changed.insert(property.id.clone());
            known.properties.push(property.clone());
        }
        known.has_all = true;
    }

    /// Returns the number of seconds to ask for again, if more time has passed by the API's clock than was
    /// asked for.
    fn longer(&self, known: &KnownAccount) -> Option<u64> {
        let elapsed = known.date?.as_millisecond().checked_sub(self.date)?;
        let seconds = u64::try_from(elapsed).ok()?.div_ceil(1_000) + 1;
        (seconds > self.seconds).then(|| seconds + self.margin)
    }
}

impl Survey {
    /// Takes the properties as known without a crawl.
    pub(super) fn take_as_known(&mut self, properties: &[Rc<Property>]) {
        self.properties = Some(properties.to_vec());
        for resource in [Resource::Properties, Resource::Details] {
            self.due.remove(&resource);
            self.kept.remove(&resource);
        }
    }
}

impl FetchRun<'_> {
    /// Learns what changed, and brings properties and their list up to date. Returns the starting point of the run if
    /// that was possible; otherwise a crawl finds the changes.
    pub(super) async fn catch_up(
        &self,
        since: Option<Rc<Since>>,
        survey: &mut Survey,
        known: &mut KnownAccount,
    ) -> Result<Option<Rc<Since>>, Halt> {
        let Some(since) = since.filter(|since| since.pays) else {
            self.crawl_instead(survey);
            return Ok(None);
        };
        let mut doubtful = since.steps();
        let first = doubtful.drain(..1).collect();
        self.carry_out(first, known).await?;
        self.ledger.go_on()?;
        if let Some(seconds) = since.longer(known) {
            self.carry_out(vec![FetchStep::fetch(ApiRequest::Modified(seconds))], known)
                .await?;
            self.ledger.go_on()?;
        }
        let Some(modified) = known.modified.take() else {
            known.date = None;
            self.crawl_instead(survey);
            return Ok(None);
        };
        self.ledger.is_incremental();
        self.carry_out(doubtful, known).await?;
        self.ledger.go_on()?;
        let listed = survey.properties.as_deref().map(by_id);
        let doubtful = &known.named.properties;
        self.writes.compare_items(doubtful, listed.as_ref()).await?;
        let changed = self.bring_in(&since, modified, known).await?;
        let planner = self.planner();
        let mut alive = planner.details_alive(&since, &changed).await?;
        let is_same = survey.lists(&known.properties);
        if is_same {
            alive.extend(planner.list_alive().await?);
        }
        self.carry_out(alive, known).await?;
        if !is_same {
            known.list = ListWrite::Whole;
            self.make_list(known).await?;
        }
        survey.take_as_known(&known.properties);
        known.has_all = true;
        Ok(Some(since))
    }

    /// Makes a cycle that cannot ask what changed ask every pair, however fresh their list is.
    fn crawl_instead(&self, survey: &mut Survey) {
        if self.request.keep.is_some() {
            survey.enter(Resource::Properties, true, Vec::new());
        }
    }

    async fn bring_in(
        &self,
        since: &Since,
        modified: Vec<Property>,
        known: &mut KnownAccount,
    ) -> Result<HashSet<Id>, Halt> {
        let mut all_changed = HashSet::new();
        known.properties.clone_from(&since.ours);
        let asked = std::mem::take(&mut known.named.properties);
        let written: HashSet<Id> = asked.iter().map(|one| one.id.clone()).collect();
        known.hosts_changed.extend(written.iter().cloned());
        let ids = known.properties.iter().map(|one| one.id.clone());
        let mut at: HashMap<Id, usize> = ids.zip(0..).collect();
        let ours = since.ours.first().and_then(|one| one.account.as_deref());
        let account = self.account.borrow().clone();
        let account = account.as_deref().or(ours);
        let own = |one: &Property| {
            let accounts = one.account.as_deref().zip(account);
            accounts.is_none_or(|(named, own)| named == own)
        };
        let modified = modified.into_iter().filter(own).map(Rc::new);
        for property in asked.into_iter().chain(modified) {
            known.changed.insert(property.id.clone());
            let former = at
                .get(&property.id)
                .and_then(|at| known.properties.get_mut(*at));
            let changed = former
                .as_deref()
                .is_none_or(|former| former.json != property.json);
            let versions = |one: &Property| (one.staging, one.production, one.bucket);
            if property.bucket
                || self.request.hostnames == crate::domain::warm::HostnameView::Version
                || former
                    .as_deref()
                    .is_none_or(|former| versions(former) != versions(&property))
            {
                known.hosts_changed.insert(property.id.clone());
            }
            if changed && !written.contains(&property.id) {
                self.ledger.fetched(Resource::Details, 1);
                self.put_property(&property).await?;
                all_changed.insert(property.id.clone());
            }
            if let Some(former) = former {
                *former = property;
            } else {
                at.insert(property.id.clone(), known.properties.len());
                known.properties.push(property);
            }
        }
        Ok(all_changed)
    }
}
