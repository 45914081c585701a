#!/usr/bin/env python3
"""Makes benches/data/airline.csv.gz: the numbers of the airline stream, scored by the shipped model, without a word of it.

    gzip -dc ../shared/data/airline/stream.jsonl.gz > /tmp/stream.jsonl
    target/release/undertone score --map tests/data/airline.mapping.toml --watchlist tests/data/airline.watchlist.toml \\
        < /tmp/stream.jsonl > /tmp/scored.jsonl
    python3 benches/drops/extract.py /tmp/stream.jsonl /tmp/scored.jsonl benches/data/airline.csv.gz

One line a post: seconds since the Monday before (UTC), brand, author, positive and negative in thousandths (empty where the post
was not scored), topic by a word of it (1 delay, 2 baggage, 0 none). Brands and authors are numbered in the order in which they come.
"""

import datetime
import gzip
import json
import re
import sys

MONDAY = datetime.datetime(2015, 2, 16, tzinfo=datetime.timezone.utc)
TOPICS = {1: re.compile("delay|cancel|late\\b", re.I), 2: re.compile("bags?\\b|baggage|luggage", re.I)}


def main():
    stream, scored, target = sys.argv[1:]
    events = {}
    with open(scored, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            event = json.loads(line)
            if event.get("relation") != "own" and event.get("entity"):
                events.setdefault(event["mention"]["id"], event)
    brands, authors, rows = {}, {}, ["at,brand,author,positive,negative,topic"]
    with open(stream, encoding="utf-8") as lines:
        for post in map(json.loads, lines):
            at = datetime.datetime.strptime(post["created_at"], "%Y-%m-%d %H:%M:%S %z")
            event = events.get(post["tweet_id"])
            row = [int((at - MONDAY).total_seconds()), brands.setdefault(post["brand"], len(brands)),
                   authors.setdefault(post["author"], len(authors)), "", "", 0]
            if event:
                row[3] = round(1000 * event["sentiment"]["positive"])
                row[4] = round(1000 * event["sentiment"]["negative"])
            row[5] = next((number for number, words in TOPICS.items() if words.search(post["text"])), 0)
            rows.append(",".join(map(str, row)))
    with open(target, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out:
        out.write(("\n".join(rows) + "\n").encode())


main()
