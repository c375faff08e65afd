//! Credentials for the API, from the environment or a section of `.edgerc`.
//!
//! As in the official clients, the environment takes precedence, but only if all of `HOST`, `CLIENT_TOKEN`,
//! `CLIENT_SECRET` and `ACCESS_TOKEN` are set; the file is then not read. The variables are `AKAMAI_HOST` and so on
//! for the section `default`, and `AKAMAI_<SECTION>_HOST` and so on for any other section, in upper case with `_` for
//! `-` and `.`. The two sources never mix for these four values, so that no secret is sent to a host from elsewhere.
//! `ACCOUNT_KEY` and `MAX_BODY` may also be set alone and then override the file.

mod warning;

pub(crate) use warning::CredentialsWarning;

use super::Error;
use super::ini::{self, IniSection};
use crate::domain::nearest::did_you_mean;
use crate::domain::os_error::cause;
use crate::domain::secret::{Secret, masked};
use std::fs;
use std::io::Read;
use std::path::Path;
use warning::readable_by_others;

/// Default of `max_body`: the bytes of a POST body that are signed.
const DEFAULT_MAX_BODY: usize = 131_072;

/// Limit of the file, in bytes. A larger file is not an `.edgerc`.
const MAX_FILE: u64 = 1 << 20;

/// The four values that sign requests, and the section's other settings.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// API host, with its port if given; without scheme and path.
    pub host: String,
    /// The host was written with `http://`, which is allowed for loopback only.
    pub plain: bool,
    /// Identifies the client.
    pub client_token: Secret,
    /// Signs the requests.
    pub client_secret: Secret,
    /// Identifies the authorization.
    pub access_token: Secret,
    /// Bytes of a POST body that are signed.
    pub max_body: usize,
    /// Account to act for (account switch key), if it is not the client's own.
    pub account_key: Option<Secret>,
    /// Requests per minute that the section allows its programs.
    pub request_limit: Option<u32>,
}

/// Credentials and the warnings about them.
#[derive(Debug, Clone)]
pub struct LoadedCredentials {
    pub credentials: Credentials,
    pub warnings: Vec<CredentialsWarning>,
}

