#!/usr/bin/env bash
# Shows the main job from end to end, without credentials and without a network: an account of a few hundred
# properties, recorded in a file, goes into a private Valkey; two entries are looked at; a second run finds that
# everything is still fresh and asks for nothing. A step that fails ends the demo with its exit code.
#
#   examples/demo.sh target/release/alecs-cache
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$(realpath "$1")
demo=target/demo
recording=$demo/acme.ndjson
url=embedded:$demo/valkey

server=$(tests/servers/provide valkey)
rm -rf "$demo"
mkdir -p "$demo/home"
"${CARGO:-cargo}" run --quiet --release --locked --example record_account -- "$recording"

# Each command is shown as one would type it, and runs with nothing of this user's settings: no configuration file,
# no variable that names another Valkey or an Akamai account.
step() {
    printf '\n$ alecs-cache %s\n' "$*"
    env -i PATH="${binary%/*}:$PATH" HOME="$PWD/$demo/home" TERM="${TERM:-dumb}" ${NO_COLOR:+NO_COLOR="$NO_COLOR"} \
        ALECS_CACHE_VALKEY_SERVER="$server" alecs-cache "$@" --url "$url" </dev/null
}
