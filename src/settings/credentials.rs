//! User names and passwords for Valkey and its sentinels. No option or file key takes a password itself.

use super::address::ServerUrl;
use super::keys::{self, SettingKey};
use super::origin::Resolved;
use super::resolve::Given;
use crate::domain::os_error::cause;
use crate::domain::secret::{Secret, is_open_to_others};
use crate::exit::{Exit, Failure};
use crate::output::ask_secret;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Limit of a password, in bytes.
const SIZE_MAX: u64 = 64 * 1024;

/// Source of a password.
enum PasswordSource {
    Text(Secret),
    File(PathBuf),
    Stdin,
}

impl Given<'_> {
    /// Reads the passwords, those of the sentinels only if `with_sentinels`, and sets Valkey's user name.
    ///
    /// User and password of the URL have the precedence of the URL itself. A URL with a password and no user means
    /// the server's default user.
    pub(super) fn read_credentials(
        &mut self,
        url: Option<&Resolved<ServerUrl>>,
        with_sentinels: bool,
        readers: &[&'static str],
    ) -> Result<(), Failure> {
        let values = &mut self.values;
        let mut of_valkey = source(&values.password, &values.password_file);
        if let Some(Resolved { value: url, origin }) = url {
            let password = url.password.clone();
            if url.username.is_some() || password.is_some() {
                let user = Resolved::new(url.username.clone(), origin);
                values.username.give_way_to(user);
            }
            if let Some(password) = password {
                let source = Some(PasswordSource::Text(password));
                of_valkey.give_way_to(Resolved::new(source, origin));
            }
        }
        let mut of_sentinels = source(&values.sentinel_password, &values.sentinel_password_file);
        of_sentinels.value = of_sentinels.value.filter(|_| with_sentinels);
        let asked = [
            (&keys::password_file, &of_valkey),
            (&keys::sentinel_password_file, &of_sentinels),
        ];
        let asked = asked
            .iter()
            .filter(|(_, found)| matches!(found.value, Some(PasswordSource::Stdin)));
        let readers: Vec<&str> = readers
            .iter()
            .copied()
            .chain(asked.map(|(key, _)| key.flag()))
            .collect();
        if let [one, other, ..] = readers.as_slice() {
            let twice = format!("`-` is stdin and was given twice, in {one} and in {other}");
            return Err(Failure::usage(twice).hint("put one of them into a file"));
        }
        self.values.password = self.password(of_valkey, &keys::password_file, "Valkey")?;
        let (key, whose) = (&keys::sentinel_password_file, "the sentinels");
        self.values.sentinel_password = self.password(of_sentinels, key, whose)?;
        Ok(())
    }

    /// Reads a password. A configuration failure is recorded instead of returned, so that the settings can still be
    /// shown.
    fn password(
        &mut self,
        found: Resolved<Option<PasswordSource>>,
        key: &SettingKey,
        whose: &str,
    ) -> Result<Resolved<Option<Secret>>, Failure> {
        let read = match found.value {
            None => return Ok(Resolved::default_of(None)),
            Some(PasswordSource::Text(secret)) => Ok(secret),
            Some(PasswordSource::File(path)) => of_file(&path, &mut self.warnings),
            Some(PasswordSource::Stdin) => of_stdin(key, whose, self.values.no_input.value),
        };
        match read {
            Ok(secret) => Ok(Resolved::new(Some(secret), &found.origin)),
            Err(failure) if failure.exit == Exit::Config => {
                let row = key.name.trim_end_matches("_file");
                self.unreadable.push((row, found.origin, failure));
                Ok(Resolved::default_of(None))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Chooses the source of a password. The file wins at equal precedence: the variable that names it is our own.
fn source(
    variable: &Resolved<Option<Secret>>,
    file: &Resolved<Option<PathBuf>>,
) -> Resolved<Option<PasswordSource>> {
    if variable.origin.precedence > file.origin.precedence {
        let secret = variable.value.clone();
        return Resolved::new(secret.map(PasswordSource::Text), &variable.origin);
    }
    let source = file.value.clone().map(|path| match path.to_str() {
        Some("-") => PasswordSource::Stdin,
        _ => PasswordSource::File(path),
    });
    Resolved::new(source, &file.origin)
}

/// Reads a password from stdin: all of it, or one line from a terminal.
fn of_stdin(key: &SettingKey, whose: &str, no_input: bool) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return read(io::stdin().lock(), "stdin");
    }
    if no_input {
        return Err(Failure::usage(format!(
            "{} - asks for the password on this terminal, and --no-input forbids it",
            key.flag()
        ))
        .hint("name a file that holds it, or give it through a pipe"));
    }
    match ask_secret(&format!("Password for {whose}: ")) {
        Ok(Ok(None)) => Err(Failure::new(Exit::Declined, "declined; nothing was done")),
        Ok(Ok(Some(secret))) if secret.reveal().is_empty() => {
            Err(Failure::config("no password was typed"))
        }
        Ok(Ok(Some(secret))) => Ok(secret),
        Ok(Err(signal)) => Err(Failure::signal(signal)),
        Err(error) => Err(Failure::config(format!(
            "cannot read the password from the terminal: {error}"
        ))),
    }
}

fn of_file(path: &Path, warnings: &mut Vec<String>) -> Result<Secret, Failure> {
    let shown = format!("`{}`", path.display());
    let unreadable = |error: io::Error| {
        let cause = cause(error);
        Failure::config(format!("cannot read the password file {shown}: {cause}"))
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let is_owner = metadata.uid() == rustix::process::geteuid().as_raw();
    if metadata.is_file() && is_open_to_others(metadata.mode(), is_owner) {
        warnings.push(format!(
            "others can read the password file {shown}; `chmod 600` keeps it private"
        ));
    }
    read(file, &shown)
}

/// Reads a password and strips one line end.
fn read(from: impl Read, shown: &str) -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = from.take(SIZE_MAX + 1).read_to_string(&mut text);
    let size = read.map_err(|error| {
        let cause = cause(error);
        Failure::config(format!("cannot read the password from {shown}: {cause}"))
    })?;
    if size as u64 > SIZE_MAX {
        return Err(Failure::config(format!(
            "the password in {shown} is larger than 64 KiB"
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
        assert_eq!(of("\n").unwrap_err().exit, Exit::Config);
        assert!(of(&"x".repeat(70_000)).is_err());
    }
}