/// Finds the credentials of `section`; the module documentation describes the precedence. `environment` returns a
/// variable's value even if it is empty, which counts as unset.
pub fn find(
    file: &Path,
    section: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<LoadedCredentials, Error> {
    let variables = Variables::of(section, environment);
    let mut warnings = Vec::new();
    let mut credentials = if let Some(values) = variables.whole() {
        credentials(values, "the environment")?
    } else {
        let missing = variables.missing();
        if missing.len() < REQUIRED.len() {
            let missing = missing.join(", ");
            warnings.push(CredentialsWarning {
                problem: format!(
                    "the credentials of `{section}` in the environment are not used without {missing}"
                ),
                remedy: Some("set all variables of the section, or none".to_owned()),
            });
        }
        warnings.extend(readable_by_others(file));
        from_file(file, section, &variables).map_err(|error| match error {
            // The file has nothing for the section, so the environment was meant.
            Error::Credentials(text) if text.starts_with("no ") => {
                Error::Credentials(variables.gaps().unwrap_or(text))
            }
            other => other,
        })?
    };
    if let Some(key) = variables.get("ACCOUNT_KEY") {
        credentials.account_key = Some(Secret::new(key));
    }
    if let Some(max_body) = variables.get("MAX_BODY") {
        credentials.max_body = whole_number(&max_body, &variables.name("MAX_BODY"))?;
    }
    Ok(LoadedCredentials {
        credentials,
        warnings,
    })
}

/// Returns the names of the sections in file order.
pub(crate) fn sections(file: &Path) -> Result<Vec<String>, Error> {
    Ok(read(file)?
        .into_iter()
        .map(|section| section.name)
        .collect())
}

const REQUIRED: [&str; 4] = ["HOST", "CLIENT_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN"];

/// The environment variables of one section.
struct Variables<'a> {
    prefix: String,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Variables<'a> {
    fn of(section: &str, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let prefix = if section == "default" {
            "AKAMAI_".to_owned()
        } else {
            format!(
                "AKAMAI_{}_",
                section.to_uppercase().replace(['-', '.'], "_")
            )
        };
        Self {
            prefix,
            environment,
        }
    }

    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn get(&self, key: &str) -> Option<String> {
        (self.environment)(&self.name(key))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn missing(&self) -> Vec<String> {
        REQUIRED
            .iter()
            .filter(|key| self.get(key).is_none())
            .map(|key| self.name(key))
            .collect()
    }

    /// Returns what is missing if only some variables are set.
    fn gaps(&self) -> Option<String> {
        let set = REQUIRED.iter().find(|key| self.get(key).is_some())?;
        let gaps = self.missing().into_iter().map(|name| {
            let how = match (self.environment)(&name) {
                Some(_) => "empty",
                None => "not set",
            };
            format!("{name} is {how}")
        });
        let gaps: Vec<String> = gaps.collect();
        let set = self.name(set);
        Some(format!("{} ({set} is set)", gaps.join(", ")))
    }

    fn whole(&self) -> Option<[String; 4]> {
        let [host, token, secret, access] = REQUIRED.map(|key| self.get(key));
        Some([host?, token?, secret?, access?])
    }
}

fn from_file(file: &Path, section: &str, variables: &Variables) -> Result<Credentials, Error> {
    let sections = read(file).map_err(|error| match error {
        Error::Credentials(text) => {
            let unset = if text.starts_with("no credentials") {
                format!(", and {} is not set", variables.name("HOST"))
            } else {
                String::new()
            };
            let default = of_default(section, variables);
            Error::Credentials(format!("{text}{unset}{default}"))
        }
        other => other,
    })?;
    let Some(found) = sections.iter().find(|known| known.name == section) else {
        let names: Vec<_> = sections
            .iter()
            .map(|known| format!("`{}`", known.name))
            .collect();
        let known = if names.is_empty() {
            "it has none".to_owned()
        } else {
            let known = sections.iter().map(|known| known.name.as_str());
            format!(
                "it has {}{}",
                names.join(", "),
                did_you_mean(section, known)
            )
        };
        return Err(Error::Credentials(format!(
            "no section `{section}` in `{}` ({known}), and {} is not set{}",
            file.display(),
            variables.name("HOST"),
            of_default(section, variables)
        )));
    };
    let place = format!("section `{section}` of `{}`", file.display());
    let value = |key: &str| {
        found
            .get(key)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Error::Credentials(format!("{place} has no `{key}`")))
    };
    let values = [
        value("host")?,
        value("client_token")?,
        value("client_secret")?,
        value("access_token")?,
    ];
    let mut credentials = credentials(values, &place)?;
    if let Some(max_body) = found.get("max_body").filter(|text| !text.is_empty()) {
        credentials.max_body = whole_number(max_body, &format!("`max_body` in {place}"))?;
    }
    if let Some(limit) = found.get("request_limit").filter(|text| !text.is_empty()) {
        let limit: u32 = limit
            .parse()
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| {
                Error::Credentials(format!(
                    "`request_limit` in {place} is not a whole number above 0"
                ))
            })?;
        credentials.request_limit = Some(limit);
    }
    credentials.account_key = account_key(found);
    Ok(credentials)
}

fn account_key(section: &IniSection) -> Option<Secret> {
    ["account_key", "account_switch_key"]
        .iter()
        .filter_map(|key| section.get(key))
        .find(|key| !key.is_empty())
        .map(Secret::new)
}

