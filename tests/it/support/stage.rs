//! A cache, an account and the binary.

use super::account::Account;
use super::akamai::Akamai;
use super::proxy::Proxy;
use super::run::{Ended, Home, Run};
use super::server::Server;
use serde_json::Value;
use std::path::PathBuf;

/// A server, the stand-in API, and a home configured for both.
pub struct Stage {
    pub server: Server,
    pub api: Akamai,
    pub home: Home,
    pub edgerc: PathBuf,
    proxy: Option<Proxy>,
}

impl Stage {
    /// With Valkey, and credentials of the section `acme`.
    pub fn new(account: Account) -> Self {
        Self::on(Server::valkey(), account)
    }

    pub fn on(server: Server, account: Account) -> Self {
        let home = Home::new();
        let edgerc = Akamai::edgerc(home.path(), &["acme", "beta"]);
        Self {
            server,
            api: Akamai::start(account),
            home,
            edgerc,
            proxy: None,
        }
    }

    /// Puts a proxy in front of the server that can change the replies to single commands.
    pub fn behind_proxy(mut self) -> Self {
        self.proxy = Some(Proxy::before(&self.server));
        self
    }

    /// The proxy of [`Stage::behind_proxy`].
    #[track_caller]
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("a stage behind a proxy")
    }

    /// Address of the cache.
    pub fn url(&self) -> String {
        let port = self
            .proxy
            .as_ref()
            .map_or(self.server.port, |proxy| proxy.port);
        format!("redis://127.0.0.1:{port}/0")
    }

    /// Writes a value as the ALECS server does.
    pub fn server_writes(&self, key: &str, value: &str) {
        let _: String = self.server.ask(&["SET", key, value, "EX", "900"]);
    }

    /// Prepares a command for the customer acme with this cache and API.
    pub fn command(&self, line: &str) -> Run {
        let word = line.split_whitespace().next().unwrap_or_default();
        let asks_akamai = ["warm", "get", "search"].contains(&word) || line.contains("--refill");
        let run = self
            .home
            .command(line)
            .env("ALECS_CACHE_URL", self.url())
            .env("ALECS_CUSTOMER", "acme");
        if asks_akamai {
            run.env("AKAMAI_EDGERC", &self.edgerc)
                .env("ALECS_CACHE_AKAMAI_HOST", self.api.url())
        } else {
            run
        }
    }

    pub fn run(&self, line: &str) -> Ended {
        self.command(line).run()
    }

    /// Returns the report of a warm run that must succeed.
    #[track_caller]
    pub fn warm(&self, line: &str) -> Value {
        self.run(&format!("warm -o json {line}")).with(0).json()
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.server.ask(&["GET", key])
    }

    /// Returns the JSON value of a key.
    #[track_caller]
    pub fn json(&self, key: &str) -> Value {
        let text = self
            .get(key)
            .unwrap_or_else(|| panic!("{key} is not there"));
        serde_json::from_str(&text).unwrap()
    }

    /// Returns all keys in order.
    pub fn keys(&self) -> Vec<String> {
        let mut cursor = "0".to_owned();
        let mut all = Vec::new();
        loop {
            let (next, page): (String, Vec<String>) =
                self.server.ask(&["SCAN", &cursor, "COUNT", "1000"]);
            all.extend(page);
            if next == "0" {
                break;
            }
            cursor = next;
        }
        all.sort();
        all.dedup();
        all
    }

    /// Returns the data keys in order, without bookkeeping of runs and invalidations.
    pub fn data(&self) -> Vec<String> {
        let mut keys = self.keys();
        let bookkeeping = [
            "generation",
            "generations",
            "warm:state",
            "warm:lock",
            "invalidated",
            "audit",
        ];
        keys.retain(|key| {
            let rest = key.splitn(3, ':').nth(2).unwrap_or_default();
            !bookkeeping.contains(&rest)
        });
        keys
    }

    /// Number of properties in the list of all properties.
    pub fn listed(&self) -> usize {
        let list = self.json("akamai:acme:properties:all");
        list.as_array().unwrap().len()
    }

    pub fn delete(&self, key: &str) {
        let _: i64 = self.server.ask(&["DEL", key]);
    }

    /// Sets the TTL of a key in seconds.
    pub fn expire(&self, key: &str, seconds: u32) {
        let _: i64 = self.server.ask(&["EXPIRE", key, &seconds.to_string()]);
    }

    /// Removes all keys.
    pub fn empty(&self) {
        for key in self.keys() {
            self.delete(&key);
        }
    }

    /// TTL of a key in seconds.
    pub fn left(&self, key: &str) -> i64 {
        self.server.ask(&["TTL", key])
    }
}

/// Returns a resource's row of a report.
#[track_caller]
pub fn row<'a>(report: &'a Value, resource: &str) -> &'a Value {
    let rows = report["resources"].as_array().unwrap();
    let found = rows.iter().find(|row| row["resource"] == resource);
    found.unwrap_or_else(|| panic!("no {resource} in {report}"))
}

/// A regular account: two pairs, some properties, some hostnames.
pub fn small() -> Account {
    Account::new(1)
        .regular()
        .groups(2)
        .contracts(1)
        .properties(4)
        .hostnames(6)
}
