//! Who we are towards Valkey and its sentinels. No option and no file key takes a password itself.

use super::address::ServerUrl;
use super::arguments::GlobalArgs;
use super::keys::{self, SettingKey};
use super::origin::Origin;
use super::resolver::{MASK, Resolved, Resolver};
use super::stdin::Stdin;
use crate::domain::os_error::cause;
use crate::domain::secret::Secret;
use crate::exit::Failure;
use crate::output::ask_secret;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is shown in place of a password that could not be read.
const UNREADABLE: &str = "cannot be read";

/// A password is shorter than that.
const SIZE_MAX: u64 = 64 * 1024;

/// The variables that hold Valkey's password, the strongest first.
const PASSWORD_VARIABLES: [&str; 2] = ["VALKEYCLI_AUTH", "REDISCLI_AUTH"];

/// The variable that holds the sentinels' password.
const SENTINEL_PASSWORD_VARIABLES: [&str; 1] = ["ALECS_CACHE_SENTINEL_PASSWORD"];

/// What reading passwords needs, and what it comes upon.
pub(super) struct Desk<'a> {
    /// Who reads stdin.
    pub stdin: &'a Stdin,
    /// Whether a password may be asked for on a terminal.
    pub asks: bool,
    /// What the operator should be warned of.
    pub warnings: Vec<String>,
    /// The first password that could not be read. Who only shows the settings shows them all the same.
    pub unreadable: Option<Failure>,
}

/// User and password.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomerCredentials {
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// The flag that gave one of them, if any did.
    pub flag: Option<&'static str>,
}

/// Finds user and password for Valkey. What the URL says counts as much as the URL itself; a flag of
/// its own outranks it, and so does whatever outranks the URL.
pub(super) fn of_valkey(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
    address: Option<&Resolved<ServerUrl>>,
    desk: &mut Desk<'_>,
) -> Result<CustomerCredentials, Failure> {
    let own = resolver.one(
        &keys::USERNAME,
        global.username.clone(),
        super::values::word,
    )?;
    let named = address.and_then(|found| {
        let username = found.value.username.clone()?;
        Some(Resolved {
            value: username,
            origin: found.origin.clone(),
        })
    });
    // A URL with a password and no user means the server's default user, not another client's name.
    let default_user = named.is_none()
        && address.is_some_and(|found| {
            found.value.password.is_some()
                && own.as_ref().is_some_and(|own| {
                    !own.origin.is_flag() && own.origin.rank() <= found.origin.rank()
                })
        });
    let username = if default_user {
        None
    } else {
        stronger(own, named)
    };

    let in_url = address.and_then(|found| {
        let password = found.value.password.clone()?;
        Some(Resolved {
            value: password,
            origin: found.origin.clone(),
        })
    });
    let file = resolver.path(&keys::PASSWORD_FILE, global.password_file.clone())?;
    resolver.or_nothing(&keys::PASSWORD_FILE, file.clone(), |path| {
        path.display().to_string()
    });
    let source = strongest_source(resolver, file, in_url.as_ref(), &PASSWORD_VARIABLES);
    let password = source.password(&keys::PASSWORD_FILE, in_url, "Valkey", desk)?;
    let flag = [
        username.as_ref().map(|found| &found.origin),
        password.as_ref().map(|found| &found.origin),
    ]
    .into_iter()
    .flatten()
    .find_map(|origin| match origin {
        Origin::Flag(flag) if *flag != keys::URL.flag => Some(*flag),
        _ => None,
    });
    let username = resolver.or_nothing(&keys::USERNAME, username, Clone::clone);
    Ok(CustomerCredentials {
        username,
        password: desk.take(resolver, "password", password),
        flag,
    })
}

