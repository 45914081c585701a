"""The board of who looks after a community: who waits, how fast answers come, who comes and who stays."""

import parts
import reputation
from parts import BAD, CALM, FAINT, GOOD, WARN, override, stat, steps, table

UID = "undertone-community"
JOB = 'job=~"$job"'
ONE = 'job=~"$job",entity="$entity"'
SMALL = (4, 3)
HOUR, DAY = 3_600, 86_400

WAITING = steps((None, GOOD), (1, CALM), (11, WARN))
AGE = steps((None, CALM), (DAY, WARN), (7 * DAY, BAD))
SHARE = {"unit": "percentunit", "decimals": 0}


def everyone():
    def of(name, labels=""):
        return f"max by (entity) (undertone_{name}{{{JOB}{labels}}})"

    # A row has figures where they can be known; only who is active is known of everyone.
    names = {
        "entity": "Who", "Value #A": "Waiting", "Value #B": "Oldest has waited", "Value #C": "First reply, median", "Value #D": "Contributions",
        "Value #E": "Active authors", "Value #F": "New among them", "Value #G": "Stayed", "Value #H": "Among members",
    }
    seconds = {"unit": "s", "decimals": 1}
    return table(
        "Every community",
        "A cell is empty where mentions cannot tell: a source that does not say what answers what, or a brand that is not heard for 60 days "
        "yet. Click a name to see it below.",
        [
            of("unanswered"), of("oldest_unanswered_seconds"), of("first_reply_seconds", ',quantile="0.5"'), of("contributions"),
            of("active_authors"), of("newcomer_share"), of("retention"), of("conversation_index"),
        ],
        names,
        overrides=[
            override("Who", links=[{"title": "Show this one", "url": parts.to_board(UID), "targetBlank": False}]),
            override("Waiting", decimals=0, thresholds=WAITING, color={"mode": "thresholds"}, custom__cellOptions={"type": "color-text"}),
            override("Oldest has waited", **seconds), override("First reply, median", **seconds),
            override("Contributions", decimals=0), override("Active authors", decimals=0),
            *(override(name, **SHARE) for name in ("New among them", "Stayed", "Among members")),
        ],
        sort="Waiting", size=(24, 7), runbook="unanswered-backlog",
    )


def figures():
    def of(name, labels=""):
        return f"max(undertone_{name}{{{ONE}{labels}}})"

    return [
        stat(
            "Waiting for an answer", "Posts of 30 days that ask, complain or begin a conversation, and that nobody answered within an hour (or what "
            "`reputation.unanswered_after` says).", of("unanswered"), SMALL, thresholds=WAITING, decimals=0, runbook="unanswered-backlog",
        ),
        stat("The oldest has waited", "Empty where nobody waits.", of("oldest_unanswered_seconds"), SMALL, unit="s", thresholds=AGE, decimals=1),
        stat(
            "First reply, median", "Half of the posts that you answered got your first reply within this time. Who still waits is not in it.",
            of("first_reply_seconds", ',quantile="0.5"'), SMALL, unit="s", decimals=1,
        ),
        stat(
            "First reply, nine in ten", "Nine in ten of the posts that you answered got your first reply within this time.",
            of("first_reply_seconds", ',quantile="0.9"'), SMALL, unit="s", decimals=1,
        ),
        stat("Contributions", "Posts, comments, replies and reviews that others wrote in 30 days.", of("contributions"), SMALL, decimals=0),
        stat("Active authors", "How many people wrote them.", of("active_authors"), SMALL, decimals=0),
        stat("New among them", "Share of the active authors who wrote for the first time, or again after 90 days.", of("newcomer_share"), SMALL, **SHARE),
        stat("Stayed", "Retention: of who wrote in the 30 days before, the share that wrote in the last 30 days too.", of("retention"), SMALL, **SHARE),
        stat(
            "Among members", "Conversation index: replies from member to member over all replies. Near 0 everybody talks to the brand only.",
            of("conversation_index"), SMALL, **SHARE,
        ),
        stat("Advocates", "People who speak well of it again and again; 20 stands for 20 or more.", of("advocates"), SMALL, decimals=0),
        stat(
            "Repeated questions", "Questions that several people asked in the same words: each is a page that is missing. 10 stands for 10 or more.",
            of("repeated_questions"), SMALL, decimals=0,
        ),
        stat(
            "Complaining", "Share of negative among the mentions that were read in the time of the board.",
            f'sum(increase(undertone_enriched_total{{{ONE},sentiment="negative"}}[$__range])) '
            f'/ (sum(increase(undertone_enriched_total{{{ONE},sentiment!="none"}}[$__range])) > 0)', SMALL, **SHARE,
        ),
    ]


