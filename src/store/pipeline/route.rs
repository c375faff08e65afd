//! Which node a request goes to.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connect::Role;
use crate::store::net::reply::Reply;
use crate::store::net::request::Request;
use crate::store::options::{Node, NodeAddress, ReadFrom};
use crate::store::topology::{Shard, Topology, slot};

/// Destination of a request.
#[derive(PartialEq, Eq)]
pub(super) struct Route {
    pub(super) address: NodeAddress,
    pub(super) role: Role,
    /// The key is migrating to this node, so each request needs ASKING.
    pub(super) asking: bool,
}

impl Store {
    pub(super) fn route(
        &self,
        request: &Request,
        ask: Option<Node>,
        topology: &Topology,
        from: ReadFrom,
        attempt: usize,
    ) -> Result<Route, Reply> {
        if let Some(node) = ask {
            return Ok(Route {
                address: NodeAddress::Tcp(node),
                role: Role::Any,
                asking: true,
            });
        }
        let shard = topology.owner_of(request.key()).ok_or_else(|| {
            Reply::Later(Error::NotReady {
                endpoint: self.endpoint(),
                command: request.name().to_owned(),
                reason: format!("no node owns slot {} of the key", slot(request.key())),
            })
        })?;
        let (address, role) = self.node(shard, from, attempt).map_err(Reply::Final)?;
        Ok(Route {
            address,
            role,
            asking: false,
        })
    }

    /// Returns the node of a shard to ask; each attempt takes the next candidate.
    pub(crate) fn node(
        &self,
        shard: &Shard,
        from: ReadFrom,
        attempt: usize,
    ) -> Result<(NodeAddress, Role), Error> {
        let mut replicas = shard.replicas.clone();
        if !replicas.is_empty() {
            let start = self.inner.offset % replicas.len();
            replicas.rotate_left(start);
        }
        let replicas = replicas
            .into_iter()
            .map(|address| (address, self.replica_role()));
        let primary = std::iter::once((shard.primary.clone(), self.primary_role()));
        let choices: Vec<_> = match from {
            ReadFrom::Primary => primary.collect(),
            ReadFrom::PreferReplica => replicas.chain(primary).collect(),
            ReadFrom::Replica => replicas.collect(),
        };
        let turn = attempt.checked_rem(choices.len());
        turn.and_then(|turn| choices.into_iter().nth(turn))
            .ok_or_else(|| Error::NoReplica {
                primary: shard.primary.to_string(),
            })
    }
}

/// Returns the index of the destination's group, adding it if missing.
pub(super) fn group_of(groups: &mut Vec<(Route, Vec<usize>)>, route: Route) -> usize {
    let same = groups.iter().position(|(known, _)| *known == route);
    same.unwrap_or_else(|| {
        groups.push((route, Vec::new()));
        groups.len() - 1
    })
}
