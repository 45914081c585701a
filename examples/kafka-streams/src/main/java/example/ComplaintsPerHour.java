package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** Counts complaints per entity and hour of their writing, exactly once, into a topic: {"entity", "hour", "complaints"}. */
public final class ComplaintsPerHour {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** An hour may still change for so long: replays and slow feeds bring old mentions. */
    private static final Duration LATE = Duration.ofDays(7);

    private ComplaintsPerHour() {}

    /** Arguments: host:port of Kafka, and a folder for state. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 2) {
            System.err.println("usage: ComplaintsPerHour HOST:PORT STATE_FOLDER");
            System.exit(64);
        }
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "complaints-per-hour");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        config.put(StreamsConfig.STATE_DIR_CONFIG, args[1]);
        // Reads committed events only, and writes counts, state and offsets in one transaction.
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        KafkaStreams streams = new KafkaStreams(topology("undertone.enriched", "complaints-per-hour"), config);
        CountDownLatch over = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.SHUTDOWN_CLIENT);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR) {
                over.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(20));
            over.countDown();
        }));
        streams.start();
        over.await();
        if (streams.state() == KafkaStreams.State.ERROR) {
            Runtime.getRuntime().halt(1);
        }
    }

    static Topology topology(String from, String to) {
        StreamsBuilder builder = new StreamsBuilder();
        // Events are keyed by entity and hashed as Java clients hash: nothing has to be repartitioned.
        builder.stream(from, Consumed.with(Serdes.String(), json()).withTimestampExtractor(new WrittenAt()))
            .filter((entity, event) -> isComplaint(event))
            .groupByKey(Grouped.with(Serdes.String(), json()))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofHours(1), LATE))
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream()
            .map((hour, count) -> {
                String start = hour.window().startTime().toString();
                JsonNode row = JSON.valueToTree(Map.of("entity", hour.key(), "hour", start, "complaints", count));
                return KeyValue.pair(hour.key() + " " + start, row);
            })
            .to(to, Produced.with(Serdes.String(), json()));
        return builder.build();
    }

    /** Edits and deletions are passed over: an hour counts what was written in it. What a brand says itself is no complaint. */
    static boolean isComplaint(JsonNode event) {
        return event.path("op").asText().equals("observed")
            && !event.path("relation").asText().equals("own")
            && event.path("signals").path("complaint").asDouble() >= 0.5;
    }

    /** Event time: when the mention was written, not when it passed through Kafka. */
    static final class WrittenAt implements TimestampExtractor {
        @Override
        public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
            String at = ((JsonNode) record.value()).path("mention").path("created_at").asText();
            return at.isEmpty() ? record.timestamp() : OffsetDateTime.parse(at).toInstant().toEpochMilli();
        }
    }

    private static Serde<JsonNode> json() {
        Serializer<JsonNode> write = (topic, value) -> value == null ? null : value.toString().getBytes(StandardCharsets.UTF_8);
        Deserializer<JsonNode> read = (topic, bytes) -> {
            try {
                return bytes == null ? null : JSON.readTree(bytes);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        };
        return Serdes.serdeFrom(write, read);
    }
}
