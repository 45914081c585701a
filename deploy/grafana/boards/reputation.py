"""The board of who looks after a brand's name: how it stands, why, against whom, and what is wrong now."""

import parts
from parts import BAD, CALM, FAINT, GOOD, WARN, override, stat, steps, table

UID = "undertone-reputation"
JOB = 'job=~"$job"'
ONE = 'job=~"$job",entity="$entity"'
WINDOW = f'{ONE},window="$window"'
# An entity lives in one process; while it moves, two may show it: `max` takes one.
STANDING = "max by (entity)"
MOVED = "undertone_moved_points"

SCORE = steps((None, BAD), (40, WARN), (50, CALM), (60, GOOD))
CHANGE = steps((None, BAD), (-5, WARN), (-1, FAINT), (1, GOOD))
SMALL = (4, 3)
KINDS = {"reputation_drop": "Reputation drop", "volume_spike": "Volume spike", "topic_surge": "Topic surge"}


def mapped(texts, colors=None):
    colors = colors or {}
    options = {
        value: {"text": text, "index": place, **({"color": colors[value]} if value in colors else {})}
        for place, (value, text) in enumerate(texts.items())
    }
    return [{"type": "value", "options": options}]


def everyone():
    at = f'{{{JOB},window="$window"}}'
    shown = f"{STANDING} (undertone_reputation{at})"
    entity = {"links": [{"title": "Show this one", "url": parts.to_board(UID, "group", "window"), "targetBlank": False}]}
    gauge = {"custom__cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}, "min": 0, "max": 100}
    return table(
        "Everyone at a glance",
        "Every entity of the watchlist. Reputation goes from 0 (all against) to 100 (all for); the truth lies between *low* and *high* with "
        "95 % probability. *Change* is against the next longer time. Click a name to see it below.",
        [
            shown,
            f"{STANDING} (undertone_reputation_low{at})",
            f"{STANDING} (undertone_reputation_high{at})",
            f'sum by (entity) (max by (entity, part) ({MOVED}{{{JOB},window="$window",dimension="topic"}}))',
            f"(sum by (entity) (increase(undertone_enriched_total{{{JOB}}}[$__range]))) and on (entity) ({shown})",
            f"(count by (entity) (max by (entity, kind, cause) (undertone_alert_open{{{JOB}}}))) or on (entity) (0 * {shown})",
        ],
        {
            "entity": "Who", "Value #A": "Reputation", "Value #B": "Low", "Value #C": "High", "Value #D": "Change",
            "Value #E": "Mentions", "Value #F": "Open alerts",
        },
        overrides=[
            override("Who", **entity),
            override("Reputation", decimals=0, thresholds=SCORE, color={"mode": "thresholds"}, **gauge),
            override("Low", decimals=0),
            override("High", decimals=0),
            override("Change", decimals=1, thresholds=CHANGE, color={"mode": "thresholds"}, custom__cellOptions={"type": "color-text"}),
            override("Mentions", decimals=0),
            override("Open alerts", thresholds=steps((None, FAINT), (1, BAD)), color={"mode": "thresholds"}, custom__cellOptions={"type": "color-text"}),
        ],
        sort="Open alerts", size=(14, 9),
    )


def open_alerts():
    severities = mapped({"critical": "critical", "warning": "warning"}, {"critical": BAD, "warning": WARN})
    return table(
        "Open alerts",
        "What Undertone has found and what has not ended yet, with what moved most. Before and after, example mentions and a sentence that "
        "explains it stand in the alert's record on the topic undertone.alerts. The runbooks, under the arrow, say what to do.",
        [f"max by (entity, kind, severity, cause) (undertone_alert_open{{{JOB}}})"],
        {"severity": "How bad", "entity": "Who", "kind": "What", "cause": "Because of"},
        overrides=[
            override("How bad", mappings=severities, custom__cellOptions={"type": "color-background", "mode": "basic"}, custom__width=90),
            override("What", mappings=mapped(KINDS)),
            override("Who", links=[{"title": "Show this one", "url": parts.to_board(UID, "group", "window"), "targetBlank": False}]),
        ],
        size=(10, 9), runbook="reputation-drop volume-spike topic-surge",
    )


def band():
    hidden = {"legend": True, "tooltip": False, "viz": False}
    edge = {"custom__lineWidth": 0, "custom__hideFrom": hidden, "color": {"mode": "fixed", "fixedColor": CALM}}
    return parts.lines(
        "Reputation, with how sure it is",
        "0: all against, 100: all for. The shaded band holds the truth with 95 % probability: where it is wide, few people spoke. Marks "
        "show alerts while they were open.",
        parts.over_time(
            (f"max(undertone_reputation_low{{{WINDOW}}})", "low"),
            (f"max(undertone_reputation_high{{{WINDOW}}})", "high"),
            (f"max(undertone_reputation{{{WINDOW}}})", "reputation"),
        ),
        size=(16, 9), unit="none", min=0, max=100,
        overrides=[
            override("low", **edge),
            override("high", **edge, custom__fillBelowTo="low", custom__fillOpacity=20),
            override("reputation", color={"mode": "fixed", "fixedColor": CALM}),
        ],
    )


def moved(dimension, title, description, size=(8, 8)):
    expr = f'sort_desc(max by (part) ({MOVED}{{{WINDOW},dimension="{dimension}"}}))'
    return parts.bars(title, description, expr, size=size, unit="none")


def volume(size=(12, 8)):
    return parts.lines(
        "Mentions by sentiment",
        "Mentions an hour that Undertone read, by how they mean this entity. All count in full here: copies, spam and its own posts too. "
        "`none` is what no model looked at.",
        parts.over_time((f"3600 * sum by (sentiment) (rate(undertone_enriched_total{{{ONE}}}[$__rate_interval]))", "{{sentiment}}")),
        size=size, stacked=True, bars=True, overrides=parts.colours(parts.SENTIMENTS), axis="mentions an hour", min=0,
    )


def rising(size=(12, 8)):
    rate = f"max by (subject) (undertone_rising_per_hour{{{ONE}}})"
    usual = f"max by (subject) (undertone_rising_usual_per_hour{{{ONE}}})"
    return table(
        "Rising topics",
        "Topics that people speak of at least three times as often as is usual for this hour; the three strongest. Empty on most days. "
        "Rising hashtags and phrases stand in the entity's record on the topic undertone.reputation.",
        [rate, usual, f"{rate} / ({usual} > 0)"],
        {"subject": "Topic", "Value #A": "Mentions an hour", "Value #B": "Usual", "Value #C": "Times the usual"},
        overrides=[override(name, decimals=1) for name in ("Mentions an hour", "Usual", "Times the usual")],
        sort="Times the usual", size=size, runbook="topic-surge",
    )


def voices():
    share = 'group_entity_window:undertone_share_of_voice:ratio{job=~"$job",group="$group",window="$window"}'
    members = 'on (job, entity) undertone_share_weight{job=~"$job",group="$group",window="$window"}'
    return [
        parts.lines(
            "Share of voice in $group",
            "Of all that is said of the entities of this group, how much is said of each; copies and spam weigh less. Says how much they "
            "are spoken of, not how well.",
            parts.over_time((f"max by (entity) ({share})", "{{entity}}")),
            unit="percentunit", stacked=True, min=0, max=1,
        ),
        parts.lines(
            "Reputation in $group",
            "The same score for every entity of this group. Lines closer than their bands (see the table) are not different.",
            parts.over_time((f'{STANDING} (undertone_reputation{{job=~"$job",window="$window"}} and {members})', "{{entity}}")),
            unit="none", min=0, max=100,
        ),
    ]


def figures():
    return [
        stat(
            "Reputation", "0: all against, 100: all for. See its band on the right before you act on it.",
            f"max(undertone_reputation{{{WINDOW}}})", unit="none", thresholds=SCORE, decimals=0, size=SMALL,
        ),
        stat(
            "Change", "Points against the next longer time: the hour against the day, the day against the week, the week against the long run.",
            f'sum(max by (part) ({MOVED}{{{WINDOW},dimension="topic"}}))', unit="none", thresholds=CHANGE, decimals=1, size=SMALL,
        ),
        stat(
            "Net sentiment", "-100 to 100: the reputation on the scale of other tools.",
            f"max(undertone_net_sentiment{{{WINDOW}}})", unit="none", thresholds=steps((None, BAD), (-20, WARN), (0, CALM), (20, GOOD)), decimals=0, size=SMALL,
        ),
        stat(
            "It rests on", "How many independent opinions the reputation is worth. Under 15, no alert can open.",
            f"max(undertone_effective_mentions{{{WINDOW}}})", thresholds=steps((None, WARN), (15, CALM)), decimals=0, size=SMALL,
        ),
        stat(
            "Mentions", "Mentions that were read in the time of the board, of any sentiment.",
            f"sum(increase(undertone_enriched_total{{{ONE}}}[$__range]))", decimals=0, size=SMALL,
        ),
        stat(
            "Open alerts", "Of this entity.", f"count(max by (kind, cause) (undertone_alert_open{{{ONE}}})) or vector(0)", decimals=0,
            thresholds=steps((None, GOOD), (1, BAD)), runbook="reputation-drop", size=SMALL,
        ),
    ]


def alerts_of_one():
    expr = f"max by (entity, kind, severity, cause) (undertone_alert_open{{{ONE}}})"
    return parts.annotation("Alerts", expr, "{{kind}} ({{severity}}): {{cause}}", "kind,severity,cause", BAD)


def make():
    group = parts.variable(
        "group", "Group", 'label_values(undertone_share_weight{job=~"$job"}, group)', "Whom share of voice is computed among: a group of the watchlist.",
    )
    net = parts.lines(
        "Net sentiment over the hour, the day and the week",
        "-100 to 100. The hour follows the news, the week is the trend: where the hour leaves the week, something happens.",
        parts.over_time((f"max by (window) (undertone_net_sentiment{{{ONE}}})", "{{window}}")), unit="none", min=-100, max=100,
    )
    over_time = parts.lines(
        "What moved it over time, by topic",
        "The same as the bars above, at every moment: points up or down by topic. Only the three largest have a name at any moment.",
        parts.over_time((f'max by (part) ({MOVED}{{{WINDOW},dimension="topic"}})', "{{part}}")), unit="none", stacked=True, bars=True,
    )
    signed = "Points by which each pulled the reputation up (green) or down (red), against the next longer time. They sum to the change."
    rows = [
        ("Everyone", [everyone(), open_alerts()]),
        ("$entity", [parts.block(8, figures()), band()]),
        (
            "What moved $entity",
            [
                moved("topic", "By topic", f"{signed} Topics are those of your watchlist file; `other` is everything else."),
                moved("source", "By source", f"{signed} Sources are those that the watchlist names; `other` is everything else."),
                moved("language", "By language", f"{signed} `other` is all but the three that moved it most."),
                over_time, net,
            ],
        ),
        ("How much is said of $entity", [volume(), rising()]),
        ("$entity among others", voices()),
    ]
    return parts.board(
        UID, "Undertone: Reputation", "How a brand is spoken of, how sure that is, what moved it, and against whom it stands.",
        [parts.job(), parts.entity(), parts.window(), group], [alerts_of_one()], rows, hours=24,
    )
