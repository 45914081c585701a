//! The in-process broker of librdkafka, for `demo` and nothing else: it keeps nothing and proves no transactions.
//!
//! It accepts transactional calls without meaning them: aborted and open data is visible to every reader, and offsets sent in
//! a transaction are not stored. Only a real Kafka can show that a mention is counted once.

use std::sync::mpsc::{Sender, channel};

use rdkafka::mocking::MockCluster;

/// A broker that lives and dies with this value.
pub struct InProcessBroker {
    bootstrap: String,
    /// Hanging up ends the thread that owns the broker, which is tied to one thread.
    _alive: Sender<()>,
}

impl InProcessBroker {
    /// Starts it with the topics given, each with so many partitions.
    pub fn start(topics: &[(&str, i32)]) -> Result<Self, String> {
        let topics: Vec<(String, i32)> =
            topics.iter().map(|(name, partitions)| ((*name).to_owned(), *partitions)).collect();
        let (alive, hung_up) = channel::<()>();
        let (started, outcome) = channel();
        let serve = move || {
            let cluster = MockCluster::new(1).and_then(|cluster| {
                topics.iter().try_for_each(|(name, partitions)| cluster.create_topic(name, *partitions, 1))?;
                Ok(cluster)
            });
            match cluster {
                Err(error) => drop(started.send(Err(error.to_string()))),
                Ok(cluster) => {
                    drop(started.send(Ok(cluster.bootstrap_servers())));
                    // An error is what is waited for: the owner has hung up.
                    let _ = hung_up.recv();
                }
            }
        };
        std::thread::Builder::new().name("broker".to_owned()).spawn(serve).map_err(|error| error.to_string())?;
        let bootstrap = outcome.recv().map_err(|error| error.to_string())??;
        Ok(Self { bootstrap, _alive: alive })
    }

    /// What clients connect to.
    pub fn bootstrap(&self) -> String {
        self.bootstrap.clone()
    }
}
