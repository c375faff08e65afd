//! Where Valkey is: whoever says it first, as a URL or as the host and port of the ALECS server's own
//! environment.

use super::address::ServerUrl;
use super::environment::Environment;
use super::keys::{self, Values};
use super::layers::Layers;
use super::origin::{Origin, Precedence, Resolved, contradiction, invalid};
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
pub(super) const LAST_VARIABLE: &str = "REDIS_URL";

/// The address, from whoever says it first.
pub(super) fn address(
    layers: &Layers<'_>,
    values: &Values,
    warnings: &mut Vec<String>,
) -> Result<Resolved<ServerUrl>, Failure> {
    let of_url = |url: &Secret, origin: &Origin| parse(url.reveal(), origin);
    let Resolved { value: url, origin } = &values.url;
    if let Some(url) = url
        && origin.precedence >= Precedence::Environment
    {
        return of_url(url, origin);
    }
    for variables in SERVER_VARIABLES {
        if let Some(found) = of_server(layers.environment, variables, warnings)? {
            return Ok(found);
        }
    }
    if let Some(url) = url {
        return of_url(url, origin);
    }
    if let Some(text) = layers.environment.get(LAST_VARIABLE) {
        let origin = Origin::environment(LAST_VARIABLE);
        let mut unknown = Vec::new();
        let Ok(value) = ServerUrl::lenient(text, &mut unknown) else {
            return parse(text, &origin);
        };
        let ignored = |name| format!("{LAST_VARIABLE}: unknown parameter{name} is ignored");
        warnings.extend(unknown.iter().map(ignored));
        return Ok(Resolved { value, origin });
    }
    if let Some(found) = of_kubernetes(layers.environment, warnings) {
        return Ok(found);
    }
    let mut found = Resolved::default_of(ServerUrl::plain(node("127.0.0.1", 6379)));
    // The server with nothing but a password in its environment means the default place, too.
    let passwords = SERVER_VARIABLES.iter().map(|[_, _, password]| *password);
    for name in passwords {
        if let Some(password) = layers.environment.get(name) {
            found.value.password = Some(Secret::new(password));
            found.origin = Origin::environment(name);
            break;
        }
    }
    Ok(found)
}

fn parse(text: &str, origin: &Origin) -> Result<Resolved<ServerUrl>, Failure> {
    match (ServerUrl::parse(text), ServerUrl::meant(text)) {
        (Ok(value), _) => Ok(Resolved::new(value, origin)),
        (Err(_), Some(meant)) => {
            let message = format!("{origin} needs a scheme: try {meant}");
            Err(contradiction(&[origin], message))
        }
        (Err(reason), None) => Err(invalid(keys::url.name, None, origin, &reason)),
    }
}

fn node(host: &str, port: u16) -> Node {
    let host = host.to_owned();
    Node { host, port }
}

/// The address that the ALECS server finds in its environment.
fn of_server(
    environment: &Environment,
    [host, port, password]: [&'static str; 3],
    warnings: &mut Vec<String>,
) -> Result<Option<Resolved<ServerUrl>>, Failure> {
    // Kubernetes sets VALKEY_PORT=tcp://10.0.0.5:6379 for a Service of that name.
    let of_kubernetes = |text: &&str| text.starts_with("tcp://");
    let server = environment.get(host);
    let number = environment.get(port).filter(|text| !of_kubernetes(text));
    if server.is_some()
        && environment
            .get(port)
            .is_some_and(|text| of_kubernetes(&text))
    {
        warnings.push(format!("{port} is no port but an address: it is ignored"));
    }
    let names = match (server, number) {
        (None, None) => return Ok(None),
        (Some(_), None) => host.to_owned(),
        (None, Some(_)) => port.to_owned(),
        (Some(_), Some(_)) => format!("{host}, {port}"),
    };
    let refused =
        |name: &str, reason: String| Failure::config(format!("invalid value for {name}: {reason}"));
    let number = number.map_or(Ok(6379), values::port);
    let number = number.map_err(|reason| refused(port, reason))?;
    let found = server.map_or_else(
        || Ok(node("127.0.0.1", number)),
        |text| values::host_and_port(text, number),
    );
    let mut value = ServerUrl::plain(found.map_err(|reason| refused(host, reason))?);
    value.password = environment.get(password).map(Secret::new);
    Ok(Some(Resolved::new(value, &Origin::environment(names))))
}

/// The address that Kubernetes gives a Service of the name `valkey`. It was not set by the operator, so that it counts only
/// where nothing else says where Valkey is.
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
    let mut value = ServerUrl::plain(node);
    value.password = environment.get(password).map(Secret::new);
    Some(Resolved::new(value, &Origin::environment(port)))
}
