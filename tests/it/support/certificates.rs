//! Certificates for one test: a CA, a server's and a client's certificate, and an untrusted CA.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub struct Certificates {
    dir: TempDir,
}

const CONFIG: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = alecs-cache test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1, DNS:localhost
extendedKeyUsage = serverAuth, clientAuth
[named]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, DNS:cache.test
extendedKeyUsage = serverAuth, clientAuth
";

impl Certificates {
    pub fn new() -> Self {
        let made = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        };
        std::fs::write(made.file("config"), CONFIG).expect("writable");
        made.certificate("authority", "authority", None);
        made.certificate("stranger", "authority", None);
        made.certificate("server", "leaf", Some("authority"));
        made.certificate("named", "named", Some("authority"));
        made.certificate("client", "leaf", Some("authority"));
        made.certificate("imposter", "leaf", Some("stranger"));
        made
    }

    /// Issues the certificate `expired`, valid on a day in the past.
    pub fn expire(&self) {
        let openssl = |line: &str| {
            let mut command = Command::new("openssl");
            command.args(line.split(' ')).current_dir(self.dir.path());
            let made = command.output().expect("openssl");
            assert!(made.status.success(), "{line}: {made:?}");
        };
        let request =
            "req -new -newkey ec -nodes -pkeyopt ec_paramgen_curve:prime256v1 -config config";
        openssl(&format!(
            "{request} -subj /CN=expired -keyout expired.key -out expired.csr"
        ));
        let issuer = "-CA authority.pem -CAkey authority.key -set_serial 7";
        openssl(&format!(
            "x509 -req -in expired.csr {issuer} -days -1 -extfile config -extensions leaf -out expired.pem"
        ));
    }

    fn certificate(&self, name: &str, extensions: &str, issuer: Option<&str>) {
        let mut command = Command::new("openssl");
        command
            .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .arg("-config")
            .arg(self.file("config"))
            .args(["-extensions", extensions, "-subj"])
            .arg(format!("/CN={name}"))
            .arg("-keyout")
            .arg(self.key(name))
            .arg("-out")
            .arg(self.pem(name));
        if let Some(issuer) = issuer {
            command.arg("-CA").arg(self.pem(issuer));
            command.arg("-CAkey").arg(self.key(issuer));
        }
        let made = command
            .output()
            .expect("these tests need the `openssl` program: `apt install openssl`");
        assert!(
            made.status.success(),
            "openssl: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    /// Returns the certificate of `authority`, `stranger`, `server`, `named` (without an address), `client`, or
    /// `imposter` (issued by the stranger).
    pub fn pem(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.pem"))
    }

    pub fn key(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.key"))
    }

    /// Arguments for a server with TLS.
    pub fn server_arguments(&self) -> Vec<String> {
        self.arguments_of("server")
    }

    /// The same with a certificate for `localhost` and `cache.test`, without an address.
    pub fn named_arguments(&self) -> Vec<String> {
        self.arguments_of("named")
    }

    /// The same with the named certificate.
    pub fn arguments_of(&self, certificate: &str) -> Vec<String> {
        let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        vec![
            "--tls-cert-file".to_owned(),
            text(&self.pem(certificate)),
            "--tls-key-file".to_owned(),
            text(&self.key(certificate)),
            "--tls-ca-cert-file".to_owned(),
            text(&self.pem("authority")),
        ]
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}
