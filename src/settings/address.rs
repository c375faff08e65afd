//! The URL that says where Valkey is.

use super::values;
use crate::domain::secret::Secret;
use crate::store::options::Node;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use url::{Host, Url};

/// What a URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUrl {
    /// `valkey` or `redis`, as it was written.
    pub family: &'static str,
    /// Whether the scheme asks for TLS.
    pub tls: bool,
    /// Where.
    pub place: ServerLocation,
    /// The user, where one is named.
    pub username: Option<String>,
    /// The password, where there is one.
    pub password: Option<Secret>,
    /// The database, where one is named.
    pub db: Option<u32>,
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerLocation {
    Tcp(Node),
    Unix(PathBuf),
    /// A private server with its data in this folder, or in the default one.
    Embedded(Option<PathBuf>),
}

impl ServerUrl {
    /// A server without anything special about it.
    pub(super) fn plain(node: Node) -> Self {
        Self {
            family: "redis",
            tls: false,
            place: ServerLocation::Tcp(node),
            username: None,
            password: None,
            db: None,
        }
    }

    /// Reads a URL. No error shows any part of it but the name of a parameter, since it may hold a
    /// password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut unknown = Vec::new();
        let address = Self::lenient(text, &mut unknown)?;
        match unknown.first() {
            Some(name) => Err(format!("unknown parameter{name}; it takes only `db`")),
            None => Ok(address),
        }
    }

    /// The same for an address that may be another program's: parameters that this one does not know
    /// are collected, each as it is shown.
    pub(super) fn lenient(text: &str, unknown: &mut Vec<String>) -> Result<Self, String> {
        let text = text.trim();
        let scheme = text
            .split_once(':')
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("embedded") => Ok(embedded(text.get("embedded:".len()..).unwrap_or_default())),
            Some("unix" | "redis+unix" | "valkey+unix") => unix(text, unknown),
            Some("valkey") => tcp(text, "valkey", false, unknown),
            Some("valkeys") => tcp(text, "valkey", true, unknown),
            Some("redis") => tcp(text, "redis", false, unknown),
            Some("rediss") => tcp(text, "redis", true, unknown),
            _ => Err("expected valkey[s]://, redis[s]://, unix:// or embedded:".into()),
        }
    }

    /// The URL without its password.
    pub(super) fn shown(&self) -> String {
        let db = |mark: &str| self.db.map_or_else(String::new, |db| format!("{mark}{db}"));
        let user = self.username.as_deref().unwrap_or_default();
        let user = match &self.password {
            None if user.is_empty() => String::new(),
            None => format!("{user}@"),
            Some(password) => format!("{user}:{password}@"),
        };
        match &self.place {
            ServerLocation::Tcp(node) => {
                let secure = if self.tls { "s" } else { "" };
                format!("{}{secure}://{user}{node}{}", self.family, db("/"))
            }
            ServerLocation::Unix(path) => format!("unix://{user}{}{}", path.display(), db("?db=")),
            ServerLocation::Embedded(None) => "embedded:".to_owned(),
            ServerLocation::Embedded(Some(folder)) => format!("embedded:{}", folder.display()),
        }
    }

    /// The URL that somebody may mean who writes HOST:PORT. A bare word may be a password.
    pub(super) fn meant(text: &str) -> Option<String> {
        if !text.contains(':') && text != "localhost" {
            return None;
        }
        let node = values::host_and_port(text, 6379).ok()?;
        Some(format!("redis://{node}"))
    }
}

fn embedded(folder: &str) -> ServerUrl {
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    ServerUrl {
        place: ServerLocation::Embedded((!folder.is_empty()).then(|| PathBuf::from(folder))),
        ..ServerUrl::plain(Node {
            host: String::new(),
            port: 0,
        })
    }
}

fn unix(text: &str, unknown: &mut Vec<String>) -> Result<ServerUrl, String> {
    let shape = || "a unix socket is an absolute path: unix:///PATH".to_owned();
    let (_, rest) = text.split_once(':').ok_or_else(shape)?;
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').ok_or_else(shape)?),
        None => ("", rest),
    };
    // Credentials without a host are none that a URL knows; other clients take them.
    let (username, password) = match authority.strip_suffix('@') {
        Some(who) => who.split_once(':').unwrap_or((who, "")),
        None if authority.is_empty() => ("", ""),
        None => return Err(shape()),
    };
    let url = parsed(&format!("unix://{path}"))?;
    let path = decoded(url.path());
    if !path.starts_with('/') || path.len() < 2 {
        return Err(shape());
    }
    let db = database_of_query(&url, unknown)?;
    let given = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
    Ok(ServerUrl {
        place: ServerLocation::Unix(PathBuf::from(path)),
        username: given(username),
        password: given(password).map(Secret::new),
        db,
        ..ServerUrl::plain(Node {
            host: String::new(),
            port: 0,
        })
    })
}

fn tcp(
    text: &str,
    family: &'static str,
    tls: bool,
    unknown: &mut Vec<String>,
) -> Result<ServerUrl, String> {
    let url = parsed(text)?;
    let host = match url.host() {
        Some(Host::Domain(name)) => decoded(name),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    };
    if host.is_empty() {
        return Err("it names no host".into());
    }
    let port = match url.port() {
        Some(0) => return Err("expected a port from 1 to 65535".into()),
        port => port.unwrap_or(6379),
    };
    let of_query = database_of_query(&url, unknown)?;
    let db = match (url.path().trim_matches('/'), of_query) {
        ("", of_query) => of_query,
        (path, None) => Some(values::db(path)?),
        (_, Some(_)) => return Err("it names its database twice".into()),
    };
    let username = Some(decoded(url.username())).filter(|name| !name.is_empty());
    let password = url
        .password()
        .map(decoded)
        .filter(|password| !password.is_empty());
    Ok(ServerUrl {
        family,
        tls,
        place: ServerLocation::Tcp(Node { host, port }),
        username,
        password: password.map(Secret::new),
        db,
    })
}

