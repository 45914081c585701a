"""Runs the examples against a real Kafka: first on events that can be counted by hand, then on what Undertone itself writes."""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid

import jsonschema
import psycopg
from confluent_kafka import Consumer, KafkaError, Producer

import events
import servers

EXAMPLES = pathlib.Path(__file__).parent.parent
ROOT = EXAMPLES.parent
ENRICHED, COMPLAINTS = "undertone.enriched", "complaints-per-hour"


def produce(bootstrap, batch, commit):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": str(uuid.uuid4()), "partitioner": "murmur2_random"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for one in batch:
        producer.produce(ENRICHED, key=one["entity"]["id"], value=json.dumps(one))
    producer.flush(30)
    producer.commit_transaction(30) if commit else producer.abort_transaction(30)


def read(bootstrap, topic, isolation):
    """All records of a topic, keys and parsed values, partition by partition."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": str(uuid.uuid4()), "isolation.level": isolation, "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "enable.partition.eof": True,
    })
    consumer.subscribe([topic])
    records, ended = [], set()
    while not ended or ended < {one.partition for one in consumer.assignment()}:
        message = consumer.poll(1)
        if message is not None and message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ended.add(message.partition())
        elif message is not None:
            records.append((message.key().decode(), json.loads(message.value())))
    consumer.close()
    return records


def negative(bootstrap, group):
    """What the Python example prints: lines, and its totals."""
    command = [sys.executable, EXAMPLES / "python/negative.py", "--bootstrap", bootstrap, "--group", group, "--until-end"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.splitlines()
    lines = sorted(line for line in printed if "\t" in line)
    return lines, dict(line.removesuffix(" negative").split(": ") for line in printed if "\t" not in line)


def complaints(bootstrap):
    """The last count of each entity and hour."""
    return {key: value["complaints"] for key, value in read(bootstrap, COMPLAINTS, "read_committed")}


def sink(bootstrap, database):
    command = [sys.executable, EXAMPLES / "postgres/sink.py", "--bootstrap", bootstrap, "--group", "sink", "--database", database, "--until-end"]
    subprocess.run(command, check=True, timeout=120, stderr=subprocess.PIPE)
    with psycopg.connect(database) as connection:
        rows = connection.execute("select id, text, score, label, revision from events").fetchall()
    return {id: (text, score and round(score, 3), label, int(revision)) for id, text, score, label, revision in rows}


def equal(what, found, expected):
    assert found == expected, f"{what}: found {found}, expected {expected}"


def by_hand(bootstrap, database):
    """Events whose figures are known."""
    produce(bootstrap, events.COMMITTED, commit=True)
    produce(bootstrap, events.ABORTED, commit=False)
    assert len(read(bootstrap, ENRICHED, "read_uncommitted")) == 9, "the aborted events are not there to be passed over"

    lines, totals = negative(bootstrap, "by-hand")
    equal("negative.py", lines, sorted([
        "Halvera\t-0.90\tcheck\tpost 1 about Halvera", "Halvera\t-0.50\tcheck\tpost 2 about Halvera",
        "Halvera\t-0.40\tcheck\tpost 3 about Halvera", "Brixel\t-0.70\tcheck\tpost 5 about Brixel",
    ]))
    equal("negative.py", totals, {"halvera": "3", "brixel": "1"})
    first = {"halvera 2026-03-02T09:00:00Z": 2, "halvera 2026-03-02T10:00:00Z": 1, "brixel 2026-03-02T09:00:00Z": 1}
    servers.wait("complaints per hour", lambda: complaints(bootstrap) == first, 90)
    # The database breaks between the rows and the offsets: neither stays, and the next run writes both.
    with psycopg.connect(database) as connection:
        connection.execute("alter table offsets add constraint broken check (next <= 0)")
    try:
        sink(bootstrap, database)
        raise AssertionError("the sink does not notice that its offsets were refused")
    except subprocess.CalledProcessError as error:
        assert b"broken" in error.stderr, error.stderr
    with psycopg.connect(database) as connection:
        equal("rows without their offsets", connection.execute("select count(*) from events").fetchone()[0], 0)
        connection.execute("alter table offsets drop constraint broken")
    assert len(sink(bootstrap, database)) == 7

    produce(bootstrap, events.LATER, commit=True)
    lines, _ = negative(bootstrap, "by-hand")
    equal("negative.py, called again", [line.split("\t")[:2] for line in lines], [["Brixel", "-0.70"], ["Halvera", "-0.60"]])
    second = first | {"halvera 2026-03-02T10:00:00Z": 2, "brixel 2026-03-02T09:00:00Z": 2}
    servers.wait("complaints per hour", lambda: complaints(bootstrap) == second, 60)

    rows = sink(bootstrap, database)
    equal("rows", len(rows), 8)
    equal("an edit", rows["check:1#halvera"], ("calmer now", -0.3, "negative", 1))
    equal("a deletion, and an older copy after it", rows["check:5#brixel"], (None, -0.7, "negative", 2))
    equal("a text that Postgres cannot hold", rows["check:8#halvera"][0], "with a NUL: !")
    with psycopg.connect(database) as connection:
        connection.execute("update offsets set next = 0")
    equal("rows, all read once more", sink(bootstrap, database), rows)
    print(f"by hand: {len(rows)} rows, {sum(second.values())} complaints in {len(second)} hours, two aborted events seen by nobody")


def by_undertone(bootstrap, database, undertone, folder):
    """What `undertone run` makes of the sample of deploy/compose."""
    port = servers.free_port()
    (folder / "undertone.toml").write_text(f"""
        watchlist = "{ROOT}/src/demo/watchlist.toml"
        [kafka]
        bootstrap = "{bootstrap}"
        [[input]]
        topic = "mentions"
        [model]
        path = "{ROOT}/models/default"
        [http]
        addr = "127.0.0.1:{port}"
    """)
    config = ["--config", str(folder / "undertone.toml")]
    sample = ROOT / "deploy/compose/mentions.jsonl"
    count = len(sample.read_text().splitlines())

    def is_done():
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        values = collections.defaultdict(float)
        for line in metrics.splitlines():
            if line.startswith(("undertone_consumed_total{", "undertone_lag_records{")):
                values[line.split("{")[0]] += float(line.rsplit(" ", 1)[1])
        return values["undertone_consumed_total"] == count and values["undertone_lag_records"] == 0

    with servers.program([undertone, "run", "--role", "enrich", *config], folder / "undertone.log"):
        subprocess.run([undertone, "replay", str(sample), "--topic", "mentions", *config], check=True, capture_output=True)
        servers.wait("undertone", is_done, 120)
    everything = [event for _, event in read(bootstrap, ENRICHED, "read_uncommitted")]
    committed = [event for event in everything if event["mention"].get("text") != "ABORTED"]
    for event in committed:
        jsonschema.validate(event, events.SCHEMA)
    ours = [event for event in committed if event["mention"]["source"] != "check"]
    assert len(ours) > count / 2, f"{len(ours)} events of {count} mentions"

    heard = [one for one in committed if one["op"] == "observed" and one["relation"] != "own"]
    bad = collections.Counter(one["entity"]["id"] for one in heard if one["sentiment"]["score"] <= -0.25)
    _, totals = negative(bootstrap, "by-undertone")
    equal("negative.py", totals, {entity: str(number) for entity, number in bad.items()})
    hours = collections.Counter(
        f"{one['entity']['id']} {one['mention']['created_at'][:13]}:00:00Z" for one in heard if one["signals"]["complaint"] >= 0.5
    )
    servers.wait("complaints per hour", lambda: complaints(bootstrap) == dict(hours), 60)
    rows = sink(bootstrap, database)
    equal("rows", set(rows), {event["id"] for event in committed})
    query = re.search("```sql\n(.*?)```", (ROOT / "docs/SUBSCRIBERS.md").read_text(), re.DOTALL).group(1)
    with psycopg.connect(database) as connection:
        days = connection.execute(query).fetchall()
    assert {day[0] for day in days} >= {"halvera", "brixel", "aria-3"}, days
    print(f"by undertone: {len(ours)} events of {count} mentions; {sum(bad.values())} negative, {sum(hours.values())} complaints, {len(rows)} rows")


def webhook(folder, alertmanager):
    """Alertmanager tells the receiver, which prints a line and refuses what is no notification."""
    address, port = f"127.0.0.1:{servers.free_port()}", servers.free_port()
    log, config = folder / "receiver.log", folder / "alertmanager.yml"
    text = (ROOT / "deploy/compose/alertmanager.yml").read_text()
    assert "http://desk:8090/" in text
    config.write_text(text.replace("desk:8090", address).replace("group_wait: 5s", "group_wait: 0s"))
    receiver = [sys.executable, "-u", EXAMPLES / "webhook/receiver.py", "--address", address]
    manager = [
        alertmanager, f"--config.file={config}", f"--storage.path={folder / 'alertmanager'}", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with servers.program(receiver, log), servers.program(manager, folder / "alertmanager.log"):
        servers.wait("receiver", lambda: urllib.request.urlopen(f"http://{address}/healthz").status == 200)
        servers.wait("Alertmanager", lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready").status == 200)
        try:
            urllib.request.urlopen(f"http://{address}/", data=b"no notification")
            raise AssertionError("the receiver takes anything")
        except urllib.error.HTTPError as error:
            equal("the receiver", error.code, 400)
        alert = {
            "labels": {"alertname": "UndertoneReputationDrop", "team": "marketing", "severity": "critical", "entity": "halvera"},
            "annotations": {"summary": "halvera is spoken of worse than before", "runbook_url": "https://runbooks.example/drop"},
        }
        post = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps([alert]).encode(), {"content-type": "application/json"})
        urllib.request.urlopen(post)
        told = "[critical] marketing: halvera is spoken of worse than before <https://runbooks.example/drop>"
        servers.wait("the receiver's line", lambda: log.read_text().splitlines() == [told])
    print("webhook: Alertmanager told the receiver")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--undertone", required=True, help="the program")
    parser.add_argument("--kafka", required=True, help="a folder with Kafka's jars")
    parser.add_argument("--alertmanager", required=True, help="the program")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="undertone-examples-") as temporary:
        folder = pathlib.Path(temporary)
        # Postgres runs as somebody else.
        folder.chmod(0o755)
        webhook(folder, args.alertmanager)
        with servers.kafka(folder / "kafka", args.kafka, ROOT / "tests/kafka/log4j2.yaml") as bootstrap, servers.postgres(folder / "postgres") as database:
            topics = ["mentions", ENRICHED, "undertone.dead-letters", COMPLAINTS]
            servers.make_topics(bootstrap, dict.fromkeys(topics, 3))
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute((EXAMPLES / "postgres/schema.sql").read_text())
            streams = EXAMPLES / "kafka-streams/target"
            java = [
                "java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", f"{streams}/classes:{streams}/libs/*", "example.ComplaintsPerHour",
                bootstrap, str(folder / "streams"),
            ]
            with servers.program(java, folder / "streams.log"):
                by_hand(bootstrap, database)
                by_undertone(bootstrap, database, args.undertone, folder)


if __name__ == "__main__":
    main()
