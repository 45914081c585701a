#!/usr/bin/env bash
# Does Compose read compose.yaml, is everything there that it mounts, and do the programs read what they are given?
# Needs go, python3, promtool and amtool; with a build of undertone its configuration is read as well. No containers are started.
set -euo pipefail
cd "$(dirname "$0")"
source ../tools.sh
python=$(tool_python ../requirements.txt)
# The library that `docker compose` itself reads files with: its schema, its interpolation, its checks.
tool_go compose-go github.com/compose-spec/compose-go/v2/cmd v2.16.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
COMPOSE_PROFILES=replay compose-go compose.yaml >"$work/canonical.yaml"
"$python" check.py "$work/canonical.yaml" "$work/root" "$(tool_undertone)"

root=$work/root
promtool check config "$root/prometheus/etc/prometheus/prometheus.yml" >/dev/null
amtool check-config "$root/alertmanager/etc/alertmanager/alertmanager.yml" >/dev/null
"$python" sample.py --check
echo "compose.yaml: Compose reads it, the programs their configurations"
