#!/usr/bin/env bash
# Makes the pictures of the live page in this folder, from the real demo. Needs Chromium, Python 3 and a built binary:
#   cargo build --release && docs/images/make.sh
set -euo pipefail
cd "$(dirname "$0")"
binary=${UNDERTONE:-../../target/release/undertone}
port=${PORT:-8931}

"$binary" demo --addr "127.0.0.1:$port" --for 300s >/dev/null 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null || true' EXIT
until curl -sf "http://127.0.0.1:$port/livez" >/dev/null; do
  kill -0 "$demo" || { echo "the demo does not start: $binary demo" >&2; exit 1; }
  sleep 0.1
done
# The fifth day, in the outage: it is told after about a minute and a half.
until curl -s "http://127.0.0.1:$port/api/alerts" | grep -q '"open":\[.*reputation_drop.*"over":'; do
  kill -0 "$demo" || { echo "the demo raised no alert" >&2; exit 1; }
  sleep 0.2
done
choose="document.querySelector('#entities [data-id=halvera] button').click(); setTimeout(() => document.getElementById('detail').scrollIntoView(), 900)"
python3 shoot.py "http://127.0.0.1:$port/" 4 page.png:1280x940 page-phone.png:390x844 page-dark.png:1280x960:dark:"$choose"

for picture in page.png page-phone.png page-dark.png; do
  bytes=$(stat -c %s "$picture")
  echo "$picture $bytes bytes"
  ((bytes <= 200000)) || { echo "$picture is larger than 200 KB" >&2; exit 1; }
done
