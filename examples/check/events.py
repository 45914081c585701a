"""Enriched events of the check's own, few enough to be counted by hand."""

import datetime
import json
import pathlib

import jsonschema

SCHEMA = json.loads((pathlib.Path(__file__).parent / "../../docs/schemas/enriched.v1.json").read_text())
NAMES = {"halvera": "Halvera", "brixel": "Brixel"}
MORNING = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.timezone.utc)


def event(number, entity, score, complaint, minute, text=None, **changed):
    """An event about an entity, so many minutes after nine."""
    at = f"{MORNING + datetime.timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    one = {
        "schema": "undertone.enriched/1", "id": f"check:{number}#{entity}", "op": "observed", "revision": 0, "relation": "mention",
        "mention": {"id": str(number), "source": "check", "text": text or f"post {number} about {NAMES[entity]}", "created_at": at},
        "entity": {"id": entity, "name": NAMES[entity], "kind": "brand", "matched": []},
        "language": {"code": "en", "confidence": 0.9, "measured": True},
        "sentiment": {
            "label": "negative" if score < 0 else "positive", "score": score, "negative": 0.5 - score / 2, "neutral": 0.0,
            "positive": 0.5 + score / 2, "abstained": False, "evidence": [],
        },
        "topics": [], "signals": {"complaint": complaint, "question": False, "spam": 0.01, "offensive": 0.01},
        "fingerprint": f"{number:016x}", "truncated": False, "model": None, "watchlist": None,
        "origin": {"topic": "mentions", "partition": 0, "offset": number}, "processed_at": at,
    } | changed
    jsonschema.validate(one, SCHEMA)
    return one


COMMITTED = [
    event(1, "halvera", -0.9, 0.9, 0),
    event(2, "halvera", -0.5, 0.6, 59),   # the same hour
    event(3, "halvera", -0.4, 0.2, 60),   # bad, but no complaint
    event(4, "halvera", 0.8, 0.7, 61),    # a complaint in a kind word
    event(5, "brixel", -0.7, 0.95, 30),
    event(6, "halvera", -0.8, 0.9, 5, relation="own"),   # what a brand says itself
    event(7, "brixel", -0.1, 0.1, 31),    # not bad enough
]
# Written in a transaction that is aborted: nobody who reads committed events may see them.
ABORTED = [event(number, entity, -0.99, 0.99, 10, text="ABORTED") for number, entity in ((101, "halvera"), (102, "brixel"))]
LATER = [
    event(8, "halvera", -0.6, 0.9, 62, text="with a NUL: \0!"),
    event(1, "halvera", -0.3, 0.9, 0, op="edited", revision=1, text="calmer now"),
    event(5, "brixel", -0.7, 0.95, 30, op="deleted", revision=2),
    event(5, "brixel", -0.7, 0.95, 30, text="an older copy comes late"),
]
