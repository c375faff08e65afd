//! Resolves how Valkey is reached: the options of the one connection factory, and settings that contradict each
//! other.

use super::address::{ServerLocation, ServerUrl};
use super::keys;
use super::locate;
use super::origin::{Origin, Precedence, Resolved, contradiction};
use super::resolve::Given;
use super::values::{Mode, SettingKind};
use crate::domain::keyword::Keyword as _;
use crate::exit::Failure;
use crate::stop::Stop;
use crate::store;
use crate::store::options::{Deployment, Tls};
use std::path::{Path, PathBuf};

// Reasons why settings have no effect, and hints.
const NO_SENTINELS: &str = "has no effect without sentinels";
const NO_NETWORK: &str = "has no effect: TLS is for servers that are reached over the network";
const NO_TLS: &str = "has no effect without TLS";
const PRIVATE: &str = "has no effect: an embedded server is private and has no users";
const FOR_NODES: &str = "add --mode cluster";
const FOR_SENTINELS: &str = "add --mode sentinel";
const FOR_TLS: &str = "add --tls, or write the URL with rediss:// or valkeys://";

impl Given<'_> {
    /// Resolves where Valkey is and how it is reached. Values in effect replace those that were given. `readers`
    /// names what else stdin is read for.
    pub(super) fn servers(&mut self, readers: &[&'static str]) -> Result<store::Options, Failure> {
        let environment = self.layers.environment;
        let address = locate::address(environment, &self.values.url, &mut self.warnings)?;
        if address.origin.is_flag() && address.value.password.is_some() {
            self.warnings.push(
                "others on this machine can see the password in --url; use --password-file or VALKEYCLI_AUTH".into(),
            );
        }
        self.refuse_other_servers(&address)?;
        let mode = self.values.mode.value;
        let place = address.value.place.clone();
        let url = self.takes(&address).then_some(address);
        let url = url.as_ref();

        let network = mode != Mode::Single || matches!(place, ServerLocation::Tcp(_));
        let private = mode == Mode::Single && matches!(place, ServerLocation::Embedded(_));
        if let Some(url) = url.filter(|url| url.value.tls) {
            self.values.tls = Resolved::new(true, &url.origin);
        }
        self.values.tls.value &= network;
        self.refuse_unused(network, private)?;
        let tls = self.tls()?;
        let db = self.db(url)?;
        if private {
            // A private server has no users, and a variable is meant for another server.
            self.values.username = Resolved::default_of(None);
            self.values.password = Resolved::default_of(None);
        } else {
            self.read_credentials(url, mode == Mode::Sentinel, readers)?;
        }
        let values = &self.values;
        let target = match (mode, place) {
            (Mode::Sentinel, _) => Deployment::Sentinel {
                sentinels: values.sentinels.value.clone(),
                master: values.master_name.value.clone(),
                username: values.sentinel_username.value.clone(),
                password: values.sentinel_password.value.clone(),
            },
            (Mode::Cluster, _) => self.cluster(url),
            (Mode::Single, ServerLocation::Tcp(node)) => Deployment::Single(node),
            (Mode::Single, ServerLocation::Unix(path)) => Deployment::Unix(path),
            (Mode::Single, ServerLocation::Embedded(folder)) => self.embedded(folder.as_deref())?,
        };
        let values = &mut self.values;
        values.url = url.map_or_else(
            || Resolved::default_of(None),
            |url| Resolved::new(Some(url.value.clone()), &url.origin),
        );
        Ok(store::Options {
            target,
            username: values.username.value.clone(),
            password: values.password.value.clone(),
            db,
            tls,
            read_from: values.read_from.value,
            touch: true,
            connect_timeout: values.connect_timeout.value,
            timeout: values.timeout.value,
            retries: values.retries.value,
            // The command sets its own.
            stop: Stop::never(),
        })
    }

    /// Refuses options without effect: they are mistakes, while variables and the file may be meant for other runs. A
    /// list of servers is refused from any origin, unless the mode has a higher precedence.
    fn refuse_unused(&self, network: bool, private: bool) -> Result<(), Failure> {
        let Resolved {
            value: mode,
            origin: chosen,
        } = &self.values.mode;
        let tls = self.values.tls.value;
        let (cluster, sentinel) = (*mode == Mode::Cluster, *mode == Mode::Sentinel);
        let but = |what: &str| format!("{what}, but the mode is {}", mode.as_str());
        for key in keys::ALL {
            let (used, why, hint) = match key.name {
                "nodes" => (cluster, but("names nodes of a cluster"), FOR_NODES),
                "sentinels" => (sentinel, but("names sentinels"), FOR_SENTINELS),
                "master_name" => (sentinel, but("names a master's name"), FOR_SENTINELS),
                name if name.contains("sentinel") => (sentinel, NO_SENTINELS.into(), FOR_SENTINELS),
                "username" | "password_file" => (!private, PRIVATE.into(), ""),
                name if name.starts_with("tls") && !network => (false, NO_NETWORK.into(), ""),
                name if name.starts_with("tls_") => (tls, NO_TLS.into(), FOR_TLS),
                _ => continue,
            };
            let Some(Resolved { origin, .. }) = self.layers.text(key).filter(|_| !used) else {
                continue;
            };
            let is_list = matches!(key.kind, SettingKind::List);
            if origin.is_flag() || is_list && origin.precedence >= chosen.precedence {
                let failure = contradiction(&[&origin], format!("{origin} {why}"));
                let hint = (!hint.is_empty()).then(|| hint.to_owned());
                return Err(Failure { hint, ..failure });
            }
        }
        Ok(())
    }

    /// Refuses an address that contradicts the mode, and a mode without its servers.
    fn refuse_other_servers(&self, address: &Resolved<ServerUrl>) -> Result<(), Failure> {
        let values = &self.values;
        let Resolved {
            value: mode,
            origin: chosen,
        } = &values.mode;
        let needs = |what: &str, hint: &str| {
            let message = format!("{} mode needs a {what}", mode.as_str());
            Err(contradiction(&[chosen], message).hint(hint))
        };
        let place = match &address.value.place {
            ServerLocation::Tcp(_) => "one server",
            ServerLocation::Unix(_) => "a unix socket",
            ServerLocation::Embedded(_) => "an embedded server",
        };
        let clashes = match mode {
            Mode::Single => false,
            Mode::Sentinel if values.sentinels.value.is_empty() => {
                return needs("sentinel", "add --sentinel HOST:PORT");
            }
            // An address of higher precedence would be silently ignored: the sentinels know the server.
            Mode::Sentinel => address.origin.is_flag() || weight(address) > chosen.precedence,
            Mode::Cluster => {
                !matches!(address.value.place, ServerLocation::Tcp(_)) && self.takes(address)
            }
        };
        if clashes {
            let message = format!(
                "{} names {place}, but the mode is {}",
                address.origin,
                mode.as_str()
            );
            let failure = contradiction(&[&address.origin, chosen], message);
            return Err(failure.hint("use --mode single, or leave the URL out"));
        }
        let nowhere = values.nodes.value.is_empty() && address.origin == Origin::default();
        if *mode == Mode::Cluster && nowhere {
            return needs("node", "add --node HOST:PORT, or a URL");
        }
        Ok(())
    }

    /// Returns true if the address is used: never in sentinel mode, since the sentinels know the server, and in
    /// cluster mode only if its precedence is at least that of the nodes.
    fn takes(&self, address: &Resolved<ServerUrl>) -> bool {
        match self.values.mode.value {
            Mode::Single => true,
            Mode::Sentinel => false,
            Mode::Cluster => weight(address) >= self.values.nodes.origin.precedence,
        }
    }

    /// Returns the nodes of the cluster including the one of the URL. A URL of higher precedence names another
    /// cluster and replaces the nodes.
    fn cluster(&mut self, url: Option<&Resolved<ServerUrl>>) -> Deployment {
        let said = &mut self.values.nodes;
        if url.is_some_and(|url| weight(url) > said.origin.precedence) {
            *said = Resolved::default_of(Vec::new());
        }
        let mut nodes = said.value.clone();
        if let Some(ServerLocation::Tcp(node)) = url.map(|url| &url.value.place)
            && !nodes.contains(node)
        {
            nodes.push(node.clone());
        }
        Deployment::Cluster(nodes)
    }

    /// Returns the database: from its option, else from the URL or another origin, whichever has the higher
    /// precedence.
    fn db(&mut self, url: Option<&Resolved<ServerUrl>>) -> Result<u32, Failure> {
        let said = &mut self.values.db;
        if let Some(Resolved { value: url, origin }) = url
            && let Some(db) = url.db
            // Otherwise it would pass for a setting that differs from its default.
            && db != said.value
        {
            said.give_way_to(Resolved::new(db, origin));
        }
        let Resolved { value: db, origin } = said;
        if self.values.mode.value == Mode::Cluster && (*db != 0 || origin.from == keys::db.flag()) {
            let message = format!("a cluster has only database 0, but {origin} asks for {db}");
            let failure = contradiction(&[origin], message);
            return Err(failure.hint("leave --db out, or use --mode single"));
        }
        Ok(*db)
    }

    /// Returns a private server. Its folder is made absolute, since the server runs in another folder.
    fn embedded(&self, folder: Option<&Path>) -> Result<Deployment, Failure> {
        let folder = if let Some(folder) = folder {
            self.layers.expanded(folder)
        } else {
            let state = self.layers.environment.state_folder();
            state.map(|folder| folder.join("embedded")).ok_or_else(|| {
                let what = "`embedded:` has no folder: neither XDG_STATE_HOME nor HOME is set";
                Failure::config(what).hint("name one: embedded:/path/to/folder")
            })?
        };
        let dir = std::path::absolute(&folder).map_err(|error| {
            let folder = folder.display();
            Failure::config(format!("cannot use the folder `{folder}`: {error}"))
        })?;
        Ok(Deployment::Embedded {
            dir,
            server: self.values.valkey_server.value.clone().map(program),
            wait: self.values.wait.value,
        })
    }

    /// Returns the TLS options if TLS is used.
    fn tls(&self) -> Result<Option<Tls>, Failure> {
        let values = &self.values;
        if !values.tls.value {
            return Ok(None);
        }
        let (cert, key) = (&values.tls_cert, &values.tls_key);
        if cert.value.is_some() != key.value.is_some() {
            let one = if cert.value.is_some() { cert } else { key };
            return Err(contradiction(
                &[&one.origin],
                "a client certificate needs its key, and a key its certificate: --tls-cert and --tls-key go together",
            ));
        }
        Ok(Some(Tls {
            ca: values.tls_ca.value.clone(),
            cert: cert.value.clone(),
            key: key.value.clone(),
            insecure: values.tls_insecure.value,
            server_name: values.tls_server_name.value.clone(),
        }))
    }
}

/// Precedence of a single address over a list of servers. An address that may belong to another program has the
/// lowest.
fn weight(address: &Resolved<ServerUrl>) -> Precedence {
    match address.origin.from.as_str() {
        locate::LAST_VARIABLE => Precedence::Default,
        _ => address.origin.precedence,
    }
}

/// Makes the path of the embedded server's program absolute, since the server starts in a folder of its own. A bare
/// name is looked up in PATH.
fn program(named: PathBuf) -> PathBuf {
    if named.components().nth(1).is_none() && !named.has_root() {
        return named;
    }
    std::path::absolute(&named).unwrap_or(named)
}
