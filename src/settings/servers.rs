//! How Valkey is reached: everything that the one connection factory takes, and what of it contradicts itself.

use super::address::{ServerLocation, ServerUrl};
use super::keys::{self, SettingKey, Values};
use super::layers::Layers;
use super::locate;
use super::origin::{Origin, Precedence, Resolved, SettingRows, contradiction};
use super::stdin::Stdin;
use super::values::{Mode, word_for};
use crate::exit::Failure;
use crate::store;
use crate::store::options::{Deployment, Node, Tls};
use std::path::{Path, PathBuf};

/// What decides how Valkey is reached.
pub(super) struct Servers<'a> {
    pub layers: &'a Layers<'a>,
    pub values: &'a Values,
    pub rows: SettingRows,
    pub stdin: &'a Stdin,
    /// What the operator should be warned of.
    pub warnings: Vec<String>,
    /// The first password that could not be read. Who only shows the settings shows them all the same.
    pub unreadable: Option<Failure>,
}

impl Servers<'_> {
    /// Decides where Valkey is and how it is reached.
    pub(super) fn options(&mut self) -> Result<store::Options, Failure> {
        let values = self.values;
        let address = locate::address(self.layers, values, &mut self.warnings)?;
        if address.origin.is_flag() && address.value.password.is_some() {
            self.warnings.push(
                "others on this machine can see the password in --url; use --password-file or VALKEYCLI_AUTH".into(),
            );
        }
        self.refuse_contradictions(&address)?;
        let mode = values.mode.value;
        let used = self.takes(&address).then_some(&address);
        let network = mode != Mode::Single || matches!(address.value.place, ServerLocation::Tcp(_));
        let shown = used.map(|found| found.value.shown());
        self.rows.show("url", &shown, &address.origin);
        self.rows.clear("password");

        self.refuse_stdin_twice()?;
        let (username, password) = self.credentials(used)?;
        let password_of_sentinels = if mode == Mode::Sentinel {
            self.password_of_sentinels()?
        } else {
            let theirs = [&keys::sentinel_username, &keys::sentinel_password_file];
            self.refuse(&theirs, " without sentinels", Some("add --mode sentinel"))?;
            None
        };
        let db = self.db(used)?;
        let target = match mode {
            Mode::Sentinel => Deployment::Sentinel {
                sentinels: values.sentinels.value.clone(),
                master: values.master_name.value.clone(),
                username: values.sentinel_username.value.clone(),
                password: password_of_sentinels,
            },
            Mode::Cluster => Deployment::Cluster(self.nodes(used)),
            Mode::Single => match address.value.place.clone() {
                ServerLocation::Tcp(node) => Deployment::Single(node),
                ServerLocation::Unix(path) => Deployment::Unix(path),
                ServerLocation::Embedded(folder) => self.embedded(folder.as_deref())?,
            },
        };
        for key in keys::ALL {
            let of_sentinels = key.name.contains("sentinel") || key.name == keys::master_name.name;
            let of_cluster = key.name == keys::nodes.name;
            if of_sentinels && mode != Mode::Sentinel || of_cluster && mode != Mode::Cluster {
                self.rows.clear(key.name);
            }
        }
        let scheme = used.filter(|found| found.value.tls);
        let tls = self.tls(scheme.map(|found| &found.origin), network)?;
        // An embedded server has no users, and what a variable says is meant for another one.
        let private = matches!(target, Deployment::Embedded { .. });
        if private {
            self.unreadable = None;
        }
        Ok(store::Options {
            target,
            username: username.filter(|_| !private),
            password: password.filter(|_| !private),
            db,
            tls,
            read_from: values.read_from.value,
            touch: true,
            connect_timeout: values.connect_timeout.value,
            timeout: values.timeout.value,
            retries: values.retries.value,
        })
    }

    /// A flag that would do nothing is a mistake; a variable or a file may be meant for other runs.
    fn refuse(&self, keys: &[&SettingKey], why: &str, hint: Option<&str>) -> Result<(), Failure> {
        let typed = |key: &&&SettingKey| self.layers.flags.get(key.name).is_some();
        keys.iter().find(typed).map_or(Ok(()), |key| {
            let failure = Failure::usage(format!("{} has no effect{why}", key.flag()));
            Err(match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            })
        })
    }

    /// A list for another mode is a mistake unless the mode was set by something stronger.
    fn refuse_contradictions(&self, address: &Resolved<ServerUrl>) -> Result<(), Failure> {
        let values = self.values;
        let Resolved {
            value: mode,
            origin: chosen,
        } = &values.mode;
        let clash = |origin: &Origin, what: &str, hint: &str| {
            let mode = word_for(mode);
            let message = format!("{origin} names {what}, but the mode is {mode}");
            Err(contradiction(&[origin, chosen], message).hint(hint))
        };
        let needs = |what: &str, hint: &str| {
            let message = format!("{} mode needs a {what}", word_for(mode));
            Err(contradiction(&[chosen], message).hint(hint))
        };
        let counts = |origin: &Origin, from| origin.precedence >= chosen.precedence.max(from);
        let cluster = &values.nodes.origin;
        if *mode != Mode::Cluster && counts(cluster, Precedence::File) {
            return clash(cluster, "nodes of a cluster", "add --mode cluster");
        }
        if *mode != Mode::Sentinel {
            let (sentinels, master) = (&values.sentinels.origin, &values.master_name.origin);
            if counts(sentinels, Precedence::File) {
                return clash(sentinels, "sentinels", "add --mode sentinel");
            }
            if counts(master, Precedence::Flag) {
                return clash(master, "a master's name", "add --mode sentinel");
            }
        } else if values.sentinels.value.is_empty() {
            return needs("sentinel", "add --sentinel HOST:PORT");
        }
        let (place, one_server) = match &address.value.place {
            ServerLocation::Tcp(_) => ("one server", true),
            ServerLocation::Unix(_) => ("a unix socket", false),
            ServerLocation::Embedded(_) => ("an embedded server", false),
        };
        let clashes = match mode {
            Mode::Single => false,
            // The stronger word would be silently left out: the sentinels know the server.
            Mode::Sentinel => address.origin.is_flag() || weight(address) > chosen.precedence,
            Mode::Cluster => !one_server && self.takes(address),
        };
        if clashes {
            let hint = "use --mode single, or leave the URL out";
            return clash(&address.origin, place, hint);
        }
        let nowhere = values.nodes.value.is_empty() && address.origin == Origin::default();
        if *mode == Mode::Cluster && nowhere {
            return needs("node", "add --node HOST:PORT, or a URL");
        }
        Ok(())
    }

    /// Whether the address says anything that counts: never with sentinels, which know the server, and beside the nodes of
    /// a cluster only where it is as strong as they are.
    fn takes(&self, address: &Resolved<ServerUrl>) -> bool {
        match self.values.mode.value {
            Mode::Single => true,
            Mode::Sentinel => false,
            Mode::Cluster => weight(address) >= self.values.nodes.origin.precedence,
        }
    }

    /// The nodes of the cluster, and the one of the URL. A stronger URL names another cluster than weaker nodes do.
    fn nodes(&mut self, address: Option<&Resolved<ServerUrl>>) -> Vec<Node> {
        let mut named = self.values.nodes.clone();
        if let Some(address) = address
            && let ServerLocation::Tcp(node) = &address.value.place
        {
            if weight(address) > named.origin.precedence {
                named.value.clear();
                self.rows.clear("nodes");
            }
            if !named.value.contains(node) {
                named.value.push(node.clone());
            }
        }
        named.value
    }

    /// The database: a flag of its own, else the stronger of the URL and the other origins.
    fn db(&mut self, address: Option<&Resolved<ServerUrl>>) -> Result<u32, Failure> {
        let mut found = self.values.db.clone();
        if let Some(address) = address
            && let Some(db) = address.value.db
            && !found.origin.outranks(&address.origin)
        {
            found = Resolved::new(db, &address.origin);
        }
        let Resolved { value: db, origin } = &found;
        if self.values.mode.value == Mode::Cluster && (*db != 0 || origin.from == keys::db.flag()) {
            let message = format!("a cluster has database 0 alone, {origin} asks for {db}");
            let failure = contradiction(&[origin], message);
            return Err(failure.hint("leave --db out, or use --mode single"));
        }
        self.rows.show("db", db, origin);
        Ok(*db)
    }

    /// A private server, with an absolute folder, since it runs elsewhere than we do.
    fn embedded(&mut self, folder: Option<&Path>) -> Result<Deployment, Failure> {
        let theirs = [&keys::username, &keys::password_file];
        self.refuse(
            &theirs,
            ": an embedded server is private and has no users",
            None,
        )?;
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

    /// Whether and how TLS is spoken. `scheme` is the origin of a URL that asks for it, `network` is whether the server is
    /// reached over TCP at all.
    fn tls(&mut self, scheme: Option<&Origin>, network: bool) -> Result<Option<Tls>, Failure> {
        let values = self.values;
        let on = network && (values.tls.value || scheme.is_some());
        let mut unused = keys::ALL.to_vec();
        unused.retain(|key| key.name.starts_with("tls_"));
        if !network {
            unused.push(&keys::tls);
            let why = ": TLS is for servers that are reached over the network";
            self.refuse(&unused, why, None)?;
        } else if !on {
            let hint = "add --tls, or write the URL with rediss:// or valkeys://";
            self.refuse(&unused, " without TLS", Some(hint))?;
        }
        let (cert, key) = (&values.tls_cert, &values.tls_key);
        if on && cert.value.is_some() != key.value.is_some() {
            let one = if cert.value.is_some() { cert } else { key };
            return Err(contradiction(
                &[&one.origin],
                "a client certificate needs its key, and a key its certificate: --tls-cert and --tls-key go together",
            ));
        }
        let origin = scheme.unwrap_or(&values.tls.origin);
        self.rows.show("tls", &on, origin);
        Ok(on.then(|| Tls {
            ca: values.tls_ca.value.clone(),
            cert: cert.value.clone(),
            key: key.value.clone(),
            insecure: values.tls_insecure.value,
            server_name: values.tls_server_name.value.clone(),
        }))
    }
}

/// How much an address counts beside a list of servers: nothing where it may be meant for another program.
fn weight(address: &Resolved<ServerUrl>) -> Precedence {
    match address.origin.from.as_str() {
        locate::LAST_VARIABLE => Precedence::Default,
        _ => address.origin.precedence,
    }
}

/// The program of an embedded server, which starts in a folder of its own: a path counts from where we are, a bare name is
/// looked for on PATH.
fn program(named: PathBuf) -> PathBuf {
    if named.components().nth(1).is_none() && !named.has_root() {
        return named;
    }
    std::path::absolute(&named).unwrap_or(named)
}
