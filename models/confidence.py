"""How sure a model is, and what follows: temperatures, abstention, and which mentions may leave at an early layer.

Everything is fitted on the posts of one half, by a hash of their text, and stated on the other. A set counts alike whatever its size.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labels import SIGNALS, class_of, is_noise
from posts import first_half

TEMPERATURES = np.arange(0.5, 3.01, 0.05)
OWN_TEMPERATURE = 100
"""Posts of a language in the fitted half from which it gets a temperature of its own."""
ABSTAIN = 0.1
"""The share of posts that is flagged: the least sure."""
BUDGETS = {"balanced": 0.668, "fast": 0.556}
"""The work a level may be, as a share of full depth's: 1.5 and 1.8 times the throughput."""
LAST = 0.4
"""The bound at the last exit: nearly all leave there, since its heads answer as well as those at full depth."""
EXIT_COST = 0.15
"""What reading the heads and packing anew costs, in layers."""
FEWEST = 8
"""Posts of a set in a half, under which it does not count."""
SURE = np.concatenate([np.arange(0.40, 0.90, 0.02), np.arange(0.90, 1.0, 0.01)])


@dataclass
class Post:
    """What was said of a post at each depth, 0 being the full one, and what is true."""

    source: str
    lang: str
    first: bool
    """Whether it belongs to the half that is fitted."""
    tokens: int
    head: str
    """`sentiment` or a signal."""
    label: int
    logits: dict[int, np.ndarray]
    """[answers, 3]: toward each target, or of the text."""
    signals: dict[int, np.ndarray]
    """Probabilities of yes."""


def read(rows: list[dict]) -> list[Post]:
    """The labelled rows that golden.py wrote."""
    found = []
    for row in rows:
        known = class_of(row)
        if known is None or is_noise(row):
            continue
        depths = {0: row["full"]} | {int(layer): said for layer, said in row["exits"].items()}
        found.append(Post(
            source=row["source"], lang=row["lang"], first=first_half(row["text"]), tokens=len(row["ids"]),
            head=known[0], label=known[1],
            logits={depth: np.array(said["target_logits"] or [said["text_logits"]]) for depth, said in depths.items()},
            signals={depth: np.array([said[name] for name in SIGNALS]) for depth, said in depths.items()},
        ))  # fmt: skip
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def three_classes(posts: list[Post]) -> list[Post]:
    """The posts of sets that have all three: others say nothing about how sure to be of neutral."""
    classes = defaultdict(set)
    for post in posts:
        if post.head == "sentiment":
            classes[post.source].add(post.label)
    return [post for post in posts if post.head == "sentiment" and len(classes[post.source]) == 3]


def log_loss(posts: list[Post], depth: int, temperature: float) -> float:
    """Mean over the sets of the mean negative log likelihood."""
    losses = defaultdict(list)
    for post in posts:
        losses[post.source].append(-np.log(softmax(post.logits[depth][0] / temperature)[post.label]))
    return float(np.mean([np.mean(found) for found in losses.values()]))


def temperatures(posts: list[Post], depth: int) -> dict:
    """`{"temperature", "languages"}`: the ones under which the fitted half is likeliest."""
    fitted = three_classes([post for post in posts if post.first])
    best = lambda some: round(float(min(TEMPERATURES, key=lambda t: log_loss(some, depth, t))), 2)
    of_all = best(fitted)
    by_language = defaultdict(list)
    for post in fitted:
        by_language[post.lang].append(post)
    own = {lang: best(some) for lang, some in sorted(by_language.items()) if len(some) >= OWN_TEMPERATURE}
    return {"temperature": of_all, "languages": {lang: t for lang, t in own.items() if t != of_all}}


def probabilities(post: Post, depth: int, calibration: dict) -> np.ndarray:
    """[answers, 3]"""
    return softmax(post.logits[depth] / calibration["languages"].get(post.lang, calibration["temperature"]))


def calibration_error(posts: list[Post], depth: int, calibration: dict) -> float:
    """Expected calibration error over ten bins of confidence."""
    said = [probabilities(post, depth, calibration)[0] for post in posts]
    confidence = np.array([p.max() for p in said])
    right = np.array([p.argmax() == post.label for p, post in zip(said, posts)])
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [(bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean()) for b in range(10) if (bins == b).any()]
    return float(sum(gaps))


def abstain_below(posts: list[Post], calibration: dict) -> float:
    """The confidence under which the least sure tenth of the fitted half lies."""
    fitted = three_classes([post for post in posts if post.first])
    return round(float(np.quantile([probabilities(post, 0, calibration)[0].max() for post in fitted], ABSTAIN)), 3)


