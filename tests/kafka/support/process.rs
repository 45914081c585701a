//! The real binary, running.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// `undertone run`, killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// What a command left behind.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command of the binary to its end.
pub(crate) fn command(args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_undertone")).args(args).output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Process {
    pub(crate) fn start(config: &Path, dir: &Path, args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let log = dir.join(format!("run-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
        let child = Command::new(env!("CARGO_BIN_EXE_undertone"))
            .args(["run", "--config"])
            .arg(config)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Where it serves HTTP.
    pub(crate) fn addr(&self) -> String {
        let found = || {
            let log = self.log();
            let (_, rest) = log.split_once("\"addr\":\"")?;
            Some(rest.split('"').next()?.to_owned())
        };
        eventually(Duration::from_secs(60), || format!("no address in: {}", self.log()), found)
    }

    /// Status and body of a path.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        let mut response = ureq::Agent::from(config).get(format!("http://{}{path}", self.addr())).call().ok()?;
        Some((response.status().as_u16(), response.body_mut().read_to_string().ok()?))
    }

    /// Waits until it is ready to work.
    pub(crate) fn ready(self) -> Self {
        let ready = || self.get("/readyz").filter(|(status, _)| *status == 200);
        // After a broker came back on a busy machine this has taken 25 s: reconnects wait up to 10 s, and groups load.
        eventually(Duration::from_secs(120), || format!("not ready: {}", self.log()), ready);
        self
    }

    /// The value of a series.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let (_, body) = self.get("/metrics")?;
        body.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    /// Holds it where it is until [`Process::go_on`].
    pub(crate) fn hold(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn terminate(self) -> (ExitStatus, String) {
        self.signal("-TERM");
        self.wait(Duration::from_secs(60))
    }

    /// Waits for it to end by itself; returns how, and what it said.
    pub(crate) fn wait(mut self, patience: Duration) -> (ExitStatus, String) {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.log());
            }
            assert!(Instant::now() < deadline, "still running: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what the process said:\n{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again until there is an answer.
pub(crate) fn eventually<T>(patience: Duration, otherwise: impl Fn() -> String, ask: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{}", otherwise());
        std::thread::sleep(Duration::from_millis(20));
    }
}