/// Finds user and password for the sentinels.
pub(super) fn of_sentinels(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
    desk: &mut Desk<'_>,
) -> Result<CustomerCredentials, Failure> {
    let username = resolver.one(
        &keys::SENTINEL_USERNAME,
        global.sentinel_username.clone(),
        super::values::word,
    )?;
    let file = resolver.path(
        &keys::SENTINEL_PASSWORD_FILE,
        global.sentinel_password_file.clone(),
    )?;
    resolver.or_nothing(&keys::SENTINEL_PASSWORD_FILE, file.clone(), |path| {
        path.display().to_string()
    });
    let source = strongest_source(resolver, file, None, &SENTINEL_PASSWORD_VARIABLES);
    let password = source.password(&keys::SENTINEL_PASSWORD_FILE, None, "the sentinels", desk)?;
    let username = resolver.or_nothing(&keys::SENTINEL_USERNAME, username, Clone::clone);
    Ok(CustomerCredentials {
        username,
        password: desk.take(resolver, "sentinel_password", password),
        flag: None,
    })
}

/// Two passwords that were typed as `-` are refused before the first is waited for.
pub(super) fn refuse_stdin_twice(global: &GlobalArgs, stdin: &Stdin) -> Result<(), Failure> {
    let typed = [&global.password_file, &global.sentinel_password_file];
    if typed
        .iter()
        .all(|file| file.as_deref() == Some(Path::new("-")))
    {
        stdin.claim(keys::PASSWORD_FILE.flag)?;
        stdin.claim(keys::SENTINEL_PASSWORD_FILE.flag)?;
    }
    Ok(())
}

/// Flags for sentinels where there are none would do nothing.
pub(super) fn refuse_those_of_sentinels(global: &GlobalArgs) -> Result<(), Failure> {
    let flags = [
        (
            global.sentinel_username.is_some(),
            keys::SENTINEL_USERNAME.flag,
        ),
        (
            global.sentinel_password_file.is_some(),
            keys::SENTINEL_PASSWORD_FILE.flag,
        ),
    ];
    match flags.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(
            Failure::usage(format!("{flag} has no effect without sentinels"))
                .hint("add --mode sentinel"),
        ),
        None => Ok(()),
    }
}

/// A password, or why it could not be read.
type Password = Resolved<Result<Secret, Failure>>;

impl Desk<'_> {
    /// Keeps the row of a password, and the failure where it could not be read.
    fn take(
        &mut self,
        resolver: &mut Resolver<'_>,
        setting: &str,
        password: Option<Password>,
    ) -> Option<Secret> {
        let Some(Resolved { value, origin }) = password else {
            resolver.row(setting, None, Origin::Default);
            return None;
        };
        let shown = value.as_ref().map_or(UNREADABLE, |_| MASK);
        resolver.row(setting, Some(shown.to_owned()), origin);
        match value {
            Ok(secret) => Some(secret),
            Err(failure) => {
                self.unreadable.get_or_insert(failure);
                None
            }
        }
    }

    /// Reads a password from stdin: all of it, or one line of a terminal.
    fn of_stdin(&self, key: &SettingKey, whose: &str) -> Result<Result<Secret, Failure>, Failure> {
        self.stdin.claim(key.flag)?;
        if !io::stdin().is_terminal() {
            return Ok(read(io::stdin().lock(), "stdin"));
        }
        if !self.asks {
            return Err(Failure::usage(format!(
                "{} - asks for the password on this terminal, and --no-input forbids to ask",
                key.flag
            ))
            .hint("name a file that holds it, or give it through a pipe"));
        }
        match ask_secret(&format!("Password for {whose}: ")) {
            Ok(Ok(secret)) if secret.reveal().is_empty() => {
                Ok(Err(Failure::config("no password was typed")))
            }
            Ok(Ok(secret)) => Ok(Ok(secret)),
            Ok(Err(signal)) => Err(Failure::signal(signal)),
            Err(error) => Ok(Err(Failure::config(format!(
                "cannot read the password from the terminal: {error}"
            )))),
        }
    }
}

/// The one from a stronger origin; between two as strong, a flag of its own before the URL, and the URL
/// before a variable, since it names the server that its password is for.
fn stronger<T>(own: Option<Resolved<T>>, of_url: Option<Resolved<T>>) -> Option<Resolved<T>> {
    match (own, of_url) {
        (Some(own), Some(of_url)) => Some(if outranks(&own.origin, &of_url.origin) {
            own
        } else {
            of_url
        }),
        (own, of_url) => own.or(of_url),
    }
}

