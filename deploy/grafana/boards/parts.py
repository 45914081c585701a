"""Parts that boards are made of: variables, queries, panels, rows. They return what Grafana reads (dashboard schema 39, Grafana 11)."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOKS = "https://undertone.example/runbooks"
PLUGINS = "11.0.0"
WIDTH = 24

GOOD, BAD, CALM, WARN, FAINT = "green", "red", "blue", "orange", "#8e8e8e"
SENTIMENTS = {"positive": GOOD, "neutral": FAINT, "negative": BAD, "none": "#c7d0d9"}


# --- Variables -----------------------------------------------------------------------------------------------------

def datasource():
    return {
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "regex": "", "hide": 0,
        "includeAll": False, "multi": False, "options": [], "current": {}, "refresh": 1, "skipUrlSync": False,
        "description": "The Prometheus that scrapes Undertone.",
    }


def variable(name, label, query, description, many=False):
    """Values of a label. With `many`, any number of them, and all at first."""
    return {
        "type": "query", "name": name, "label": label, "description": description, "datasource": DATASOURCE, "query": query,
        "definition": query, "regex": "", "refresh": 2, "sort": 1, "hide": 0, "skipUrlSync": False, "options": [],
        "multi": many, "includeAll": many, "allValue": ".+" if many else None,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]} if many else {},
    }


def job():
    query = 'label_values(undertone_build_info, job)'
    return variable("job", "Job", query, "Which deployment: the job name of the scrape configuration.", many=True)


def entity():
    query = 'label_values(undertone_reputation{job=~"$job"}, entity)'
    return variable("entity", "Entity", query, "Whom the board is about: a brand, product, person or competitor of the watchlist.")


def window():
    choices = [("hour", "1h"), ("day", "24h"), ("week", "7d")]
    options = [{"selected": value == "24h", "text": text, "value": value} for text, value in choices]
    return {
        "type": "custom", "name": "window", "label": "Over", "query": ", ".join(f"{text} : {value}" for text, value in choices),
        "description": "How far back a figure looks: a mention counts half after this time. The day for a day's work, the hour while something happens.",
        "options": options, "current": options[1], "multi": False, "includeAll": False, "allValue": None, "hide": 0,
        "skipUrlSync": False,
    }


# --- Queries -------------------------------------------------------------------------------------------------------

def over_time(*queries):
    """(expression, legend) each: lines over the time of the board."""
    return [
        {
            "refId": chr(ord("A") + n), "datasource": DATASOURCE, "editorMode": "code", "expr": expr, "legendFormat": legend,
            "range": True, "instant": False, "format": "time_series",
        }
        for n, (expr, legend) in enumerate(queries)
    ]


def now(*expressions, legend="__auto", table=False):
    """Values at the end of the time of the board."""
    return [
        {
            "refId": chr(ord("A") + n), "datasource": DATASOURCE, "editorMode": "code", "expr": expr, "legendFormat": legend,
            "range": False, "instant": True, "format": "table" if table else "time_series",
        }
        for n, expr in enumerate(expressions)
    ]


# --- Panels --------------------------------------------------------------------------------------------------------

def steps(*pairs):
    """(from, colour) each; the first one's `from` is None."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}


def override(name, **properties):
    """Other properties for one column or line. Underscores stand for the dots of a property's path."""
    properties = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def panel(kind, title, description, targets, size, unit, options, custom=None, runbook=None, overrides=(), **defaults):
    width, height = size
    made = {
        "type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": targets,
        "pluginVersion": PLUGINS, "gridPos": {"x": 0, "y": 0, "w": width, "h": height}, "transparent": False,
        "fieldConfig": {
            "defaults": {
                "unit": unit, "color": {"mode": "palette-classic"}, "mappings": [], "thresholds": steps((None, CALM)),
                "custom": custom or {}, **defaults,
            },
            "overrides": list(overrides),
        },
        "options": options,
    }
    if runbook:
        made["links"] = [
            {"title": f"Runbook: {page}", "url": f"{RUNBOOKS}/{page}.md", "targetBlank": True} for page in runbook.split()
        ]
    return made


