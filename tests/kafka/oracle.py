"""Says which (mention, entity) pairs the airline stream must give, on its own: regular expressions, no code of Undertone.

usage: oracle.py STREAM.jsonl.gz      one line per pair: {"id", "entity", "relation"}
"""

import gzip
import html
import json
import re
import sys
import unicodedata

LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
TAGGED = re.compile(r"(?<!\w)([@#])(\w+)")
LEFT, RIGHT = r"(?<![^\W_])", r"(?![^\W_])"


def words(*alternatives):
    """Whole words, or phrases whose words stand next to each other."""
    phrases = [re.escape(a).replace(r"\ ", r"[\s\-]+") for a in alternatives]
    return re.compile(f"{LEFT}(?:{'|'.join(phrases)}){RIGHT}")


# Per entity: handles, hashtags, words of the text, words that speak against it, own accounts.
ENTITIES = {
    "united": ({"united"}, {"unitedairlines"}, words("united airlines"), None, {"united"}),
    "american": (
        {"americanair", "americanairlines"},
        {"americanair", "americanairlines"},
        words("americanair", "americanairlines", "american airlines"),
        words("american airlines center"),
        {"americanair"},
    ),
    "southwest": (
        {"southwest", "southwestair"},
        {"southwest", "southwestair"},
        words("southwest", "southwestair"),
        None,
        {"southwestair"},
    ),
    "jetblue": ({"jetblue"}, {"jetblue"}, words("jetblue"), None, {"jetblue", "jetbluenews"}),
    "us-airways": ({"usairways"}, {"usairways"}, words("usairways", "us airways"), None, {"usairways"}),
    "virgin-america": (
        {"virginamerica"},
        {"virginamerica"},
        words("virginamerica", "virgin america"),
        None,
        {"virginamerica"},
    ),
}


def concerned(text, author):
    text = unicodedata.normalize("NFKC", LINK.sub(" \x00 ", html.unescape(text))).casefold()
    tagged = TAGGED.findall(text)
    handles = {name for sign, name in tagged if sign == "@"}
    hashtags = {name for sign, name in tagged if sign == "#"}
    plain = TAGGED.sub(" \x00 ", text)
    for entity, (own_handles, own_hashtags, own_words, against, accounts) in ENTITIES.items():
        if author.casefold() in accounts:
            yield entity, "own"
        elif against and against.search(plain):
            continue
        elif handles & own_handles or hashtags & own_hashtags or own_words.search(plain):
            yield entity, "mention"


def main(path):
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            for entity, relation in concerned(row["text"], row["author"]):
                print(json.dumps({"id": row["tweet_id"], "entity": entity, "relation": relation}))


if __name__ == "__main__":
    main(*sys.argv[1:])
