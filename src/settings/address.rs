//! The URL of Valkey.

use super::values::{self, SettingKind, SettingValue};
use crate::domain::secret::{Secret, masked};
use crate::store::options::Node;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use url::Url;

/// A parsed URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUrl {
    /// The URL with credentials masked and parameters removed.
    pub shown: String,
    /// The scheme requires TLS.
    pub tls: bool,
    pub place: ServerLocation,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub db: Option<u32>,
}

/// Location of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerLocation {
    Tcp(Node),
    Unix(PathBuf),
    /// A private server and its data folder, or `None` for the default folder.
    Embedded(Option<PathBuf>),
}

impl SettingValue for ServerUrl {
    const KIND: SettingKind = SettingKind::Secret;

    fn shown(&self) -> Option<String> {
        Some(self.shown.clone())
    }
}

impl ServerUrl {
    /// Creates the URL of a server without credentials, TLS or database.
    pub(super) fn at(shown: String, place: ServerLocation) -> Self {
        Self {
            shown,
            tls: false,
            place,
            username: None,
            password: None,
            db: None,
        }
    }

    /// Formats the URL without user and password.
    pub(super) fn without_credentials(&self) -> String {
        let (db, scheme) = (
            self.db.unwrap_or(0),
            if self.tls { "rediss" } else { "redis" },
        );
        match &self.place {
            ServerLocation::Tcp(node) => format!("{scheme}://{node}/{db}"),
            ServerLocation::Unix(path) => format!("unix://{}?db={db}", path.display()),
            ServerLocation::Embedded(None) => "embedded:".to_owned(),
            ServerLocation::Embedded(Some(folder)) => format!("embedded:{}", folder.display()),
        }
    }

    /// Parses a URL, which may hold a password. Errors therefore quote nothing of it but the name of a parameter.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (url, unknown) = Self::tolerant(text)?;
        match unknown.first() {
            None => Ok(url),
            Some(name) => Err(format!("unknown parameter{name}; it takes only `db`")),
        }
    }

    /// Parses a URL that may belong to another program. Also returns its unknown parameters, each as it is shown.
    pub(super) fn tolerant(text: &str) -> Result<(Self, Vec<String>), String> {
        Self::read(text.trim()).map_err(|reason| {
            // A bare word may be a password.
            let may_be_host = text.contains(':') || text == "localhost";
            let (place, db) = text.split_once('/').unwrap_or((text, ""));
            let node = values::host_and_port(place, 6379).ok();
            let node = node.filter(|_| may_be_host && db.bytes().all(|byte| byte.is_ascii_digit()));
            let db = text.get(place.len()..).unwrap_or_default();
            node.map_or(reason, |node| {
                format!("needs a scheme: try redis://{node}{db}")
            })
        })
    }

    fn read(text: &str) -> Result<(Self, Vec<String>), String> {
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        let url = match scheme.as_str() {
            "embedded" => {
                let folder = rest.strip_prefix("//").unwrap_or(rest);
                let folder = (!folder.is_empty()).then(|| PathBuf::from(folder));
                let place = ServerLocation::Embedded(folder);
                return Ok((Self::at(text.to_owned(), place), Vec::new()));
            }
            "unix" | "redis+unix" | "valkey+unix" => socket(rest)?,
            "valkey" | "valkeys" | "redis" | "rediss" => parsed(text)?,
            _ => return Err("expected valkey[s]://, redis[s]://, unix:// or embedded:".into()),
        };
        let (mut databases, mut unknown) = (Vec::new(), Vec::new());
        for (name, value) in url.query_pairs() {
            match &*name {
                "db" => databases.push(value.into_owned()),
                // A name without a value may be the rest of a password.
                word if !value.is_empty()
                    && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') =>
                {
                    unknown.push(format!(" `{word}`"));
                }
                _ => unknown.push(String::new()),
            }
        }
        let place = if url.scheme() == "unix" {
            ServerLocation::Unix(decoded(url.path()).into())
        } else {
            let path = url.path().trim_matches('/');
            databases.extend((!path.is_empty()).then(|| path.to_owned()));
            tcp(&url)?
        };
        let db = match databases.as_slice() {
            [] => None,
            [one] => Some(database(one)?),
            _ => return Err("it names its database twice".into()),
        };
        let given = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
        let url = Self {
            // The text after `?` may hold a password in a parameter of another program.
            shown: masked(text.split('?').next().unwrap_or_default()),
            tls: matches!(scheme.as_str(), "valkeys" | "rediss"),
            place,
            username: given(url.username()),
            password: url.password().and_then(given).map(Secret::new),
            db,
        };
        Ok((url, unknown))
    }
}

/// Parses the URL of a unix socket. A URL without a host cannot hold credentials, so a host name is added.
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
    let host = decoded(url.host_str().unwrap_or_default());
    let host = host.trim_matches(['[', ']']).to_owned();
    match (host.is_empty(), url.port().unwrap_or(6379)) {
        (true, _) => Err("it names no host".into()),
        (_, 0) => Err("expected a port from 1 to 65535".into()),
        (_, port) => Ok(ServerLocation::Tcp(Node { host, port })),
    }
}

