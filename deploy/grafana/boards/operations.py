"""The board of who runs it: does it keep up, what fails, where the time goes, what it holds."""

import parts
from parts import BAD, CALM, FAINT, GOOD, WARN, override, stat, steps, table

UID = "undertone-operations"
HERE = 'job=~"$job",instance=~"$instance"'
RATE = "[$__rate_interval]"
SMALL = (4, 3)


def rate(metric, by, labels=""):
    return f"sum by ({by}) (rate({metric}{{{HERE}{labels}}}{RATE}))"


def quantile(q, metric, by="le"):
    return f"histogram_quantile({q}, sum by ({by}) (rate({metric}_bucket{{{HERE}}}{RATE})))"


def held(metric, by=""):
    """Of partitions: one that moves is shown by two for a scrape, and counts once. Two deployments have partitions of the same number."""
    labels = ", ".join(filter(None, ["job", "topic" if metric == "undertone_lag_records" else "", "partition"]))
    return f"sum{f' by ({by})' if by else ''} (max by ({labels}) ({metric}{{{HERE}}}))"


def now():
    enough = steps((None, GOOD), (1, BAD))
    late = steps((None, GOOD), (60, WARN), (900, BAD))
    return [
        stat(
            "Processes that answer", "Of the processes that Prometheus looks for, how many answer.", f"sum(up{{{HERE}}})", SMALL, unit="none",
            thresholds=steps((None, BAD), (1, GOOD)), decimals=0, runbook="down",
        ),
        stat(
            "Read a second", "Records of the input topics.", f"sum(rate(undertone_consumed_total{{{HERE}}}{RATE}))", SMALL, unit="cps", decimals=1,
        ),
        stat(
            "Records waiting", "Lag: what no committed transaction has covered yet, of all topics. Alerts go by time, not by this.",
            held("undertone_lag_records"), SMALL, decimals=0, runbook="lag",
        ),
        stat(
            "Behind by (p99)", "One event in a hundred is older than this when it is published. An alert comes at one minute, and at a quarter of an hour. "
            "Empty while nothing comes.",
            f'{quantile(0.99, "undertone_event_age_seconds")} >= 0', SMALL, unit="s", thresholds=late, runbook="lag",
        ),
        stat(
            "Dead letters", "Inputs that could not be read or handled, in the time of the board. They lie on their topic, whole.",
            f"sum(increase(undertone_dead_letters_total{{{HERE}}}[$__range]))", SMALL, thresholds=steps((None, GOOD), (1, WARN)), decimals=0,
            runbook="dead-letters",
        ),
        stat(
            "Entities without gauges", "Above zero, boards lack entities: a process holds more than 900. Add processes.",
            f"sum(undertone_unexported_entities{{{HERE}}})", SMALL, thresholds=enough, decimals=0, runbook="state",
        ),
    ]


def what_runs():
    firing = table(
        "Alerts that fire",
        "All of Prometheus's alerts on Undertone, of every team. Those on reputation are explained on the board Reputation.",
        ['max by (alertname, team, severity, entity) (ALERTS{alertname=~"Undertone.+",alertstate="firing"})'],
        {"severity": "How bad", "alertname": "Alert", "team": "Team", "entity": "Who"},
        overrides=[
            override(
                "How bad", custom__width=90, custom__cellOptions={"type": "color-background", "mode": "basic"},
                mappings=[{"type": "value", "options": {"critical": {"color": BAD, "index": 0}, "warning": {"color": WARN, "index": 1}}}],
            )
        ],
        size=(12, 5),
    )
    build = table(
        "What runs",
        "Version and model of each process. Two versions for long: an upgrade that stopped half-way. Two models: figures before and after do not compare.",
        [f"max by (instance, version, model, model_version, engine) (undertone_build_info{{{HERE}}})"],
        {"instance": "Process", "version": "Version", "model": "Model", "model_version": "Model version", "engine": "Engine"},
        size=(12, 5), runbook="down",
    )
    return [firing, build]


