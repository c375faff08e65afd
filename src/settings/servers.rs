//! How the servers are arranged, and what of it contradicts itself.

use super::address::{ServerLocation, ServerUrl};
use super::arguments::{GlobalArgs, Mode};
use super::credentials::CustomerCredentials;
use super::keys;
use super::locate::is_last_resort;
use super::origin::Origin;
use super::resolver::{Resolved, Resolver, contradiction};
use super::values;
use crate::exit::Failure;
use crate::store::options::{Deployment, Node};

/// What was said about the arrangement of the servers.
pub(super) struct Servers {
    mode: Option<Resolved<Mode>>,
    nodes: Option<Resolved<Vec<Node>>>,
    sentinels: Option<Resolved<Vec<Node>>>,
    master: Option<Resolved<String>>,
}

impl Servers {
    /// Reads what was said.
    pub(super) fn read(resolver: &Resolver<'_>, global: &GlobalArgs) -> Result<Self, Failure> {
        Ok(Self {
            mode: resolver.one(&keys::MODE, global.mode, values::one_of::<Mode>)?,
            nodes: resolver.many(&keys::NODES, global.nodes.clone(), values::node)?,
            sentinels: resolver.many(
                &keys::SENTINELS,
                global.sentinels.clone(),
                values::sentinel,
            )?,
            master: resolver.one(&keys::MASTER_NAME, global.master_name.clone(), values::word)?,
        })
    }

    /// The mode in force.
    pub(super) fn mode(&self) -> Mode {
        self.mode.as_ref().map_or(Mode::Single, |found| found.value)
    }

    fn mode_origin(&self) -> &Origin {
        self.mode
            .as_ref()
            .map_or(&Origin::Default, |found| &found.origin)
    }

    /// A list for another mode is a mistake unless the mode was set by something stronger.
    pub(super) fn refuse_contradictions(
        &self,
        address: &Resolved<ServerUrl>,
    ) -> Result<(), Failure> {
        let mode = self.mode();
        let mode_origin = self.mode_origin();
        let lists = [
            (
                Mode::Cluster,
                self.nodes.as_ref().map(|found| &found.origin),
                "nodes of a cluster",
                "--mode cluster",
            ),
            (
                Mode::Sentinel,
                self.sentinels.as_ref().map(|found| &found.origin),
                "sentinels",
                "--mode sentinel",
            ),
            (
                Mode::Sentinel,
                self.master
                    .as_ref()
                    .map(|found| &found.origin)
                    .filter(|origin| origin.is_flag()),
                "a master's name",
                "--mode sentinel",
            ),
        ];
        for (of, origin, what, hint) in lists {
            if let Some(origin) = origin
                && mode != of
                && origin.rank() >= mode_origin.rank()
            {
                return Err(contradiction(
                    &[origin, mode_origin],
                    format!("{origin} names {what}, but the mode is {}", mode.as_str()),
                )
                .hint(format!("add {hint}")));
            }
        }
        let place = match &address.value.place {
            ServerLocation::Tcp(_) => "one server",
            ServerLocation::Unix(_) => "a unix socket",
            ServerLocation::Embedded(_) => "an embedded server",
        };
        let clashes = match mode {
            Mode::Single => false,
            Mode::Sentinel if self.sentinels.is_none() => {
                return Err(
                    contradiction(&[mode_origin], "sentinel mode needs a sentinel")
                        .hint("add --sentinel HOST:PORT"),
                );
            }
            // The stronger word would be silently left out: the sentinels know the server.
            Mode::Sentinel => address.origin.is_flag() || weight(address) > mode_origin.rank(),
            Mode::Cluster => {
                !matches!(address.value.place, ServerLocation::Tcp(_))
                    && self.takes_address(address)
            }
        };
        if clashes {
            return Err(contradiction(
                &[&address.origin, mode_origin],
                format!(
                    "{} names {place}, but the mode is {}",
                    address.origin,
                    mode.as_str()
                ),
            )
            .hint("use --mode single, or leave the URL out"));
        }
        if mode == Mode::Cluster && self.nodes.is_none() && address.origin == Origin::Default {
            return Err(contradiction(&[mode_origin], "cluster mode needs a node")
                .hint("add --node HOST:PORT, or a URL"));
        }
        Ok(())
    }

    /// Whether the address says anything that counts: never with sentinels, which know the server, and
    /// beside the nodes of a cluster only where it is as strong as they are.
    pub(super) fn takes_address(&self, address: &Resolved<ServerUrl>) -> bool {
        match (self.mode(), &self.nodes) {
            (Mode::Sentinel, _) => false,
            (Mode::Cluster, Some(nodes)) => weight(address) >= nodes.origin.rank(),
            _ => true,
        }
    }

    /// The target of cluster mode: the nodes, and the one of the URL.
    pub(super) fn cluster(
        self,
        resolver: &mut Resolver<'_>,
        address: Option<&Resolved<ServerUrl>>,
    ) -> Result<Deployment, Failure> {
        self.show_mode(resolver);
        let of_url = address.and_then(|found| match &found.value.place {
            ServerLocation::Tcp(node) => Some(node.clone()),
            ServerLocation::Unix(_) | ServerLocation::Embedded(_) => None,
        });
        // A stronger address names another cluster than the nodes of a weaker place do.
        let weaker = |nodes: &Resolved<Vec<Node>>| {
            of_url.is_some() && address.is_some_and(|address| weight(address) > nodes.origin.rank())
        };
        let named = self.nodes.filter(|nodes| !weaker(nodes));
        let mut nodes = resolver
            .or_nothing(&keys::NODES, named, |nodes| list(nodes))
            .unwrap_or_default();
        nodes.extend(
            of_url
                .filter(|node| !nodes.contains(node))
                .into_iter()
                .collect::<Vec<_>>(),
        );
        if nodes.is_empty() {
            return Err(
                Failure::config("cluster mode needs a node").hint("add --node HOST:PORT, or a URL")
            );
        }
        Ok(Deployment::Cluster(nodes))
    }

    /// The target of sentinel mode.
    pub(super) fn sentinel(
        self,
        resolver: &mut Resolver<'_>,
        credentials: CustomerCredentials,
    ) -> Deployment {
        self.show_mode(resolver);
        let sentinels = resolver.or_nothing(&keys::SENTINELS, self.sentinels, |sentinels| {
            list(sentinels)
        });
        let master = resolver.or_default(
            &keys::MASTER_NAME,
            self.master,
            "mymaster".into(),
            Clone::clone,
        );
        Deployment::Sentinel {
            sentinels: sentinels.unwrap_or_default(),
            master,
            username: credentials.username,
            password: credentials.password,
        }
    }

    /// Keeps the mode to show.
    pub(super) fn show_mode(&self, resolver: &mut Resolver<'_>) {
        let mode = self.mode().as_str().to_owned();
        resolver.row(keys::MODE.name, Some(mode), self.mode_origin().clone());
    }
}

/// How much an address counts beside a list of servers.
fn weight(address: &Resolved<ServerUrl>) -> u8 {
    if is_last_resort(address) {
        Origin::Default.rank()
    } else {
        address.origin.rank()
    }
}

fn list(nodes: &[Node]) -> String {
    let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    nodes.join(",")
}