def stat(title, description, expr, size=(4, 4), unit="short", thresholds=None, decimals=None, **rest):
    options = {
        "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
        "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    defaults = {"color": {"mode": "thresholds"}, "thresholds": thresholds or steps((None, CALM)), "noValue": "–"}
    if decimals is not None:
        defaults["decimals"] = decimals
    return panel("stat", title, description, now(expr), size, unit, options, **defaults, **rest)


def lines(title, description, targets, size=(12, 8), unit="short", stacked=False, bars=False, percent=False, legend="list", overrides=(), axis="", **rest):
    custom = {
        "drawStyle": "bars" if bars else "line", "lineInterpolation": "linear", "lineWidth": 0 if bars else 2,
        "fillOpacity": 70 if bars else 15 if stacked else 0, "gradientMode": "none", "showPoints": "never", "pointSize": 5,
        "spanNulls": False, "insertNulls": False, "barAlignment": 0, "axisPlacement": "auto", "axisLabel": axis,
        "axisColorMode": "text", "axisBorderShow": False, "axisCenteredZero": False, "axisGridShow": True,
        "scaleDistribution": {"type": "linear"}, "hideFrom": {"legend": False, "tooltip": False, "viz": False},
        "thresholdsStyle": {"mode": "off"},
        "stacking": {"group": "A", "mode": "percent" if percent else "normal" if stacked else "none"},
    }
    options = {
        "legend": {"displayMode": legend, "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel("timeseries", title, description, targets, size, unit, options, custom=custom, overrides=overrides, **rest)


def colours(names):
    """Fixed colours by the name of a line."""
    return [override(name, color={"mode": "fixed", "fixedColor": color}) for name, color in names.items()]


def bars(title, description, expr, size=(8, 8), unit="short", **rest):
    """One bar for each series, by its label `part`: right of nothing in green, left of it in red."""
    targets = now(expr, table=True)
    custom = {
        "lineWidth": 1, "fillOpacity": 80, "gradientMode": "none", "axisPlacement": "auto", "axisLabel": "", "axisColorMode": "text",
        "axisBorderShow": False, "axisCenteredZero": False, "axisGridShow": True, "scaleDistribution": {"type": "linear"},
        "hideFrom": {"legend": False, "tooltip": False, "viz": False}, "thresholdsStyle": {"mode": "off"},
    }
    options = {
        "orientation": "horizontal", "xField": "part", "colorByField": "Value", "showValue": "always", "stacking": "none",
        "barWidth": 0.8, "groupWidth": 0.7, "barRadius": 0, "fullHighlight": False, "xTickLabelRotation": 0, "xTickLabelSpacing": 0,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    made = panel(
        "barchart", title, description, targets, size, unit, options, custom=custom, color={"mode": "thresholds"}, decimals=1,
        thresholds=steps((None, BAD), (0, GOOD)), **rest,
    )
    made["transformations"] = [columns({"part": "part", "Value": "Value"})]
    return made


def columns(names, hidden=("Time",)):
    """Which columns a table has, in order, and what they are called."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": {name: True for name in hidden}, "includeByName": {},
            "indexByName": {name: place for place, name in enumerate(names)},
            "renameByName": {name: called for name, called in names.items() if name != called},
        },
    }


def table(title, description, expressions, names, size=(24, 8), overrides=(), sort=None, **rest):
    """Rows by the labels that the expressions share. `names`: what the labels and `Value #A`, `#B`, … are called."""
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False}
    options = {
        "showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "fields": "", "countRows": False},
        "sortBy": [{"displayName": sort, "desc": True}] if sort else [],
    }
    targets = now(*expressions, table=True)
    made = panel("table", title, description, targets, size, "short", options, custom=custom, overrides=overrides, noValue="–", **rest)
    # A query alone is only about its labels; its value is 1.
    alone = ["Value", "Value #A"] if len(expressions) == 1 else []
    made["transformations"] = [{"id": "merge", "options": {}}, columns(names, ["Time", *alone])]
    return made


def text(title, description, content, size=(24, 4)):
    options = {"mode": "markdown", "content": content, "code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False}}
    made = panel("text", title, description, [], size, "none", options)
    del made["targets"], made["datasource"]
    made["fieldConfig"] = {"defaults": {}, "overrides": []}
    return made


def to_board(uid, *variables):
    """A link that takes the value of a cell, the time and the variables along."""
    taken = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "job", *variables))
    return f"/d/{uid}?var-entity=${{__value.raw}}{taken}&${{__url_time_range}}"


# --- Boards --------------------------------------------------------------------------------------------------------

def block(width, panels):
    """Panels that stand together, in lines of this width, beside what follows."""
    height = flow(panels, 0, 0, width)
    return {"inside": panels, "gridPos": {"x": 0, "y": 0, "w": width, "h": height}}


def flow(panels, left, top, width):
    """Places panels from left to right, line by line; returns how high they are together."""
    x, y, height = 0, 0, 0
    for one in panels:
        grid = one["gridPos"]
        if x + grid["w"] > width:
            x, y, height = 0, y + height, 0
        grid["x"], grid["y"] = left + x, top + y
        if "inside" in one:
            flow(one["inside"], left + x, top + y, grid["w"])
        x, height = x + grid["w"], max(height, grid["h"])
    return y + height


def placed(rows):
    """[(title, [panel or block, …]), …]"""
    panels, y = [], 0
    for title, members in rows:
        panels.append({"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        y += 1 + flow(members, 0, y + 1, WIDTH)
        for one in members:
            panels += one.get("inside", [one])
    return [{"id": number, **made} for number, made in enumerate(panels, 1)]


def annotation(name, expr, title, tags, color):
    """Marks on all panels while the expression is above zero. Its query stands twice: Grafana up to 11.0 reads `expr`, later ones `target`."""
    target = {"refId": "Anno", "expr": expr, "interval": "60s", "range": True, "instant": False}
    return {
        "name": name, "datasource": DATASOURCE, "enable": True, "hide": False, "iconColor": color, "expr": expr, "step": "60s", "target": target,
        "titleFormat": title, "textFormat": "", "tagKeys": tags, "useValueForTime": False,
    }


def board(uid, title, description, variables, annotations, rows, hours):
    built_in = {
        "builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True, "hide": True, "iconColor": "rgba(0, 211, 255, 1)",
    }
    others = {
        "type": "dashboards", "title": "Undertone", "tags": ["undertone"], "asDropdown": False, "includeVars": True, "keepTime": True,
        "targetBlank": False, "icon": "external link", "tooltip": "The other boards, with the same choice and time", "url": "",
    }
    return {
        "uid": uid, "title": title, "description": description, "tags": ["undertone"], "schemaVersion": 39, "version": 1, "id": None,
        "editable": False, "graphTooltip": 1, "fiscalYearStartMonth": 0, "weekStart": "", "timezone": "browser", "refresh": "1m",
        "time": {"from": f"now-{hours}h", "to": "now"}, "timepicker": {}, "links": [others],
        "annotations": {"list": [built_in, *annotations]}, "templating": {"list": [datasource(), *variables]}, "panels": placed(rows),
    }
