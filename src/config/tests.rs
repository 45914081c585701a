//! Good and bad files: what is read, and what is said.

use std::path::Path;
use std::time::Duration;

use super::load::load;
use super::settings::{Clock, Reputation};
use super::{ConfigErrors, Settings};
use crate::model::{Device, EngineKind, ModelOptions, Place, Precision};

const UNDERTONE: &str = r#"watchlist = "watchlist.toml"
[kafka]
bootstrap = "localhost:9092"
group = "listeners"
instance = "one"
[kafka.properties]
"security.protocol" = "sasl_ssl"
"sasl.password" = "${env:PASSWORD}"
[[input]]
topic = "mentions"
[output]
enriched = "out.enriched"
[limits]
drain = "5 s"
[model]
engine = "off"
[language]
detect = false
[http]
addr = "0.0.0.0:9000"
"#;

const WATCHLIST: &str = r##"[[entity]]
id = "acme"
name = "Acme"
kind = "brand"
group = "tools"
query = "acme AND NOT #acmefunk"
accounts = [{ source = "x", handle = "@acme", id = "7" }]
spaces = [{ source = "reddit", community = "acme" }]
[[entity]]
id = "jo"
name = "Jo"
kind = "person"
query = 'jo'
[[topic]]
id = "price"
name = "Price"
description = "What it costs."
examples = ["Too expensive.", "A bargain."]
threshold = 0.4
"##;

fn env(name: &str) -> Option<String> {
    match name {
        "PASSWORD" => Some("hunter2".to_owned()),
        "ODD" => Some("not a broker".to_owned()),
        "UNDERTONE_INSTANCE" => Some("from-env".to_owned()),
        _ => None,
    }
}

fn read(undertone: &str, watchlist: &str) -> Result<(Settings, Vec<String>), ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("undertone.toml"), undertone).unwrap();
    std::fs::write(folder.path().join("watchlist.toml"), watchlist).unwrap();
    load(&folder.path().join("undertone.toml"), &env)
}

/// The errors, without the folder in front of the names of files.
fn errors(undertone: &str, watchlist: &str) -> String {
    let ConfigErrors(mut errors) = read(undertone, watchlist).expect_err("a bad configuration was taken");
    for error in &mut errors {
        error.file = Path::new(&error.file).file_name().unwrap().to_string_lossy().into_owned();
    }
    ConfigErrors(errors).to_string()
}

#[test]
fn a_whole_configuration() {
    let (settings, warnings) = read(UNDERTONE, WATCHLIST).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!((settings.kafka.group.as_str(), settings.kafka.instance.as_str()), ("listeners", "one"));
    assert_eq!(settings.kafka.properties["sasl.password"], "hunter2");
    assert_eq!((&*settings.inputs[0].topic, settings.output.enriched.as_str()), ("mentions", "out.enriched"));
    assert_eq!(settings.output.dead_letters, "undertone.dead-letters");
    assert_eq!((settings.limits.drain, settings.limits.chunk_records), (Duration::from_secs(5), 16_000));
    assert!(settings.model.is_none() && !settings.detect_language);
    assert_eq!(settings.http_addr.to_string(), "0.0.0.0:9000");
    let [acme, jo] = &settings.watchlist.entities[..] else { panic!("two entities") };
    assert_eq!((acme.group.as_deref(), jo.query.as_deref()), (Some("tools"), Some("jo")));
    assert_eq!(acme.accounts[0].handle.as_deref(), Some("@acme"));
    assert_eq!(acme.spaces[0].community.as_deref(), Some("acme"));
    assert_eq!((settings.watchlist.topics[0].examples.len(), settings.watchlist.topics[0].threshold), (2, Some(0.4)));
}

#[test]
fn libtorch_has_a_device_and_a_precision() {
    let engine = |fields: &str| {
        let text = UNDERTONE.replace("engine = \"off\"", &format!("engine = \"libtorch\"\n{fields}"));
        read(&text, WATCHLIST).unwrap().0.model.unwrap().engine
    };
    assert_eq!(engine(""), EngineKind::Libtorch(Place::default()));
    let place = Place { device: Device::Cuda(1), precision: Precision::Float32 };
    assert_eq!(engine("device = \"cuda:1\"\nprecision = \"float32\""), EngineKind::Libtorch(place));
}

