//! Whether and how TLS is spoken.

use super::arguments::GlobalArgs;
use super::keys;
use super::origin::Origin;
use super::resolver::{Resolved, Resolver, contradiction};
use super::values;
use crate::exit::Failure;
use crate::store::options::Tls;
use std::path::PathBuf;

/// What was said about TLS, before it is known whether the address takes any.
pub(super) struct TlsOptions {
    on: Option<Resolved<bool>>,
    ca: Option<Resolved<PathBuf>>,
    cert: Option<Resolved<PathBuf>>,
    key: Option<Resolved<PathBuf>>,
    insecure: Option<Resolved<bool>>,
    server_name: Option<Resolved<String>>,
}

impl TlsOptions {
    pub(super) fn given(resolver: &Resolver<'_>, global: &GlobalArgs) -> Result<Self, Failure> {
        Ok(Self {
            on: resolver.switch(&keys::TLS, global.tls)?,
            ca: resolver.path(&keys::TLS_CA, global.tls_ca.clone())?,
            cert: resolver.path(&keys::TLS_CERT, global.tls_cert.clone())?,
            key: resolver.path(&keys::TLS_KEY, global.tls_key.clone())?,
            insecure: resolver.switch(&keys::TLS_INSECURE, global.tls_insecure)?,
            server_name: resolver.one(
                &keys::TLS_SERVER_NAME,
                global.tls_server_name.clone(),
                values::server_name,
            )?,
        })
    }

    /// Decides. `scheme` is the origin of a URL that asks for TLS by its scheme; `network` is whether
    /// the server is reached over TCP at all.
    pub(super) fn decide(
        self,
        resolver: &mut Resolver<'_>,
        scheme: Option<&Origin>,
        network: bool,
    ) -> Result<Option<Tls>, Failure> {
        let switched = self.on.as_ref().is_some_and(|found| found.value);
        let on = network && (switched || scheme.is_some());
        if !on {
            self.refuse_what_would_be_ignored(network)?;
        }
        if on && let (Some(one), None) | (None, Some(one)) = (&self.cert, &self.key) {
            return Err(contradiction(
                &[&one.origin],
                "a client certificate needs its key, and a key its certificate: --tls-cert and --tls-key go together",
            ));
        }
        let origin = match (&self.on, scheme) {
            (_, Some(scheme)) => scheme.clone(),
            (Some(found), None) => found.origin.clone(),
            (None, None) => Origin::Default,
        };
        resolver.row(keys::TLS.name, Some(on.to_string()), origin);
        let path = |path: &PathBuf| path.display().to_string();
        let ca = resolver.or_nothing(&keys::TLS_CA, self.ca, path);
        let cert = resolver.or_nothing(&keys::TLS_CERT, self.cert, path);
        let key = resolver.or_nothing(&keys::TLS_KEY, self.key, path);
        let insecure = resolver.or_default(
            &keys::TLS_INSECURE,
            self.insecure,
            false,
            ToString::to_string,
        );
        let server_name =
            resolver.or_nothing(&keys::TLS_SERVER_NAME, self.server_name, Clone::clone);
        Ok(on.then_some(Tls {
            ca,
            cert,
            key,
            insecure,
            server_name,
        }))
    }

    /// A flag that would do nothing is a mistake; a variable or a file may be meant for other runs.
    fn refuse_what_would_be_ignored(&self, network: bool) -> Result<(), Failure> {
        let files = [&self.ca, &self.cert, &self.key]
            .into_iter()
            .flatten()
            .map(|found| &found.origin)
            .chain(self.server_name.iter().map(|found| &found.origin));
        let switches = self
            .insecure
            .iter()
            .chain(self.on.iter().filter(|_| !network))
            .map(|found| &found.origin);
        for origin in files.chain(switches) {
            let Origin::Flag(flag) = origin else { continue };
            return Err(if network {
                Failure::usage(format!("{flag} has no effect without TLS"))
                    .hint("add --tls, or write the URL with rediss:// or valkeys://")
            } else {
                Failure::usage(format!(
                    "{flag} has no effect: TLS is for servers that are reached over the network"
                ))
            });
        }
        Ok(())
    }
}
