//! Finds the address of Valkey: a URL, or the host and port in the environment of the ALECS server.

use super::address::{ServerLocation, ServerUrl};
use super::environment::Environment;
use super::keys;
use super::origin::{Origin, Precedence, Resolved, invalid};
use super::values;
use crate::domain::secret::Secret;
use crate::exit::Failure;
use crate::store::options::Node;

/// Variables of the ALECS server itself, older versions first, then those of valkey-cli.
const SERVER_VARIABLES: [[&str; 3]; 3] = [
    ["VALKEY_HOST", "VALKEY_PORT", "VALKEY_PASSWORD"],
    ["CACHE_HOST", "CACHE_PORT", "CACHE_PASSWORD"],
    // The password of valkey-cli is not among them: it counts for any server.
    ["VALKEYCLI_HOST", "VALKEYCLI_PORT", ""],
];

/// Variable that may belong to another program: everything meant for this program outranks it.
pub(super) const LAST_VARIABLE: &str = "REDIS_URL";

/// Returns the address from the source of highest precedence.
pub(super) fn address(
    environment: &Environment,
    said: &Resolved<Option<ServerUrl>>,
    warnings: &mut Vec<String>,
) -> Result<Resolved<ServerUrl>, Failure> {
    let named = named(environment, said, warnings)?;
    // Kubernetes sets this address for a Service named `valkey`. The operator did not set it, so it counts only if
    // nothing else names a server.
    let [_, port, password] = SERVER_VARIABLES[0];
    if let Some(text) = environment
        .get(port)
        .and_then(|text| text.strip_prefix("tcp://"))
    {
        match values::host_and_port(text, 6379) {
            Ok(node) if named.is_none() => {
                warnings.push(format!("{port} is no port: its address {node} is used"));
                return Ok(server(environment, node, password, port));
            }
            _ => warnings.push(format!("{port} is no port but an address: it is ignored")),
        }
    }
    if let Some(named) = named {
        return Ok(named);
    }
    // A password alone in the environment of the ALECS server also means the default address.
    let passwords = SERVER_VARIABLES.map(|[_, _, password]| password);
    let alone = passwords
        .into_iter()
        .find(|name| environment.get(name).is_some());
    let local = Node {
        host: "127.0.0.1".to_owned(),
        port: 6379,
    };
    Ok(match alone {
        Some(name) => server(environment, local, name, name),
        None => Resolved::default_of(ServerUrl {
            shown: format!("redis://{local}/0"),
            ..at(local)
        }),
    })
}

/// Returns the address that the operator named, from the source of highest precedence.
fn named(
    environment: &Environment,
    said: &Resolved<Option<ServerUrl>>,
    warnings: &mut Vec<String>,
) -> Result<Option<Resolved<ServerUrl>>, Failure> {
    let url = said.value.clone();
    let mut url = url.map(|url| Resolved::new(url, &said.origin));
    let strong = url.take_if(|url| url.origin.precedence >= Precedence::Environment);
    if strong.is_some() {
        return Ok(strong);
    }
    for variables in SERVER_VARIABLES {
        if let Some(found) = of_server(environment, variables)? {
            return Ok(Some(found));
        }
    }
    let (None, Some(text)) = (&url, environment.get(LAST_VARIABLE)) else {
        return Ok(url);
    };
    let origin = Origin::environment(LAST_VARIABLE);
    let (url, unknown) = ServerUrl::tolerant(text)
        .map_err(|reason| invalid(keys::url.name, None, &origin, &reason))?;
    let ignored = |name| format!("{LAST_VARIABLE}: unknown parameter{name} is ignored");
    warnings.extend(unknown.iter().map(ignored));
    Ok(Some(Resolved::new(url, &origin)))
}

fn at(node: Node) -> ServerUrl {
    ServerUrl::at(format!("redis://{node}"), ServerLocation::Tcp(node))
}

/// Creates the address of a server named by variables, with the password from the variable `password`.
fn server(
    environment: &Environment,
    node: Node,
    password: &str,
    names: impl Into<String>,
) -> Resolved<ServerUrl> {
    let mut url = at(node);
    url.password = environment.get(password).map(Secret::new);
    Resolved::new(url, &Origin::environment(names))
}

/// Returns the address that the ALECS server finds in its environment.
fn of_server(
    environment: &Environment,
    [host, port, password]: [&'static str; 3],
) -> Result<Option<Resolved<ServerUrl>>, Failure> {
    let name = environment.get(host);
    let mut number = environment.get(port);
    // Kubernetes sets VALKEY_PORT=tcp://10.0.0.5:6379 for a Service of that name.
    if number.is_some_and(|text| text.starts_with("tcp://")) {
        number = None;
    }
    let names = [name.map(|_| host), number.map(|_| port)];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if names.is_empty() {
        return Ok(None);
    }
    let refused =
        |name: &str, reason: String| Failure::config(format!("invalid value for {name}: {reason}"));
    let number = number.map_or(Ok(6379), values::port);
    let number = number.map_err(|reason| refused(port, reason))?;
    let node = values::host_and_port(name.unwrap_or("127.0.0.1"), number);
    let node = node.map_err(|reason| refused(host, reason))?;
    Ok(Some(server(environment, node, password, names.join(", "))))
}
