#!/usr/bin/env bash
# Shows that the training pipeline works: its tests, then a run of minutes on a few rows of each set, from the data to a model directory.
# Its figures mean nothing. Python, the base and what the run makes go to target/train.
#
#     models/train/check.sh [LABELLED SETS]
set -euo pipefail
data=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
work=$(realpath ../target)/train
python=$work/venv/bin/python
mkdir -p "$work"
if ! [ -x "$python" ]; then
  python3 -m venv "$work/venv"
  "$python" -m pip install --quiet --disable-pip-version-check -r train/requirements.txt
fi
export TOKENIZERS_PARALLELISM=false
"$python" normalise.py
"$python" -m unittest --quiet tests train.tests
if [ -n "$data" ]; then
  rm -rf "$work/run"
  mkdir "$work/run"
  ln -s "$work/base" "$work/run/base"
  [ -d "$work/base" ] || "$python" -c "import base; from pathlib import Path; base.fetch_base(Path('$work'))"
  "$python" -m train --data "$data" --work "$work/run" --start default --out "$work/run/out" --seeds 1 --posts 200 --limit 16 >"$work/run.log" 2>&1 ||
    { tail -30 "$work/run.log" >&2; exit 1; }
  grep -q '^fast:' "$work/run.log" || { echo "$work/run.log: no exit was calibrated" >&2; exit 1; }
  echo "a run from the data to a model directory: works"
fi