#[test]
fn what_is_left_out_has_a_default() {
    let least = "watchlist = \"watchlist.toml\"\nkafka.bootstrap = \"a:1\"\n[[input]]\ntopic = \"m\"\n";
    let (settings, _) = read(least, WATCHLIST).unwrap();
    assert_eq!((settings.kafka.group.as_str(), settings.kafka.instance.as_str()), ("undertone", "from-env"));
    assert_eq!((settings.output.partitions, settings.output.replication), (12, -1));
    let limits = &settings.limits;
    assert_eq!((limits.max_record_bytes, limits.chunk_records, limits.chunk_tokens), (1_000_000, 16_000, 32_768));
    assert_eq!((limits.commit_every, limits.drain), (Duration::from_millis(100), Duration::from_secs(10)));
    assert!(settings.detect_language);
    let model = settings.model.unwrap();
    assert_eq!((model.engine, model.cache_entries), (EngineKind::Cpu, 20_000));
    assert_eq!(format!("{model:?}"), format!("{:?}", ModelOptions::default()), "as every other command");
    assert_eq!(settings.http_addr.to_string(), "127.0.0.1:9464");
    let output = &settings.output;
    let topics = [&*output.reputation, &*output.alerts, &*output.reputation_state];
    assert_eq!(topics, ["undertone.reputation", "undertone.alerts", "undertone.reputation-state"]);
    assert_eq!(format!("{:?}", settings.reputation), format!("{:?}", Reputation::default()));
}

#[test]
fn the_second_stage_is_read_and_checked() {
    let with = |lines: &str| UNDERTONE.replace("[model]", &format!("[reputation]\n{lines}\n[model]"));
    let lines = "publish_every = \"5 s\"\nsnapshot_every = \"1m\"\nclock = \"events\"\nforget_after_days = 30\nmin_points = 6.5\ntrend_authors = 9";
    let reputation = read(&with(lines), WATCHLIST).unwrap().0.reputation;
    assert_eq!(
        (reputation.publish_every, reputation.snapshot_every),
        (Duration::from_secs(5), Duration::from_secs(60))
    );
    assert_eq!((reputation.clock, reputation.forget_after), (Clock::Events, Duration::from_secs(30 * 86_400)));
    assert_eq!((reputation.rules.min_points, reputation.rules.trend_authors), (6.5, 9));
    for (wrong, said) in [
        ("publish_every = \"1 ms\"", "reputation.publish_every: found \"1 ms\", expected a duration from"),
        ("clock = \"sun\"", "reputation.clock: found \"sun\", expected \"wall\" or \"events\""),
        ("min_points = 0", "reputation.min_points: found 0, expected a number from 0.1 to 100"),
        ("forget_after_days = 1", "expected a whole number from 8 to 3650"),
        ("half_life = 3", "a field that does not exist"),
    ] {
        let errors = errors(&with(wrong), WATCHLIST);
        assert!(errors.contains(said), "{errors}");
    }
    let twice =
        UNDERTONE.replace("enriched = \"out.enriched\"", "enriched = \"out.enriched\"\nalerts = \"out.enriched\"");
    assert!(errors(&twice, WATCHLIST).contains("output.alerts: found \"out.enriched\", which is named above"));
}

#[test]
fn secrets_are_never_shown() {
    let (settings, _) = read(UNDERTONE, WATCHLIST).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let said = errors(
        &UNDERTONE.replace("\"security.protocol\" = \"sasl_ssl\"", "\"retry.backoff.ms\" = \"${env:PASSWORD}\""),
        WATCHLIST,
    );
    assert!(said.contains("kafka.properties.retry.backoff.ms") && !said.contains("hunter2"), "{said}");
    let said = errors(&UNDERTONE.replace("localhost:9092", "${env:PASSWORD}"), WATCHLIST);
    assert!(said.contains("kafka.bootstrap") && !said.contains("hunter2"), "{said}");
    let plain = UNDERTONE.replace("${env:PASSWORD}", "open");
    let (_, warnings) = read(&plain, WATCHLIST).unwrap();
    assert!(warnings[0].ends_with("undertone.toml:8:19: kafka.properties.sasl.password: a secret stands in the file; ${env:NAME} or ${file:PATH} keep it out"), "{warnings:?}");
}

