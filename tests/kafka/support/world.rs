//! A configuration on disk with topics of its own, and processes that run it.

use std::fmt::Write;
use std::path::PathBuf;

use super::process::Process;
use super::topics::{Isolation, Reader, Send, admin, create, send};
use super::within::unique;

/// Topics that no other test uses, and the configuration that names them.
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) bootstrap: String,
    pub(crate) partitions: i32,
    dir: tempfile::TempDir,
    options: Options,
}

/// What a test wants different.
pub(crate) struct Options {
    pub(crate) partitions: i32,
    pub(crate) chunk_records: usize,
    /// `engine = "off"` unless a model is wanted.
    pub(crate) model: bool,
    /// Properties of the enriched topic.
    pub(crate) enriched: &'static [(&'static str, &'static str)],
    /// The path of a watchlist instead of the tests' own.
    pub(crate) watchlist: Option<PathBuf>,
    /// The path of a lexicon.
    pub(crate) lexicon: Option<PathBuf>,
    /// The path of a mapping for the input.
    pub(crate) mapping: Option<PathBuf>,
    /// Whether the topics are made.
    pub(crate) topics: bool,
    /// Lines of `[reputation]`.
    pub(crate) reputation: &'static str,
    /// Properties of the topic of the state.
    pub(crate) state: &'static [(&'static str, &'static str)],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            partitions: 4,
            chunk_records: 200,
            model: false,
            enriched: &[],
            watchlist: None,
            lexicon: None,
            mapping: None,
            topics: true,
            reputation: "clock = \"events\"",
            state: &[("cleanup.policy", "compact")],
        }
    }
}

const WATCHLIST: &str = r#"
[[entity]]
id = "lumen"
name = "Lumen"
kind = "brand"
query = "lumen"

[[entity]]
id = "kestrel"
name = "Kestrel"
kind = "competitor"
query = "kestrel"
"#;

impl World {
    pub(crate) fn new(bootstrap: &str, name: &str, options: Options) -> Self {
        let world = Self {
            name: unique(name),
            bootstrap: bootstrap.to_owned(),
            partitions: options.partitions,
            dir: tempfile::tempdir().unwrap(),
            options,
        };
        if world.options.topics {
            let admin = admin(bootstrap);
            create(&admin, &world.input(), world.partitions, &[]).unwrap();
            create(&admin, &world.enriched(), world.partitions, world.options.enriched).unwrap();
            create(&admin, &world.dead_letters(), 1, &[("max.message.bytes", "16777216")]).unwrap();
            create(&admin, &world.reputation(), world.partitions, &[("cleanup.policy", "compact")]).unwrap();
            create(&admin, &world.alerts(), world.partitions, &[]).unwrap();
            create(&admin, &world.state(), world.partitions, world.options.state).unwrap();
        }
        world
    }

    pub(crate) fn input(&self) -> String {
        format!("{}.mentions", self.name)
    }

    pub(crate) fn enriched(&self) -> String {
        format!("{}.enriched", self.name)
    }

    pub(crate) fn dead_letters(&self) -> String {
        format!("{}.dead-letters", self.name)
    }

    pub(crate) fn reputation(&self) -> String {
        format!("{}.reputation", self.name)
    }

    pub(crate) fn alerts(&self) -> String {
        format!("{}.alerts", self.name)
    }

    pub(crate) fn state(&self) -> String {
        format!("{}.reputation-state", self.name)
    }

    /// Writes the configuration of an instance.
    pub(crate) fn config(&self, instance: &str) -> PathBuf {
        let options = &self.options;
        let watchlist = options.watchlist.clone().unwrap_or_else(|| {
            let path = self.dir.path().join("watchlist.toml");
            std::fs::write(&path, WATCHLIST).unwrap();
            path
        });
        let mut text = format!(
            r#"watchlist = "{watchlist}"
{lexicon}
[kafka]
bootstrap = "{bootstrap}"
group = "{name}"
instance = "{instance}"
[kafka.properties]
"session.timeout.ms" = "6000"
[output]
enriched = "{enriched}"
dead_letters = "{dead_letters}"
reputation = "{reputation}"
alerts = "{alerts}"
reputation_state = "{state}"
partitions = {partitions}
replication = 1
[limits]
chunk_records = {chunk_records}
drain = "3 s"
[reputation]
{rules}
[language]
detect = {model}
[http]
addr = "127.0.0.1:0"
[model]
engine = "{engine}"
[[input]]
topic = "{input}"
"#,
            watchlist = watchlist.display(),
            lexicon =
                options.lexicon.as_ref().map_or_else(String::new, |path| format!("lexicon = \"{}\"", path.display())),
            bootstrap = self.bootstrap,
            name = self.name,
            enriched = self.enriched(),
            dead_letters = self.dead_letters(),
            reputation = self.reputation(),
            alerts = self.alerts(),
            state = self.state(),
            rules = options.reputation,
            partitions = self.partitions,
            chunk_records = options.chunk_records,
            model = options.model,
            engine = if options.model { "cpu" } else { "off" },
            input = self.input(),
        );
        if let Some(mapping) = &options.mapping {
            writeln!(text, "mapping = \"{}\"", mapping.display()).unwrap();
        }
        let path = self.dir.path().join(format!("{instance}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts a process of the first stage, and does not wait for it.
    pub(crate) fn start(&self, instance: &str) -> Process {
        Process::start(&self.config(instance), self.dir.path(), &["--role", "enrich"])
    }

    /// Starts a process of the second stage.
    pub(crate) fn start_repute(&self, instance: &str) -> Process {
        Process::start(&self.config(instance), self.dir.path(), &["--role", "repute"])
    }

    /// Starts a process of both stages.
    pub(crate) fn start_both(&self, instance: &str) -> Process {
        Process::start(&self.config(instance), self.dir.path(), &[])
    }

    /// Sends enriched events.
    pub(crate) fn send_events(&self, records: &[Send]) {
        send(&self.bootstrap, &self.enriched(), records);
    }

    /// What a `read_committed` reader sees of any topic.
    pub(crate) fn read(&self, topic: &str) -> Reader {
        Reader::new(&self.bootstrap, topic, Isolation::ReadCommitted)
    }

    pub(crate) fn send(&self, records: &[Send]) {
        send(&self.bootstrap, &self.input(), records);
    }

    /// What a `read_committed` reader sees of the enriched events.
    pub(crate) fn events(&self) -> Reader {
        Reader::new(&self.bootstrap, &self.enriched(), Isolation::ReadCommitted)
    }

    pub(crate) fn letters(&self) -> Reader {
        Reader::new(&self.bootstrap, &self.dead_letters(), Isolation::ReadCommitted)
    }
}
