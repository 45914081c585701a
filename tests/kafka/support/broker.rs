//! A real Apache Kafka for a test run: one KRaft node, started from Maven Central's jars.
//!
//! Nothing outlives the tests, however they end: the broker hangs on a shell that waits for the end of its standard input,
//! which is a pipe that only this process holds open.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

use super::topics::create;

/// Any sixteen bytes in base64 will do.
const CLUSTER: &str = "dW5kZXJ0b25lLXRlc3RzLQ";

/// A broker of one's own, or the address of one that runs anyway.
pub(crate) struct Broker {
    pub(crate) bootstrap: String,
    process: Option<Process>,
}

struct Process {
    dir: PathBuf,
    shell: Child,
}

/// The broker that all tests of this run share.
pub(crate) fn shared() -> &'static Broker {
    static SHARED: OnceLock<Broker> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var("UNDERTONE_TEST_BOOTSTRAP") {
        Ok(bootstrap) => Broker { bootstrap, process: None },
        Err(_) => Broker::start(),
    })
}

impl Broker {
    /// Starts a broker and waits until it makes topics.
    pub(crate) fn start() -> Self {
        let libs = libs();
        let dir = tempfile::Builder::new().prefix("undertone-kafka-").tempdir().unwrap().keep();
        let (client, controller) = (free_port(), free_port());
        let properties = dir.join("server.properties");
        std::fs::write(&properties, server_properties(&dir, client, controller)).unwrap();
        let config = properties.to_str().unwrap();
        java(&libs, &["kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER, "-c", config]);
        let shell = launch(&libs, &dir);
        let broker = Self { bootstrap: format!("127.0.0.1:{client}"), process: Some(Process { dir, shell }) };
        broker.wait();
        broker
    }

    /// Kills the broker as a crash would.
    pub(crate) fn kill(&mut self) {
        let process = self.process.as_mut().expect("a broker of one's own");
        drop(process.shell.stdin.take());
        process.shell.wait().unwrap();
    }

    /// Starts it again, on the same address with the same data.
    pub(crate) fn start_again(&mut self) {
        let process = self.process.as_mut().expect("a broker of one's own");
        process.shell = launch(&libs(), &process.dir);
        self.wait();
    }

    /// The port opens before the broker is ready, so a topic is what is waited for.
    fn wait(&self) {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.bootstrap).create().unwrap();
        let deadline = Instant::now() + Duration::from_secs(180);
        let name = format!("ready-{}", std::process::id());
        while create(&admin, &name, 1, &[]).is_err() {
            assert!(
                Instant::now() < deadline,
                "the broker did not start: see {:?}",
                self.process.as_ref().map(|p| &p.dir)
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            drop(process.shell.stdin.take());
            let _ = process.shell.wait();
            let _ = std::fs::remove_dir_all(&process.dir);
        }
    }
}

fn launch(libs: &Path, dir: &Path) -> Child {
    // `cat` ends when the pipe closes; the data of a run that was killed is removed by the shell, since nobody else is left.
    const SCRIPT: &str = r#"
        java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$1/*" "-Dlog4j2.configurationFile=file:$2" \
            kafka.Kafka "$3/server.properties" </dev/null >>"$3/broker.log" 2>&1 &
        cat
        kill -9 $!
        wait $! 2>/dev/null
        kill -0 "$4" 2>/dev/null || rm -rf "$3"
    "#;
    let log4j = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka/log4j2.yaml");
    Command::new("sh")
        .args(["-c", SCRIPT, "broker"])
        .args([libs, &log4j, dir])
        .arg(std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh")
}

fn server_properties(dir: &Path, client: u16, controller: u16) -> String {
    let data = dir.join("data");
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
",
        data = data.display(),
    )
}

/// Kafka's jars, fetched into the build folder once.
pub(crate) fn libs() -> PathBuf {
    for (program, package) in [("java", "openjdk-17-jre-headless"), ("mvn", "maven")] {
        let found = Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(
            found.is_ok(),
            "the tests with a real Kafka need `{program}`: apt-get install {package} (or set UNDERTONE_TEST_BOOTSTRAP)"
        );
    }
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("kafka");
    let libs = build.join("libs");
    if !libs.join("complete").exists() {
        let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka/pom.xml");
        let fetched = Command::new("mvn")
            .args(["-q", "-B", "dependency:copy-dependencies", "-f"])
            .arg(pom)
            .arg(format!("-DoutputDirectory={}", libs.display()))
            .output()
            .unwrap();
        assert!(fetched.status.success(), "mvn cannot fetch Kafka: {}", String::from_utf8_lossy(&fetched.stdout));
        File::create(libs.join("complete")).unwrap();
    }
    libs
}

fn java(libs: &Path, args: &[&str]) {
    let class_path = format!("{}/*", libs.display());
    let output =
        Command::new("java").args(["-XX:TieredStopAtLevel=1", "-cp", &class_path]).args(args).output().unwrap();
    assert!(output.status.success(), "java {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn free_port() -> u16 {
    // The system may give a port again as soon as it is let go.
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}
