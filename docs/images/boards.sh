#!/usr/bin/env bash
# Draws the Grafana boards in this folder, of the demo, in the outage of its fifth day, when there is something to see. Needs
# Prometheus, Python 3 and a built binary; fetches matplotlib from PyPI into a folder that goes again:
#   cargo build --release && docs/images/boards.sh
# What it makes is no screenshot of Grafana: boards.py asks Prometheus what the boards ask, and draws plain charts.
set -euo pipefail
cd "$(dirname "$0")"
binary=${UNDERTONE:-../../target/release/undertone}
port=${PORT:-8932}
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT

cp ../../deploy/prometheus/undertone.{recording,alerts}.yml "$dir"
sed -i 's/interval: 2m/interval: 1s/' "$dir/undertone.recording.yml"
cat >"$dir/prometheus.yml" <<YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [undertone.recording.yml, undertone.alerts.yml]
scrape_configs: [{ job_name: undertone, static_configs: [{ targets: ["127.0.0.1:$port"] }] }]
YAML
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check matplotlib==3.11.2
"$binary" demo --addr "127.0.0.1:$port" --for 300s >/dev/null 2>&1 &
demo=$!
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" --web.listen-address="127.0.0.1:$((port + 1))" >/dev/null 2>&1 &
until curl -sf "http://127.0.0.1:$port/livez" >/dev/null; do sleep 0.1; done
until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do sleep 0.1; done
began=$(date +%s)
until curl -s "http://127.0.0.1:$port/api/alerts" | grep -q '"open":\[.*reputation_drop.*"over":'; do
  kill -0 "$demo" || { echo "the demo raised no alert" >&2; exit 1; }
  sleep 0.2
done
# Gauges and rules are read each second.
sleep 5
"$dir/venv/bin/python" boards.py "http://127.0.0.1:$((port + 1))" "$began" "$(date +%s)" . entity="${ENTITY:-halvera}" window=24h group=phones

for picture in board-*.png; do
  bytes=$(stat -c %s "$picture")
  echo "$picture $bytes bytes"
  ((bytes <= 200000)) || { echo "$picture is larger than 200 KB" >&2; exit 1; }
done
