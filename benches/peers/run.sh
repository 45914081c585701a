#!/usr/bin/env bash
# Undertone's cpu engine against ONNX Runtime's dynamic int8: the same model, texts, token budget and machine.
#
#   benches/peers/run.sh [POSTS.jsonl.gz]        default: ../shared/data/airline/stream.jsonl.gz
#
# Needs Python with models/requirements.txt: $PYTHON, else a virtual environment that it makes in target/.
# Writes the raw runs to benches/results/DATE-peers.json and says the medians. See README.md beside this script.
set -euo pipefail
cd "$(dirname "$0")/../.."
posts=${1:-../shared/data/airline/stream.jsonl.gz}
work=target/peers
mkdir -p "$work" benches/results

if [ -z "${PYTHON:-}" ]; then
  [ -x target/venv/bin/python ] || python3 -m venv target/venv
  target/venv/bin/pip install --quiet --requirement models/requirements.txt
  PYTHON=target/venv/bin/python
fi

cargo build --release --bench peers
binary=$(cargo bench --bench peers --no-run --message-format=json 2>/dev/null |
  "$PYTHON" -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "peers":
        print(message["executable"])')
[ -e "$work/encoder.int8.onnx" ] || "$PYTHON" benches/peers/export.py models/default "$work"
"$PYTHON" benches/peers/compare.py --model models/default --onnx "$work/encoder.int8.onnx" --posts "$posts" --ours "$binary" \
  --work "$work" --out "benches/results/$(date -u +%F)-peers.json"
