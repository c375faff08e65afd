
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'alecs-cache' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'alecs-cache'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'alecs-cache' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('warm', 'warm', [CompletionResultType]::ParameterValue, 'Fetch from Akamai and store under the keys that the server reads')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show a key, or list those that match a pattern')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show every setting, its value, and where it came from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'alecs-cache;warm' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these resources, separated by commas')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'All but these of the usual resources, separated by commas')
            [CompletionResult]::new('--budget', '--budget', [CompletionResultType]::ParameterName, 'At most so many API calls; used up ends with 9')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'At most so many calls a minute')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Calls under way at once')
            [CompletionResult]::new('--refresh-below', '--refresh-below', [CompletionResultType]::ParameterName, 'Fetch what has less than this share of its time left')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'When it will run again: fetch what the server would refresh before that')
            [CompletionResult]::new('--jitter', '--jitter', [CompletionResultType]::ParameterName, 'Shorten each time to live by up to this share, so that not all ends at once')
            [CompletionResult]::new('--hostnames', '--hostnames', [CompletionResultType]::ParameterName, 'Which host names')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Keep the answers of the API in this file, without credentials')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Take the answers from a recording instead of calling the API, `-` for stdin')
            [CompletionResult]::new('--edgerc', '--edgerc', [CompletionResultType]::ParameterName, 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]')
            [CompletionResult]::new('--section', '--section', [CompletionResultType]::ParameterName, 'Section of that file; without it the customer''s name [env: AKAMAI_EDGERC_SECTION]')
            [CompletionResult]::new('--account-key', '--account-key', [CompletionResultType]::ParameterName, 'Account switch key, instead of the section''s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]')
            [CompletionResult]::new('--akamai-host', '--akamai-host', [CompletionResultType]::ParameterName, 'Address of the API for tests: the section''s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]')
            [CompletionResult]::new('--akamai-timeout', '--akamai-timeout', [CompletionResultType]::ParameterName, 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--all-customers', '--all-customers', [CompletionResultType]::ParameterName, 'Every customer that .edgerc has a section for')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also the map, rules, versions, activations, cpcodes and the tree')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Show the plan and its calls, and fetch nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the plan and its calls, and fetch nothing')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Fetch everything, however fresh')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'alecs-cache;inspect' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show so many items of a list, hash or set, or so many keys')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Write the value''s bytes as they are, and nothing else')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'alecs-cache;config' {
            [CompletionResult]::new('--edgerc', '--edgerc', [CompletionResultType]::ParameterName, 'File of the API credentials; without it ~/.edgerc [env: AKAMAI_EDGERC, EDGERC_PATH]')
            [CompletionResult]::new('--section', '--section', [CompletionResultType]::ParameterName, 'Section of that file; without it the customer''s name [env: AKAMAI_EDGERC_SECTION]')
            [CompletionResult]::new('--account-key', '--account-key', [CompletionResultType]::ParameterName, 'Account switch key, instead of the section''s own [env: AKAMAI_EDGERC_ACCOUNT_KEY]')
            [CompletionResult]::new('--akamai-host', '--akamai-host', [CompletionResultType]::ParameterName, 'Address of the API for tests: the section''s own host, or http://127.0.0.1:PORT [env: ALECS_CACHE_AKAMAI_HOST]')
            [CompletionResult]::new('--akamai-timeout', '--akamai-timeout', [CompletionResultType]::ParameterName, 'Limit for one attempt at a call; without it 20s [env: ALECS_CACHE_AKAMAI_TIMEOUT]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'alecs-cache;completions' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'alecs-cache;man' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where Valkey is: valkey[s]://, redis[s]://, unix:///PATH, or embedded:[DIR] for a private server; without it redis://127.0.0.1:6379/0 [env: ALECS_CACHE_URL, VALKEY_URL, VALKEY_HOST and VALKEY_PORT, CACHE_HOST and CACHE_PORT, REDIS_URL]')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Arrangement of the servers; without it single [env: ALECS_CACHE_MODE]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'A node of the cluster, repeatable; any will do to find the others [env: ALECS_CACHE_NODES]')
            [CompletionResult]::new('--sentinel', '--sentinel', [CompletionResultType]::ParameterName, 'A sentinel, repeatable; port 26379 without one [env: ALECS_CACHE_SENTINELS]')
            [CompletionResult]::new('--master-name', '--master-name', [CompletionResultType]::ParameterName, 'Name under which the sentinels watch the primary; without it mymaster [env: ALECS_CACHE_MASTER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User [env: ALECS_CACHE_USERNAME, VALKEYCLI_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File that holds the password, `-` for stdin; no option takes a password itself, since others see a command line [env: ALECS_CACHE_PASSWORD_FILE; the password: VALKEYCLI_AUTH, REDISCLI_AUTH]')
            [CompletionResult]::new('--sentinel-username', '--sentinel-username', [CompletionResultType]::ParameterName, 'User at the sentinels, where they have one of their own [env: ALECS_CACHE_SENTINEL_USERNAME]')
            [CompletionResult]::new('--sentinel-password-file', '--sentinel-password-file', [CompletionResultType]::ParameterName, 'File that holds the sentinels'' password, `-` for stdin [env: ALECS_CACHE_SENTINEL_PASSWORD_FILE; the password: ALECS_CACHE_SENTINEL_PASSWORD]')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'Database number; a cluster has none [env: ALECS_CACHE_DB]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'PEM file of the authorities to trust instead of the system''s [env: ALECS_CACHE_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'PEM file of the client''s certificate [env: ALECS_CACHE_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'PEM file of the client''s key [env: ALECS_CACHE_TLS_KEY]')
            [CompletionResult]::new('--read-from', '--read-from', [CompletionResultType]::ParameterName, 'Who answers reads that need not be the newest; without it primary [env: ALECS_CACHE_READ_FROM]')
            [CompletionResult]::new('--key-prefix', '--key-prefix', [CompletionResultType]::ParameterName, 'What all keys begin with; without it akamai: [env: ALECS_CACHE_KEY_PREFIX]')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Limit for connecting; without it 5s [env: ALECS_CACHE_CONNECT_TIMEOUT]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Limit for an answer; without it 10s [env: ALECS_CACHE_TIMEOUT]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after the first one; without it 3 [env: ALECS_CACHE_RETRIES]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for a lock that somebody else holds; without it not at all [env: ALECS_CACHE_WAIT]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'Customer, the section of .edgerc; repeatable, or separated by commas; without it default [env: ALECS_CUSTOMER]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile of the configuration file [env: ALECS_CACHE_PROFILE]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; without it $XDG_CONFIG_HOME/alecs-cache/config.toml [env: ALECS_CACHE_CONFIG]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the data on stdout; without it table [env: ALECS_CACHE_OUTPUT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; without it auto [env: ALECS_CACHE_COLOR, NO_COLOR]')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Speak TLS, as rediss:// and valkeys:// do [env: ALECS_CACHE_TLS]')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: ALECS_CACHE_TLS_INSECURE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data and errors [env: ALECS_CACHE_QUIET]')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr what is done, -vv also how [env: ALECS_CACHE_VERBOSE]')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No bars and no lines of progress [env: ALECS_CACHE_NO_PROGRESS]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what needs an answer is refused [env: ALECS_CACHE_NO_INPUT]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'alecs-cache;help' {
            [CompletionResult]::new('warm', 'warm', [CompletionResultType]::ParameterValue, 'Fetch from Akamai and store under the keys that the server reads')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show a key, or list those that match a pattern')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show every setting, its value, and where it came from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'alecs-cache;help;warm' {
            break
        }
        'alecs-cache;help;inspect' {
            break
        }
        'alecs-cache;help;config' {
            break
        }
        'alecs-cache;help;completions' {
            break
        }
        'alecs-cache;help;man' {
            break
        }
        'alecs-cache;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
