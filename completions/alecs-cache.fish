# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_alecs_cache_global_optspecs
    string join \n url= mode= node= sentinel= master-name= username= password-file= sentinel-username= sentinel-password-file= db= tls tls-ca= tls-cert= tls-key= tls-insecure read-from= key-prefix= connect-timeout= timeout= retries= wait= c/customer= profile= config= o/output= q/quiet v/verbose color= no-progress no-input h/help V/version
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
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -s V -l version -d 'Print version'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "warm" -d 'Fetch from Akamai and store under the keys that the server reads'
complete -c alecs-cache -n "__fish_alecs_cache_needs_command" -f -a "inspect" -d 'Show a key, or list those that match a pattern'
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
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
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
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all-customers -d 'Every customer that .edgerc has a section for'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l all -d 'Also the map, rules, versions, activations, cpcodes and the tree'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s n -l dry-run -d 'Show the plan and its calls, and fetch nothing'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l force -d 'Fetch everything, however fresh'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand warm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l limit -d 'Show so many items of a list, hash or set, or so many keys' -r
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
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l raw -d 'Write the value\'s bytes as they are, and nothing else'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l edgerc -d 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]' -r -F
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l section -d 'Section of that file; without it the customer\'s name [env: AKAMAI_EDGERC_SECTION]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l account-key -d 'Account switch key, instead of the section\'s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l akamai-host -d 'Address of the API for tests: the section\'s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]' -r
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l akamai-timeout -d 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]' -r
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
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls -d 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l tls-insecure -d 'Do not verify the server\'s certificate [env: ALECS_CACHE_TLS_INSECURE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s q -l quiet -d 'Only data and errors [env: ALECS_CACHE_QUIET]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s v -l verbose -d 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l no-progress -d 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -l no-input -d 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "warm" -d 'Fetch from Akamai and store under the keys that the server reads'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "inspect" -d 'Show a key, or list those that match a pattern'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "config" -d 'Show every setting, its value, and where it came from'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "completions" -d 'Print the completions of a shell'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "man" -d 'Print a manual page'
complete -c alecs-cache -n "__fish_alecs_cache_using_subcommand help; and not __fish_seen_subcommand_from warm inspect config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
