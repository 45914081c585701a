//! `undertone replay`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::exit::{Exit, USAGE};
use crate::config::Settings;
use crate::config::settings::Kafka;
use crate::mention::files::{Line, lines};
use crate::mention::timeline::Timeline;
use crate::mention::{Decoded, Decoder, Mapping, Origin, Record};
use crate::stream::{FeedError, Feeder};

/// The longest sleep between two looks at delivery reports.
const NAP: Duration = Duration::from_millis(100);

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines go out as they are, as fast as Kafka takes them, unless --map, --speed or --shift-to-now ask for more: then each is read as a \
mention and goes out in the canonical schema, keyed by its id. A line that cannot be read, or holds an item that cannot, goes out \
as it is, once; a line in which the mapping finds no mention is passed over. Both are counted.")]
pub(super) struct Args {
    /// Mentions: .jsonl, .ndjson or .csv, each with or without .gz.
    file: PathBuf,
    /// The topic to send to.
    #[arg(long)]
    topic: String,
    #[command(flatten)]
    place: Place,
    /// A mapping (see docs/MAPPINGS.md) by which lines become canonical mentions.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// So many mentions a second.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "speed")]
    rate: Option<f64>,
    /// At the pace of `created_at`, so many times as fast.
    #[arg(long, value_name = "X", value_parser = positive)]
    speed: Option<f64>,
    /// Move `created_at` so that the stream begins now: with --speed to when a mention is due, otherwise to when it is sent.
    #[arg(long)]
    shift_to_now: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Where Kafka is.
    #[arg(long, value_name = "HOST:PORT")]
    bootstrap: Option<String>,
    /// A configuration that says where Kafka is and how to log in.
    #[arg(long, value_name = "FILE", env = "UNDERTONE_CONFIG")]
    config: Option<PathBuf>,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| *number > 0.0 && number.is_finite())
        .ok_or("expected a number above 0".into())
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let usage = |message: String| Exit { message, code: USAGE };
    let mapping = match &args.map {
        None => None,
        Some(path) => Some(Arc::new(Mapping::load(path).map_err(|error| usage(error.to_string()))?)),
    };
    let kafka = kafka(&args.place)?;
    let mut lines = lines(&args.file).map_err(|error| usage(error.to_string()))?;
    let feeder = Feeder::open(&kafka, &args.topic).map_err(failed)?;
    let bar = progress(lines.size());
    let reads = mapping.is_some() || args.speed.is_some() || args.shift_to_now;
    let mut replay = Replay {
        feeder: &feeder,
        decoder: reads.then_some(Decoder { mapping, max_record_bytes: usize::MAX }),
        topic: args.topic.as_str().into(),
        started: Instant::now(),
        pace: Pace { rate: args.rate, speed: args.speed, shift: args.shift_to_now, timeline: None },
        sent: 0,
        unread: 0,
        passed_over: 0,
    };
    while let Some(line) = lines.next() {
        replay.line(line?).map_err(failed)?;
        bar.set_position(lines.consumed());
    }
    let Replay { started, sent, unread, passed_over, .. } = replay;
    feeder.finish().map_err(failed)?;
    bar.finish_and_clear();
    let took = started.elapsed().as_secs_f64();
    let rate = sent as f64 / took.max(1e-3);
    eprintln!("sent {sent} records to {} in {took:.1} s ({rate:.0} a second)", args.topic);
    if unread > 0 {
        eprintln!("{unread} of them are lines that could not be read, or not all of them, and were sent as they are");
    }
    if passed_over > 0 {
        eprintln!("{passed_over} lines hold no mention by the mapping and were not sent");
    }
    Ok(())
}

fn kafka(place: &Place) -> anyhow::Result<Kafka> {
    if let Some(config) = &place.config {
        return Ok(Settings::load(config).map_err(Exit::from)?.kafka);
    }
    let bootstrap = place.bootstrap.clone().unwrap_or_default();
    Ok(Kafka { bootstrap, group: String::new(), instance: String::new(), properties: BTreeMap::new() })
}

fn failed(error: FeedError) -> anyhow::Error {
    match error {
        FeedError::Config(message) => Exit { message, code: USAGE }.into(),
        error => error.into(),
    }
}

/// A bar over the bytes of the file; nothing where stderr is no terminal.
fn progress(size: Option<u64>) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent}%  {elapsed} gone, {eta} to go");
    match (size, style) {
        (Some(size), Ok(style)) => ProgressBar::new(size).with_style(style),
        _ => ProgressBar::hidden(),
    }
}

/// When each mention is due, and which time it bears.
struct Pace {
    rate: Option<f64>,
    speed: Option<f64>,
    shift: bool,
    /// Laid over the clock at the first mention that can be read.
    timeline: Option<Timeline>,
}

struct Replay<'a> {
    feeder: &'a Feeder,
    /// Reads lines, where they must be read.
    decoder: Option<Decoder>,
    topic: Arc<str>,
    started: Instant,
    pace: Pace,
    sent: u64,
    unread: u64,
    passed_over: u64,
}

