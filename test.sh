#!/usr/bin/env bash
# Checks the format, builds everything and runs the tests: ./test.sh [--all] [filter]
#   --all   also runs the long tests: container images, attacks, long waits (up to 40 minutes).
#   filter  is passed to `dotnet test --filter`, for example FullyQualifiedName~Rooms.
# The tests use real PostgreSQL, Chromium and Node.js. If one is missing and this user may run apt-get, the script
# installs the missing part. Otherwise it skips the tests that need this part, and lists these tests at the end. With
# ORLEANSCHAT_REQUIRE=postgres,chromium,node, the script fails if it cannot install one of these parts. With
# ORLEANSCHAT_RESULTS=DIR, the script writes a report of each project to DIR (.trx). The report has the duration of each
# test.
set -uo pipefail

# Tests stop programs with SIGINT, as Ctrl-C does. A background job of a script ignores SIGINT, and so does every
# program that the job starts. So this script restores SIGINT's default action, for itself and for the test runs.
interruptible=
if env --default-signal=INT true 2>/dev/null; then interruptible="env --default-signal=INT"; fi
if [ -n "$(trap -p INT)" ] && [ -n "$interruptible" ]; then exec $interruptible bash "$0" "$@"; fi
cd "$(dirname "$0")"
all=
if [ "${1:-}" = --all ]; then all=yes; shift; fi
case "${1:-}" in -*) echo "test.sh: $1 is unknown; usage: ./test.sh [--all] [filter]" >&2; exit 2 ;; esac
# Long tests carry the trait Run=all.
filter=${1:+($1)}
[ -n "$all" ] || filter="Run!=all${filter:+&$filter}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

have_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_node() { command -v node >/dev/null; }
have_nginx() { [ -x /usr/sbin/nginx ]; }
have_images() { command -v podman >/dev/null && command -v buildah >/dev/null && command -v runc >/dev/null && command -v busybox >/dev/null; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
updated=
install() { # part, packages
  "have_$1" && return
  if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "Installing $2 ..."
    [ -n "$updated" ] || as_root apt-get update -qq >/dev/null 2>&1
    updated=yes
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2 >/dev/null 2>&1
  fi
  "have_$1" && return
  case ",${ORLEANSCHAT_REQUIRE:-}," in
    *",$1,"*) echo "Missing, but required by ORLEANSCHAT_REQUIRE: $2. The script could not install it." >&2; exit 1 ;;
    *) echo "Missing: $2. The script could not install it, so the tests that need it are skipped." ;;
  esac
}

install postgres postgresql
install chromium chromium
install node nodejs
if [ -n "$all" ]; then
  install images "podman buildah runc conmon busybox-static"
  install nginx nginx-light
fi

dotnet format whitespace . --folder --verify-no-changes || {
  echo "The files above are not formatted. Run: dotnet format whitespace . --folder"
  exit 1
}
dotnet build OrleansChat.sln --nologo -v quiet -clp:NoSummary || { echo "The build failed."; exit 1; }

status=0
run_tests() { # projects
  local project failed=0
  for project in "$@"; do
    $interruptible dotnet test "tests/$project" --no-build --nologo ${filter:+--filter "$filter"} \
      ${ORLEANSCHAT_RESULTS:+--logger "trx;LogFileName=$project.trx" --results-directory "$ORLEANSCHAT_RESULTS"} 2>&1 | tee -a "$log"
    [ "${PIPESTATUS[0]}" = 0 ] || failed=1
  done
  return $failed
}
# The end-to-end tests start whole clusters and need the whole machine. The other projects run two at a time.
run_tests EndToEnd.Tests || status=1
run_tests Gateway.Tests Grains.Tests Protocol.Tests &
others=$!
trap 'kill $others 2>/dev/null; exit 130' INT
run_tests ChatCheck.Tests Streams.Tests Simulation.Tests Structure.Tests || status=1
wait $others || status=1
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
