"""What the labels of all sets mean to our heads."""

SENTIMENTS = ["negative", "neutral", "positive"]
SIGNALS = ["complaint", "offensive", "spam"]
HEADS = {
    "sentiment": "sentiment", "topic_sentiment": "sentiment", "complaint": "complaint", "offensive": "offensive",
    "hate": "offensive", "toxicity": "offensive", "spam": "spam",
}  # fmt: skip
"""The head that answers a task."""
YES = {"complaint", "offensive", "offense", "toxic", "hate", "spam"}
NO = {"no-complaint", "not-offensive", "other", "non-toxic", "not-hate", "clean", "ham", "no-spam"}


def class_of(row: dict) -> tuple[str, int] | None:
    """The head that a labelled row is about, and its class there; nothing if no head is."""
    head, label = HEADS.get(row["task"]), row["label"]
    if head == "sentiment" and label in SENTIMENTS:
        return head, SENTIMENTS.index(label)
    if head in SIGNALS and label in YES | NO:
        return head, int(label in YES)
    return None


def is_noise(row: dict) -> bool:
    """UMSAB's Hindi labels are noise: they are in no mean."""
    return row["source"] == "umsab" and row["lang"] == "hi"
