"""Writes the demo's posts as a feed: mentions.jsonl, for `undertone replay`. Run it after src/demo/posts.jsonl has changed.

With --check it writes nothing, and fails if the file is not what it would write.
"""

import datetime
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
POSTS = HERE / "../../src/demo/posts.jsonl"
# The script's first midnight, a Monday.
BEGINS = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)


def feed():
    for line in POSTS.read_text().splitlines():
        post = json.loads(line)
        at = BEGINS + datetime.timedelta(minutes=post.pop("at"))
        # What a feed has broken stays broken: it becomes a dead letter.
        yield post["raw"] if "raw" in post else json.dumps({**post, "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}, ensure_ascii=False)


def main():
    file, text = HERE / "mentions.jsonl", "".join(line + "\n" for line in feed())
    if sys.argv[1:] != ["--check"]:
        file.write_text(text)
    elif file.read_text() != text:
        sys.exit("mentions.jsonl is not what sample.py writes: run it")


if __name__ == "__main__":
    main()
