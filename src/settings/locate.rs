//! Where Valkey is: whoever says it first, as a URL or as the host and port of the ALECS server's own
//! environment.

use super::address::{ServerLocation, ServerUrl};
use super::keys;
use super::origin::Origin;
use super::resolver::{MASK, Resolved, Resolver, contradiction, senseless};
use super::values;
use crate::domain::secret::Secret;
use crate::exit::Failure;
use crate::store::options::Node;

/// The variables that the ALECS server itself reads, older versions first, then those of valkey-cli.
const SERVER_VARIABLES: [[&str; 3]; 3] = [
    ["VALKEY_HOST", "VALKEY_PORT", "VALKEY_PASSWORD"],
    ["CACHE_HOST", "CACHE_PORT", "CACHE_PASSWORD"],
    // Those of valkey-cli, whose password counts wherever the server is.
    ["VALKEYCLI_HOST", "VALKEYCLI_PORT", ""],
];

/// The variable that may be another program's: it counts behind everything that is meant for this one.
const LAST_VARIABLE: &str = "REDIS_URL";

/// Whether the address is one that may be meant for another program.
pub(super) fn is_last_resort(address: &Resolved<ServerUrl>) -> bool {
    matches!(&address.origin, Origin::Environment(name) if name == LAST_VARIABLE)
}

/// The address, from whoever says it first.
pub(super) fn address(
    resolver: &Resolver<'_>,
    flag: Option<&Secret>,
    warnings: &mut Vec<String>,
) -> Result<Resolved<ServerUrl>, Failure> {
    let parse = |text: &str, origin: Origin| match (ServerUrl::parse(text), ServerUrl::meant(text))
    {
        (Ok(value), _) => Ok(Resolved { value, origin }),
        (Err(_), Some(meant)) => {
            let message = format!("{origin} needs a scheme: try {meant}");
            Err(contradiction(&[&origin], message))
        }
        (Err(reason), None) => Err(senseless(&keys::URL, text, &origin, &reason)),
    };
    if let Some(url) = flag {
        return parse(url.reveal(), Origin::Flag(keys::URL.flag));
    }
    if let Some(found) = resolver.of_environment(&keys::URL) {
        return parse(&found.value.concat(), found.origin);
    }
    for variables in SERVER_VARIABLES {
        if let Some(found) = of_server(resolver, variables, warnings)? {
            return Ok(found);
        }
    }
    if let Some(found) = resolver.of_file(&keys::URL) {
        let [text] = found.value.as_slice() else {
            return Err(Failure::config(format!(
                "`url` takes one value, not a list ({})",
                found.origin
            )));
        };
        return parse(text, found.origin);
    }
    if let Some(text) = resolver.environment.get(LAST_VARIABLE) {
        let mut unknown = Vec::new();
        if let Ok(value) = ServerUrl::lenient(text, &mut unknown) {
            let ignored = unknown
                .iter()
                .map(|name| format!("{LAST_VARIABLE}: unknown parameter{name} is ignored"));
            warnings.extend(ignored);
            let origin = Origin::Environment(LAST_VARIABLE.into());
            return Ok(Resolved { value, origin });
        }
        return parse(text, Origin::Environment(LAST_VARIABLE.into()));
    }
    if let Some(found) = of_kubernetes(resolver, warnings) {
        return Ok(found);
    }
    let mut address = ServerUrl::plain(Node {
        host: "127.0.0.1".into(),
        port: 6379,
    });
    // The server with nothing but a password in its environment means the default place, too.
    let alone = SERVER_VARIABLES
        .iter()
        .find_map(|[_, _, password]| Some((*password, resolver.environment.get(password)?)));
    let origin = match alone {
        Some((name, password)) => {
            address.password = Some(Secret::new(password));
            Origin::Environment(name.into())
        }
        None => Origin::Default,
    };
    Ok(Resolved {
        value: address,
        origin,
    })
}

/// The address that the ALECS server finds in its environment.
fn of_server(
    resolver: &Resolver<'_>,
    [host, port, password]: [&'static str; 3],
    warnings: &mut Vec<String>,
) -> Result<Option<Resolved<ServerUrl>>, Failure> {
    // Kubernetes sets VALKEY_PORT=tcp://10.0.0.5:6379 for a Service of that name.
    let get = |name: &str| {
        let set = resolver.environment.get(name);
        set.filter(|text| name != port || !text.starts_with("tcp://"))
    };
    if get(host).is_some() && get(port).is_none() && resolver.environment.get(port).is_some() {
        warnings.push(format!("{port} is no port but an address: it is ignored"));
    }
    let names: Vec<&str> = [host, port]
        .into_iter()
        .filter(|name| get(name).is_some())
        .collect();
    if names.is_empty() {
        return Ok(None);
    }
    let senseless =
        |name: &str, reason: String| Failure::config(format!("invalid value for {name}: {reason}"));
    let port_number = get(port).map_or(Ok(6379), |text| {
        values::port(text).map_err(|reason| senseless(port, reason))
    })?;
    let node = get(host).map_or_else(
        || {
            Ok(Node {
                host: "127.0.0.1".into(),
                port: port_number,
            })
        },
        |text| values::host_and_port(text, port_number).map_err(|reason| senseless(host, reason)),
    )?;
    let mut value = ServerUrl::plain(node);
    value.password = get(password).map(Secret::new);
    Ok(Some(Resolved {
        value,
        origin: Origin::Environment(names.join(", ")),
    }))
}

/// The address that Kubernetes gives a Service of the name `valkey`. It was not set by the operator, so
/// that it counts only where nothing else says where Valkey is.
fn of_kubernetes(
    resolver: &Resolver<'_>,
    warnings: &mut Vec<String>,
) -> Option<Resolved<ServerUrl>> {
    let [_, port, password] = SERVER_VARIABLES[0];
    let text = resolver.environment.get(port)?.strip_prefix("tcp://")?;
    let Ok(node) = values::host_and_port(text, 6379) else {
        warnings.push(format!("{port} is no port but an address: it is ignored"));
        return None;
    };
    warnings.push(format!("{port} is no port: its address {node} is used"));
    let mut value = ServerUrl::plain(node);
    value.password = resolver.environment.get(password).map(Secret::new);
    let origin = Origin::Environment(port.into());
    Some(Resolved { value, origin })
}

/// Shows the address without its password; nothing where it does not count.
pub(super) fn show_address(
    resolver: &mut Resolver<'_>,
    address: &Resolved<ServerUrl>,
    counts: bool,
) {
    let value = counts.then(|| {
        let ServerUrl {
            family,
            tls,
            place,
            username,
            password,
            db,
        } = &address.value;
        let db = |mark: &str| db.map_or_else(String::new, |db| format!("{mark}{db}"));
        let user = match (username, password) {
            (None, None) => String::new(),
            (Some(user), None) => format!("{user}@"),
            (user, Some(_)) => format!("{}:{MASK}@", user.as_deref().unwrap_or_default()),
        };
        match place {
            ServerLocation::Tcp(node) => {
                let secure = if *tls { "s" } else { "" };
                format!("{family}{secure}://{user}{node}{}", db("/"))
            }
            ServerLocation::Unix(path) => format!("unix://{user}{}{}", path.display(), db("?db=")),
            ServerLocation::Embedded(folder) => {
                format!(
                    "embedded:{}",
                    folder
                        .as_ref()
                        .map_or_else(String::new, |folder| folder.display().to_string())
                )
            }
        }
    });
    resolver.row(keys::URL.name, value, address.origin.clone());
}
