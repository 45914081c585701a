#!/usr/bin/env python3
"""Draws the Grafana boards of deploy/grafana without Grafana: asks Prometheus what the boards ask, and draws plain charts of the answers.

usage: boards.py PROMETHEUS FROM UNTIL FOLDER NAME=VALUE...

FROM and UNTIL are seconds since the epoch; NAME=VALUE chooses a variable. Needs matplotlib. See boards.sh.
"""

import json
import pathlib
import re
import sys
import textwrap
import urllib.parse
import urllib.request

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from PIL import Image  # noqa: E402

BOARDS = pathlib.Path(__file__).resolve().parents[2] / "deploy/grafana/dashboards"
NOTE = "Drawn from the board's own queries by docs/images/boards.py: not a screenshot of Grafana."
COLUMN, LINE, GAP, HEAD = 60, 34, 8, 60
INK, QUIET, PAPER = "#24292f", "#6a737d", "#f4f5f7"
NAMED = {"green": "#2f9e55", "red": "#d64545", "blue": "#2f6fd0", "orange": "#e08a1e"}
CYCLE = ["#2f6fd0", "#e08a1e", "#2f9e55", "#d64545", "#8257c2", "#3aa6a6", "#b0568f", "#8e8e8e"]


class Prometheus:
    def __init__(self, url, start, end, chosen):
        self.url, self.start, self.end, self.chosen = url, start, end, chosen
        self.step = max(1, (end - start) // 240)
        self.marked = []

    def filled(self, text):
        known = {"__rate_interval": "10s", "__range": f"{self.end - self.start}s", "job": ".+", "instance": ".+", **self.chosen}
        return re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], found[0]), text)

    def ask(self, target):
        parameters = {"query": self.filled(target["expr"]), "time": self.end}
        if target["range"]:
            parameters = {"query": parameters["query"], "start": self.start, "end": self.end, "step": self.step}
        what = "query_range" if target["range"] else "query"
        with urllib.request.urlopen(f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)["data"]["result"]


def color(name):
    return NAMED.get(name, name)


def shown(value, unit, decimals=None):
    if value != value:
        return "–"
    if unit == "percentunit":
        return f"{100 * value:.0f} %"
    if unit == "s":
        for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
            if abs(value) >= size:
                return f"{value / size:.1f} {name}"
        return f"{1000 * value:.0f} ms"
    if unit == "bytes":
        return f"{value / 1024:.1f} KiB"
    places = decimals if decimals is not None else 0 if value == int(value) else 1
    return f"{value:,.{places}f}" + ("/s" if unit == "cps" else "")


def at_threshold(value, thresholds):
    reached = [step["color"] for step in thresholds["steps"] if step["value"] is None or value >= step["value"]]
    return color(reached[-1])


def number(answer):
    return float(answer[0]["value"][1]) if answer else float("nan")


def overridden(panel, name):
    for one in panel["fieldConfig"]["overrides"]:
        if one["matcher"]["options"] == name:
            return {item["id"]: item["value"] for item in one["properties"]}
    return {}


def legend(target, labels):
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), target["legendFormat"])


def draw_stat(ax, panel, prometheus):
    defaults = panel["fieldConfig"]["defaults"]
    value = number(prometheus.ask(panel["targets"][0]))
    ax.axis("off")
    ink = QUIET if value != value else at_threshold(value, defaults["thresholds"])
    ax.text(0.5, 0.45, shown(value, defaults["unit"], defaults.get("decimals")), size=21, color=ink, ha="center", va="center", weight="bold")


