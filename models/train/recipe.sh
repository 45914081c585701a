#!/usr/bin/env bash
# How the model that ships was trained: two rounds from the team's first weights, then the model directory.
#
#     models/train/recipe.sh LABELLED_SETS WEIGHTS [OUT]
#
# The first round ran for 84 minutes of one busy core, the second for 7 (Intel Xeon with AMX, 2026-11-27). The first had 5 as
# UMSAB's `passes` in sources.toml, and 2 as those of germeval2018_offensive.
set -euo pipefail
data=$(realpath "$1") start=$(realpath "$2") out=$(realpath -m "${3:-$(dirname "$0")/../default}")
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -m train --data "$data" --start "$start" --work work/first --seeds 1 --posts 330000 --minutes 84 --mix 0.5
"$python" -m train --data "$data" --start work/first/weights.safetensors --work work/second --seeds 7 --posts 70000 --heads-only --out "$out"
