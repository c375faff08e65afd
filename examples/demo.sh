#!/usr/bin/env bash
# Shows the main job from end to end, without credentials and without a network: an account of a few hundred
# properties, recorded in a file, goes into a private Valkey; a few entries are looked at; a second run finds that
# everything is still fresh and asks for nothing. A step that fails ends the demo with its exit code.
#
#   examples/demo.sh target/release/alecs-cache
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binaries=$(cd "$(dirname "$1")" && pwd)
demo=target/demo
recording=$demo/acme.ndjson

server=$(tests/servers/provide valkey)
rm -rf "$demo"
mkdir -p "$demo/home"
# Not built for release, as the binary is: cargo would build all crates once more, with the features of the tests.
"${CARGO:-cargo}" run --quiet --locked --example record_account -- --deep "$recording"

# Runs with nothing of this user's settings: no configuration file, no variable that names another Valkey or account.
cache() {
    env -i PATH="$binaries:$PATH" HOME="$PWD/$demo/home" TERM="${TERM:-dumb}" NO_COLOR="${NO_COLOR-}" \
        ALECS_CACHE_VALKEY_SERVER="$server" alecs-cache "$@" --customer acme --url "embedded:$demo/valkey" </dev/null
}

# Shows the command as one would type it, then runs it.
step() {
    local word
    printf '\n$ alecs-cache'
    for word in "$@" --customer acme --url "embedded:$demo/valkey"; do
        if [[ $word == *[!A-Za-z0-9_./:-]* ]]; then word="'$word'"; fi
        printf ' %s' "$word"
    done
    printf '\n'
    cache "$@"
}

printf '\nThe server: %s\n' "$("$server" --version)"
step warm --from "$recording"
step inspect prp_100003
step inspect www-0.s7.example.com
step inspect hostnames --limit 3
step inspect 'property:prp_10002*'
step warm --from "$recording"

calls=$(cache warm --from "$recording" --output json | grep -o '"api_calls": *[0-9]*' | grep -o '[0-9]*$')
if [ "$calls" != 0 ]; then
    echo "demo: a warm cache was expected to need no call, this one needed $calls" >&2
    exit 1
fi
printf '\nEverything is still fresh: warming it again needs no call.\n'
