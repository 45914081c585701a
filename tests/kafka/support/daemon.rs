//! Programs of others that a test runs beside its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Whether tests that need more than Kafka were asked for: `UNDERTONE_CI=1`, as `.ci/run` sets it.
pub(crate) fn wanted() -> bool {
    let wanted = std::env::var("UNDERTONE_CI").is_ok_and(|value| value == "1");
    if !wanted {
        eprintln!("left out: UNDERTONE_CI=1 turns on the test that runs Prometheus and Alertmanager");
    }
    wanted
}

/// A program that ends with the test, however that ends: it hangs on a shell that waits for the end of its standard input.
pub(crate) struct Daemon {
    shell: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts the first of `names` that is installed.
    pub(crate) fn start(names: &[&str], package: &str, dir: &Path, args: &[String]) -> Self {
        let is_there = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
        let Some(program) = names.iter().find(is_there) else {
            panic!("this test needs `{}`: apt-get install {package}", names[0]);
        };
        let log = dir.join(format!("{program}.log"));
        let output = File::create(&log).unwrap();
        let shell = Command::new("sh")
            .args(["-c", r#""$@" </dev/null & cat; kill -9 $!"#, "daemon", program])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { shell, log }
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