def draw_lines(ax, panel, prometheus):
    defaults = panel["fieldConfig"]["defaults"]
    custom, unit = defaults["custom"], defaults["unit"]
    series = [
        (legend(target, one["metric"]), {(float(at) - prometheus.start) / 60: float(value) for at, value in one["values"]})
        for target in panel["targets"] for one in prometheus.ask(target)
    ]
    times = sorted({at for _, values in series for at in values})
    colors = [color(overridden(panel, name).get("color", {}).get("fixedColor", CYCLE[n % len(CYCLE)])) for n, (name, _) in enumerate(series)]
    mode = custom["stacking"]["mode"]
    if mode != "none":
        rows = [[max(0.0, values.get(at, 0.0)) if values.get(at, 0.0) == values.get(at, 0.0) else 0.0 for at in times] for _, values in series]
        if mode == "percent":
            sums = [sum(column) or 1 for column in zip(*rows)]
            rows = [[100 * value / total for value, total in zip(row, sums)] for row in rows]
        if any(min(values.values(), default=0) < 0 for _, values in series):
            up, down = [0.0] * len(times), [0.0] * len(times)
            for (_, values), ink in zip(series, colors):
                row = [values.get(at, 0.0) for at in times]
                base = [up[n] if value >= 0 else down[n] for n, value in enumerate(row)]
                ax.bar(times, row, bottom=base, width=(times[-1] - times[0]) / len(times), color=ink)
                up = [one + max(0, value) for one, value in zip(up, row)]
                down = [one + min(0, value) for one, value in zip(down, row)]
        elif rows:
            ax.stackplot(times, rows, colors=colors, step="post" if custom["drawStyle"] == "bars" else None, alpha=0.75, lw=0)
    else:
        by_name = dict(series)
        for (name, values), ink in zip(series, colors):
            properties = overridden(panel, name)
            lower = by_name.get(properties.get("custom.fillBelowTo"))
            if lower:
                both = [at for at in times if at in values and at in lower]
                ax.fill_between(both, [lower[at] for at in both], [values[at] for at in both], color=ink, alpha=0.18, lw=0)
            ax.plot(list(values), list(values.values()), color=ink, lw=properties.get("custom.lineWidth", 2) * 0.8)
    ax.set_xlim(0, (prometheus.end - prometheus.start) / 60)
    bottom, top = ax.get_ylim()
    ax.set_ylim(defaults.get("min", bottom), defaults.get("max", top if top > 0 else 1))
    ax.yaxis.set_major_formatter(lambda value, _: "%g %%" % value if mode == "percent" else shown(value, unit))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g} min")
    hidden = [overridden(panel, name).get("custom.hideFrom", {}).get("legend", False) for name, _ in series]
    # There is no room for the names of many that are 0 throughout.
    is_said = [len(series) <= 5 or any(values.values()) for _, values in series]
    named = zip(series, colors, hidden, is_said)
    handles = [plt.Line2D([], [], color=ink, lw=4, label=name) for (name, _), ink, hide, said in named if said and not hide]
    if handles:
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=6, frameon=False, fontsize=7.5, handlelength=0.8)
    if not series:
        ax.text(0.5, 0.5, "no data", transform=ax.transAxes, ha="center", color=QUIET)
    ax.grid(axis="y", color="#e3e6ea", lw=0.6)
    ax.set_axisbelow(True)
    for at in prometheus.marked:
        ax.axvspan((at - prometheus.start) / 60, (at - prometheus.start + prometheus.step) / 60, color=NAMED["red"], alpha=0.07, lw=0)


def draw_bars(ax, panel, prometheus):
    answer = prometheus.ask(panel["targets"][0])
    rows = [(one["metric"].get("part", ""), float(one["value"][1])) for one in answer][::-1]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]
    drawn = ax.barh([name for name, _ in rows], [value for _, value in rows], color=[at_threshold(value, steps) for _, value in rows], height=0.7)
    ax.bar_label(drawn, [f"{value:+.1f}" for _, value in rows], size=8, padding=3, color=INK)
    ax.axvline(0, color=QUIET, lw=0.8)
    ax.margins(x=0.2)