fn outranks(own: &Origin, of_url: &Origin) -> bool {
    own.is_flag() || own.rank() > of_url.rank()
}

/// Where a password comes from.
enum CredentialsSource {
    Nowhere,
    Url,
    File(Resolved<PathBuf>),
    Variable(Resolved<Secret>),
}

fn strongest_source(
    resolver: &Resolver<'_>,
    file: Option<Resolved<PathBuf>>,
    in_url: Option<&Resolved<Secret>>,
    variables: &[&str],
) -> CredentialsSource {
    let variable = variables.iter().find_map(|name| {
        let value = Secret::new(resolver.environment.get(name)?);
        Some(Resolved {
            value,
            origin: Origin::Environment((*name).to_owned()),
        })
    });
    let own = match (file, variable) {
        // A variable that names a file is as strong as one that holds the password, and ours.
        (Some(file), Some(variable)) if variable.origin.rank() > file.origin.rank() => {
            CredentialsSource::Variable(variable)
        }
        (Some(file), _) => CredentialsSource::File(file),
        (None, Some(variable)) => CredentialsSource::Variable(variable),
        (None, None) => CredentialsSource::Nowhere,
    };
    let origin = match &own {
        CredentialsSource::File(found) => Some(&found.origin),
        CredentialsSource::Variable(found) => Some(&found.origin),
        CredentialsSource::Nowhere | CredentialsSource::Url => None,
    };
    match (in_url, origin) {
        (Some(_), None) => CredentialsSource::Url,
        (Some(in_url), Some(origin)) if !outranks(origin, &in_url.origin) => CredentialsSource::Url,
        _ => own,
    }
}

impl CredentialsSource {
    fn password(
        self,
        key: &SettingKey,
        in_url: Option<Resolved<Secret>>,
        whose: &str,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Password>, Failure> {
        let known = |Resolved { value, origin }| Resolved {
            value: Ok(value),
            origin,
        };
        match self {
            Self::Nowhere => Ok(None),
            Self::Url => Ok(in_url.map(known)),
            Self::Variable(found) => Ok(Some(known(found))),
            Self::File(Resolved {
                value: path,
                origin,
            }) => {
                let value = if path == Path::new("-") {
                    desk.of_stdin(key, whose)?
                } else {
                    of_file(&path, &mut desk.warnings)
                };
                Ok(Some(Resolved { value, origin }))
            }
        }
    }
}

fn of_file(path: &Path, warnings: &mut Vec<String>) -> Result<Secret, Failure> {
    let shown = format!("`{}`", path.display());
    let unreadable = |error: io::Error| {
        Failure::config(format!(
            "cannot read the password file {shown}: {}",
            cause(error)
        ))
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_file() && metadata.mode() & 0o044 != 0 {
        warnings.push(format!(
            "others can read the password file {shown}; `chmod 600` keeps it private"
        ));
    }
    read(file, &shown)
}

/// Reads a password and strips one line end.
fn read(from: impl Read, shown: &str) -> Result<Secret, Failure> {
    let mut text = String::new();
    let size = from
        .take(SIZE_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::config(format!(
                "cannot read the password from {shown}: {}",
                cause(error)
            ))
        })?;
    if size as u64 > SIZE_MAX {
        return Err(Failure::config(format!(
            "the password in {shown} is larger than 64 kB"
        )));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::config(format!("there is no password in {shown}")));
    }
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_stripped_from_a_password() {
        let of = |text: &str| read(text.as_bytes(), "x").map(|secret| secret.reveal().to_owned());
        assert_eq!(of("pass\n").unwrap(), "pass");
        assert_eq!(of("pass\r\n").unwrap(), "pass");
        assert_eq!(of(" pa ss \n\n").unwrap(), " pa ss \n");
        assert_eq!(of("\n").unwrap_err().exit, crate::exit::Exit::Config);
        assert!(of(&"x".repeat(70_000)).is_err());
    }
}