fn credentials(values: [String; 4], place: &str) -> Result<Credentials, Error> {
    let [host, client_token, client_secret, access_token] = values;
    let plain = host.starts_with("http://");
    let host = bare_host(&host).ok_or_else(|| {
        Error::Credentials(format!(
            "`{}` in {place} is not the name of a host",
            masked(&host)
        ))
    })?;
    for (name, token) in [
        ("client_token", &client_token),
        ("client_secret", &client_secret),
        ("access_token", &access_token),
    ] {
        // Tokens are sent in a header, which can hold nothing else.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Credentials(format!(
                "`{name}` in {place} holds a character that no token holds"
            )));
        }
    }
    Ok(Credentials {
        host,
        plain,
        client_token: Secret::new(client_token),
        client_secret: Secret::new(client_secret),
        access_token: Secret::new(access_token),
        max_body: DEFAULT_MAX_BODY,
        account_key: None,
        request_limit: None,
    })
}

/// Returns the host in lower case, with its port if it has one; `None` if `text` is not a host.
pub(super) fn bare_host(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or(text)
        .trim_end_matches('/');
    let url = url::Url::parse(&format!("https://{text}/")).ok()?;
    let only_host = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(['/', '?', '#', '@', '\\']);
    let host = url.host_str().filter(|_| only_host)?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn whole_number(text: &str, name: &str) -> Result<usize, Error> {
    text.parse()
        .map_err(|_| Error::Credentials(format!("{name} is not a whole number")))
}

fn read(file: &Path) -> Result<Vec<IniSection>, Error> {
    crate::stop::blocking(|| read_whole(file))
}

fn read_whole(file: &Path) -> Result<Vec<IniSection>, Error> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let reason = cause(reason);
        Error::Credentials(format!("cannot read `{}`: {reason}", file.display()))
    };
    let about = fs::metadata(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Credentials(format!(
            "no credentials: `{}` does not exist",
            file.display()
        )),
        _ => unreadable(&error),
    })?;
    if about.is_dir() {
        return Err(unreadable(&"it is a folder"));
    }
    let opened = fs::File::open(file).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    // A device or a pipe reports no length, so limit the read itself.
    let read = opened.take(MAX_FILE + 1).read_to_end(&mut bytes);
    let read = read.map_err(|error| unreadable(&error))?;
    if read as u64 > MAX_FILE {
        return Err(unreadable(&"it is too large to be an `.edgerc`"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(unreadable(
            &"it is UTF-16; save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`",
        ));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| unreadable(&"it is not UTF-8; save it in that encoding"))?;
    if is_one_line(&text) {
        return Err(unreadable(
            &"it looks like one line; was it pasted into a CI secret? Its line breaks are lost: write each key on a line of its own",
        ));
    }
    let sections = ini::parse(&text).map_err(|line| {
        unreadable(&format!(
            "line {line} is neither a section nor a key with a value"
        ))
    })?;
    let of_keys =
        |line: &str| !line.trim_start().starts_with(['#', ';']) && line.contains(['=', ':']);
    if sections.is_empty() && text.lines().any(of_keys) {
        return Err(unreadable(
            &"it has keys and no section; write the section's name above them, as in `[default]`",
        ));
    }
    Ok(sections)
}

/// Reports whether a line contains several keys. This happens if a CI variable lost its line breaks.
fn is_one_line(text: &str) -> bool {
    // `host` is not in the list: a token may end with it, followed by `=`.
    const KEYS: [&str; 3] = ["client_token", "client_secret", "access_token"];
    text.split(['\n', '\r']).any(|line| {
        let line = line.trim_start().to_ascii_lowercase().replace('-', "_");
        let before_values = line.split(['=', ':']).map(str::trim_end);
        let keys = before_values.filter(|words| KEYS.iter().any(|key| words.ends_with(key)));
        !line.starts_with(['#', ';']) && keys.count() > 1
    })
}

/// Returns a hint if the environment holds credentials of the section `default`.
fn of_default(section: &str, variables: &Variables) -> String {
    let default = Variables::of("default", variables.environment);
    if section != "default" && default.whole().is_some() {
        "; AKAMAI_HOST and the others are set: --section default uses them".to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests;
