//! The URL that says where Valkey is.

use super::values;
use crate::domain::secret::Secret;
use crate::store::options::Node;
use std::path::PathBuf;
use url::{Host, Url};

/// What a URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `valkey` or `redis`, as it was written.
    pub family: &'static str,
    /// Whether the scheme asks for TLS.
    pub tls: bool,
    /// Where.
    pub place: Place,
    /// The user, where one is named.
    pub username: Option<String>,
    /// The password, where there is one.
    pub password: Option<Secret>,
    /// The database, where one is named.
    pub db: Option<u32>,
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Tcp(Node),
    Unix(PathBuf),
    /// A private server with its data in this folder, or in the default one.
    Embedded(Option<PathBuf>),
}

impl Address {
    /// A server without anything special about it.
    pub fn plain(node: Node) -> Self {
        Self {
            family: "redis",
            tls: false,
            place: Place::Tcp(node),
            username: None,
            password: None,
            db: None,
        }
    }

    /// Reads a URL. No error shows any part of it, since it may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let scheme = text
            .split_once(':')
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("embedded") => Ok(embedded(text.get("embedded:".len()..).unwrap_or_default())),
            Some("unix") => unix(text),
            Some("valkey") => tcp(text, "valkey", false),
            Some("valkeys") => tcp(text, "valkey", true),
            Some("redis") => tcp(text, "redis", false),
            Some("rediss") => tcp(text, "redis", true),
            _ => Err("it begins with none of valkey://, valkeys://, redis://, rediss://, unix:// and embedded:".into()),
        }
    }
}

fn embedded(folder: &str) -> Address {
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    Address {
        place: Place::Embedded((!folder.is_empty()).then(|| PathBuf::from(folder))),
        ..Address::plain(Node {
            host: String::new(),
            port: 0,
        })
    }
}

fn unix(text: &str) -> Result<Address, String> {
    let url = parsed(text)?;
    if url.has_host() && url.host().is_some() {
        return Err("a unix socket is an absolute path: unix:///PATH".into());
    }
    let path = decoded(url.path());
    if !path.starts_with('/') || path.len() < 2 {
        return Err("a unix socket is an absolute path: unix:///PATH".into());
    }
    let db = database_of_query(&url)?;
    Ok(Address {
        place: Place::Unix(PathBuf::from(path)),
        db,
        ..Address::plain(Node {
            host: String::new(),
            port: 0,
        })
    })
}

fn tcp(text: &str, family: &'static str, tls: bool) -> Result<Address, String> {
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
        Some(0) => return Err("a port is a number from 1 to 65535".into()),
        port => port.unwrap_or(6379),
    };
    let db = match url.path().trim_matches('/') {
        "" => database_of_query(&url)?,
        path if url.query().is_none() => Some(values::db(path)?),
        _ => {
            return Err("it names its database twice, or has a parameter that is not known".into());
        }
    };
    let username = Some(decoded(url.username())).filter(|name| !name.is_empty());
    let password = url
        .password()
        .map(decoded)
        .filter(|password| !password.is_empty());
    Ok(Address {
        family,
        tls,
        place: Place::Tcp(Node { host, port }),
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

fn database_of_query(url: &Url) -> Result<Option<u32>, String> {
    let mut db = None;
    for (name, value) in url.query_pairs() {
        if name != "db" || db.is_some() {
            return Err("the one parameter that it takes is `db`, once".into());
        }
        db = Some(values::db(&value)?);
    }
    Ok(db)
}

/// Decodes `%XX`; what is no such code stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let code = if byte == b'%' {
            after.first_chunk::<2>()
        } else {
            None
        };
        let value = code.and_then(|code| {
            let [high, low] = code.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        });
        if let Some(value) = value {
            plain.push(value);
            rest = after.get(2..).unwrap_or_default();
        } else {
            plain.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp_of(text: &str) -> (Node, bool, Option<String>, Option<String>, Option<u32>) {
        let address = Address::parse(text).unwrap();
        let Place::Tcp(node) = address.place else {
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
        let place = |text| Address::parse(text).unwrap().place;
        assert_eq!(
            place("unix:///run/valkey%20x.sock"),
            Place::Unix("/run/valkey x.sock".into())
        );
        assert_eq!(Address::parse("unix:///s?db=4").unwrap().db, Some(4));
        assert_eq!(place("embedded:"), Place::Embedded(None));
        assert_eq!(
            place("embedded:/var/cache/x"),
            Place::Embedded(Some("/var/cache/x".into()))
        );
        assert_eq!(place("embedded:///x"), Place::Embedded(Some("/x".into())));
        assert_eq!(place("embedded:here"), Place::Embedded(Some("here".into())));
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
            let error = Address::parse(text).expect_err(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_address_does_not_show_its_password() {
        let address = Address::parse("redis://u:hunter2@h").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
