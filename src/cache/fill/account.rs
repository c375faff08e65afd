//! A whole account: lists, properties, host names and what else was asked for.

use super::lacks::Crawl;
use super::ledger::Ledger;
use super::survey::Survey;
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::answers::{Pair, array, pair_name, pairs, tree};
use crate::domain::account::{Contract, CpCode, Group, Property};
use crate::domain::key::Entry;
use crate::domain::ttl::Resource;
use futures_util::StreamExt;
use std::collections::{BTreeMap, HashSet};

/// Resources that need to know the properties of the account.
pub(super) const NEED_PROPERTIES: [Resource; 8] = [
    Resource::Properties,
    Resource::Details,
    Resource::Hostnames,
    Resource::Map,
    Resource::Rules,
    Resource::Versions,
    Resource::Activations,
    Resource::Tree,
];

impl Fill<'_> {
    /// Fills the whole account, and once more where everything was invalidated meanwhile.
    pub(super) async fn account(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        since: u64,
    ) -> Result<(), Halt> {
        self.crawl(writer, ledger, false).await?;
        self.settle(writer, ledger, since).await
    }

    /// Fetches and hands over what is due; with `everything`, due or not.
    pub(super) async fn crawl(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        everything: bool,
    ) -> Result<(), Halt> {
        let mut survey = self.survey().await?;
        if everything {
            for (resource, _) in std::mem::take(&mut survey.kept) {
                survey.due.push(resource);
            }
        }
        let way = self.crawl_needed(&survey);
        for (resource, keys) in &survey.kept {
            // A list that is fetched for its items' sake is stored as well.
            if !(way != Crawl::Nothing && *resource == Resource::Properties) {
                ledger.kept(*resource, *keys);
            }
        }
        if survey.is_due(Resource::Contracts) {
            self.contracts(writer, ledger).await?;
            ledger.go_on()?;
        }
        let groups = self.groups(writer, ledger, &mut survey).await?;
        let pairs = pairs(&groups);
        if survey.is_due(Resource::CpCodes) {
            self.cpcodes(writer, ledger, &pairs).await?;
            ledger.go_on()?;
        }
        if !self.wants_any(&NEED_PROPERTIES) {
            return Ok(());
        }
        let former = survey.properties.take();
        let (mut properties, listing) = match way {
            Crawl::Nothing => (former.unwrap_or_default(), None),
            Crawl::Lacking => {
                let lacking = survey.lacking_pairs(&pairs);
                let crawl = self.properties(writer, ledger, &lacking, former, way);
                (crawl.await?, None)
            }
            Crawl::Whole { .. } => {
                // The account-wide list of host names does not depend on the crawl: both go on at once
                // where it is plain that it will be needed.
                let early = self.hostnames_are_plainly_due(&survey, everything).await?;
                let crawl = self.properties(writer, ledger, &pairs, former, way);
                let listing = async {
                    if early {
                        self.listing(ledger).await.map(Some)
                    } else {
                        Ok(None)
                    }
                };
                // Neither is cut short by the end of the other: what is under way is paid for.
                let (crawled, listed) = futures_util::join!(crawl, listing);
                (crawled?, listed?)
            }
        };
        self.judge_map(ledger, &mut survey);
        let asked = matches!(way, Crawl::Whole { .. });
        let pairs = (!asked).then_some(pairs.as_slice());
        self.hostnames(
            writer,
            ledger,
            &mut properties,
            &survey,
            listing,
            pairs,
            everything,
        )
        .await?;
        ledger.go_on()?;
        if survey.is_due(Resource::Tree) {
            self.made_from_properties(ledger, Resource::Tree);
            let tree = tree(&groups, &properties).into_bytes();
            let write = self.set(&Entry::Tree, Resource::Tree, tree);
            writer.put(Resource::Tree, write).await?;
        }
        let survey = (!everything).then_some(&survey);
        self.extras(writer, ledger, &properties, survey).await?;
        Ok(ledger.go_on()?)
    }

    /// Whether there is anything to crawl by group.
    pub(super) fn needs_groups(&self, survey: &Survey) -> bool {
        survey.is_due(Resource::CpCodes)
            || survey.is_due(Resource::Tree)
            || self.crawl_needed(survey) != Crawl::Nothing
    }

    async fn contracts(&self, writer: &Writer, ledger: &Ledger) -> Result<(), Halt> {
        let contracts: Vec<Contract> = match self.source.contracts().await {
            Ok(answer) => {
                Self::enter_flaws(ledger, Resource::Contracts, None, answer.flaws);
                answer.value
            }
            Err(error) => {
                Self::survive(ledger, Resource::Contracts, None, error);
                return Ok(());
            }
        };
        ledger.fetched(Resource::Contracts, contracts.len());
        for contract in &contracts {
            if let Some(id) = self.id(ledger, Resource::Contracts, &contract.id) {
                let value = contract.json.clone().into_bytes();
                let write = self.set(&Entry::Contract(id), Resource::Contracts, value);
                writer.put(Resource::Contracts, write).await?;
            }
        }
        let list = array(contracts.iter().map(|contract| contract.json.as_str()));
        let write = self.set(&Entry::Contracts, Resource::Contracts, list);
        Ok(writer.put(Resource::Contracts, write).await?)
    }

    /// The groups, from the cache where they are fresh; fetched where they are due, or where the crawl
    /// cannot do without them.
    async fn groups(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        survey: &mut Survey,
    ) -> Result<Vec<Group>, Halt> {
        let due = survey.is_due(Resource::Groups);
        let needed = self.needs_groups(survey);
        match survey.groups.take() {
            Some(groups) if !due => return Ok(groups),
            None if !due && !needed => return Ok(Vec::new()),
            _ => {}
        }
        // Without the groups there is nothing to crawl by: this failure ends the run.
        let answer = self.source.groups().await?;
        if !answer.flaws.is_empty() {
            // Nobody asks by the pairs of a group that could not be read.
            for resource in [Resource::Properties, Resource::CpCodes, Resource::Tree] {
                ledger.lacks(resource, None);
            }
        }
        Self::enter_flaws(ledger, Resource::Groups, None, answer.flaws);
        let groups = answer.value;
        if due {
            ledger.fetched(Resource::Groups, groups.len());
            let list = array(groups.iter().map(|group| group.json.as_str()));
            let write = self.set(&Entry::Groups, Resource::Groups, list);
            writer.put(Resource::Groups, write).await?;
        }
        Ok(groups)
    }

    /// Crawls these pairs, each property once. What the former list knows stays where it belongs to a
    /// pair that fails, or, unless the crawl is that of the whole account, to one that is not asked.
    pub(super) async fn properties<'p>(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        pairs: &'p [Pair],
        former: Option<Vec<Property>>,
        crawl: Crawl,
    ) -> Result<Vec<Property>, Halt> {
        let stage = "properties";
        self.progress.begin(stage, Some(pairs.len() as u64));
        let store_details = self.wants(Resource::Details);
        let mut seen: HashSet<String> = HashSet::new();
        let mut properties: Vec<Property> = Vec::new();
        let mut failed: Vec<&Pair> = Vec::new();
        let mut unanswered = 0;
        let ask = |pair: &'p Pair| self.source.properties(&pair.0, &pair.1);
        let mut answers = std::pin::pin!(self.each_asked(ledger, pairs, ask));
        while let Some((pair, answer)) = answers.next().await {
            let id = pair_name(&pair.0, &pair.1);
            match answer {
                Ok(items) => {
                    if !items.flaws.is_empty() {
                        // What cannot be read may be what the former list knows.
                        failed.push(pair);
                        Self::enter_flaws(ledger, Resource::Properties, id, items.flaws);
                    }
                    for property in items.value {
                        if !seen.insert(property.id.clone()) {
                            continue;
                        }
                        if store_details {
                            self.put_property(writer, ledger, &property).await?;
                        }
                        properties.push(property);
                    }
                }
                Err(error) => {
                    Self::survive(ledger, Resource::Properties, id, error);
                    failed.push(pair);
                    unanswered += 1;
                }
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        ledger.fetched(Resource::Properties, properties.len());
        if store_details {
            ledger.fetched(Resource::Details, properties.len());
        }
        if ledger.halted().is_some() {
            // Not all pairs were asked about: the former list says more than a shorter one.
            return Ok(properties);
        }
        let nothing_answered = !pairs.is_empty() && unanswered == pairs.len();
        for property in former.into_iter().flatten() {
            let is_of = |pair: &&Pair| pair.0 == property.contract && pair.1 == property.group;
            let known_from = match crawl {
                Crawl::Whole { .. } => failed.iter().copied().any(|pair| is_of(&pair)),
                _ => !pairs
                    .iter()
                    .filter(|pair| !failed.contains(pair))
                    .any(|pair| is_of(&pair)),
            };
            if known_from && seen.insert(property.id.clone()) {
                properties.push(property);
            }
        }
        for pair in &failed {
            ledger.lacks(Resource::Properties, Some(pair_name(&pair.0, &pair.1)));
        }
        if !failed.is_empty() {
            // Before the list stands: it must not be taken for whole if this run ends here.
            self.remember(ledger, false).await?;
        }
        // A list that nobody answered for says nothing; the former one, if any, lives out its time.
        if nothing_answered {
            if crawl == Crawl::Lacking && self.wants(Resource::Properties) {
                ledger.kept(Resource::Properties, 1);
            }
            return Ok(properties);
        }
        let list = array(properties.iter().map(|property| property.json.as_str()));
        let (entry, resource) = (Entry::Properties, Resource::Properties);
        match crawl {
            Crawl::Whole { .. } if self.wants(resource) => {
                let write = self.set(&entry, resource, list);
                writer.put(resource, write).await?;
            }
            Crawl::Whole { mends: false } => {}
            _ => self.patch(writer, &entry, resource, list).await?,
        }
        Ok(properties)
    }

    async fn cpcodes<'p>(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        pairs: &'p [Pair],
    ) -> Result<(), Halt> {
        let stage = "cpcodes";
        self.progress.begin(stage, Some(pairs.len() as u64));
        let mut all: BTreeMap<String, CpCode> = BTreeMap::new();
        let mut complete = true;
        let ask = |pair: &'p Pair| self.source.cpcodes(&pair.0, &pair.1);
        let mut answers = std::pin::pin!(self.each_asked(ledger, pairs, ask));
        while let Some((pair, answer)) = answers.next().await {
            let id = pair_name(&pair.0, &pair.1);
            match answer {
                Ok(codes) => {
                    complete &= codes.flaws.is_empty();
                    Self::enter_flaws(ledger, Resource::CpCodes, id, codes.flaws);
                    all.extend(codes.value.into_iter().map(|code| (code.id.clone(), code)));
                }
                Err(error) => {
                    complete = false;
                    Self::survive(ledger, Resource::CpCodes, id, error);
                }
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        ledger.fetched(Resource::CpCodes, all.len());
        if ledger.halted().is_some() {
            return Ok(());
        }
        if !complete {
            ledger.lacks(Resource::CpCodes, None);
        }
        let key = self.key(&Entry::CpCodes);
        // An item does not tell its group, so a shorter list cannot be completed from a former one:
        // it is stored only where there is none.
        let stands = !complete
            && matches!(self.ttls(&[key]).await?.first(), Some(ttl) if *ttl != crate::domain::ttl::Ttl::Absent);
        if stands || (!complete && all.is_empty()) {
            return Ok(());
        }
        let list = array(all.values().map(|code| code.json.as_str()));
        let write = self.set(&Entry::CpCodes, Resource::CpCodes, list);
        Ok(writer.put(Resource::CpCodes, write).await?)
    }
}