/// Each case: in a good file, this becomes that, and then exactly one error is told, which starts so.
#[rustfmt::skip]
const BAD_UNDERTONE: &[(&str, &str, &str)] = &[
    ("watchlist = \"watchlist.toml\"\n", "", "undertone.toml: watchlist: found nothing, expected the path of a watchlist file"),
    ("watchlist = \"watchlist.toml\"", "watchlist = 3", "undertone.toml:1:13: watchlist: found 3, expected the path"),
    ("watchlist = \"watchlist.toml\"", "watchlist = \"gone.toml\"", "gone.toml: found a file that cannot be read (No such file"),
    ("watchlist = ", "wathclist = \"x\"\nwatchlist = ", "undertone.toml:1:1: wathclist: found a field that does not exist, expected one of kafka, input, output"),
    ("bootstrap = \"localhost:9092\"\n", "", "undertone.toml:2:1: kafka.bootstrap: found nothing, expected host:port"),
    ("localhost:9092", "", "undertone.toml:3:13: kafka.bootstrap: found \"\", expected host:port"),
    ("localhost:9092", "localhost", "undertone.toml:3:13: kafka.bootstrap: found \"localhost\", expected host:port"),
    ("localhost:9092", "a:1,b:99999", "undertone.toml:3:13: kafka.bootstrap: found \"a:1,b:99999\", expected host:port"),
    ("localhost:9092", "a:1,,b:2", "undertone.toml:3:13: kafka.bootstrap: found \"a:1,,b:2\""),
    ("localhost:9092", "${env:NOPE}", "undertone.toml:3:13: kafka.bootstrap: found environment variable NOPE, which is not set or empty, expected ${env:NAME} of a variable that is set"),
    ("localhost:9092", "${env:ODD}", "undertone.toml:3:13: kafka.bootstrap: found \"${env:ODD}\", whose value is something else, expected host:port"),
    ("\"localhost:9092\"", "[\"localhost:9092\"]", "undertone.toml:3:13: kafka.bootstrap: found a list, expected host:port"),
    ("\"listeners\"", "\"the listeners\"", "undertone.toml:4:9: kafka.group: found \"the listeners\", expected 1 to 100 letters"),
    ("instance = \"one\"", "instance = \"ö\"", "undertone.toml:5:12: kafka.instance: found \"ö\", expected 1 to 100 letters"),
    ("instance = \"one\"", "instance = \"\"", "undertone.toml:5:12: kafka.instance: found \"\""),
    ("instance =", "instnace = 1\ninstance =", "undertone.toml:5:1: kafka.instnace: found a field that does not exist, expected one of bootstrap, group, instance, properties"),
    ("${env:PASSWORD}", "${env:NOPE}", "undertone.toml:8:19: kafka.properties.sasl.password: found environment variable NOPE"),
    ("${env:PASSWORD}", "${file:/nope}", "undertone.toml:8:19: kafka.properties.sasl.password: found file /nope, which cannot be read"),
    ("${env:PASSWORD}", "${PASSWORD}", "undertone.toml:8:19: kafka.properties.sasl.password: found `${` that begins neither ${env:NAME} nor ${file:PATH}, expected"),
    ("sasl_ssl", "tls", "undertone.toml:7:23: kafka.properties.security.protocol: found \"tls\", expected what librdkafka takes"),
    ("\"security.protocol\" = \"sasl_ssl\"", "\"security.protocoll\" = \"ssl\"", "undertone.toml:7:24: kafka.properties.security.protocoll: found \"ssl\", expected what librdkafka takes (No such configuration property"),
    ("\"security.protocol\" = \"sasl_ssl\"", "security.protocol = \"ssl\"", "undertone.toml:7:1: kafka.properties.security: found a table, expected the whole name in quotes"),
    ("\"security.protocol\" = \"sasl_ssl\"", "\"debug\" = []", "undertone.toml:7:11: kafka.properties.debug: found a list, expected a string"),
    ("\"security.protocol\" = \"sasl_ssl\"", "\"message.timeout.ms\" = 30001", "undertone.toml:7:24: kafka.properties.message.timeout.ms: found 30001, expected at most transaction.timeout.ms, which is 30000"),
    ("\"security.protocol\" = \"sasl_ssl\"", "\"max.poll.interval.ms\" = 14999", "undertone.toml:7:26: kafka.properties.max.poll.interval.ms: found 14999, expected at least session.timeout.ms, which is 15000"),
    ("\"security.protocol\" = \"sasl_ssl\"", "\"session.timeout.ms\" = 300001", "undertone.toml:7:24: kafka.properties.session.timeout.ms: found 300001, expected at most max.poll.interval.ms, which is 300000"),
    ("\"security.protocol\"", "\"enable.auto.commit\"", "undertone.toml:7:1: kafka.properties.enable.auto.commit: found a property that may not be set, expected it to be left out: offsets are committed in the transaction"),
    ("\"security.protocol\"", "\"isolation.level\"", "undertone.toml:7:1: kafka.properties.isolation.level: found a property that may not be set"),
    ("\"security.protocol\"", "\"transactional.id\"", "undertone.toml:7:1: kafka.properties.transactional.id: found a property that may not be set"),
    ("\"security.protocol\"", "\"group.id\"", "undertone.toml:7:1: kafka.properties.group.id: found a property that may not be set, expected it to be left out: kafka.group says it"),
    ("\"security.protocol\"", "\"enable.idempotence\"", "undertone.toml:7:1: kafka.properties.enable.idempotence: found a property"),
    ("\"security.protocol\"", "\"partitioner\"", "undertone.toml:7:1: kafka.properties.partitioner: found a property"),
    ("\"security.protocol\"", "\"auto.offset.reset\"", "undertone.toml:7:1: kafka.properties.auto.offset.reset: found a property"),
    ("[[input]]\ntopic = \"mentions\"\n", "", "undertone.toml: input: found nothing, expected at least one [[input]]"),
    ("[[input]]", "[input]", "undertone.toml:9:1: input: found a table, expected tables, each under [[input]]"),
    ("topic = \"mentions\"\n", "", "undertone.toml:9:1: input[0].topic: found nothing, expected the name of a topic"),
    ("\"mentions\"", "\"my mentions\"", "undertone.toml:10:9: input[0].topic: found \"my mentions\", expected the name of a topic"),
    ("\"mentions\"", "\"..\"", "undertone.toml:10:9: input[0].topic: found \"..\""),
    ("\"mentions\"\n", "\"mentions\"\n[[input]]\ntopic = \"mentions\"\n", "undertone.toml:12:9: input[1].topic: found \"mentions\" a second time, expected a topic that no other input reads"),
    ("\"mentions\"\n", "\"mentions\"\nmapping = \"gone.toml\"\n", "undertone.toml:11:11: input[0].mapping: found "),
    ("\"mentions\"\n", "\"mentions\"\nmapping = true\n", "undertone.toml:11:11: input[0].mapping: found true, expected the path of a mapping file"),
    ("\"mentions\"\n", "\"mentions\"\npartition = 3\n", "undertone.toml:11:1: input[0].partition: found a field that does not exist, expected one of topic, mapping"),
    ("\"out.enriched\"", "\"mentions\"", "undertone.toml:12:12: output.enriched: found \"mentions\", which is named above, expected a topic that is no input and no other output"),
    ("\"out.enriched\"\n", "\"out.enriched\"\ndead_letters = \"out.enriched\"\n", "undertone.toml:13:16: output.dead_letters: found \"out.enriched\", which is named above"),
    ("\"out.enriched\"\n", "\"out.enriched\"\npartitions = 0\n", "undertone.toml:13:14: output.partitions: found 0, expected a whole number from 1 to 10000"),
    ("\"out.enriched\"\n", "\"out.enriched\"\nreplication = -1\n", "undertone.toml:13:15: output.replication: found -1, expected a whole number from 1 to 32"),
    ("drain = \"5 s\"", "chunk_records = 0", "undertone.toml:14:17: limits.chunk_records: found 0, expected a whole number from 1 to 100000"),
    ("drain = \"5 s\"", "chunk_records = \"16000\"", "undertone.toml:14:17: limits.chunk_records: found \"16000\", expected a whole number"),
    ("drain = \"5 s\"", "chunk_tokens = 1.5", "undertone.toml:14:16: limits.chunk_tokens: found 1.5, expected a whole number from 256 to 10000000"),
    ("drain = \"5 s\"", "max_record_bytes = 99999999999999999999", "undertone.toml:14:20: limits.max_record_bytes: found 99999999999999999999, expected a whole number"),
    ("drain = \"5 s\"", "commit_every = 100", "undertone.toml:14:16: limits.commit_every: found 100, expected a duration from \"1 ms\" to \"10 s\""),
    ("drain = \"5 s\"", "commit_every = \"soon\"", "undertone.toml:14:16: limits.commit_every: found \"soon\", expected a duration"),
    ("drain = \"5 s\"", "commit_every = \"-5 ms\"", "undertone.toml:14:16: limits.commit_every: found \"-5 ms\", expected a duration"),
    ("\"5 s\"", "\"15 s\"", "undertone.toml:14:9: limits.drain: found 15000 ms, expected less than the session timeout of 15000 ms"),
    ("\"sasl_ssl\"", "\"ssl\"\n\"session.timeout.ms\" = 4000", "undertone.toml:15:9: limits.drain: found 5000 ms, expected less than the session timeout of 4000 ms"),
    ("\"off\"", "\"gpu\"", "undertone.toml:16:10: model.engine: found \"gpu\", expected \"cpu\", \"libtorch\" or \"off\""),
    ("\"off\"\n", "\"off\"\nworkers = 0\n", "undertone.toml:17:11: model.workers: found 0, expected a whole number from 1 to 1024"),
    ("\"off\"\n", "\"off\"\nbatch_tokens = 10\n", "undertone.toml:17:16: model.batch_tokens: found 10, expected a whole number from 128 to 65536"),
    ("\"off\"\n", "\"libtorch\"\ndevice = \"gpu\"\n", "undertone.toml:17:10: model.device: found \"gpu\", expected \"auto\", \"cpu\" or a GPU such as \"cuda:0\""),
    ("\"off\"\n", "\"libtorch\"\nprecision = 16\n", "undertone.toml:17:13: model.precision: found 16, expected \"auto\", \"float32\" or \"float16\""),
    ("\"off\"\n", "\"cpu\"\ndevice = \"cuda:0\"\n", "undertone.toml:17:10: model.device: found one for the engine \"cpu\", which has no choice of device, expected \"auto\", or engine = \"libtorch\""),
    ("\"off\"\n", "\"cpu\"\nprecision = \"float32\"\n", "undertone.toml:17:13: model.precision: found one for the engine \"cpu\""),
    ("\"off\"\n", "\"off\"\ncache_entries = -1\n", "undertone.toml:17:17: model.cache_entries: found -1, expected a whole number from 0"),
    ("\"off\"\n", "\"off\"\neffort = \"little\"\n", "undertone.toml:17:10: model.effort: found \"little\", expected \"full\", \"balanced\" or \"fast\""),
    ("\"off\"\n", "\"off\"\npath = \"/nowhere\"\n", "undertone.toml:17:8: model.path: found /nowhere (no such directory), expected a model directory"),
    ("detect = false", "detect = \"no\"", "undertone.toml:18:10: language.detect: found \"no\", expected true or false"),
    ("[output]\nenriched = \"out.enriched\"", "[[output]]", "undertone.toml:11:1: output: found a list, expected a table, [output]"),
    ("0.0.0.0:9000", "localhost", "undertone.toml:20:8: http.addr: found \"localhost\", expected an IP address and a port"),
    ("[http]", "[htpp]", "undertone.toml:19:2: htpp: found a field that does not exist, expected one of "),
    ("group = \"listeners\"", "group = listeners", "undertone.toml:4:9: found broken TOML ("),
    ("group = \"listeners\"", "group = \"a\"\ngroup = \"b\"", "undertone.toml:5:1: found broken TOML (duplicate key"),
];

