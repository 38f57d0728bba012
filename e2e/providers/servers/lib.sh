# What the scripts of this folder share. Each is
#
#   NAME.sh install         puts the server where `start` finds it, once
#   NAME.sh start DIR PORT  runs it on loopback until it is killed; what it keeps and logs goes into DIR
#
# When the server answers, DIR/ready.json says how to reach it. What a script starts ends with it, however it ends.
set -euo pipefail

# Where programs are built to: bin/providers of the repository, which git ignores.
bin=${SLIPWAY_PROVIDERS_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/bin/providers}

# debian COMMAND PACKAGE… installs packages unless the command is there.
debian() {
  command -v "$1" >/dev/null || "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/install" "${@:2}"
}

# build NAME MODULE@VERSION [PATH] builds a program of a Go module, once for each version. Go verifies what it fetches.
build() {
  local program=$bin/$1-${2##*@}
  [ -x "$program" ] && return
  mkdir -p "$bin"
  GOBIN=$bin GOFLAGS=-buildvcs=false go install "${2%@*}${3:-}@${2##*@}"
  mv "$bin/$1" "$program"
}

# child NAME PROGRAM… runs a program in the background; what it says goes to NAME.log.
child() {
  setpriv --pdeathsig KILL -- "${@:2}" >"$1.log" 2>&1 &
}

# until_true COMMAND… waits for up to a minute.
until_true() {
  for _ in $(seq 240); do
    timeout 5 "$@" >/dev/null 2>&1 && return
    sleep 0.25
  done
  echo "not within a minute: $*" >&2
  return 1
}

# answers PORT waits until a server does.
answers() { until_true curl -sS -o /dev/null "http://127.0.0.1:$1/"; }

# ready TITLE VERSION PORT ACCESS-KEY SECRET-KEY [VIRTUAL-HOSTS-UNDER] says how to reach the server, and stays.
ready() {
  jq -n --arg title "$1" --arg version "$2" --arg endpoint "http://127.0.0.1:$3" --arg access "$4" --arg secret "$5" --arg domain "${6:-}" \
    '{title: $title, version: $version, endpoint: $endpoint, access_key: $access, secret_key: $secret, domain: $domain}' >ready.tmp
  mv ready.tmp ready.json
  wait -n # until one of the programs ends, which none should
  exit 1
}
