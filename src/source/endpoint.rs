//! The address that is called.

use super::Error;
use super::edgerc::{Credentials, bare_host};
use crate::domain::secret::masked;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Host and credentials for every call.
pub(super) struct ApiEndpoint {
    pub scheme: &'static str,
    pub host: String,
    pub credentials: Credentials,
}

/// Returns the address to call. Plain HTTP is allowed for loopback only. A host other than the credentials' own would
/// receive a signature made with them, so it must be a loopback address too.
pub(super) fn address(credentials: Credentials, other: Option<&str>) -> Result<ApiEndpoint, Error> {
    let (plain, host) = match other {
        None => (credentials.plain, credentials.host.clone()),
        Some(text) => (
            text.trim().starts_with("http://"),
            bare_host(text).ok_or_else(|| {
                let text = masked(text);
                Error::Credentials(format!("`{text}` is not the name of a host"))
            })?,
        ),
    };
    let loopback = is_loopback(&host);
    if host != credentials.host && !loopback {
        return Err(Error::Credentials(format!(
            "`{host}` is neither a loopback address nor the host of the credentials, `{}`",
            credentials.host
        )));
    }
    if plain && !loopback {
        return Err(Error::Credentials(format!(
            "plain http is only for a loopback address, not for `{host}`"
        )));
    }
    Ok(ApiEndpoint {
        scheme: if plain { "http" } else { "https" },
        host,
        credentials,
    })
}

pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name
            .parse()
            .is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || name
            .parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback())
}
