#!/usr/bin/env bash
# Does the chart lint, render what golden/ holds, and is that what Kubernetes, the Prometheus Operator and KEDA take?
# `check.sh --bless` writes golden/ anew. Needs go and python3; with a build of undertone it reads the configurations as well.
set -euo pipefail
cd "$(dirname "$0")"
source ../tools.sh
tool_helm
python=$(tool_python ../requirements.txt)
operator=$(tool_module github.com/prometheus-operator/prometheus-operator@v0.85.0)/example/prometheus-operator-crd
keda=$(tool_module github.com/kedacore/keda/v2@v2.21.0)/config/crd/bases
crds=("$operator"/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml "$keda/keda.sh_scaledobjects.yaml")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

render() { helm template listening undertone --namespace social --kube-version 1.31 "$@" 2>"$work/said"; }

for values in values/*.yaml; do
  name=$(basename "$values" .yaml)
  helm lint --strict --quiet undertone -f "$values" 2>/dev/null || { helm lint --strict undertone -f "$values"; exit 1; }
  render -f "$values" >"$work/$name.yaml" || { cat "$work/said" >&2; exit 1; }
  # The rules change for reasons of their own; check.py holds them to their files.
  render -f "$values" --set prometheusRule.enabled=false >"$work/golden"
  if [ "${1:-}" = --bless ]; then cp "$work/golden" "golden/$name.yaml"; fi
  diff -u "golden/$name.yaml" "$work/golden" || { echo "golden/$name.yaml is not what the chart renders: look, then check.sh --bless" >&2; exit 1; }
done
"$python" check.py --undertone "$(tool_undertone)" --crds "${crds[@]}" --manifests "$work"/*.yaml

refused() { # what must be said, then arguments of helm template
  local says=$1
  shift
  if render "$@" >/dev/null; then echo "taken, and should not be: $*" >&2; exit 1; fi
  grep -q -- "$says" "$work/said" || { echo "for $* it says:" >&2; cat "$work/said" >&2; exit 1; }
}
refused "watchlist"           --set kafka.bootstrap=kafka:9092
refused "bootstrap"           -f values/least.yaml --set kafka.bootstrap=kafka
refused "terminationGrace"    -f values/least.yaml --set terminationGracePeriodSeconds=30
refused "replica"             -f values/least.yaml --set together.replica=3
refused "addr"                -f values/least.yaml --set 'config=[http]'
refused "must hold .undertone" -f values/least.yaml --set fullnameOverride=listening,serviceMonitor.enabled=true

boards=$(find -L undertone/files/grafana -name '*.json' 2>/dev/null | wc -l)
rendered=$(render -f values/least.yaml --set dashboards.enabled=true | grep -c 'grafana_dashboard: "1"' || true)
[ "$boards" = "$rendered" ] || { echo "$boards boards, $rendered of them rendered" >&2; exit 1; }
echo "the chart: lint, $(ls values | wc -l) golden files, schemas, 6 refusals and $boards boards hold"
