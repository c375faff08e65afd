# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_alecs_cache_global_optspecs
    string join \n url= mode= node= sentinel= master-name= username= password-file= sentinel-username= sentinel-password-file= db= tls tls-ca= tls-cert= tls-key= tls-insecure tls-server-name= read-from= key-prefix= connect-timeout= timeout= retries= wait= c/customer= profile= config= o/output= q/quiet v/verbose color= no-progress no-input edgerc= section= account-key= akamai-host= akamai-timeout= h/help V/version
end

function __fish_alecs_cache_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_alecs_cache_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_alecs_cache_using_subcommand
    set -l cmd (__fish_alecs_cache_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s V -l version -d 'Print version'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "warm" -d 'Fetch properties and host names into the cache'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "invalidate" -d 'Remove stale keys; can be undone'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "undo" -d 'Restore what invalidate removed'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "log" -d 'Show who removed and restored what'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "inspect" -d 'Show a key, or list the keys that match'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "get" -d 'Read through the cache; fetch what is missing'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "search" -d 'Find properties by host name, name or id'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "hit-rate" -d 'Show hits, misses and the most missed keys'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "stats" -d 'Report on servers, memory, latency and targets'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "locks" -d 'List locks; clear stale ones'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "customers" -d 'List customers: section, keys, age, hit rate'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "doctor" -d 'Check both sides and say what to fix'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "config" -d 'Show settings and where they come from'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "man" -d 'Show a manual page'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "help" -d 'Explain a command or a topic'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l only -d 'Warm only these resources, separated by commas' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l skip -d 'Warm the default resources but these' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l budget -d 'Make at most N API calls (exit 9 when used up)' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l rate -d 'Make at most N API calls a minute' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l concurrency -d 'Make up to N API calls at once' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l refresh-below -d 'Refresh keys with less than PCT % of TTL left' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l every -d 'Time until the next run, for timers' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l jitter -d 'Shorten each TTL by up to PCT percent, at random' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l hostnames -d 'Which host names to fetch' -r -f -a "active\t'Those that are active, from the account-wide list: a few calls'
version\t'Those of the latest version, which may be a draft: one call for each property'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l top -d 'With --from-misses: fill at most N keys' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l record -d 'Save the answers of the API to a file, without credentials' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l from -d 'Read the answers from a recording instead of the API, `-` for stdin' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all-customers -d 'Warm every customer that has a section in .edgerc'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all -d 'Warm every resource'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s n -l dry-run -d 'Print the plan and its cost; store nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l force -d 'Fetch everything, fresh or not'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l keep -d 'Stay, and warm again each --every [3m] until stopped'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l from-misses -d 'Warm what is missed most and exists'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l resume -d 'Go on with a run that was killed or ended early'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l pattern -d 'Remove keys that match, as in `property:prp_9*`' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tag -d 'Remove properties by group:ID, name:GLOB, …' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l generation -d 'Remove keys that warm run N wrote or kept last' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l before-generation -d 'Remove keys that no warm run since N wrote or kept' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l expect -d 'Remove only if exactly N keys match (else exit 6)' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l max-keys -d 'Remove only if at most N keys match (else exit 6)' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l pace -d 'Remove at most N keys a second' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l confirm -d 'Confirm by the customer\'s name, for protected profiles' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l everything -d 'Remove all data of the customer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l all-customers -d 'Work on every customer that has keys'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l cascade -d 'Also remove host names, searches, lists, tree'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l soft -d 'Expire soon what the server refreshes itself'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l refill -d 'Fetch again from Akamai what was removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l explain -d 'Print each key and why it is removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s n -l dry-run -d 'List what would be removed; change nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s y -l yes -d 'Do not ask for confirmation'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l undo -d 'Save what is removed, whatever its size'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-undo -d 'Do not save what is removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l list -d 'List what can be undone, and what was'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s n -l dry-run -d 'Count what would be restored; change nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l force -d 'Restore to another server, prefix or customer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l limit -d 'Show the newest N entries; 0 for all [default: 20, with --since all]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l since -d 'Show the entries of this long: 30m, 1h, 7d' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l limit -d 'Show at most N keys, members or array elements; 0 shows all [default: 20; arrays in JSON: all]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l field -d 'Show one field of the value, such as .rules.name' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l exact -d 'Take TARGET for a key, even with * ? ['
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l raw -d 'Write the value as it is, and nothing else'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l stale-for -d 'Serve expired values as stale for this long' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l raw -d 'Write the cached values, one a line'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-refresh -d 'Do not refresh values that expire soon'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l require-cache -d 'Fail if Valkey cannot be reached'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-record -d 'Do not count hits and misses'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l limit -d 'Show at most N results; 0 shows all' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l stale-for -d 'Serve expired values as stale for this long' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-refresh -d 'Do not refresh values that expire soon'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l require-cache -d 'Fail if Valkey cannot be reached'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-record -d 'Do not count hits and misses'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l days -d 'Last N UTC days, today included' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l date -d 'Only this UTC day (YYYY-MM-DD); repeatable' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l by -d 'Group by' -r -f -a "day\t'UTC days'
customer\t'Customers'
resource\t'Kinds of key: property, hostname, search'
key\t'Keys, the most missed first'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l top -d 'List the N most missed keys; with --by key N keys, 0 for all [default: 10, all in JSON and CSV]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l cost-per-call -d 'Price of an API call' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l fail-under -d 'Exit with 6 if the hit rate is below PCT' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l min-requests -d 'Do not judge fewer than N reads' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l export -d 'Append the counts of each day to a CSV file' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l samples -d 'Sample size' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l probes -d 'Round trips to measure the latency' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l days -d 'Hit rate of the last N UTC days' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l assert -d 'Exit with 6 unless true, as in \'hit_rate>=85\'' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l cost-per-call -d 'Price of an API call' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l out -d 'Write Prometheus metrics or alerts to a file' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l watch -d 'Repeat every TIME, as a live view on a terminal' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l full -d 'Look at every key instead of a sample'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l advise -d 'Print what to improve, with the evidence'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l alerts -d 'Print alert rules for Prometheus'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear" -f -a "clear" -d 'Remove stale locks'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l stale -d 'Required: the lock of a live owner is never removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s n -l dry-run -d 'List what would be removed; change nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand customers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l need -d 'What the user of Valkey has to be able to do' -r -f -a "read\t'inspect, get, search, hit-rate, stats, log'
warm\t'Also warm'
all\t'Also invalidate, undo, locks clear'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l no-akamai -d 'Look at Valkey alone; make no API call'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l all -d 'Show every setting, also those that have their default'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and not __fish_seen_subcommand_from init" -f -a "init" -d 'Write a configuration file; asks three questions'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l force -d 'Replace a file that exists'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l edgerc -d 'File of the API credentials [default: ~/.edgerc] [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l section -d 'Section of that file [default: the customer\'s name] [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l account-key -d 'Account switch key; overrides that of the section [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l akamai-host -d 'Address of the API, for tests: the host of the section, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l akamai-timeout -d 'Timeout of one attempt at an API call [default: 20s] [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l url -d 'Address of Valkey: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server [default: redis://127.0.0.1:6379/0] [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l mode -d 'Arrangement of the servers [default: single] [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l node -d 'Node of the cluster; one is enough to find the others; repeatable [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l sentinel -d 'Sentinel; repeatable [default port: 26379] [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l master-name -d 'Name under which the sentinels watch the primary [default: mymaster] [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l username -d 'User name for Valkey [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l password-file -d 'File that holds the password, `-` for stdin. No option takes the password itself, because other users can see command lines [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l sentinel-username -d 'User name for the sentinels, if it differs [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l sentinel-password-file -d 'File that holds the password for the sentinels, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l db -d 'Database number; not in cluster mode [default: 0] [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls-ca -d 'PEM file of the CA certificates to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls-cert -d 'PEM file of the client certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls-key -d 'PEM file of the client key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls-server-name -d 'Host name that the server certificates must name, as behind a tunnel [env: ALECS_CACHE_TLS_SERVER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l read-from -d 'Where reports read from [default: primary] [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l key-prefix -d 'Prefix of all keys [default: akamai:] [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l connect-timeout -d 'Connection timeout [default: 5s] [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l timeout -d 'Command timeout [default: 10s] [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l retries -d 'Retries after a failed attempt [default: 3] [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l wait -d 'How long to wait for a lock that another process holds [default: 0s] [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -s c -l customer -d 'Customer, as named in .edgerc; repeatable or separated by commas [default: default] [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/alecs-cache/config.toml] [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -s o -l output -d 'Output format [default: table] [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l color -d 'When to use color [default: auto] [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls -d 'Use TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l tls-insecure -d 'Do not verify the server certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -s q -l quiet -d 'Print only data and errors, no report of success (warm, invalidate, undo) [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -s v -l verbose -d 'Log to stderr; -vv logs more [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l no-progress -d 'Hide progress bars and progress lines [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -l no-input -d 'Never prompt; fail where an answer is needed [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