fn database(text: &str) -> Result<u32, String> {
    values::db(text)
        .map_err(|_| "expected a database from 0 up after the host, such as redis://h/0".to_owned())
}

fn parsed(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("{error}; special characters of a password are written as %XX"))?;
    if url.fragment().is_some() {
        return Err("it has a `#`, which a password writes as %23".into());
    }
    Ok(url)
}

/// Decodes `%XX` and leaves anything else as it is.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a URL and returns its parts as text, or the reason of the refusal.
    fn read(text: &str) -> String {
        let url = match ServerUrl::parse(text) {
            Ok(url) => url,
            Err(reason) => return reason,
        };
        assert!(!format!("{url:?}").contains("hunter2"), "{url:?}");
        let place = match url.place {
            ServerLocation::Tcp(node) => node.to_string(),
            ServerLocation::Unix(path) => path.display().to_string(),
            ServerLocation::Embedded(None) => "embedded".to_owned(),
            ServerLocation::Embedded(Some(folder)) => format!("embedded {}", folder.display()),
        };
        let password = url.password.as_ref().map(Secret::reveal);
        let more = [
            url.tls.then(|| " tls".to_owned()),
            url.username.map(|user| format!(" user {user}")),
            password.map(|password| format!(" password {password}")),
            url.db.map(|db| format!(" db {db}")),
        ];
        more.into_iter()
            .flatten()
            .fold(place, |all, one| all + &one)
    }

    /// Checks lines of the form `URL | parsed parts, or the reason of the refusal`.
    fn all_read(table: &str) {
        for row in table.trim().lines() {
            let (text, expected) = row.split_once('|').unwrap();
            assert_eq!(read(text.trim()), expected.trim());
        }
    }

    #[test]
    fn every_part_of_a_url_is_read() {
        all_read(
            "
            redis://h                       | h:6379
            valkey://h:7000/2               | h:7000 db 2
            rediss://u:p@h/                 | h:6379 tls user u password p
            VALKEYS://:p%40%2Fs%25@h:1?db=3 | h:1 tls password p@/s% db 3
            redis://u@[::1]:7               | [::1]:7 user u
            redis://:100%@h                 | h:6379 password 100%
            redis://:p%C3%BC@h              | h:6379 password pü
            redis://:hunter2@h              | h:6379 password hunter2
            unix:///run/valkey%20x.sock     | /run/valkey x.sock
            unix:/s                         | /s
            unix://u:p%40@/s?db=4           | /s user u password p@ db 4
            redis+unix://u:p%40@/s?db=4     | /s user u password p@ db 4
            valkey+unix:///s                | /s
            embedded:                       | embedded
            embedded:/var/cache/x           | embedded /var/cache/x
            embedded:///x                   | embedded /x
            embedded:here                   | embedded here
            ",
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_it() {
        all_read(
            "
                                  | expected valkey[s]://, redis[s]://, unix:// or embedded:
            hunter2               | expected valkey[s]://, redis[s]://, unix:// or embedded:
            http://u:hunter2@h    | expected valkey[s]://, redis[s]://, unix:// or embedded:
            h:6379                | needs a scheme: try redis://h:6379
            redis:6379            | needs a scheme: try redis://redis:6379
            h:6379/2              | needs a scheme: try redis://h:6379/2
            localhost             | needs a scheme: try redis://localhost:6379
            redis:                | it names no host
            redis:///2            | it names no host
            redis://h/x           | expected a database from 0 up after the host, such as redis://h/0
            redis://h/-1          | expected a database from 0 up after the host, such as redis://h/0
            redis://h:0           | expected a port from 1 to 65535
            redis://h:99999       | invalid port number; special characters of a password are written as %XX
            redis://:hunter2#x@h  | empty host; special characters of a password are written as %XX
            redis://u:hunter2@    | empty host; special characters of a password are written as %XX
            redis://h#hunter2     | it has a `#`, which a password writes as %23
            redis://h?x=1         | unknown parameter `x`; it takes only `db`
            redis://h?hunter2     | unknown parameter; it takes only `db`
            redis://h/1?db=2      | it names its database twice
            redis://h?db=1&db=2   | it names its database twice
            unix://relative/path  | a unix socket is an absolute path: unix:///PATH
            unix:///              | a unix socket is an absolute path: unix:///PATH
            ",
        );
    }

    #[test]
    fn parameters_of_another_program_are_collected_and_its_password_is_not_shown() {
        let text = "redis://u:hunter2@h/2?ssl_cert_reqs=none&protocol=3&password=hunter2";
        let (url, unknown) = ServerUrl::tolerant(text).unwrap();
        assert_eq!(url.db, Some(2));
        assert_eq!(url.shown, "redis://********@h/2");
        assert_eq!(unknown, [" `ssl_cert_reqs`", " `protocol`", " `password`"]);
    }
}
