#!/usr/bin/env bash
# Whether the boards in dashboards/ are what boards/ makes, and whether Grafana's published types know every field of them.
# Needs Python 3. Fetches those types from PyPI into a folder that goes again.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
python3 boards/generate.py --check
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'grafana-foundation-sdk==1769699379!11.6.0'
"$venv/bin/python" boards/schema.py dashboards/*.json
