# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_alecs_cache_global_optspecs
    string join \n url= mode= node= sentinel= master-name= username= password-file= sentinel-username= sentinel-password-file= db= tls tls-ca= tls-cert= tls-key= tls-insecure read-from= key-prefix= connect-timeout= timeout= retries= wait= c/customer= profile= config= o/output= q/quiet v/verbose color= no-progress no-input edgerc= section= account-key= akamai-host= akamai-timeout= h/help V/version
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

complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s V -l version -d 'Print version'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "warm" -d 'Fetch from Akamai and store under the keys that the server reads'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "invalidate" -d 'Remove what is stale, and only that'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "undo" -d 'Put back what an invalidation removed'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "log" -d 'Show who removed and restored what, and when'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "inspect" -d 'Show a key, or list those that match a pattern'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "get" -d 'Read through the cache: what is missing is fetched and stored'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "search" -d 'Find a host name or a property'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "hit-rate" -d 'Tell how often the cache had the answer, and what it missed'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "stats" -d 'Measure servers, keys, latency and hit rate, and judge them'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "locks" -d 'List locks, and remove those that nobody can be holding'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "config" -d 'Show every setting, its value, and where it came from'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "man" -d 'Print a manual page'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l only -d 'Only these resources, separated by commas' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l skip -d 'All but these of the usual resources, separated by commas' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l budget -d 'At most so many API calls; used up ends with 9' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l rate -d 'At most so many calls a minute' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l concurrency -d 'Calls under way at once' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l refresh-below -d 'Fetch what has less than this share of its time left' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l every -d 'When it will run again: fetch what the server would refresh before that' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l jitter -d 'Shorten each time to live by up to this share, so that not all ends at once' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l hostnames -d 'Which host names' -r -f -a "active\t'Those that are active, from the account-wide list: a few calls'
version\t'Those of the latest version, which may be a draft: one call for each property'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l record -d 'Keep the answers of the API in this file, without credentials' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l from -d 'Take the answers from a recording instead of calling the API, `-` for stdin' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all-customers -d 'Every customer that .edgerc has a section for'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all -d 'Also the map, rules, versions, activations, cpcodes and the tree'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s n -l dry-run -d 'Show the plan and what it costs, and store nothing; asks the API only what the cache cannot tell'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l force -d 'Fetch everything, however fresh'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l pattern -d 'Keys that match, relative to the customer, such as `property:prp_9*`' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tag -d 'Properties by what the cache says of them, with their cascade: property:ID, group:ID, contract:ID, name:GLOB' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l expect -d 'Remove only if exactly so many keys match, else end with 6' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l max-keys -d 'Remove only if no more keys match, else end with 6' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l confirm -d 'The customer\'s name, which a protected profile asks for' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l everything -d 'All data of the customer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l all-customers -d 'Every customer that has keys'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l cascade -d 'Take along host names, searches and the tree; for a host name its property'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l soft -d 'Let the server refresh by itself what it can, and remove the rest'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l refill -d 'Fetch from Akamai and store again what was removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l explain -d 'Show which key falls because of which'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s n -l dry-run -d 'Show what would fall, and remove nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s y -l yes -d 'Do not ask'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l undo -d 'Save what is removed, however much it is'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-undo -d 'Do not save what is removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand invalidate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l list -d 'Show what can be undone'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l force -d 'Put it back on another endpoint, under another prefix or for another customer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l limit -d 'Show so many of the newest entries' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l limit -d 'Show so many members of a list, hash, set or stream, or so many keys; 0 for all' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l exact -d 'Take the word for the name of a key, glob characters and all'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l raw -d 'Write the bytes of a string as they are, and nothing else'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l stale-for -d 'Keep values for so long after their time and serve them as stale; without it not at all, since the server takes what stands in the cache for fresh [env: ALECS_CACHE_STALE_FOR]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l raw -d 'Write the values as they stand in the cache, one a line, and nothing else'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-refresh -d 'Refresh nothing after the answer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l require-cache -d 'Fail where Valkey cannot be reached, instead of asking Akamai without it'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-record -d 'Count neither hits nor misses'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l stale-for -d 'Keep values for so long after their time and serve them as stale; without it not at all, since the server takes what stands in the cache for fresh [env: ALECS_CACHE_STALE_FOR]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-refresh -d 'Refresh nothing after the answer'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l require-cache -d 'Fail where Valkey cannot be reached, instead of asking Akamai without it'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-record -d 'Count neither hits nor misses'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l days -d 'So many UTC days, today included' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l date -d 'Only this UTC day (YYYY-MM-DD), several times for several' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l by -d 'Add up by this' -r -f -a "day\t'UTC days'
customer\t'Customers'
resource\t'Kinds of key: property, hostname, search'
key\t'Keys, the most missed first'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l top -d 'Name so many of the most missed keys' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l cost-per-call -d 'What an API call costs, in dollars; without it cost_per_call of the configuration, or 0.001' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l fail-under -d 'End with 6 when the rate is below this percentage; without any reads it is' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l min-requests -d 'With --fail-under: fewer reads than this are too few to judge' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l export -d 'Add the counts of each day and customer to this file (CSV), which outlives the seven days' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand hit-rate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l samples -d 'Draw so many keys where not every key is looked at' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l probes -d 'Make so many round trips to measure the latency' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l days -d 'Hit rate of so many UTC days, today included' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l assert -d 'End with 6 unless this is true, as in hit_rate>=85 or nodes.*.evicted_keys==0; several times for several' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l cost-per-call -d 'What an API call costs, in dollars; without it cost_per_call of the configuration, or 0.001' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l out -d 'Write the figures for Prometheus (or the alert rules) to this file, in one step' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l watch -d 'Measure again and again, with a live view on a terminal' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l full -d 'Look at every key instead of a sample'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l advise -d 'Say what could be better, with the numbers that say so'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l alerts -d 'Print alert rules for Prometheus with the thresholds in force, and measure nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -f -a "clear" -d 'Remove the stale ones: without a deadline, or with one beyond what any holder sets'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and not __fish_seen_subcommand_from clear help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l stale -d 'Only stale ones; there is no other way, a live owner\'s lock is never removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s n -l dry-run -d 'Show what would be removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from help" -f -a "clear" -d 'Remove the stale ones: without a deadline, or with one beyond what any holder sets'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand locks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l url -d 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l mode -d 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]' -r -f -a "single\t'One server'
sentinel\t'Sentinels that know the primary'
cluster\t'A cluster'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l node -d 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel -d 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l master-name -d 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l username -d 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l password-file -d 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel-username -d 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l sentinel-password-file -d 'File that holds the sentinels\' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l db -d 'Database number; a cluster has none [env: ALECS_CACHE_DB]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-ca -d 'PEM file of the authorities to trust instead of the system\'s [env: ALECS_CACHE_TLS_CA]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-cert -d 'PEM file of the client\'s certificate [env: ALECS_CACHE_TLS_CERT]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-key -d 'PEM file of the client\'s key [env: ALECS_CACHE_TLS_KEY]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l read-from -d 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]' -r -f -a "primary\t'The primary only'
prefer-replica\t'A replica where there is one, else the primary'
replica\t'A replica only'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l key-prefix -d 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l connect-timeout -d 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l timeout -d 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l retries -d 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l wait -d 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s c -l customer -d 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l profile -d 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l config -d 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s o -l output -d 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]' -r -f -a "table\t'For people'
json\t'One versioned JSON document'
prometheus\t'Prometheus text exposition, where a command has it'
csv\t'Comma-separated values, where a command has them'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l color -d 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Always'
never\t'Never'"
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "warm" -d 'Fetch from Akamai and store under the keys that the server reads'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "invalidate" -d 'Remove what is stale, and only that'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "undo" -d 'Put back what an invalidation removed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "log" -d 'Show who removed and restored what, and when'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "inspect" -d 'Show a key, or list those that match a pattern'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "get" -d 'Read through the cache: what is missing is fetched and stored'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "search" -d 'Find a host name or a property'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "hit-rate" -d 'Tell how often the cache had the answer, and what it missed'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "stats" -d 'Measure servers, keys, latency and hit rate, and judge them'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "locks" -d 'List locks, and remove those that nobody can be holding'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "config" -d 'Show every setting, its value, and where it came from'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "completions" -d 'Print the completions of a shell'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "man" -d 'Print a manual page'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm invalidate undo log inspect get search hit-rate stats locks config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and __fish_seen_subcommand_from locks" -f -a "clear" -d 'Remove the stale ones: without a deadline, or with one beyond what any holder sets'
