#!/usr/bin/env python3
"""Does every link of the documents lead somewhere in this project: to a file, and to a heading where it names one? Standard library only.

Addresses of the web are not asked. Anchors are made as GitHub makes them.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def without_code(text):
    """Fenced blocks taken out, line by line, so that what follows keeps its number."""
    return re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)


def anchors(path):
    found = set()
    for heading in re.findall(r"^#+ (.*)$", without_code(path.read_text()), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(slug if slug not in found else next(f"{slug}-{n}" for n in range(1, 99) if f"{slug}-{n}" not in found))
    return found


def main():
    documents = [ROOT / name for name in subprocess.check_output(["git", "ls-files", "*.md"], cwd=ROOT, text=True).split()]
    links, wrong = 0, []
    for document in documents:
        for number, line in enumerate(without_code(document.read_text()).splitlines(), 1):
            for link in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"\w+:", link):
                    continue
                links += 1
                path, _, anchor = link.partition("#")
                to = (document.parent / path).resolve() if path else document
                at = f"{document.relative_to(ROOT)}:{number}: {link}"
                if not to.exists():
                    wrong.append(f"{at}: found no such file")
                elif not to.is_relative_to(ROOT):
                    wrong.append(f"{at}: found a file outside of the project")
                elif anchor and anchor not in anchors(to):
                    wrong.append(f"{at}: found no such heading")
    print(f"{links} links in {len(documents)} documents", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