#[rustfmt::skip]
const BAD_WATCHLIST: &[(&str, &str, &str)] = &[
    ("id = \"acme\"\n", "", "watchlist.toml:1:1: entity[0].id: found nothing, expected 1 to 64 small letters"),
    ("id = \"acme\"\n", "id = \"Acme\"\n", "watchlist.toml:2:6: entity[0].id: found \"Acme\", expected 1 to 64 small letters"),
    ("id = \"acme\"\n", "id = \"-acme\"\n", "watchlist.toml:2:6: entity[0].id: found \"-acme\""),
    ("id = \"jo\"", "id = \"acme\"", "watchlist.toml:10:6: entity[1].id: found \"acme\", which line 2 has as well, expected an id of its own"),
    ("name = \"Acme\"\n", "", "watchlist.toml:1:1: entity.acme.name: found nothing, expected a text"),
    ("name = \"Acme\"", "name = \" \"", "watchlist.toml:3:8: entity.acme.name: found \" \", expected a text"),
    ("kind = \"brand\"\n", "", "watchlist.toml:1:1: entity.acme.kind: found nothing, expected \"brand\", \"product\""),
    ("\"brand\"", "\"Brand\"", "watchlist.toml:4:8: entity.acme.kind: found \"Brand\", expected \"brand\", \"product\""),
    ("\"tools\"", "\"The Tools\"", "watchlist.toml:5:9: entity.acme.group: found \"The Tools\", expected 1 to 64 small letters"),
    ("query = 'jo'\n", "", "watchlist.toml:9:1: entity.jo.query: found nothing, expected a query, accounts or spaces"),
    ("query = 'jo'", "query = ''", "watchlist.toml:13:9: entity.jo.query: found \"\", expected a query"),
    ("query = 'jo'", "query = 'jo AND OR x'", "watchlist.toml:13:17: entity.jo.query: column 8: found `OR`, expected a word"),
    ("query = 'jo'", "query = '''\njo\nAND smith jones'''", "watchlist.toml:15:11: entity.jo.query: line 2, column 11: found `jones`, expected AND, OR"),
    ("query = 'jo'", "query = \"\\\"jo smith\\\" AND\"", "watchlist.toml:13:9: entity.jo.query: column 15: found the end, expected a word"),
    ("query = 'jo'", "query = 'NOT jo'", "watchlist.toml:13:10: entity.jo.query: column 1: found a query that texts without any of its words satisfy"),
    ("query = 'jo'", "query = 'jo'\nqurey = 'x'", "watchlist.toml:14:1: entity.jo.qurey: found a field that does not exist, expected one of id, name, kind"),
    ("handle = \"@acme\", id = \"7\" ", "", "watchlist.toml:7:13: entity.acme.accounts[0].handle: found nothing, expected a handle or an id"),
    ("\"@acme\"", "\"@\"", "watchlist.toml:7:38: entity.acme.accounts[0].handle: found \"@\", expected a handle"),
    ("id = \"7\"", "id = 7", "watchlist.toml:7:52: entity.acme.accounts[0].id: found 7, expected the source's id of the account, in quotes"),
    ("accounts = [{ source", "accounts = [{ sorce", "watchlist.toml:7:15: entity.acme.accounts[0].sorce: found a field that does not exist, expected one of source, handle, id"),
    ("accounts = [{ source = \"x\", handle = \"@acme\", id = \"7\" }]", "accounts = [\"@acme\"]", "watchlist.toml:7:13: entity.acme.accounts[0]: found \"@acme\", expected tables"),
    ("source = \"reddit\", community = \"acme\" ", "source = \"reddit\" ", "watchlist.toml:8:11: entity.acme.spaces[0].community: found nothing, expected a topic or a community"),
    ("source = \"reddit\", community = \"acme\" ", "topic = \"a b\" ", "watchlist.toml:8:21: entity.acme.spaces[0].topic: found \"a b\", expected the name of an input topic"),
    ("source = \"reddit\", community", "topic = \"f\", comunity", "watchlist.toml:8:26: entity.acme.spaces[0].comunity: found a field that does not exist"),
    ("community = \"acme\" ", "topic = \"f\" ", "watchlist.toml:8:11: entity.acme.spaces[0].community: found nothing, expected a community of the source"),
    ("description = \"What it costs.\"\n", "", "watchlist.toml:14:1: topic.price.description: found nothing, expected a sentence"),
    ("\"A bargain.\"", "7", "watchlist.toml:18:31: topic.price.examples[1]: found 7, expected a sentence in quotes"),
    ("[\"Too expensive.\", \"A bargain.\"]", "\"Too expensive.\"", "watchlist.toml:18:12: topic.price.examples: found \"Too expensive.\", expected a list"),
    ("0.4", "1.4", "watchlist.toml:19:13: topic.price.threshold: found 1.4, expected a number from 0 to 1"),
    ("0.4", "nan", "watchlist.toml:19:13: topic.price.threshold: found nan, expected a number from 0 to 1"),
    ("id = \"price\"", "id = \"price\"\nparent = \"money\"", "watchlist.toml:16:1: topic.price.parent: found a field that does not exist"),
    ("[[topic]]", "[[topics]]", "watchlist.toml:14:3: topics: found a field that does not exist, expected one of entity, topic"),
    ("[[topic]]", "[[topic]", "watchlist.toml:14:"),
];

