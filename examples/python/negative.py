#!/usr/bin/env python3
"""Prints who speaks badly of whom, as it comes, and at its end how many did, per entity.

    pip install -r requirements.txt
    python negative.py --bootstrap localhost:9092 --group my-team
"""

import argparse
import collections
import json

from confluent_kafka import Consumer, KafkaError, KafkaException

# Sure enough to show to a person: the score is from -1 (against) to 1 (for), toward the entity.
BOUND = -0.25


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="localhost:9092", metavar="HOST:PORT")
    parser.add_argument("--topic", default="undertone.enriched")
    parser.add_argument("--group", required=True, help="a consumer group of your own: it remembers how far you are")
    parser.add_argument("--until-end", action="store_true", help="stop where the topic ends")
    return parser.parse_args()


def main():
    args = arguments()
    consumer = Consumer({
        "bootstrap.servers": args.bootstrap,
        "group.id": args.group,
        # Without it, one sees events of transactions that were aborted, and sees them again.
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        # Only what was printed counts as read; it is committed every five seconds and at the end.
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
    })
    consumer.subscribe([args.topic])
    counts, ended = collections.Counter(), set()
    try:
        while not (args.until_end and ended and ended >= {p.partition for p in consumer.assignment()}):
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                ended.add(message.partition())
                continue
            ended.discard(message.partition())
            event = json.loads(message.value())
            sentiment, entity = event["sentiment"], event["entity"]
            # What a brand says itself is no opinion of it, and without a model there is no sentiment.
            if event["op"] == "observed" and event["relation"] != "own" and sentiment and sentiment["score"] <= BOUND:
                counts[entity["id"]] += 1
                mention = event["mention"]
                text = " ".join((mention.get("text") or mention.get("title") or "").split())
                print(f"{entity['name']}\t{sentiment['score']:+.2f}\t{mention['source']}\t{text[:120]}", flush=True)
            consumer.store_offsets(message)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
    for entity, count in counts.most_common():
        print(f"{entity}: {count} negative")


if __name__ == "__main__":
    main()
