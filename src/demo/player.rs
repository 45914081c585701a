//! Plays the script into a broker.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tokio::sync::watch;

use super::script::Cue;

/// How often the player looks whether it should stop, and serves the producer.
const TICK: Duration = Duration::from_millis(20);

/// Sends each post when its time has come, until the script ends or `stop` says so. Blocks.
///
/// # Errors
/// What Kafka refuses.
pub fn play(bootstrap: &str, topic: &str, cues: &[Cue], stop: &watch::Receiver<bool>) -> Result<(), KafkaError> {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).set("linger.ms", "0").create()?;
    let began = Instant::now();
    for cue in cues {
        while began.elapsed() < cue.after {
            if *stop.borrow() {
                return Ok(());
            }
            producer.poll(TICK.min(cue.after.saturating_sub(began.elapsed())));
        }
        producer.send(BaseRecord::<(), _>::to(topic).payload(&cue.payload)).map_err(|(error, _)| error)?;
    }
    producer.flush(Duration::from_secs(10))
}
