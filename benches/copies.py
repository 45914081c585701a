"""Near-duplicates of the airline stream, counted independently of the Rust code: word sets that share 80 % of all words with one
of the 1,024 mentions of the same brand before, texts of five words and more.

python3 benches/copies.py [shared/data/airline/stream.jsonl.gz]
"""

import collections
import gzip
import json
import re
import sys

WINDOW = 1024
FEWEST_WORDS = 5


def words(text):
    text = re.sub(r"https?://\S+|@\w+|&\w+;", " ", text.lower())
    return [word for word in re.findall(r"\w+", text) if word != "rt"]


def main(path="../shared/data/airline/stream.jsonl.gz"):
    brands = collections.defaultdict(list)
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            brands[row["brand"]].append(words(row["text"]))
    total = short = alike = same = 0
    for mentions in brands.values():
        sets = [frozenset(mention) for mention in mentions]
        for at, mention in enumerate(mentions):
            total += 1
            if len(mention) < FEWEST_WORDS:
                short += 1
                continue
            mine = sets[at]
            best = max(
                (len(mine & other) / len(mine | other) for other in sets[max(0, at - WINDOW) : at] if other),
                default=0.0,
            )
            alike += best >= 0.8
            same += best == 1.0
    print(f"{total} mentions, {short} of fewer than {FEWEST_WORDS} words")
    print(f"{alike} share 80 % of all words with one before ({100 * alike / total:.2f} %), {same} of them all words")


if __name__ == "__main__":
    main(*sys.argv[1:])