#[test]
fn every_bad_value_is_told_with_its_place() {
    let mut wrong = Vec::new();
    let mut hold = |said: String, expected: &str, change: &str| {
        if !said.starts_with(expected) || !said.ends_with("\n1 error") {
            wrong.push(format!("{change}\n  said     {said}\n  expected {expected}"));
        }
    };
    for &(from, to, expected) in BAD_UNDERTONE {
        assert!(UNDERTONE.contains(from), "{from}");
        hold(errors(&UNDERTONE.replacen(from, to, 1), WATCHLIST), expected, to);
    }
    for &(from, to, expected) in BAD_WATCHLIST {
        assert!(WATCHLIST.contains(from), "{from}");
        hold(errors(UNDERTONE, &WATCHLIST.replacen(from, to, 1)), expected, to);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn times_that_fit_each_other_are_taken() {
    let times = "\"message.timeout.ms\" = 60000\n\"transaction.timeout.ms\" = 60000\n\"session.timeout.ms\" = 400000\n\"max.poll.interval.ms\" = 400000";
    let (settings, _) = read(&UNDERTONE.replace("\"security.protocol\" = \"sasl_ssl\"", times), WATCHLIST).unwrap();
    assert_eq!(settings.kafka.session_timeout(), Duration::from_secs(400));
}

#[test]
fn all_errors_are_told_at_once_in_order() {
    let undertone = UNDERTONE.replace("localhost:9092", "x").replace("\"off\"", "\"on\"").replace("detect", "detekt");
    let watchlist = WATCHLIST.replace("\"brand\"", "\"b\"").replace("'jo'", "'('");
    let said = errors(&undertone, &watchlist);
    let places: Vec<&str> =
        said.lines().filter_map(|line| line.split(": found").next()).filter(|l| l.contains(".toml")).collect();
    assert_eq!(
        places,
        [
            "undertone.toml:3:13: kafka.bootstrap",
            "undertone.toml:16:10: model.engine",
            "undertone.toml:18:1: language.detekt",
            "watchlist.toml:4:8: entity.acme.kind",
            "watchlist.toml:13:11: entity.jo.query: column 2",
        ]
    );
    assert!(said.ends_with("5 errors"), "{said}");
    assert!(said.contains("\n    (\n     ^\n"), "{said}");
}

#[test]
fn a_mapping_is_read_and_its_errors_are_told_of_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("feed.toml");
    let with_mapping = UNDERTONE
        .replace(
            "topic = \"mentions\"",
            &format!("topic = \"mentions\"\nmapping = {:?}", mapping.display().to_string()),
        )
        .replace("\"off\"", "\"on\"");
    std::fs::write(&mapping, "this = \"is no mapping\"\n").unwrap();
    let said = errors(&with_mapping, WATCHLIST);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("undertone.toml:17:10: model.engine: found"), "{said}");
    assert!(lines[1].starts_with("feed.toml:1: this: found "), "{said}");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mappings/trustpilot.toml");
    std::fs::copy(shipped, &mapping).unwrap();
    let (settings, _) = read(&with_mapping.replace("\"on\"", "\"off\""), WATCHLIST).unwrap();
    assert_eq!(settings.inputs[0].mapping.as_ref().unwrap().name, "feed");
}

#[test]
fn a_watchlist_for_a_run_needs_an_entity() {
    let topics = WATCHLIST.split("[[topic]]").nth(1).map(|rest| format!("[[topic]]{rest}")).unwrap();
    assert!(
        errors(UNDERTONE, &topics).starts_with("undertone.toml:1:13: watchlist: found a watchlist without entities")
    );
    assert!(
        errors(UNDERTONE, "")
            .starts_with("watchlist.toml: entity: found nothing, expected at least one [[entity]] or [[topic]]")
    );
}

#[test]
fn questionable_queries_are_warned_about() {
    let (_, warnings) = read(UNDERTONE, &WATCHLIST.replace("'jo'", "'jo AND smith OR jojo'")).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("watchlist.toml:13:9: entity.jo.query: AND and OR stand side by side"),
        "{warnings:?}"
    );
}
