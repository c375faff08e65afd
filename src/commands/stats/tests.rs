use super::*;
use store::Error as E;

fn ended(reasons: Vec<E>, answered: usize) -> Option<(u8, String)> {
    let node = |error: Option<String>| NodeStats {
        addr: "h:1".into(),
        error,
        ..NodeStats::default()
    };
    let mut nodes: Vec<NodeStats> = reasons
        .iter()
        .map(|reason| node(Some(reason.to_string())))
        .collect();
    nodes.resize_with(nodes.len() + answered, || node(None));
    silence(&nodes, reasons).map(|failure| (failure.exit.code(), failure.message))
}

fn refused(denied: bool) -> E {
    let (endpoint, command, reason) = ("h:1".into(), "INFO".into(), "x".into());
    if denied {
        E::Denied {
            endpoint,
            command,
            reason,
        }
    } else {
        E::Refused {
            endpoint,
            command,
            reason,
        }
    }
}

fn gone() -> E {
    E::Connect {
        endpoint: "h:1".into(),
        reason: "x".into(),
        source: None,
    }
}

fn slow() -> E {
    E::Timeout {
        endpoint: "h:1".into(),
        command: "INFO".into(),
        after: Duration::from_secs(1),
    }
}

#[test]
fn some_silent_servers_are_a_partial_failure() {
    assert_eq!(ended(vec![], 2), None);
    let part = Some((7, "no answer from h:1".to_owned()));
    assert_eq!(ended(vec![gone()], 1), part);
    assert_eq!(ended(vec![refused(true)], 1), part);
}

#[test]
fn if_all_servers_are_silent_the_first_cause_is_reported() {
    let first = |reasons| ended(reasons, 0).unwrap();
    assert_eq!(
        first(vec![refused(true), slow(), gone()]),
        (10, gone().to_string())
    );
    assert_eq!(first(vec![refused(true), slow()]), (11, slow().to_string()));
    assert_eq!(
        first(vec![refused(false), refused(true)]),
        (4, refused(true).to_string())
    );
    assert_eq!(first(vec![refused(false)]).0, 7);
}
