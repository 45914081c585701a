#!/usr/bin/env bash
# Do the examples do what docs/SUBSCRIBERS.md says? Starts a real Kafka, Postgres and Alertmanager on free ports, and ends them.
# Needs a build of undertone (cargo build, or UNDERTONE=program), python3, a JDK 17+, Maven, and apt-get install postgresql
# prometheus-alertmanager.
set -euo pipefail
cd "$(dirname "$0")"
source ../deploy/tools.sh
undertone=$(tool_undertone)
[ -n "$undertone" ] || { echo "no build of undertone: cargo build first, or say UNDERTONE=program" >&2; exit 1; }
alertmanager=$(command -v prometheus-alertmanager || command -v alertmanager) || { echo "apt-get install prometheus-alertmanager" >&2; exit 1; }

# Kafka's jars, where the tests of the program keep them as well.
libs=$tools/../kafka/libs
if [ ! -e "$libs/complete" ]; then
  mvn -q -B -Dstyle.color=never dependency:copy-dependencies -f ../tests/kafka/pom.xml "-DoutputDirectory=$(realpath -m "$libs")"
  touch "$libs/complete"
fi
mvn -q -B -Dstyle.color=never compile -f kafka-streams/pom.xml
"$(tool_python check/requirements.txt)" check/check.py --undertone "$undertone" --kafka "$(realpath "$libs")" --alertmanager "$alertmanager"