fn parsed(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("{error}; special characters of a password are written as %XX"))?;
    if url.fragment().is_some() {
        return Err("it has a `#`, which a password writes as %23".into());
    }
    Ok(url)
}

fn database_of_query(url: &Url, unknown: &mut Vec<String>) -> Result<Option<u32>, String> {
    let mut db = None;
    for part in url.query().unwrap_or_default().split('&') {
        match part.split_once('=') {
            Some(("db", _)) if db.is_some() => return Err("it names its database twice".into()),
            Some(("db", value)) => db = Some(values::db(&decoded(value))?),
            // What has no value may be the rest of a password.
            Some((name, _)) if name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                unknown.push(format!(" `{name}`"));
            }
            None if part.is_empty() => {}
            _ => unknown.push(String::new()),
        }
    }
    Ok(db)
}

/// Decodes `%XX`; what is no such code stays as it is.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp_of(text: &str) -> (Node, bool, Option<String>, Option<String>, Option<u32>) {
        let address = ServerUrl::parse(text).unwrap();
        let ServerLocation::Tcp(node) = address.place else {
            panic!("{text}")
        };
        let password = address.password.map(|secret| secret.reveal().to_owned());
        (node, address.tls, address.username, password, address.db)
    }

    fn node(host: &str, port: u16) -> Node {
        Node {
            host: host.into(),
            port,
        }
    }

    #[test]
    fn every_part_of_a_url_is_read() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            tcp_of("redis://h"),
            (node("h", 6379), false, None, None, None)
        );
        assert_eq!(
            tcp_of("valkey://h:7000/2"),
            (node("h", 7000), false, None, None, Some(2))
        );
        assert_eq!(
            tcp_of("rediss://u:p@h/"),
            (node("h", 6379), true, text("u"), text("p"), None)
        );
        assert_eq!(
            tcp_of("VALKEYS://:p%40%2Fs%25@h:1?db=3"),
            (node("h", 1), true, None, text("p@/s%"), Some(3))
        );
        assert_eq!(
            tcp_of("redis://u@[::1]:7"),
            (node("::1", 7), false, text("u"), None, None)
        );
        assert_eq!(tcp_of("redis://:100%@h").3, text("100%"));
        assert_eq!(tcp_of("redis://:p%C3%BC@h").3, text("pü"));
    }

    #[test]
    fn sockets_and_folders_are_read() {
        let place = |text| ServerUrl::parse(text).unwrap().place;
        assert_eq!(
            place("unix:///run/valkey%20x.sock"),
            ServerLocation::Unix("/run/valkey x.sock".into())
        );
        assert_eq!(ServerUrl::parse("unix:///s?db=4").unwrap().db, Some(4));
        for text in [
            "unix://u:p%40@/s?db=4",
            "redis+unix://u:p%40@/s?db=4",
            "valkey+unix://u:p%40@/s?db=4",
        ] {
            let address = ServerUrl::parse(text).unwrap();
            let password = address.password.as_ref().map(Secret::reveal);
            assert_eq!(
                (address.place.clone(), address.db),
                (ServerLocation::Unix("/s".into()), Some(4))
            );
            assert_eq!(
                (address.username.as_deref(), password),
                (Some("u"), Some("p@"))
            );
        }
        assert_eq!(place("embedded:"), ServerLocation::Embedded(None));
        assert_eq!(
            place("embedded:/var/cache/x"),
            ServerLocation::Embedded(Some("/var/cache/x".into()))
        );
        assert_eq!(
            place("embedded:///x"),
            ServerLocation::Embedded(Some("/x".into()))
        );
        assert_eq!(
            place("embedded:here"),
            ServerLocation::Embedded(Some("here".into()))
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_it() {
        for text in [
            "",
            "h",
            "h:6379",
            "http://h",
            "redis:",
            "redis://",
            "redis:///2",
            "redis://h/x",
            "redis://h/-1",
            "redis://h:0",
            "redis://h:99999",
            "redis://h?x=1",
            "redis://h/1?db=2",
            "redis://h#hunter2",
            "redis://:hunter2#x@h",
            "redis://u:hunter2@",
            "unix://relative/path",
            "unix:///",
            "unix:///s?pass=hunter2",
            "redis://h?db=1&db=2",
        ] {
            let error = ServerUrl::parse(text).expect_err(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_named_or_collected() {
        let text = "redis://h/2?ssl_cert_reqs=none&protocol=3";
        let error = ServerUrl::parse(text).unwrap_err();
        assert!(error.contains("`ssl_cert_reqs`"), "{error}");
        let mut unknown = Vec::new();
        let address = ServerUrl::lenient(text, &mut unknown).unwrap();
        assert_eq!(address.db, Some(2));
        assert_eq!(unknown, [" `ssl_cert_reqs`", " `protocol`"]);
    }

    #[test]
    fn an_address_does_not_show_its_password() {
        let address = ServerUrl::parse("redis://u:hunter2@h").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
