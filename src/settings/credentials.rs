//! Users and passwords for Valkey and its sentinels. No option and no file key takes a password itself.

use super::address::ServerUrl;
use super::keys::{self, SettingKey};
use super::origin::{Origin, Precedence, Resolved};
use super::servers::Servers;
use crate::domain::os_error::cause;
use crate::domain::secret::Secret;
use crate::exit::Failure;
use crate::output::ask_secret;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The longest password, in bytes.
const SIZE_MAX: u64 = 64 * 1024;

impl Servers<'_> {
    /// User and password for Valkey. What the URL says counts as much as the URL itself, and where that has a password and
    /// no user it means the server's default user.
    pub(super) fn credentials(
        &mut self,
        address: Option<&Resolved<ServerUrl>>,
    ) -> Result<(Option<String>, Option<Secret>), Failure> {
        let mut user = self.values.username.clone();
        let mut of_url = None;
        if let Some(Resolved { value: url, origin }) = address {
            let says = url.username.is_some() || url.password.is_some();
            if says && !user.origin.outranks(origin) {
                user = Resolved::new(url.username.clone(), origin);
                self.rows.show("username", &user.value, origin);
            }
            of_url = url
                .password
                .clone()
                .map(|secret| Resolved::new(secret, origin));
        }
        let variables = ["VALKEYCLI_AUTH", "REDISCLI_AUTH"];
        let (key, file) = (&keys::password_file, &self.values.password_file);
        let password = self.password(key, file, &variables, of_url, "Valkey")?;
        Ok((user.value, password))
    }

    pub(super) fn password_of_sentinels(&mut self) -> Result<Option<Secret>, Failure> {
        let variables = ["ALECS_CACHE_SENTINEL_PASSWORD"];
        let (key, file) = (
            &keys::sentinel_password_file,
            &self.values.sentinel_password_file,
        );
        self.password(key, file, &variables, None, "the sentinels")
    }

    /// Two passwords that were typed as `-` are refused before the first is waited for.
    pub(super) fn refuse_stdin_twice(&self) -> Result<(), Failure> {
        let both = [&keys::password_file, &keys::sentinel_password_file];
        let typed = |key: &SettingKey| self.layers.flags.get(key.name) == Some("-");
        if both.iter().all(|key| typed(key)) {
            for key in both {
                self.stdin.claim(key.flag())?;
            }
        }
        Ok(())
    }

    /// The password of the strongest place. A variable that names a file is as strong as one that holds the password, and
    /// ours; a URL is stronger than a variable, since it names the server that its password is for.
    fn password(
        &mut self,
        key: &SettingKey,
        file: &Resolved<Option<PathBuf>>,
        variables: &[&str],
        of_url: Option<Resolved<Secret>>,
        whose: &str,
    ) -> Result<Option<Secret>, Failure> {
        let weak = file.origin.precedence < Precedence::Environment;
        let variable = variables.iter().filter(|_| weak).find_map(|name| {
            let secret = Secret::new(self.layers.environment.get(name)?);
            Some(Resolved::new(secret, &Origin::environment(*name)))
        });
        let own = variable
            .as_ref()
            .map_or(&file.origin, |found| &found.origin);
        let of_url = of_url.filter(|url| !own.outranks(&url.origin));
        let found = match (of_url.or(variable), &file.value) {
            (Some(found), _) => Ok(found),
            (None, None) => return Ok(None),
            (None, Some(path)) => {
                let read = if path == Path::new("-") {
                    self.of_stdin(key, whose)?
                } else {
                    of_file(path, &mut self.warnings)
                };
                read.map(|secret| Resolved::new(secret, &file.origin))
            }
        };
        let row = key.name.trim_end_matches("_file");
        match found {
            Ok(found) => {
                self.rows.show(row, &found.value, &found.origin);
                Ok(Some(found.value))
            }
            Err(failure) => {
                let shown = "cannot be read".to_owned();
                self.rows.show(row, &shown, &file.origin);
                self.unreadable.get_or_insert(failure);
                Ok(None)
            }
        }
    }

    /// Reads a password from stdin: all of it, or one line of a terminal.
    fn of_stdin(&self, key: &SettingKey, whose: &str) -> Result<Result<Secret, Failure>, Failure> {
        self.stdin.claim(key.flag())?;
        if !io::stdin().is_terminal() {
            return Ok(read(io::stdin().lock(), "stdin"));
        }
        if self.values.no_input.value {
            return Err(Failure::usage(format!(
                "{} - asks for the password on this terminal, and --no-input forbids to ask",
                key.flag()
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
