//! The settings by name: the one table of what has which flag, which variables, and which word in the
//! configuration file.

/// A setting.
#[derive(Debug, Clone, Copy)]
pub struct SettingKey {
    /// The word in the configuration file and in `alecs-cache config`.
    pub name: &'static str,
    /// The flag; empty where there is none.
    pub flag: &'static str,
    /// The environment variables, the strongest first.
    pub variables: &'static [&'static str],
    /// Whether the value is never shown.
    pub secret: bool,
    /// What it is, for the manual.
    pub what: &'static str,
}

macro_rules! keys {
    ($($id:ident $name:literal $flag:literal [$($variable:literal),*] $what:literal $($secret:ident)?;)*) => {
        $(
            #[doc = $what]
            pub(crate) const $id: SettingKey = SettingKey {
                name: $name,
                flag: $flag,
                variables: &[$($variable),*],
                secret: keys!(@secret $($secret)?),
                what: $what,
            };
        )*
        /// All of them, in the order in which they are shown.
        pub const ALL: &[SettingKey] = &[$($id),*];
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

keys! {
    PROFILE "default_profile" "--profile" ["ALECS_CACHE_PROFILE"] "profile of the configuration file";
    URL "url" "--url" ["ALECS_CACHE_URL", "VALKEY_URL"] "where Valkey is" secret;
    MODE "mode" "--mode" ["ALECS_CACHE_MODE"] "arrangement of the servers";
    NODES "nodes" "--node" ["ALECS_CACHE_NODES"] "nodes of the cluster, separated by commas";
    SENTINELS "sentinels" "--sentinel" ["ALECS_CACHE_SENTINELS"] "sentinels, separated by commas";
    MASTER_NAME "master_name" "--master-name" ["ALECS_CACHE_MASTER_NAME"] "name under which the sentinels watch the primary";
    USERNAME "username" "--username" ["ALECS_CACHE_USERNAME", "VALKEYCLI_USER"] "user at Valkey";
    PASSWORD_FILE "password_file" "--password-file" ["ALECS_CACHE_PASSWORD_FILE"] "file that holds the password";
    SENTINEL_USERNAME "sentinel_username" "--sentinel-username" ["ALECS_CACHE_SENTINEL_USERNAME"] "user at the sentinels";
    SENTINEL_PASSWORD_FILE "sentinel_password_file" "--sentinel-password-file" ["ALECS_CACHE_SENTINEL_PASSWORD_FILE"] "file that holds the sentinels' password";
    DB "db" "--db" ["ALECS_CACHE_DB"] "database number";
    TLS "tls" "--tls" ["ALECS_CACHE_TLS"] "speak TLS (true, false)";
    TLS_CA "tls_ca" "--tls-ca" ["ALECS_CACHE_TLS_CA"] "PEM file of the authorities to trust";
    TLS_CERT "tls_cert" "--tls-cert" ["ALECS_CACHE_TLS_CERT"] "PEM file of the client's certificate";
    TLS_KEY "tls_key" "--tls-key" ["ALECS_CACHE_TLS_KEY"] "PEM file of the client's key";
    TLS_INSECURE "tls_insecure" "--tls-insecure" ["ALECS_CACHE_TLS_INSECURE"] "do not verify the server's certificate (true, false)";
    TLS_SERVER_NAME "tls_server_name" "--tls-server-name" ["ALECS_CACHE_TLS_SERVER_NAME"] "host name that the server certificates must name";
    READ_FROM "read_from" "--read-from" ["ALECS_CACHE_READ_FROM"] "who answers reads that need not be the newest";
    KEY_PREFIX "key_prefix" "--key-prefix" ["ALECS_CACHE_KEY_PREFIX"] "what all keys begin with";
    CONNECT_TIMEOUT "connect_timeout" "--connect-timeout" ["ALECS_CACHE_CONNECT_TIMEOUT"] "limit for connecting";
    TIMEOUT "timeout" "--timeout" ["ALECS_CACHE_TIMEOUT"] "limit for an answer";
    RETRIES "retries" "--retries" ["ALECS_CACHE_RETRIES"] "tries after the first one";
    WAIT "wait" "--wait" ["ALECS_CACHE_WAIT"] "how long to wait for a lock";
    VALKEY_SERVER "valkey_server" "" ["ALECS_CACHE_VALKEY_SERVER"] "server program for embedded:";
    CUSTOMER "customer" "--customer" ["ALECS_CUSTOMER"] "customers, separated by commas";
    EDGERC "edgerc" "--edgerc" ["AKAMAI_EDGERC", "EDGERC_PATH"] "file of the API credentials";
    SECTION "section" "--section" ["AKAMAI_EDGERC_SECTION"] "section of that file";
    ACCOUNT_KEY "account_key" "--account-key" ["AKAMAI_EDGERC_ACCOUNT_KEY"] "account switch key" secret;
    AKAMAI_HOST "akamai_host" "--akamai-host" ["ALECS_CACHE_AKAMAI_HOST"] "address of the API for tests";
    AKAMAI_TIMEOUT "akamai_timeout" "--akamai-timeout" ["ALECS_CACHE_AKAMAI_TIMEOUT"] "limit for one attempt at a call";
    OUTPUT "output" "--output" ["ALECS_CACHE_OUTPUT"] "form of the data on stdout";
    QUIET "quiet" "--quiet" ["ALECS_CACHE_QUIET"] "print data and errors only (true, false)";
    VERBOSE "verbose" "--verbose" ["ALECS_CACHE_VERBOSE"] "how much to log: 0, 1, 2";
    COLOR "color" "--color" ["ALECS_CACHE_COLOR"] "when to use colour";
    NO_PROGRESS "no_progress" "--no-progress" ["ALECS_CACHE_NO_PROGRESS"] "no bars and no lines of progress (true, false)";
    NO_INPUT "no_input" "--no-input" ["ALECS_CACHE_NO_INPUT"] "never ask (true, false)";
    PROTECTED "protected" "" [] "a removal asks to type the customer's name (true, false)";
    STALE_FOR "stale_for" "" ["ALECS_CACHE_STALE_FOR"] "how long a value may be served past its time";
    COST_PER_CALL "cost_per_call" "" ["ALECS_CACHE_COST_PER_CALL"] "what an API call costs, in dollars";
}

/// Variables that belong to no setting alone, for the manual.
pub(crate) const OTHER_VARIABLES: [(&str, &str); 9] = [
    ("ALECS_CACHE_CONFIG", "configuration file"),
    (
        "VALKEY_HOST, VALKEY_PORT, VALKEY_PASSWORD",
        "where Valkey is, as the ALECS server reads it",
    ),
    (
        "CACHE_HOST, CACHE_PORT, CACHE_PASSWORD",
        "the same for later ALECS servers, behind VALKEY_*",
    ),
    (
        "REDIS_URL",
        "where Valkey is, last of all, behind the configuration file",
    ),
    (
        "VALKEYCLI_HOST, VALKEYCLI_PORT",
        "where Valkey is, as valkey-cli reads it, behind CACHE_*",
    ),
    ("VALKEYCLI_AUTH, REDISCLI_AUTH", "password at Valkey"),
    ("ALECS_CACHE_SENTINEL_PASSWORD", "password at the sentinels"),
    (
        "AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_CLIENT_SECRET, AKAMAI_ACCESS_TOKEN, AKAMAI_MAX_BODY, AKAMAI_ACCOUNT_KEY",
        "API credentials without a file; AKAMAI_SECTION_HOST and so on for a section",
    ),
    (
        "NO_COLOR, TERM",
        "no colour where NO_COLOR is not empty or TERM is dumb",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_flag_or_variable_stands_for_two_settings() {
        for (index, key) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                assert_ne!(key.name, other.name);
                assert!(key.flag.is_empty() || key.flag != other.flag);
                assert!(
                    !key.variables
                        .iter()
                        .any(|name| other.variables.contains(name)),
                    "{}",
                    key.name
                );
            }
        }
    }
}
