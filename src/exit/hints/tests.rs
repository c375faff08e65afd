use super::*;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

fn text() -> String {
    "x".into()
}

fn breaker(last: source::Error) -> source::Error {
    source::Error::BreakerOpen {
        failures: 5,
        last: Box::new(last),
    }
}

#[test]
fn an_open_circuit_ends_as_its_cause() {
    use source::Error as E;
    let (call, detail, after) = (text, text, Duration::from_secs(1));
    let call = call();
    for (last, code) in [
        (E::Timeout { call, after }, 11),
        (
            E::RateLimited {
                call: text(),
                detail: detail(),
            },
            9,
        ),
        (E::Recording(text()), 7),
    ] {
        assert_eq!(Failure::from(breaker(last)).exit.code(), code);
    }
}

#[test]
fn the_hint_names_the_denied_command_as_the_server_does() {
    for (reason, named) in [
        (
            "NOPERM User o'neil has no permissions to run the 'info' command",
            " +info`",
        ),
        (
            "NOPERM User x has no permissions to run the 'config|get' command",
            "`ACL SETUSER x +config|get`",
        ),
        ("NOPERM", "`ACL SETUSER USER +command|info`"),
        (
            "NOPERM No permissions to access a key",
            "the line that permits the keys",
        ),
    ] {
        let hint = of_permission("COMMAND INFO", reason);
        assert!(hint.contains(named), "{hint}");
    }
}

#[test]
fn a_command_that_the_server_does_not_name_is_left_to_doctor() {
    let reason = "The user executing the script can't run this command or subcommand script: \
                  x, on @user_script:1.";
    assert!(of_permission("EVAL", reason).contains("doctor"));
}

#[test]
fn the_hint_for_an_address_names_the_option_that_it_came_from() {
    let hint = |endpoint: &str| {
        let failure = Failure::from(store::Error::Connect {
            endpoint: endpoint.into(),
            reason: text(),
            source: None,
        });
        failure.hint.unwrap_or_default()
    };
    for (endpoint, option) in [
        ("redis://h:1/0", "--url"),
        ("unix:///s", "--url"),
        ("cluster://h:1,h:2", "--node"),
        ("sentinel://mymaster@h:1", "--sentinel"),
        ("10.0.0.1:7000", "the other servers name this address"),
    ] {
        assert!(hint(endpoint).contains(option), "{endpoint}");
        assert_eq!(hint(endpoint).contains("--url"), option == "--url");
    }
}

#[test]
fn the_hint_for_tls_depends_on_its_message() {
    let hint = |reason: &str| {
        let (endpoint, reason) = (text(), reason.to_owned());
        let failure = Failure::from(store::Error::Tls { endpoint, reason });
        failure.hint.unwrap_or_default()
    };
    assert!(hint("invalid peer certificate: UnknownIssuer").contains("--tls-ca"));
    assert!(hint("received fatal alert: CertificateRequired").contains("--tls-cert"));
    assert!(hint("invalid peer certificate: certificate expired").contains("renew"));
    assert!(hint("received fatal alert: CertificateExpired").contains("--tls-cert"));
    assert!(hint("received fatal alert: HandshakeFailure").contains("--tls-cert"));
    for reason in [
        "the server answers, but without TLS",
        "received corrupt message of type InvalidContentType",
    ] {
        assert!(hint(reason).contains("leave --tls out"));
    }
}

#[test]
fn a_resource_limit_ends_as_a_rate_limit() {
    let error = source::Error::ResourceLimit {
        call: text(),
        detail: text(),
    };
    assert_eq!(Failure::from(error).exit, Exit::Limited);
}

#[test]
fn a_wrong_name_on_the_command_line_is_a_matter_of_usage() {
    assert_eq!(
        Failure::from(KeyError::Reserved("stats".into())).exit,
        Exit::Usage
    );
}

#[test]
fn a_forbidden_folder_is_not_reported_as_a_full_disk() {
    let hint = |what: &str, kind: ErrorKind| {
        let error = cache::Error::Disk {
            what: what.into(),
            source: Arc::new(kind.into()),
        };
        Failure::from(error).hint.unwrap()
    };
    let denied = ErrorKind::PermissionDenied;
    assert_eq!(
        hint("reading from `/x`", denied),
        "set XDG_STATE_HOME to a folder that this user may read"
    );
    for kind in [denied, ErrorKind::NotADirectory, ErrorKind::NotFound] {
        assert_eq!(
            hint("making `/x`", kind),
            "set XDG_STATE_HOME to a folder that this user may write to, or pass --no-undo"
        );
    }
    assert!(hint("writing to `/x`", ErrorKind::StorageFull).starts_with("free disk space"));
}

#[test]
fn an_unreadable_folder_is_not_reported_as_a_full_disk() {
    let hint = |what: &str, kind| super::of_disk(what, kind);
    assert_eq!(
        hint("reading from the folder", ErrorKind::NotADirectory),
        "set XDG_STATE_HOME to the folder that holds the undo files"
    );
    assert_eq!(
        hint("writing to the folder", ErrorKind::StorageFull),
        "free disk space, or pass --no-undo"
    );
}

#[test]
fn every_error_reply_has_a_hint() {
    for (reason, hint) in [
        (
            "NOREPLICAS Not enough good replicas to write.",
            "min-replicas-to-write",
        ),
        (
            "CROSSSLOT Keys in request don't hash to the same slot",
            "--mode cluster",
        ),
        (
            "max daily request limit exceeded. Limit: 10000",
            "limits of the service",
        ),
        (
            "max request size exceeded. Limit: 1048576 bytes",
            "limits of the service",
        ),
        ("unknown command 'UNLINK'", "takes the command"),
    ] {
        let failure = Failure::from(store::Error::Refused {
            endpoint: text(),
            command: text(),
            reason: reason.into(),
        });
        assert!(
            failure.hint.is_some_and(|said| said.contains(hint)),
            "{reason}"
        );
    }
}