def draw_table(ax, panel, prometheus):
    ax.axis("off")
    organize = panel["transformations"][1]["options"]
    rows = {}
    for target in panel["targets"]:
        for one in prometheus.ask(target):
            labels = {key: value for key, value in one["metric"].items() if key != "__name__"}
            row = rows.setdefault(tuple(sorted(labels.items())), dict(labels))
            row[f"Value #{target['refId']}"] = float(one["value"][1])
    names = [name for name in organize["indexByName"]]
    titles = [organize["renameByName"].get(name, name) for name in names]
    sort = panel["options"]["sortBy"]
    body = list(rows.values())
    if sort:
        key = names[titles.index(sort[0]["displayName"])]
        body.sort(key=lambda row: -row.get(key, float("-inf")))
    for place, title in enumerate(titles):
        ax.text((place + 0.02) / len(titles), 0.97, title, size=8, weight="bold", color=QUIET, va="top")
    for n, row in enumerate(body[:8], 1):
        for place, (name, title) in enumerate(zip(names, titles)):
            properties, value = overridden(panel, title), row.get(name)
            ink = INK
            if isinstance(value, float):
                if "thresholds" in properties:
                    ink = at_threshold(value, properties["thresholds"])
                value = shown(value, properties.get("unit", "short"), properties.get("decimals"))
            for mapping in properties.get("mappings", []):
                mapped = mapping["options"].get(value, {})
                ink, value = color(mapped.get("color", ink)), mapped.get("text", value)
            ax.text((place + 0.02) / len(titles), 0.97 - n * 0.11, value if value is not None else "–", size=8.5, color=ink, va="top")
    if not body:
        ax.text(0.5, 0.5, "nothing", ha="center", color=QUIET)


DRAWN = {"stat": draw_stat, "timeseries": draw_lines, "barchart": draw_bars, "table": draw_table}


def draw(board, prometheus, file):
    annotations = [one for one in board["annotations"]["list"] if "expr" in one]
    marks = [series for one in annotations for series in prometheus.ask({"expr": one["expr"], "range": True})]
    prometheus.marked = sorted({float(at) for series in marks for at, _ in series["values"]})
    width = 24 * COLUMN
    height = HEAD + LINE * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100, facecolor=PAPER)

    def box(x, y, w, h):
        return figure.add_axes((x / width, 1 - (y + h) / height, w / width, h / height))

    figure.text(10 / width, 1 - 22 / height, board["title"], size=14, weight="bold", color=INK, va="center")
    figure.text(10 / width, 1 - 44 / height, NOTE, size=9, color=QUIET, va="center")
    for panel in board["panels"]:
        grid = panel["gridPos"]
        x, y, w, h = grid["x"] * COLUMN + GAP / 2, HEAD + grid["y"] * LINE, grid["w"] * COLUMN - GAP, grid["h"] * LINE - GAP
        title = prometheus.filled(panel["title"])
        if panel["type"] == "row":
            figure.text((x + 4) / width, 1 - (y + LINE / 2) / height, f"▾ {title}", size=11, weight="bold", color=INK, va="center")
            continue
        paper = box(x, y, w, h)
        paper.set_xticks([]), paper.set_yticks([])
        paper.spines[:].set_color("#dde1e6")
        figure.text((x + 8) / width, 1 - (y + 14) / height, title, size=9, weight="bold", color=INK, va="center")
        if panel["type"] == "text":
            words = re.sub(r"[*`]", "", panel["options"]["content"]).replace("\n", " ")
            paper.text(0.006, 0.62, textwrap.fill(words, int(w / 6.2)), size=8.5, color=INK, va="top", transform=paper.transAxes)
            continue
        left, bottom = {"timeseries": (58, 46), "barchart": (78, 28)}.get(panel["type"], (8, 8))
        ax = box(x + left, y + 30, w - left - 14, h - 30 - bottom)
        ax.tick_params(labelsize=7.5, colors=QUIET, length=0)
        ax.spines[:].set_visible(False)
        DRAWN[panel["type"]](ax, panel, prometheus)
    figure.savefig(file)
    plt.close(figure)
    # A quarter of the bytes.
    Image.open(file).convert("RGB").quantize(64).save(file, optimize=True)


def main():
    url, start, end, folder, *chosen = sys.argv[1:]
    prometheus = Prometheus(url, int(start), int(end), dict(one.split("=", 1) for one in chosen))
    for file in sorted(BOARDS.glob("*.json")):
        draw(json.loads(file.read_text(encoding="utf-8")), prometheus, pathlib.Path(folder) / f"board-{file.stem}.png")


if __name__ == "__main__":
    main()