impl Replay<'_> {
    fn line(&mut self, line: Line) -> Result<(), FeedError> {
        let Some(decoder) = &self.decoder else { return self.send(None, &line.bytes) };
        let offset = i64::try_from(line.number).unwrap_or(i64::MAX);
        let record = Record {
            origin: Origin { topic: Arc::clone(&self.topic), partition: 0, offset },
            key: None,
            payload: Some(line.bytes),
            headers: Vec::new(),
            timestamp: None,
        };
        let all = decoder.decode(&record);
        self.passed_over += u64::from(all.is_empty());
        let unread = all.iter().any(Result::is_err);
        all.into_iter().flatten().try_for_each(|decoded| self.mention(decoded))?;
        if unread {
            self.unread += 1;
            self.send(None, record.payload.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    fn mention(&mut self, mut decoded: Decoded) -> Result<(), FeedError> {
        let written = decoded.mention.created_at;
        let due = self.pace.due(written);
        self.wait(due)?;
        if self.pace.shift {
            decoded.mention.created_at = self.pace.moved(written);
        }
        // A mention holds nothing that JSON cannot.
        let value = serde_json::to_vec(&decoded).unwrap_or_default();
        self.send(Some(decoded.mention.id.as_bytes()), &value)
    }

    fn wait(&self, due: Option<Duration>) -> Result<(), FeedError> {
        let due = due.or_else(|| self.pace.rate.map(|rate| Duration::from_secs_f64(self.sent as f64 / rate)));
        while let Some(early) =
            due.and_then(|due| due.checked_sub(self.started.elapsed())).filter(|early| !early.is_zero())
        {
            self.feeder.serve()?;
            std::thread::sleep(early.min(NAP));
        }
        Ok(())
    }

    /// Sends, at the rate that was asked for.
    fn send(&mut self, key: Option<&[u8]>, value: &[u8]) -> Result<(), FeedError> {
        self.wait(None)?;
        self.feeder.send(key, value)?;
        self.sent += 1;
        Ok(())
    }
}

impl Pace {
    /// How long after the start a mention is due, where its `created_at` tells.
    fn due(&mut self, written: Timestamp) -> Option<Duration> {
        let speed = self.speed?;
        self.timeline = self.timeline.or_else(|| Timeline::new(written, Timestamp::now(), speed));
        self.timeline.map(|timeline| timeline.due(written))
    }

    /// The time that a mention bears which is sent now and whose stream is moved to now; never ahead of the clock.
    fn moved(&self, written: Timestamp) -> Timestamp {
        let now = Timestamp::now();
        self.timeline.map_or(now, |timeline| timeline.moved(written).min(now))
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
    use serde_json::Value;

    use super::*;
    use crate::stream::InProcessBroker;

    const MAPPING: &str = r#"
        items = "$.posts[*]"
        id = "$.id"
        source = "x"
        text = "$.text"
        created_at = "$.at"
    "#;

    /// Key and value of the first records of a topic.
    fn first(bootstrap: &str, topic: &str, count: usize) -> Vec<(Option<String>, String)> {
        let config = ClientConfig::new().set("bootstrap.servers", bootstrap).set("group.id", "g").clone();
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&partitions).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let next = || {
            let record = consumer.poll(Duration::from_secs(10)).unwrap().unwrap();
            (record.key().map(text), record.payload().map(text).unwrap())
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn a_bad_line_goes_out_once_what_is_passed_over_is_counted_and_no_time_lies_ahead() {
        let broker = InProcessBroker::start(&[("out", 1)]).unwrap();
        let place = Place { bootstrap: Some(broker.bootstrap()), config: None };
        let feeder = Feeder::open(&kafka(&place).unwrap(), "out").unwrap();
        let mapping = Some(Arc::new(Mapping::parse("test", MAPPING).unwrap()));
        let mut replay = Replay {
            feeder: &feeder,
            decoder: Some(Decoder { mapping, max_record_bytes: usize::MAX }),
            topic: "out".into(),
            started: Instant::now(),
            pace: Pace { rate: None, speed: None, shift: true, timeline: None },
            sent: 0,
            unread: 0,
            passed_over: 0,
        };
        let good = |id: &str, at: &str| format!(r#"{{"id":"{id}","text":"hello","at":"{at}"}}"#);
        let (morning, evening) = (good("a", "2026-01-05T08:00:00Z"), good("b", "2026-01-05T20:00:00Z"));
        let bad = format!(r#"{{"posts":[{{"id":"c"}},{morning},{{"id":"d"}},{evening}]}}"#);
        for (number, line) in (1..).zip([bad.as_str(), r#"{"posts":[]}"#]) {
            replay.line(Line { number, bytes: line.into() }).unwrap();
        }
        assert_eq!((replay.sent, replay.unread, replay.passed_over), (3, 1, 1));
        feeder.finish().unwrap();
        let records = first(&broker.bootstrap(), "out", 3);
        let keys: Vec<_> = records.iter().map(|(key, _)| key.as_deref()).collect();
        assert_eq!(keys, [Some("a"), Some("b"), None]);
        assert_eq!(records[2].1, bad);
        for (_, mention) in &records[..2] {
            let mention: Value = serde_json::from_str(mention).unwrap();
            let created: Timestamp = mention["created_at"].as_str().unwrap().parse().unwrap();
            assert!(created <= Timestamp::now() && created > "2026-01-05T20:00:00Z".parse().unwrap(), "{mention}");
        }
    }
}