def answers():
    waiting = parts.lines(
        "Waiting for an answer",
        "A backlog that grows all day is a day without answers. An alert comes at more than ten posts and twice the week before.",
        parts.over_time((f"max(entity:undertone_unanswered:max{{{ONE}}})", "waiting")), min=0, runbook="unanswered-backlog",
        overrides=parts.colours({"waiting": WARN}),
    )
    oldest = parts.lines(
        "The oldest has waited", "Straight up: nobody answers it. A gap: nobody waits.",
        parts.over_time((f"max(undertone_oldest_unanswered_seconds{{{ONE}}})", "oldest")), unit="s", min=0,
        overrides=parts.colours({"oldest": WARN}),
    )
    own, any_one = f"max by (quantile) (undertone_first_reply_seconds{{{ONE}}})", f"max by (quantile) (undertone_first_answer_seconds{{{ONE}}})"
    replies = parts.lines(
        "Time to the first reply",
        "Of the posts of 30 days that were answered: the median (0.5) and nine in ten (0.9), by you and by anybody. Where anybody is much "
        "faster than you, members help each other.",
        parts.over_time((own, "you, {{quantile}}"), (any_one, "anybody, {{quantile}}")), unit="s", min=0,
    )
    index = parts.lines(
        "Do members talk to each other?", "Replies from member to member over all replies of 30 days. Near 0 everybody talks to the brand only.",
        parts.over_time((f"max(undertone_conversation_index{{{ONE}}})", "member to member")), unit="percentunit", min=0, max=1,
    )
    return [waiting, oldest, replies, index]


def people():
    return [
        parts.lines(
            "Who takes part", "Contributions of 30 days, and how many people wrote them.",
            parts.over_time((f"max(undertone_contributions{{{ONE}}})", "contributions"), (f"max(undertone_active_authors{{{ONE}}})", "authors")), min=0,
        ),
        parts.lines(
            "Who comes, who stays",
            "New: share of the active authors who wrote for the first time. Stayed: share of the authors of the 30 days before who still write. "
            "Empty until the brand was heard for 60 days: before, everyone would seem to be new.",
            parts.over_time((f"max(undertone_newcomer_share{{{ONE}}})", "new"), (f"max(undertone_retention{{{ONE}}})", "stayed")),
            unit="percentunit", min=0, max=1, overrides=parts.colours({"new": GOOD, "stayed": CALM}),
        ),
        parts.lines(
            "Advocates and repeated questions", "How many people speak well of it again and again, and how many questions are asked again and again.",
            parts.over_time((f"max(undertone_advocates{{{ONE}}})", "advocates"), (f"max(undertone_repeated_questions{{{ONE}}})", "questions")), min=0,
            overrides=parts.colours({"advocates": GOOD, "questions": FAINT}),
        ),
    ]


NAMES = """**Who and which?** Names and words of people are never put into metrics, so they are not on this board. They stand in the
entity's record on the Kafka topic `undertone.reputation`, under `community`: the posts that wait (the 25 oldest and the 25 newest), the advocates, the
repeated questions with an example. What each figure means exactly is in `docs/COMMUNITY.md`."""


def make():
    where = parts.text("Where the names are", "Why posts and people are not listed here, and where they are.", NAMES, size=(24, 3))
    rows = [
        ("Every community", [everyone()]),
        ("$entity now", figures()),
        ("Answers of $entity", answers()),
        ("People of $entity", people() + [reputation.volume()]),
        ("What $entity is asked about", [reputation.rising(size=(24, 5)), where]),
    ]
    return parts.board(
        UID, "Undertone: Community", "Who waits for an answer, how fast answers come, who is new, who stays, do members talk to each other.",
        [parts.job(), parts.entity()], [reputation.alerts_of_one()], rows, hours=7 * 24,
    )
