//! How Valkey is reached: everything that the one connection factory takes.

use super::address::{ServerLocation, ServerUrl};
use super::arguments::{GlobalArgs, Mode};
use super::credentials::{self, CustomerCredentials, Desk};
use super::keys;
use super::locate;
use super::origin::Origin;
use super::resolver::{Resolved, Resolver, contradiction};
use super::servers::Servers;
use super::{tls, values};
use crate::domain::duration;
use crate::exit::Failure;
use crate::store;
use crate::store::options::{Deployment, ReadFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Decides where Valkey is and how it is reached.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
    wait: Duration,
    desk: &mut Desk<'_>,
) -> Result<store::Options, Failure> {
    let address = locate::address(resolver, global.url.as_ref(), &mut desk.warnings)?;
    if address.origin.is_flag() && address.value.password.is_some() {
        desk.warnings.push(
            "others on this machine can see the password in --url; use --password-file or VALKEYCLI_AUTH".into(),
        );
    }
    let servers = Servers::read(resolver, global)?;
    servers.refuse_contradictions(&address)?;
    let mode = servers.mode();
    let used = servers.takes_address(&address).then_some(&address);
    let network = mode != Mode::Single || matches!(address.value.place, ServerLocation::Tcp(_));
    locate::show_address(resolver, &address, used.is_some());

    let tls = tls::TlsOptions::given(resolver, global)?;
    credentials::refuse_stdin_twice(global, desk.stdin)?;
    let credentials = credentials::of_valkey(resolver, global, used, desk)?;
    let of_sentinels = if mode == Mode::Sentinel {
        credentials::of_sentinels(resolver, global, desk)?
    } else {
        credentials::refuse_those_of_sentinels(global)?;
        CustomerCredentials::default()
    };
    let db = db(resolver, global, used, mode)?;
    let server = resolver.path(&keys::VALKEY_SERVER, None)?;
    let server = server.map(|found| Resolved {
        value: program(found.value),
        origin: found.origin,
    });
    let server = resolver.or_nothing(&keys::VALKEY_SERVER, server, |path| {
        path.display().to_string()
    });
    let target = match mode {
        Mode::Sentinel => servers.sentinel(resolver, of_sentinels),
        Mode::Cluster => servers.cluster(resolver, used)?,
        Mode::Single => {
            servers.show_mode(resolver);
            match address.value.place.clone() {
                ServerLocation::Tcp(node) => Deployment::Single(node),
                ServerLocation::Unix(path) => Deployment::Unix(path),
                ServerLocation::Embedded(folder) => {
                    if let Some(flag) = credentials.flag {
                        return Err(Failure::usage(format!(
                            "{flag} has no effect: an embedded server is private and has no users"
                        )));
                    }
                    let dir = embedded_folder(resolver, folder.as_deref())?;
                    Deployment::Embedded { dir, server, wait }
                }
            }
        }
    };
    let scheme = used
        .filter(|found| found.value.tls)
        .map(|found| found.origin.clone());
    let tls = tls.decide(resolver, scheme.as_ref(), network)?;
    let read_from = resolver.one(
        &keys::READ_FROM,
        global.read_from,
        values::one_of::<ReadFrom>,
    )?;
    let read_from = resolver.or_default(&keys::READ_FROM, read_from, ReadFrom::default(), |who| {
        word_for(*who)
    });
    let limits = limits(resolver, global)?;
    // An embedded server has no users, and what a variable says is meant for another one.
    let private = matches!(target, Deployment::Embedded { .. });
    if private {
        desk.unreadable = None;
    }
    Ok(store::Options {
        target,
        username: credentials.username.filter(|_| !private),
        password: credentials.password.filter(|_| !private),
        db,
        tls,
        read_from,
        touch: true,
        connect_timeout: limits.connect,
        timeout: limits.answer,
        retries: limits.retries,
    })
}

/// The program of an embedded server, which starts in a folder of its own: a path counts from where we
/// are, a bare name is looked for on PATH.
fn program(named: PathBuf) -> PathBuf {
    if named.components().nth(1).is_none() && !named.has_root() {
        return named;
    }
    std::path::absolute(&named).unwrap_or(named)
}

/// The folder of an embedded server, absolute since that server runs elsewhere than we do.
fn embedded_folder(resolver: &Resolver<'_>, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = match named {
        Some(folder) => resolver.expanded(folder.to_owned()),
        None => resolver
            .environment
            .state_folder()
            .map(|folder| folder.join("embedded"))
            .ok_or_else(|| {
                Failure::config("`embedded:` has no folder: neither XDG_STATE_HOME nor HOME is set")
                    .hint("name one: embedded:/path/to/folder")
            })?,
    };
    std::path::absolute(&folder).map_err(|error| {
        Failure::config(format!(
            "cannot use the folder `{}`: {error}",
            folder.display()
        ))
    })
}

fn word_for(who: ReadFrom) -> String {
    match who {
        ReadFrom::Primary => "primary",
        ReadFrom::PreferReplica => "prefer-replica",
        ReadFrom::Replica => "replica",
    }
    .into()
}

struct ClientTimeouts {
    connect: Duration,
    answer: Duration,
    retries: u32,
}

fn limits(resolver: &mut Resolver<'_>, global: &GlobalArgs) -> Result<ClientTimeouts, Failure> {
    let span = |span: &Duration| duration::text(*span);
    let connect = resolver.one(
        &keys::CONNECT_TIMEOUT,
        global.connect_timeout,
        values::limit,
    )?;
    let connect = resolver.or_default(
        &keys::CONNECT_TIMEOUT,
        connect,
        Duration::from_secs(5),
        span,
    );
    let answer = resolver.one(&keys::TIMEOUT, global.timeout, values::limit)?;
    let answer = resolver.or_default(&keys::TIMEOUT, answer, Duration::from_secs(10), span);
    let retries = resolver.one(&keys::RETRIES, global.retries, values::retries)?;
    let retries = resolver.or_default(&keys::RETRIES, retries, 3, ToString::to_string);
    Ok(ClientTimeouts {
        connect,
        answer,
        retries,
    })
}

/// The database: a flag of its own, else the stronger of the URL and the other origins.
fn db(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
    address: Option<&Resolved<ServerUrl>>,
    mode: Mode,
) -> Result<u32, Failure> {
    let own = resolver.one(&keys::DB, global.db, values::db)?;
    let of_url = address.and_then(|found| {
        Some(Resolved {
            value: found.value.db?,
            origin: found.origin.clone(),
        })
    });
    let found = match (own, of_url) {
        (Some(own), Some(of_url))
            if !own.origin.is_flag() && own.origin.rank() <= of_url.origin.rank() =>
        {
            Some(of_url)
        }
        (own, of_url) => own.or(of_url),
    };
    if mode == Mode::Cluster
        && let Some(found) = &found
        && (found.value != 0 || found.origin == Origin::Flag(keys::DB.flag))
    {
        return Err(contradiction(
            &[&found.origin],
            format!(
                "a cluster has database 0 alone, {} asks for {}",
                found.origin, found.value
            ),
        )
        .hint("leave --db out, or use --mode single"));
    }
    Ok(resolver.or_default(&keys::DB, found, 0, ToString::to_string))
}
