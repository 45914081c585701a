#!/usr/bin/env python3
"""Reads the boards into Grafana's own types and writes them again: a field that Grafana does not know is lost on the way, and told.

usage: schema.py FILE...      needs grafana-foundation-sdk (see ../check.sh)
"""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

# Read by the Prometheus data source and by the editor of variables, which have no published types.
UNTYPED = {"step", "expr", "target", "titleFormat", "textFormat", "tagKeys", "useValueForTime", "definition"}


def lost(ours, theirs, path=""):
    """What did not come back as it went."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            is_untyped = key in UNTYPED and path.startswith((".annotations", ".templating"))
            if key in theirs or not (is_untyped or value in (None, [], {}, "")):
                yield from lost(value, theirs.get(key), f"{path}.{key}") if not is_untyped else ()
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs)):
            yield from lost(*pair, f"{path}[{number}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} became {theirs!r}"


def main():
    plugins.register_default_plugins()
    failures = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            ours = json.load(file)
        theirs = json.loads(JSONEncoder().encode(Dashboard.from_json(ours)))
        failures += [f"{name}: {one}" for one in lost(ours, theirs)]
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
