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
    /// A server without credentials, TLS or database.
    pub(super) fn at(place: ServerLocation) -> Self {
        Self {
            family: "redis",
            tls: false,
            place,
            username: None,
            password: None,
            db: None,
        }
    }

    /// Reads a URL. No error shows any part of it but the name of a parameter, since it may hold a
    /// password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut unknown = Vec::new();
        let address = Self::tolerant(text, &mut unknown)?;
        match unknown.first() {
            Some(name) => Err(format!("unknown parameter{name}; it takes only `db`")),
            None => Ok(address),
        }
    }

    /// The same for an address that may be another program's: parameters that this one does not know
    /// are collected, each as it is shown.
    pub(super) fn tolerant(text: &str, unknown: &mut Vec<String>) -> Result<Self, String> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        let (family, tls, url) = match scheme.to_ascii_lowercase().as_str() {
            "embedded" => {
                let folder = Some(rest.strip_prefix("//").unwrap_or(rest));
                let folder = folder.filter(|folder| !folder.is_empty());
                return Ok(Self::at(ServerLocation::Embedded(
                    folder.map(PathBuf::from),
                )));
            }
            "unix" | "redis+unix" | "valkey+unix" => ("redis", false, socket(rest)?),
            "valkey" => ("valkey", false, parsed(text)?),
            "valkeys" => ("valkey", true, parsed(text)?),
            "redis" => ("redis", false, parsed(text)?),
            "rediss" => ("redis", true, parsed(text)?),
            _ => return Err("expected valkey[s]://, redis[s]://, unix:// or embedded:".into()),
        };
        let of_query = database_of_query(&url, unknown)?;
        let (place, db) = match (url.scheme(), url.path().trim_matches('/')) {
            ("unix", _) => {
                let path = PathBuf::from(decoded(url.path()));
                (ServerLocation::Unix(path), of_query)
            }
            (_, "") => (tcp(&url)?, of_query),
            (_, path) if of_query.is_none() => (tcp(&url)?, Some(values::db(path)?)),
            _ => return Err("it names its database twice".into()),
        };
        let given = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
        Ok(Self {
            family,
            tls,
            place,
            username: given(url.username()),
            password: url.password().and_then(given).map(Secret::new),
            db,
        })
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

    /// The URL that is probably meant by HOST:PORT. A bare word may be a password.
    pub(super) fn meant(text: &str) -> Option<String> {
        if !text.contains(':') && text != "localhost" {
            return None;
        }
        let node = values::host_and_port(text, 6379).ok()?;
        Some(format!("redis://{node}"))
    }
}

/// The URL of a unix socket. A URL has no credentials without a host, so it is given one.
fn socket(rest: &str) -> Result<Url, String> {
    let (user, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(0)),
        None => ("", rest),
    };
    let absolute = path.starts_with('/') && !path.starts_with("/?") && path.len() > 1;
    if !absolute || !(user.is_empty() || user.ends_with('@')) {
        return Err("a unix socket is an absolute path: unix:///PATH".into());
    }
    parsed(&format!("unix://{user}socket{path}"))
}

fn tcp(url: &Url) -> Result<ServerLocation, String> {
    let host = match url.host() {
        Some(Host::Domain(name)) => decoded(name),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    };
    match (host.is_empty(), url.port().unwrap_or(6379)) {
        (true, _) => Err("it names no host".into()),
        (_, 0) => Err("expected a port from 1 to 65535".into()),
        (_, port) => Ok(ServerLocation::Tcp(Node { host, port })),
    }
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

/// Decodes `%XX`; anything else stays as it is.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_url_is_read() {
        for (text, host, port, tls, user, password, db) in [
            ("redis://h", "h", 6379, false, "", "", None),
            ("valkey://h:7000/2", "h", 7000, false, "", "", Some(2)),
            ("rediss://u:p@h/", "h", 6379, true, "u", "p", None),
            (
                "VALKEYS://:p%40%2Fs%25@h:1?db=3",
                "h",
                1,
                true,
                "",
                "p@/s%",
                Some(3),
            ),
            ("redis://u@[::1]:7", "::1", 7, false, "u", "", None),
            ("redis://:100%@h", "h", 6379, false, "", "100%", None),
            ("redis://:p%C3%BC@h", "h", 6379, false, "", "pü", None),
        ] {
            let host = host.to_owned();
            let expected = ServerUrl {
                family: if text.to_lowercase().starts_with("valkey") {
                    "valkey"
                } else {
                    "redis"
                },
                tls,
                place: ServerLocation::Tcp(Node { host, port }),
                username: Some(user.to_owned()).filter(|user| !user.is_empty()),
                password: (!password.is_empty()).then(|| Secret::new(password)),
                db,
            };
            assert_eq!(ServerUrl::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn sockets_and_folders_are_read() {
        let socket = |path: &str| ServerLocation::Unix(path.into());
        let folder = |path: &str| ServerLocation::Embedded(Some(path.into()));
        for (text, place) in [
            ("unix:///run/valkey%20x.sock", socket("/run/valkey x.sock")),
            ("unix:/s", socket("/s")),
            ("embedded:", ServerLocation::Embedded(None)),
            ("embedded:/var/cache/x", folder("/var/cache/x")),
            ("embedded:///x", folder("/x")),
            ("embedded:here", folder("here")),
        ] {
            assert_eq!(ServerUrl::parse(text), Ok(ServerUrl::at(place)), "{text}");
        }
        for scheme in ["unix", "redis+unix", "valkey+unix"] {
            let expected = ServerUrl {
                username: Some("u".to_owned()),
                password: Some(Secret::new("p@")),
                db: Some(4),
                ..ServerUrl::at(socket("/s"))
            };
            let text = format!("{scheme}://u:p%40@/s?db=4");
            assert_eq!(ServerUrl::parse(&text), Ok(expected), "{text}");
        }
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
        let address = ServerUrl::tolerant(text, &mut unknown).unwrap();
        assert_eq!(address.db, Some(2));
        assert_eq!(unknown, [" `ssl_cert_reqs`", " `protocol`"]);
    }

    #[test]
    fn an_address_does_not_show_its_password() {
        let address = ServerUrl::parse("redis://u:hunter2@h").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
