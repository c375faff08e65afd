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
    let url = said.value.clone();
    let mut url = url.map(|url| Resolved::new(url, &said.origin));
    if let Some(strong) = url.take_if(|url| url.origin.precedence >= Precedence::Environment) {
        warn_of_kubernetes(environment, warnings);
        return Ok(strong);
    }
    for variables in SERVER_VARIABLES {
        if let Some(found) = of_server(environment, variables)? {
            warn_of_kubernetes(environment, warnings);
            return Ok(found);
        }
    }
    if let Some(of_file) = url {
        warn_of_kubernetes(environment, warnings);
        return Ok(of_file);
    }
    if let Some(text) = environment.get(LAST_VARIABLE) {
        warn_of_kubernetes(environment, warnings);
        let origin = Origin::environment(LAST_VARIABLE);
        let (url, unknown) = ServerUrl::tolerant(text)
            .map_err(|reason| invalid(keys::url.name, None, &origin, &reason))?;
        let ignored = |name| format!("{LAST_VARIABLE}: unknown parameter{name} is ignored");
        warnings.extend(unknown.iter().map(ignored));
        return Ok(Resolved::new(url, &origin));
    }
    if let Some(found) = of_kubernetes(environment, warnings) {
        return Ok(found);
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

/// Warns of an address where a port is expected, if something else names the server.
fn warn_of_kubernetes(environment: &Environment, warnings: &mut Vec<String>) {
    let [_, port, _] = SERVER_VARIABLES[0];
    if environment
        .get(port)
        .is_some_and(|text| text.starts_with("tcp://"))
    {
        warnings.push(format!("{port} is no port but an address: it is ignored"));
    }
}

/// Returns the address that Kubernetes sets for a Service named `valkey`. The operator did not set it, so it counts
/// only if nothing else names a server.
fn of_kubernetes(
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Option<Resolved<ServerUrl>> {
    let [_, port, password] = SERVER_VARIABLES[0];
    let text = environment.get(port)?.strip_prefix("tcp://")?;
    let Ok(node) = values::host_and_port(text, 6379) else {
        warnings.push(format!("{port} is no port but an address: it is ignored"));
        return None;
    };
    warnings.push(format!("{port} is no port: its address {node} is used"));
    Some(server(environment, node, password, port))
}
