#!/usr/bin/env bash
# Undertone's engines against PyTorch, ONNX Runtime, OpenVINO, CTranslate2, candle and RTen: the same model, texts, token budget
# and machine, in turn.
#
#   benches/peers/run.sh [--smoke] [--texts N] [--turns N] [--posts FILE.jsonl.gz] [--only WORD,...] [--engines cpu,libtorch]
#
# Texts are the team's stream of airlines where ../shared has it, else our own (`--posts ''` asks for those). --smoke only tells
# whether all of them run, and writes nothing. Else all runs go to benches/results/DATE-peers.json and the table to stdout.
# Needs Python 3.11 or 3.12: $PYTHON with models/requirements.txt and benches/peers/requirements.txt, else a virtual environment
# that it makes in target/. Takes about 10 GB of memory, 3 GB in target/peers, and libtorch (deploy/libtorch.sh). See README.md beside this script.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=target/peers
out=benches/results/$(date -u +%F)-peers.json
posts=../shared/data/airline/stream.jsonl.gz
[ -e "$posts" ] || posts=
engines=cpu,libtorch
arguments=()
while (($#)); do
  case $1 in
    --smoke) arguments+=("$1") out= ; shift ;;
    --posts) posts=$2; shift 2 ;;
    --engines) engines=$2; shift 2 ;;
    *) arguments+=("$1" "$2"); shift 2 ;;
  esac
done
mkdir -p "$work" benches/results

if [ -z "${PYTHON:-}" ]; then
  PYTHON=target/venv-peers/bin/python
  [ -x "$PYTHON" ] || python3 -m venv target/venv-peers
  "$PYTHON" -m pip install --quiet --requirement models/requirements.txt --requirement benches/peers/requirements.txt
fi

# Without the feature the engine says that it is not there, and the others go on.
features=()
if [[ ,$engines, = *,libtorch,* ]] && libtorch=$(deploy/libtorch.sh); then
  eval "$libtorch"
  features=(--features libtorch)
fi

binary=$(cargo bench --quiet "${features[@]}" --bench peers --no-run --message-format=json |
  "$PYTHON" -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "peers":
        print(message["executable"])')
# PyTorch has libraries of the same names, and should find its own.
printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "${LD_LIBRARY_PATH:-}" "$binary" >"$work/ours"
chmod +x "$work/ours"
unset LD_LIBRARY_PATH
# A peer that does not build is one that does not run: compare.py says so.
CARGO_TARGET_DIR=$work/rust cargo build --quiet --release --locked --manifest-path benches/peers/rust/Cargo.toml ||
  echo "the peers in Rust do not build" >&2
[ -e "$work/encoder.onnx" ] || "$PYTHON" benches/peers/export.py models/default "$work"
"$PYTHON" benches/peers/compare.py --model models/default --work "$work" --ours "$work/ours" --engines "$engines" --rust "$work/rust/release" \
  ${posts:+--posts "$posts"} ${out:+--out "$out"} "${arguments[@]}"
