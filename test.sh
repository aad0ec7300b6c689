#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [filter]
#   A filter is that of `dotnet test --filter`, such as FullyQualifiedName~Rooms.
# Real parts are used where they can be had: PostgreSQL, Chromium and Node.js are installed with apt-get where this user may do so;
# otherwise the tests that need one are skipped, and the end says which. ORLEANSCHAT_REQUIRE=postgres,chromium,node makes what
# is missing a failure.
set -uo pipefail

# Tests end programs as Ctrl-C does. A script's background job ignores it, and all that it starts would.
if [ -n "$(trap -p INT)" ] && env --default-signal=INT true 2>/dev/null; then exec env --default-signal=INT bash "$0" "$@"; fi
cd "$(dirname "$0")"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

have_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_node() { command -v node >/dev/null; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
updated=
install() { # part, package
  "have_$1" && return
  if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "Installing $2 ..."
    [ -n "$updated" ] || as_root apt-get update -qq >/dev/null 2>&1
    updated=yes
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1
  fi
  "have_$1" && return
  case ",${ORLEANSCHAT_REQUIRE:-}," in
    *",$1,"*) echo "$2 is required (ORLEANSCHAT_REQUIRE) and cannot be installed here." >&2; exit 1 ;;
    *) echo "$2 is not here and cannot be installed by this user: the tests that need it are skipped." ;;
  esac
}

install postgres postgresql
install chromium chromium
install node nodejs

dotnet build OrleansChat.sln --nologo -v quiet -clp:NoSummary || { echo "The build failed."; exit 1; }

status=0
# One project after another: the end-to-end tests start whole clusters, and want the machine to themselves.
dotnet test OrleansChat.sln --no-build --nologo -m:1 ${1:+--filter "$1"} 2>&1 | tee "$log" || status=1
if have_node && [ -z "${1:-}" ]; then
  node --test --test-reporter=tap tests/Web/*.test.mjs 2>&1 | tee -a "$log" | grep -E '^not ok|^# (pass|fail)' || true
  [ "${PIPESTATUS[0]}" = 0 ] || status=1
fi

sum() { sed -nE "$1" "$log" | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(($(sum 's/.*Passed: +([0-9]+),.*Total.*/\1/p') + $(sum 's/^# pass ([0-9]+)$/\1/p')))
failed=$(($(sum 's/.*Failed: +([0-9]+),.*Total.*/\1/p') + $(sum 's/^# fail ([0-9]+)$/\1/p')))
skipped=$(sum 's/.*Skipped: +([0-9]+),.*Total.*/\1/p')
[ "$failed" = 0 ] || status=1
[ "$passed" != 0 ] || { echo "No test ran."; status=1; }
[ "$skipped" = 0 ] || grep -E '^ +Skipped ' "$log" | sed 's/^ */  /'
echo
if [ "$skipped" = 0 ]; then echo "$passed passed, $failed failed"; else echo "$passed passed, $failed failed, $skipped skipped"; fi
exit $status