def coverage(posts: list[Post], calibration: dict, shares=(1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)) -> list[tuple[float, float, float]]:
    """Of the surest share of the held half: the share, the bound it means, and how many of them are right."""
    held = three_classes([post for post in posts if not post.first])
    said = sorted(((p := probabilities(post, 0, calibration)[0]).max(), p.argmax() == post.label) for post in held)[::-1]
    rows = []
    for share in shares:
        kept = said[: max(1, round(share * len(said)))]
        rows.append((share, float(kept[-1][0]), float(np.mean([right for _, right in kept]))))
    return rows


def least_sure(post: Post, depth: int, calibration: dict) -> float:
    """The probability of the least sure answer: each sentiment asked for, and yes or no of each signal."""
    signals = post.signals[depth]
    return float(min(probabilities(post, depth, calibration).max(axis=1).min(), np.maximum(signals, 1 - signals).min()))


def macro_f1(pairs: list[tuple[int, np.ndarray]]) -> float:
    """Macro-F1 in percent over the classes that occur; where no post is neutral, the model chooses between the other two."""
    classes = sorted({label for label, _ in pairs})
    choices = classes if classes == [0, 2] else range(len(pairs[0][1]))
    said = [(label, max(choices, key=lambda choice: values[choice])) for label, values in pairs]
    f1 = []
    for wanted in classes:
        both = sum(label == choice == wanted for label, choice in said)
        either = sum((label == wanted) + (choice == wanted) for label, choice in said)
        f1.append(2 * both / either if either else 0.0)
    return 100 * sum(f1) / len(f1)


class Levels:
    """What it costs and what it loses to let sure mentions leave early."""

    def __init__(self, posts: list[Post], layers: int, calibrations: dict[int, dict]):
        self.posts, self.layers = posts, layers
        self.depths = sorted(calibrations.keys() - {0})
        self.sure = {depth: np.array([least_sure(post, depth, calibrations[depth]) for post in posts]) for depth in self.depths}
        answer = lambda post, depth: (
            probabilities(post, depth, calibrations[depth])[0]
            if post.head == "sentiment"
            else np.array([1 - (yes := post.signals[depth][SIGNALS.index(post.head)]), yes])
        )
        self.answers = {depth: [answer(post, depth) for post in posts] for depth in [0, *self.depths]}
        self.tokens = np.array([post.tokens for post in posts])
        self.first = np.array([post.first for post in posts])
        sources = [f"{post.source} {post.head}" for post in posts]
        self.sets = {name: [i for i, source in enumerate(sources) if source == name] for name in set(sources)}
        self.full = {half: self.average(half, {}) for half in (True, False)}

    def depth_of(self, bounds: dict[int, float]) -> np.ndarray:
        """Where each post leaves; 0 is not at all."""
        left = np.zeros(len(self.posts), dtype=int)
        for depth, bound in sorted(bounds.items(), reverse=True):
            left[self.sure[depth] >= bound] = depth
        return left

    def cost(self, half: bool, bounds: dict[int, float]) -> float:
        """Work for the encoder, as a share of the full depth's, a set counting like another."""
        left = self.depth_of(bounds)
        run = np.where(left == 0, self.layers, left).astype(float)
        for depth in bounds:
            run += EXIT_COST * ((left == 0) | (left >= depth))
        shares = []
        for members in self.sets.values():
            some = [i for i in members if self.first[i] == half]
            if some:
                shares.append((self.tokens[some] * run[some]).sum() / (self.tokens[some].sum() * self.layers))
        return float(np.mean(shares))

    def average(self, half: bool, bounds: dict[int, float]) -> float:
        """Mean over the sets of macro-F1."""
        left = self.depth_of(bounds)
        scores = []
        for members in self.sets.values():
            pairs = [(self.posts[i].label, self.answers[left[i]][i]) for i in members if self.first[i] == half]
            if len(pairs) >= FEWEST:
                scores.append(macro_f1(pairs))
        return float(np.mean(scores))

    def within(self, budget: float, depths: tuple[int, int]) -> dict[int, float] | None:
        """The highest bound at the first of two exits that keeps the work within a budget. No label has a say in it."""
        for bound in SURE[::-1]:
            chosen = {depths[0]: round(float(bound), 3), depths[1]: LAST}
            if self.cost(True, chosen) <= budget:
                return chosen
        return None

    def choose(self) -> tuple[tuple[int, ...], dict[str, dict[int, float]]]:
        """The two layers to leave at, those that lose least, and each level's bounds; none for a model that is never sure."""
        found = []
        for depths in combinations(self.depths, 2):
            levels = {level: self.within(budget, depths) for level, budget in BUDGETS.items()}
            if all(levels.values()):
                lost = {level: np.mean([self.full[half] - self.average(half, bounds) for half in (True, False)]) for level, bounds in levels.items()}
                found.append((sum(lost.values()), depths, levels))
                print(f"  exits {depths}: " + ", ".join(f"{level} loses {points:.2f} points" for level, points in lost.items()))
        _, depths, levels = min(found, key=lambda item: item[0], default=(0, (), {}))
        return depths, levels
