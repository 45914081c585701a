"""Says who waits for an answer in the customer support stream, on its own: plain Python, no code of Undertone.

usage: community_oracle.py STREAM.jsonl.gz MOMENT...       (moments in seconds since the epoch)

One line for each moment and brand: {"moment", "brand", "unanswered": [ids], "own": [seconds], "any": [seconds],
"contributions", "active", "replies", "among_members", "newcomers", "before", "stayed"}; the last three null where the 30 days
before the last 30 were not heard whole.

The rules, as docs/COMMUNITY.md has them:
- A brand is an account that answers customers. It hears what it writes itself and what names its @handle.
- A post waits if somebody else wrote it, and it begins a conversation or asks.
- Its answer is the first thing heard in reply to it by anyone but its author; a reply to what its author added in reply to
  themselves (and so on, up to eight posts in a row) is one as well. It took no time if it claims to be older.
- Only posts of the 30 days before the moment count.
"""

import gzip
import html
import json
import re
import sys
import unicodedata
from collections import defaultdict
from datetime import datetime

MONTH = 30 * 86_400
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
HANDLE = re.compile(r"(?<![^\W])@(\w+)", re.ASCII)
MARKS = "?？؟‽⁇⁈⁉❓❔"
# A mark ends a sentence if the text ends there, or white space, an emoji or a capital follows.
CLOSING = "?!.…)]\"'”’»;"
ROW = 8


def asks(text):
    for link in LINK.findall(text):
        # What trails a link belongs to the sentence, if there is nothing of the address behind it.
        text = text.replace(link, re.sub(r"\?+(?=.)|[^?]", "x", link))
    for found in re.finditer("[" + re.escape(MARKS) + "]", text):
        before, after = text[: found.start()], text[found.end() :].lstrip(CLOSING)
        said = re.search(r"[^\W_]", before) or any(is_emoji(c) for c in before)
        ends = not after or after[0].isspace() or is_emoji(after[0]) or not re.match(r"[a-z0-9=&/_#%]", after)
        if said and (ends or found.group() != "?"):
            return True
    return False


def is_emoji(c):
    return unicodedata.category(c) == "So" or 0x1F000 <= ord(c) <= 0x1FFFF


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            at = datetime.strptime(row["created_at"], "%a %b %d %H:%M:%S %z %Y").timestamp()
            text = html.unescape(row["text"])
            handles = {handle.casefold() for handle in HANDLE.findall(LINK.sub(" ", text))}
            yield {
                "id": row["tweet_id"],
                "at": int(at),
                "author": row["author"].casefold(),
                "inbound": row["inbound"],
                "parent": row.get("in_response_to"),
                "handles": handles,
                "asks": asks(row["text"]),
            }


def answers(post, children):
    """All that answers a post."""
    under, found = [(post, 1)], []
    while under:
        above, length = under.pop()
        for child in children[above["id"]]:
            if child["author"] != post["author"]:
                found.append(child)
            elif length < ROW:
                under.append((child, length + 1))
    return found


def judge(brand, rows, moment):
    heard = {row["id"]: row for row in rows if row["at"] <= moment}
    children = defaultdict(list)
    for row in heard.values():
        children[row["parent"]].append(row)
    out = {"moment": moment, "brand": brand, "unanswered": [], "own": [], "any": []}
    recent = [row for row in heard.values() if moment - row["at"] <= MONTH]
    for post in recent:
        if post["author"] == brand or not (post["parent"] is None or post["asks"]):
            continue
        replies = answers(post, children)
        if not replies:
            out["unanswered"].append(post["id"])
        for name, those in [("any", replies), ("own", [r for r in replies if r["author"] == brand])]:
            if those:
                out[name].append(max(0, min(r["at"] for r in those) - post["at"]))
    # Whole days of UTC.
    today = moment // 86_400
    month = [row for row in heard.values() if today - 30 < row["at"] // 86_400 <= today]
    written = [row for row in month if row["author"] != brand]
    out["contributions"] = len(written)
    out["active"] = len({row["author"] for row in written})
    replies = [(row, heard[row["parent"]]) for row in month if row["parent"] in heard]
    replies = [(row, above) for row, above in replies if row["author"] != above["author"]]
    out["replies"] = len(replies)
    out["among_members"] = sum(brand not in (row["author"], above["author"]) for row, above in replies)
    past, since = list(heard.values()), None
    for last, row in zip([None, *past], past):
        if last is None or row["at"] - last["at"] > MONTH:
            since = row["at"] // 86_400
    active = {row["author"] for row in written}
    earlier = [row for row in heard.values() if row["at"] // 86_400 <= today - 30 and row["author"] != brand]
    before = {row["author"] for row in earlier if row["at"] // 86_400 > today - 60}
    known = since is not None and since <= today - 59
    out["newcomers"] = len(active - {row["author"] for row in earlier}) if known and active else None
    out["before"], out["stayed"] = (len(before), len(before & active)) if known else (None, None)
    return out


def main(path, *moments):
    rows = list(read(path))
    brands = {row["author"] for row in rows if not row["inbound"]}
    heard = defaultdict(list)
    for row in rows:
        for brand in brands & (row["handles"] | {row["author"]}):
            heard[brand].append(row)
    for moment in map(int, moments):
        for brand in sorted(brands):
            print(json.dumps(judge(brand, heard[brand], moment)))


if __name__ == "__main__":
    main(*sys.argv[1:])
