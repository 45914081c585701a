"""Which texts are near copies of a set of texts."""

import re
from collections.abc import Iterable

from rensa import RMinHash, RMinHashLSH

SHINGLE = 5
"""Characters of a shingle."""
PERMUTATIONS, BANDS = 128, 32
NEAR = 0.7
"""The share of shingles that two texts have in common from which they are near copies (Jaccard)."""
SHORT = 20
"""Letters under which texts can be alike by chance: such a text is only compared as a whole."""

NOISE = re.compile(r"@\w+|\bhttps?\S*|\bhttp\b|\bRT\b|\W|_")


def plain(text: str) -> str:
    """A text without what changes when it is copied: case, handles, links, punctuation, spaces."""
    return NOISE.sub("", text).casefold()


def shingles(plain_text: str) -> set[str]:
    """All runs of `SHINGLE` characters."""
    return {plain_text[at : at + SHINGLE] for at in range(max(1, len(plain_text) - SHINGLE + 1))}


class Near:
    """A set of texts that knows its near copies."""

    def __init__(self, texts: Iterable[str]):
        self._texts = sorted({plain(text) for text in texts} - {""})
        self._whole = set(self._texts)
        self._index = RMinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS, num_bands=BANDS)
        for at, text in enumerate(self._texts):
            if len(text) >= SHORT:
                self._index.insert(at, sketch(shingles(text)))

    def __len__(self) -> int:
        return len(self._texts)

    def holds(self, text: str) -> str | None:
        """`equal`, `near` or nothing."""
        text = plain(text)
        if text in self._whole:
            return "equal"
        if len(text) < SHORT:
            return None
        mine = shingles(text)
        # The index proposes, the exact share decides.
        for at in self._index.query(sketch(mine)):
            other = shingles(self._texts[at])
            if len(mine & other) >= NEAR * len(mine | other):
                return "near"
        return None


def sketch(shingled: set[str]) -> RMinHash:
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=1)
    minhash.update(sorted(shingled))
    return minhash
