#!/bin/sh
# Prints a token for a user, valid for the given number of seconds (default: 3600):
#   deploy/token.sh ann [seconds]
# The token is signed (RS256) with the private key in the file IDENTITY_KEY_FILE (default: identity.pem beside this
# script). IDENTITY_KEY_ID is the key's id (default: 1). Use this script only to try out a deployment. In production,
# your application issues its users' tokens, with a JWT library for its programming language.
set -eu
: "${1:?name the user that the token is for: deploy/token.sh ann}"
key=${IDENTITY_KEY_FILE:-$(dirname "$0")/identity.pem}
[ -r "$key" ] || { echo "token.sh: there is no readable private key at $key. Make one as docs/operations.md says, or set IDENTITY_KEY_FILE to the path of your key" >&2; exit 1; }
now=$(date +%s)
part() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
header=$(printf '{"alg":"RS256","typ":"JWT","kid":"%s"}' "${IDENTITY_KEY_ID:-1}" | part)
claims=$(printf '{"iss":"orleanschat","aud":"orleanschat","sub":"%s","iat":%d,"nbf":%d,"exp":%d}' "$1" "$now" "$now" "$((now + ${2:-3600}))" | part)
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign "$key" -binary | part)
printf '%s.%s.%s\n' "$header" "$claims" "$signature"
