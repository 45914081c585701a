#!/usr/bin/env python3
"""Keeps enriched events in a Postgres table, each once, whatever is killed in between: offsets live in the table's database.

    pip install -r requirements.txt
    psql "$DATABASE" -f schema.sql
    python sink.py --bootstrap localhost:9092 --group undertone-postgres --database "$DATABASE"
"""

import argparse
import json

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException

STEPS = {"observed": 0, "edited": 1, "deleted": 2}
FIELDS = ["id", "entity", "source", "written_at", "relation", "revision", "step", "language", "label", "score", "complaint", "text", "event"]
UPSERT = f"""
    insert into events ({", ".join(FIELDS)}) values ({", ".join(f"%({field})s" for field in FIELDS)})
    on conflict (id) do update set {", ".join(f"{field} = excluded.{field}" for field in FIELDS[1:])}
    where (excluded.revision, excluded.step) >= (events.revision, events.step)"""
# Only from where this process believes it is: after a rebalance, of two that write the same partition one fails.
ADVANCE = "update offsets set next = %s where topic = %s and partition = %s and next = %s"


def storable(value):
    """Postgres stores no NUL character."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [storable(one) for one in value]
    return {storable(key): storable(one) for key, one in value.items()} if isinstance(value, dict) else value


def row(event):
    mention, sentiment, gone = event["mention"], event["sentiment"] or {}, event["op"] == "deleted"
    return {
        "id": event["id"], "entity": event["entity"]["id"], "source": mention["source"], "written_at": mention["created_at"],
        "relation": event["relation"], "revision": event["revision"], "step": STEPS[event["op"]], "language": event["language"]["code"],
        "label": sentiment.get("label"), "score": sentiment.get("score"), "complaint": (event["signals"] or {}).get("complaint"),
        # What was taken down is not kept.
        "text": None if gone else mention.get("text"), "event": None if gone else json.dumps(event),
    }


class Sink:
    def __init__(self, args):
        self.args, self.next, self.ended = args, {}, set()
        self.database = psycopg.connect(args.database, autocommit=True)
        self.consumer = Consumer({
            "bootstrap.servers": args.bootstrap, "group.id": args.group, "isolation.level": "read_committed",
            "enable.auto.commit": False, "auto.offset.reset": "error", "enable.partition.eof": True,
        })
        self.consumer.subscribe([args.topic], on_assign=self.assigned)

    def assigned(self, consumer, partitions):
        """Goes on where the database says. Kafka keeps no offsets for this group."""
        self.next, self.ended = {}, set()
        for one in partitions:
            beginning, _ = consumer.get_watermark_offsets(one, timeout=30)
            self.database.execute("insert into offsets values (%s, %s, %s) on conflict do nothing", (one.topic, one.partition, beginning))
            found = self.database.execute("select next from offsets where topic = %s and partition = %s", (one.topic, one.partition))
            one.offset = self.next[one.partition] = found.fetchone()[0]
        consumer.assign(partitions)

    def run(self):
        while not (self.args.until_end and self.next and self.ended >= set(self.next)):
            # A rebalance happens inside `consume`: where we are is asked after it.
            messages = self.consumer.consume(500, timeout=1.0)
            batch, reached = [], dict(self.next)
            for message in messages:
                if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                    self.ended.add(message.partition())
                elif message.error():
                    raise KafkaException(message.error())
                elif message.offset() >= reached.get(message.partition(), float("inf")):
                    self.ended.discard(message.partition())
                    reached[message.partition()] = message.offset() + 1
                    batch.append(row(storable(json.loads(message.value()))))
            if batch:
                self.write(batch, reached)

    def write(self, batch, reached):
        with self.database.transaction(), self.database.cursor() as cursor:
            cursor.executemany(UPSERT, batch)
            for partition, offset in reached.items():
                if offset != self.next[partition]:
                    cursor.execute(ADVANCE, (offset, self.args.topic, partition, self.next[partition]))
                    if cursor.rowcount != 1:
                        raise RuntimeError(f"partition {partition} is written by another process")
        self.next = reached


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="localhost:9092", metavar="HOST:PORT")
    parser.add_argument("--topic", default="undertone.enriched")
    parser.add_argument("--group", required=True)
    parser.add_argument("--database", required=True, help="a connection string, such as postgresql://user@host/name")
    parser.add_argument("--until-end", action="store_true", help="stop where the topic ends")
    sink = Sink(parser.parse_args())
    try:
        sink.run()
    except KeyboardInterrupt:
        pass
    finally:
        sink.consumer.close()


if __name__ == "__main__":
    main()
