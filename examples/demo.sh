#!/usr/bin/env bash
# Shows the main jobs from end to end, without credentials or a network: warms a private Valkey from a recorded account, reads a
# hit and a miss, removes a property and everything derived from it, puts it back, and warms again.
# Exits with 1 if a step ends with another code than expected. Leaves nothing running and installs nothing.
#
#   examples/demo.sh target/debug/alecs-cache
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binaries=$(cd "$(dirname "$1")" && pwd)
demo=target/demo
recording=examples/acme.ndjson

server=$(tests/servers/provide valkey)
rm -rf "$demo"
mkdir -p "$demo/home"

# Runs alecs-cache without the user's settings: no configuration file, no variable that names another Valkey or account.
cache() {
    env -i PATH="$binaries:$PATH" HOME="$PWD/$demo/home" TERM="${TERM:-dumb}" NO_COLOR="${NO_COLOR-}" COLUMNS="${COLUMNS-}" \
        ALECS_CACHE_VALKEY_SERVER="$server" ALECS_CACHE_URL="embedded:$demo/valkey" ALECS_CUSTOMER=acme \
        alecs-cache "$@" </dev/null
}

say() { printf '\n# %s\n' "$*"; }

# Prints the command as typed, runs it, and ends the demo unless it exits with the expected code.
step() {
    local expected=$1 code=0 word
    shift
    printf '$ alecs-cache'
    for word in "$@"; do
        if [[ $word == *[!A-Za-z0-9_./:-]* ]]; then word="'$word'"; fi
        printf ' %s' "$word"
    done
    printf '\n'
    cache "$@" || code=$?
    if [ "$code" != "$expected" ]; then
        echo "demo: expected exit code $expected, got $code" >&2
        exit 1
    fi
    if [ "$code" != 0 ]; then printf '(exit code %s)\n' "$code"; fi
}

answers=$(wc -l <"$recording" | tr -d ' ')
say "A customer's account, recorded: $answers answers of the Akamai API. $("$server" --version | cut -d' ' -f1-3)"
step 0 warm --from "$recording"

say "A hit: answered from the cache, no call. A miss: the rules are not cached, and there are no credentials to fetch them."
step 0 get property prp_100003
step 3 get rules prp_100003
step 0 hit-rate --days 1

say "prp_100003 was activated: show what would be removed with it, remove it, then put it back."
step 0 invalidate prp_100003 --cascade --dry-run
step 0 invalidate prp_100003 --cascade
step 0 undo
step 0 search www-2.s7.example.com

say "Warm again: everything is fresh except the list of groups, which says whose account it is."
step 0 warm --from "$recording"
cache warm --from "$recording" --output json | tr -d ' \n' >"$demo/warm.json"
if ! grep -q '"resource":"details","fetched":0,' "$demo/warm.json" || ! grep -q '"api_calls":0,' "$demo/warm.json"; then
    echo "demo: a warm cache was expected to fetch no property; see $demo/warm.json" >&2
    exit 1
fi
printf '\nThe first run needed %s answers (live: %s API calls); a warm cache needs one (live: one API call).\n' \
    "$answers" "$answers"

cat <<'NEXT'

# Next, with an account of your own (~/.edgerc, section acme) and your Valkey:
    export ALECS_CACHE_URL=valkey://127.0.0.1:6379 ALECS_CUSTOMER=acme
    alecs-cache warm --dry-run              what it would cost: keys, calls, time
    alecs-cache warm                        fill the cache
    alecs-cache inspect www.example.com     look at a host name
    alecs-cache hit-rate                    what it saves
NEXT
