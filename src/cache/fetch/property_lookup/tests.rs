use super::*;

fn group(id: &str) -> Group {
    Group::parse(&format!(
        r#"{{"groupId":"{id}","groupName":"","contractIds":["ctr_1"]}}"#
    ))
    .unwrap()
}

fn pair(group: &str) -> GroupContract {
    ("ctr_1".to_owned(), group.to_owned())
}

fn property(id: &str, group: &str) -> Property {
    Property::parse(&format!(
        r#"{{"propertyId":"{id}","propertyName":"","contractId":"ctr_1","groupId":"{group}"}}"#
    ))
    .unwrap()
}

/// Places this many properties in each group.
fn placed(groups: &[(&str, usize)]) -> PropertyLookup {
    let mut refs = HashMap::new();
    for (group, count) in groups {
        for at in 0..*count {
            let property = property(&format!("prp_{group}{at}"), group);
            refs.insert(property.id.clone(), PropertyRef::from(&property));
        }
    }
    let ids: Vec<Id> = refs.keys().cloned().collect();
    PropertyLookup::new(ids, refs, PairStates::default())
}

fn kinds(asks: &[ApiRequest]) -> (usize, usize, usize) {
    let count = |fits: fn(&ApiRequest) -> bool| asks.iter().filter(|ask| fits(ask)).count();
    (
        count(|ask| matches!(ask, ApiRequest::Groups)),
        count(|ask| matches!(ask, ApiRequest::Properties(_))),
        count(|ask| matches!(ask, ApiRequest::Property(_))),
    )
}

/// Returns the kinds of all requests, if each answer is as predicted.
fn course(mut lookup: PropertyLookup) -> Vec<(usize, usize, usize)> {
    let mut course = Vec::new();
    while course.len() < 9 {
        let asks = lookup.next();
        if asks.is_empty() {
            break;
        }
        course.push(kinds(&asks));
        for ask in &asks {
            lookup.predict(ask);
        }
    }
    course
}

#[test]
fn what_is_placed_is_asked_for_by_the_lists_of_its_pairs_where_they_are_fewer() {
    assert_eq!(course(placed(&[("a", 2)])), [(0, 0, 2)]);
    assert_eq!(course(placed(&[("a", 3)])), [(0, 1, 0)]);
    assert_eq!(course(placed(&[("a", 1), ("b", 1)])), [(0, 0, 2)]);
    assert_eq!(
        course(placed(&[("a", 1), ("b", 5)])),
        [(0, 1, 0), (0, 0, 1)]
    );
    assert_eq!(course(placed(&[])), []);
}

#[test]
fn what_has_no_place_is_asked_for_by_all_lists_where_they_are_fewer() {
    let many = || (0..9).map(|at| Id::new(&format!("prp_{at}")).unwrap());
    let unknown = |groups: usize| {
        let mut lookup = PropertyLookup::new(many(), HashMap::new(), PairStates::default());
        let groups: Vec<Group> = (0..groups).map(|at| group(&format!("grp_{at}"))).collect();
        lookup.take_groups(&groups, true);
        lookup
    };
    assert_eq!(course(unknown(7)), [(0, 7, 0)]);
    assert_eq!(course(unknown(8)), [(0, 0, 9)]);
    // Groups of the cache may lack a new one, which is asked for once.
    let mut cached = PropertyLookup::new(many(), HashMap::new(), PairStates::default());
    let groups: Vec<Group> = (0..7).map(|at| group(&format!("grp_{at}"))).collect();
    cached.take_groups(&groups, false);
    assert_eq!(course(cached), [(0, 7, 0), (1, 0, 0)]);
    // Knowing the groups saves more than the call that it takes.
    let cold = PropertyLookup::new(many(), HashMap::new(), PairStates::default());
    assert_eq!(kinds(&cold.next()), (1, 0, 0));
    let few = PropertyLookup::new(many().take(3), HashMap::new(), PairStates::default());
    assert_eq!(kinds(&few.next()), (0, 0, 3));
}

#[test]
fn what_a_list_lacks_is_asked_for_without_its_place_and_does_not_exist_where_all_lists_lack_it() {
    let mut lookup = placed(&[("a", 5)]);
    let found = lookup.take_list(pair("a"), vec![property("prp_a0", "a")], true);
    assert_eq!(found.len(), 1);
    let asks = lookup.next();
    assert_eq!(kinds(&asks), (1, 0, 0), "{asks:?}");
    lookup.take_groups(&[group("a")], true);
    assert_eq!(lookup.next(), []);
    assert_eq!(lookup.take_missing().len(), 4);

    let mut refused = placed(&[("a", 4)]);
    refused.take_groups(&[group("a")], true);
    refused.take_failure(pair("a"), true);
    assert_eq!(kinds(&refused.next()), (0, 0, 4));
    assert!(refused.take_missing().is_empty());
    let pairs = refused.next().into_iter().map(|ask| match ask {
        ApiRequest::Property(at) => at.within,
        _ => Some(pair("a")),
    });
    assert_eq!(pairs.flatten().count(), 0);
}

#[test]
fn few_of_many_that_no_list_has_are_asked_for_where_one_may_not_be_read() {
    let ids = |count: usize| (0..count).map(|at| Id::new(&format!("prp_{at}")).unwrap());
    let after_lists = |refused| {
        let mut lookup = PropertyLookup::new(ids(50), HashMap::new(), PairStates::default());
        lookup.take_groups(&[group("a"), group("b")], true);
        lookup.take_list(pair("a"), Vec::new(), true);
        lookup.take_failure(pair("b"), refused);
        lookup
    };
    let mut lookup = after_lists(true);
    let asks = lookup.next();
    assert_eq!(kinds(&asks), (0, 0, UNLISTED));
    for ask in asks {
        lookup.predict(&ask);
    }
    assert_eq!(lookup.next(), []);
    assert!(lookup.take_missing().is_empty());
    assert_eq!(lookup.open().count(), 30);
    // A list that failed for another reason counts as readable.
    assert_eq!(kinds(&after_lists(false).next()), (0, 0, 50));
}
