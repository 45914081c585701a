#!/usr/bin/env bash
# Does systemd read the unit, and how much could it still do? Prints the exposure: 0 is none, 10 all. Needs systemd-analyze.
set -euo pipefail
cd "$(dirname "$0")"
unit=undertone.service
bound=15 # in tenths
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program is not installed where the checks run: another stands for it, under its name.
sed "s|/usr/local/bin/undertone|$work/undertone|" "$unit" >"$work/$unit"
printf '#!/bin/sh\n' >"$work/undertone"
chmod +x "$work/undertone"
said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --recursive-errors=no "$work/$unit" 2>&1) || { echo "$said" >&2; exit 1; }
[ -z "$said" ] || { echo "$said" >&2; exit 1; }

exposure=$(systemd-analyze security --offline=true --threshold="$bound" "$unit") || { echo "$exposure" >&2; exit 1; }
grep -o 'Overall exposure.*' <<<"$exposure" | sed "s/^/$unit: /; s/ *[^ -~]*$//"

# A stop must have the time that it needs, and a wrong configuration must not be tried again and again.
grep -qx 'TimeoutStopSec=60' "$unit" && grep -qx 'RestartPreventExitStatus=64' "$unit"
