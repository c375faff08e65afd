//! The newest form of each property that a run knows, whichever answer or key has it.

use super::Halt;
use super::ask::ApiRequest;
use super::baseline::digest;
use super::forms::FormDigests;
use super::known::KnownAccount;
use super::plan::{FetchStep, Planner};
use super::planner::PlanStage;
use super::run::FetchRun;
use super::since::Since;
use super::survey::Survey;
use super::values::field_value;
use super::view::{CHUNK, by_id};
use crate::cache::Error;
use crate::cache::values::property;
use crate::domain::json::same_json;
use crate::domain::key::Entry;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::rc::Rc;

/// Two cached forms of a property.
pub(super) struct TwoForms {
    pub older: Rc<Property>,
    pub newer: Rc<Property>,
    /// The list has the older form, and the property's own key the newer one.
    pub list_is_older: bool,
}

impl FetchRun<'_> {
    /// Takes properties that were fetched by themselves as the newest form.
    pub(super) async fn take_newest(
        &self,
        found: Vec<Rc<Property>>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let listed = by_id(&known.properties);
        self.writes.compare_items(&found, Some(&listed)).await?;
        for property in &found {
            known.replace(property);
        }
        Ok(())
    }

    /// Compares properties that are cached in two forms, stores the newer form where only the list has it, and brings
    /// the cached list up to date.
    pub(super) async fn take_newer(
        &self,
        forms: Vec<TwoForms>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let list_is_older = forms.iter().any(|forms| forms.list_is_older);
        let items = forms.iter().filter(|forms| !forms.list_is_older);
        let items: Vec<Rc<Property>> = items.map(|forms| forms.newer.clone()).collect();
        let each = forms.into_iter().map(|forms| (forms.newer, forms.older));
        let (newer, older): (Vec<_>, Vec<_>) = each.unzip();
        let older = by_id(&older);
        self.writes.compare_items(&newer, Some(&older)).await?;
        for property in items.iter().filter(|_| !self.checks()) {
            self.put_property(property).await?;
        }
        if list_is_older {
            self.list_anew(known).await?;
        }
        Ok(())
    }
}

impl Planner<'_> {
    /// Plans a stage. The steps are made from the newest cached form of each property, which is in `known` from then
    /// on. Returns the forms that differ, too.
    pub(super) async fn steps_of_newest(
        &self,
        stage: PlanStage,
        survey: &mut Survey,
        since: Option<&Since>,
        known: &mut KnownAccount,
    ) -> Result<(Vec<FetchStep>, Vec<TwoForms>), Error> {
        let steps = self.steps(stage, survey, since, known).await?;
        if since.is_some() {
            return Ok((steps, Vec::new()));
        }
        let forms = self.choose_newer(stage, &steps, survey, known).await?;
        let steps = if forms.is_empty() {
            steps
        } else {
            self.steps(stage, survey, None, known).await?
        };
        Ok((steps, forms))
    }

    /// Compares properties from the cached list with their own keys, before something is made from them: another
    /// program may have replaced either. All are compared in a run that would not find out otherwise, because it was
    /// not asked for the keys; else those that the steps of a stage are about.
    async fn choose_newer(
        &self,
        stage: PlanStage,
        steps: &[FetchStep],
        survey: &mut Survey,
        known: &mut KnownAccount,
    ) -> Result<Vec<TwoForms>, Error> {
        if survey.properties.is_none() || self.asks_all_pairs(survey) || !self.needs_properties() {
            return Ok(Vec::new());
        }
        let partial = !self.request.wants(Resource::Details);
        let concerned: Vec<usize> = match stage {
            PlanStage::Hosts if partial => (0..known.properties.len()).collect(),
            PlanStage::Hosts => concerned(steps, known),
            PlanStage::Each if !partial => concerned(steps, known),
            _ => Vec::new(),
        };
        let differing = self.differing_items(&concerned, known).await?;
        if differing.is_empty() {
            return Ok(Vec::new());
        }
        let digests = FormDigests::read(&self.cache).await?;
        let mut all = Vec::new();
        for (at, own) in differing {
            let Some(listed) = known.properties.get_mut(at) else {
                continue;
            };
            let list_is_older = match own.latest.cmp(&listed.latest) {
                Ordering::Less => false,
                Ordering::Greater => true,
                // What the cache was last made to agree with is the older form.
                Ordering::Equal => digests.of(&own.id) != Some(digest(own.json.as_bytes())),
            };
            let (older, newer) = if list_is_older {
                (std::mem::replace(listed, own.clone()), own)
            } else {
                (own, listed.clone())
            };
            // Later stages have nothing more to do with host names.
            if stage == PlanStage::Hosts && field_value(&older) != field_value(&newer) {
                known.add_changed([&newer.id]);
            }
            all.push(TwoForms {
                older,
                newer,
                list_is_older,
            });
        }
        if self.makes_map_alone() {
            survey.enter(Resource::Map, true, Vec::new());
        }
        Ok(all)
    }

    /// Returns the own items of properties at these indexes that differ from the listed ones.
    async fn differing_items(
        &self,
        indexes: &[usize],
        known: &KnownAccount,
    ) -> Result<Vec<(usize, Rc<Property>)>, Error> {
        let mut differing = Vec::new();
        for some in indexes.chunks(CHUNK) {
            let listed = some.iter().filter_map(|at| known.properties.get(*at));
            let listed: Vec<&Rc<Property>> = listed.collect();
            let own = |one: &Rc<Property>| Entry::Property(one.id.clone());
            let values = self.cache.values(&self.cache.keys_of(&listed, own)).await?;
            for ((at, listed), value) in some.iter().zip(listed).zip(values) {
                let differs = |value: &Vec<u8>| !same_json(value, listed.json.as_bytes());
                // An item of another property or account says nothing.
                let own = value.filter(differs).and_then(|value| property(&value));
                let own = own.filter(|own| own.id == listed.id && own.account == listed.account);
                differing.extend(own.map(|own| (*at, Rc::new(own))));
            }
        }
        Ok(differing)
    }
}

/// Returns the indexes of the properties that steps are about.
fn concerned(steps: &[FetchStep], known: &KnownAccount) -> Vec<usize> {
    let asks = || steps.iter().filter_map(FetchStep::request);
    let all = asks().any(|ask| matches!(ask, ApiRequest::Hostnames(_)));
    let ids: HashSet<String> = asks().filter_map(ApiRequest::id).collect();
    let each = (0..).zip(&known.properties);
    let each = each.filter(|(_, one)| all || ids.contains(one.id.as_str()));
    each.map(|(at, _)| at).collect()
}