def flow():
    return [
        parts.lines("Read", "Records a second by input topic. Zero while the feed runs: the process has no partitions, see /readyz.",
                    parts.over_time((rate("undertone_consumed_total", "topic"), "{{topic}}")), unit="cps", stacked=True, min=0),
        parts.lines("Made of it", "Enriched events published, events added up by the second stage, and mentions that concern nobody of the watchlist. "
                    "If the second falls behind the first, reputation is late.",
                    parts.over_time((f"sum(rate(undertone_enriched_total{{{HERE}}}{RATE}))", "enriched"),
                                    (f"sum(rate(undertone_folded_total{{{HERE}}}{RATE}))", "added up"),
                                    (f"sum(rate(undertone_unmatched_total{{{HERE}}}{RATE}))", "concern nobody")),
                    unit="cps", min=0, runbook="lag", overrides=parts.colours({"concern nobody": FAINT})),
        parts.lines("Waiting, by topic", "Lag in records. Growing for minutes: add processes, up to the number of partitions. A partition that nobody "
                    "holds is missing here: see UndertonePartitionsUnheld.",
                    parts.over_time((held("undertone_lag_records", "topic"), "{{topic}}")), min=0, runbook="lag"),
        parts.lines("Age of events when they are published", "From created_at, or the record's own time if that is later, to the commit. The promise at light load: "
                    "99 in 100 under 0.25 s.",
                    parts.over_time((quantile(0.5, "undertone_event_age_seconds"), "half of them under"),
                                    (quantile(0.99, "undertone_event_age_seconds"), "99 in 100 under")), unit="s", min=0, runbook="lag"),
        parts.lines("Partitions held", "By topic: how many partitions somebody reads. Fewer than there are: nobody reads the others.",
                    parts.over_time((f"count by (topic) (max by (job, topic, partition) (undertone_lag_records{{{HERE}}}))", "{{topic}}")),
                    unit="none", min=0, decimals=0, runbook="lag"),
        parts.lines("Rebalances", "Changes of the assignment in each interval. `lost`: a process was away for longer than the session timeout.",
                    parts.over_time((f"sum by (kind) (increase(undertone_rebalances_total{{{HERE}}}{RATE}))", "{{kind}}")), unit="none",
                    bars=True, stacked=True, min=0, runbook="lag"),
    ]


def failures():
    return [
        parts.lines("Dead letters by reason", "Any steady rate of one reason: a feed has changed its shape. `unprocessable` is a defect of Undertone: look at the log.",
                    parts.over_time((rate("undertone_dead_letters_total", "reason"), "{{reason}}")), unit="cps", stacked=True, min=0, runbook="dead-letters"),
        parts.lines("Transactions", "`aborted` now and then is a rebalance; steadily, something fails, and the work is done twice. `fatal`: a producer was given up.",
                    parts.over_time((rate("undertone_transactions_total", "outcome"), "{{outcome}}")), unit="cps", min=0, runbook="transactions",
                    overrides=parts.colours({"committed": GOOD, "aborted": WARN, "fatal": BAD})),
        parts.lines("Mix of sentiment", "Share of each label in an hour, every entity with twenty events weighing alike. If it moves for days without news, the "
                    "input or the model has changed.",
                    parts.over_time(('avg by (sentiment) (sentiment:undertone_enriched:share1h{job=~"$job"})', "{{sentiment}}")), unit="percentunit",
                    min=0, max=1, runbook="sentiment-drift", overrides=parts.colours(parts.SENTIMENTS)),
    ]


