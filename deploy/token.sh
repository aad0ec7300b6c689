#!/bin/sh
# Prints a token for a user, signed with the key (in base64) in IDENTITY_KEY_SECRET:  IDENTITY_KEY_SECRET=… deploy/token.sh ann [seconds]
# For trying a deployment out. An application issues its users' tokens itself, with a library of its language.
set -eu
: "${1:?who is the token for? deploy/token.sh ann}"
: "${IDENTITY_KEY_SECRET:?the key that deploy/.env or the Kubernetes secret has}"
now=$(date +%s)
part() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
header=$(printf '{"alg":"HS256","typ":"JWT","kid":"1"}' | part)
claims=$(printf '{"iss":"orleanschat","aud":"orleanschat","sub":"%s","iat":%d,"nbf":%d,"exp":%d}' "$1" "$now" "$now" "$((now + ${2:-3600}))" | part)
key=$(printf '%s' "$IDENTITY_KEY_SECRET" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | part)
printf '%s.%s.%s\n' "$header" "$claims" "$signature"
