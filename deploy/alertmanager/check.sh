#!/usr/bin/env bash
# Is the example right, and does each alert reach whom it should? Needs amtool: apt-get install prometheus-alertmanager.
set -euo pipefail
cd "$(dirname "$0")"
config=alertmanager.example.yml
amtool check-config "$config" >/dev/null || { amtool check-config "$config"; exit 1; }

to() { # receivers, then the labels of an alert
  local receivers=$1 said
  shift
  said=$(amtool config routes test --config.file="$config" --verify.receivers="$receivers" "$@" 2>/dev/null) || {
    echo "an alert with $* goes to ${said%%$'\n'*}, not to $receivers" >&2
    exit 1
  }
}
to marketing-now     team=marketing kind=reputation_drop severity=critical entity=lumen-air alertname=UndertoneReputationDrop
to marketing         team=marketing kind=reputation_drop severity=warning entity=lumen-air alertname=UndertoneReputationDrop
to marketing         team=marketing kind=volume_spike severity=critical entity=lumen-air alertname=UndertoneVolumeSpike
to marketing-channel team=marketing kind=topic_surge severity=warning entity=lumen-air alertname=UndertoneTopicSurge
to competitors       team=marketing kind=reputation_drop severity=critical entity=borealis alertname=UndertoneReputationDrop
to community         team=community severity=warning entity=lumen-air alertname=UndertoneUnansweredBacklog
to operations-now    team=operations severity=critical alertname=UndertoneDown
to operations        team=operations severity=warning alertname=UndertoneDeadLetters
to operations        severity=critical alertname=SomethingElse

render() { amtool template render --template.glob=undertone.tmpl --template.data=notification.example.json --template.text="$1"; }
same() { [ "$1" = "$2" ] || { printf 'rendered: %s\nexpected: %s\n' "$1" "$2" >&2; exit 1; }; }
same "$(render '{{ template "undertone.title" . }}')" 'Critical: lumen-air is spoken of worse than before: luggage (and 1 more)'
same "$(render '{{ template "undertone.runbook" . }}')" 'https://undertone.example/runbooks/reputation-drop.md'
render '{{ template "undertone.text" . }}' | grep -q '^What to do: https://undertone.example/runbooks/volume-spike.md$'
echo "alertmanager.example.yml: the configuration, 9 routes and the templates hold"