def work():
    mean = "{m}_sum{{{h}}}{r})) / (sum(rate({m}_count{{{h}}}{r})) > 0)"

    def mean_of(metric):
        return "sum(rate(" + mean.format(m=metric, h=HERE, r=RATE)

    return [
        parts.lines("Where the time goes", "Seconds of each stage a second. The largest is the bottleneck; `model` should be it.",
                    parts.over_time((rate("undertone_stage_seconds_sum", "stage"), "{{stage}}")), unit="s", stacked=True, min=0),
        parts.lines("Time of a chunk, 99 in 100", "By stage. `commit` over 0.1 s: a slow broker.",
                    parts.over_time((quantile(0.99, "undertone_stage_seconds", "stage, le"), "{{stage}}")), unit="s", min=0),
        parts.lines("Records of a chunk", "In the mean. Near 1 when idle; where it stays at its largest the process is saturated.",
                    parts.over_time((mean_of("undertone_chunk_records"), "records")), min=0),
        parts.lines("Tokens of a batch", "In the mean. Small batches under load waste the model.",
                    parts.over_time((mean_of("undertone_batch_tokens"), "tokens")), min=0),
        parts.lines("Where scores come from", "`hit` and `same_chunk` cost nothing: texts that were scored before. `miss` goes to the model.",
                    parts.over_time((rate("undertone_cache_requests_total", "result"), "{{result}}")), unit="cps", stacked=True, percent=True, min=0),
        parts.lines("Corrected by the lexicon", "Events whose sentiment a phrase of yours has fixed or shifted. Flat without a lexicon. If it is half of all events, a "
                    "phrase stands in nearly every mention.",
                    parts.over_time((rate("undertone_corrections_total", "effect"), "{{effect}}")), unit="cps", stacked=True, min=0),
        parts.lines("How deep texts are read", "By how many layers of the model they went through. One line unless `model.effort` lets texts leave that are sure early.",
                    parts.over_time((rate("undertone_scored_total", "layers"), "{{layers}} layers")), unit="cps", stacked=True, percent=True, min=0),
    ]


def state():
    return [
        parts.lines("Entities held", "By all processes together. It should not change but for the watchlist.",
                    parts.over_time((held("undertone_state_entities"), "entities")), unit="none", min=0, decimals=0),
        parts.lines("State of an entity", "Size of its snapshot, in the mean. The broker takes a megabyte unless told otherwise.",
                    parts.over_time((f"{held('undertone_state_bytes')} / ({held('undertone_state_entities')} > 0)", "mean size")), unit="bytes",
                    min=0, runbook="state"),
        parts.lines("Time to restore", "How long each process took to restore the partitions that it got last. Until then nothing of them is added up.",
                    parts.over_time((f"max by (instance) (undertone_restore_seconds{{{HERE}}})", "{{instance}}")), unit="s", min=0, runbook="state"),
        parts.lines("Read again to restore", "Events added up again after a restart, and offsets that were gone already: above zero, reputation has a gap.",
                    parts.over_time((f"sum(increase(undertone_refolded_total{{{HERE}}}{RATE}))", "read again"),
                                    (f"sum(increase(undertone_refold_missing_total{{{HERE}}}{RATE}))", "gone")), min=0, runbook="state",
                    overrides=parts.colours({"read again": CALM, "gone": BAD})),
        parts.lines("Too late to take back", "Edits and deletions of mentions so old that they are settled. What they replace counts until it has decayed.",
                    parts.over_time((held("undertone_state_beyond_horizon"), "edits and deletions")), min=0, runbook="state"),
    ]


def spread(panels):
    """Three in a line; what is left over shares the last one."""
    left = len(panels) % 3
    for place, one in enumerate(panels):
        one["gridPos"]["w"] = parts.WIDTH // (left if place >= len(panels) - left else 3)
        one["gridPos"]["h"] = 7
    return panels


def make():
    instance = parts.variable(
        "instance", "Instance", 'label_values(undertone_build_info{job=~"$job"}, instance)', "Which processes: all of them unless you look for one.", many=True,
    )
    fires = parts.annotation(
        "Alerts", 'max by (alertname, severity, team) (ALERTS{alertname=~"Undertone.+",alertstate="firing"})', "{{alertname}} ({{severity}})",
        "team,severity", BAD,
    )
    rows = [
        ("Now", now() + what_runs()), ("Does it keep up?", spread(flow())), ("What fails?", spread(failures())), ("Where does the time go?", spread(work())),
        ("What does it hold?", spread(state())),
    ]
    return parts.board(
        UID, "Undertone: Operations", "Does it keep up, what fails, where the time goes, what it holds.", [parts.job(), instance], [fires], rows, hours=6,
    )
