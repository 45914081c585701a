//! Chromium, driven over its debugging pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
     --disable-component-update --disable-sync --remote-debugging-pipe";

/// Whether tests with a browser were asked for: `UNDERTONE_CI=1`, as `.ci/run` sets it.
pub(crate) fn wanted() -> bool {
    let wanted = std::env::var("UNDERTONE_CI").is_ok_and(|value| value == "1");
    if !wanted {
        eprintln!("left out: UNDERTONE_CI=1 turns on the tests that drive Chromium");
    }
    wanted
}

/// One page in a browser of its own.
pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    number: u64,
    /// Exceptions, refused loads and broken policies, as the browser told them.
    pub(crate) complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a page of the given width.
    pub(crate) fn open(url: &str, width: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The pipe is descriptors 3 and 4 there, which are standard input and output here.
        let folder = profile.path().display();
        let command =
            format!("exec chromium {FLAGS} --user-data-dir={folder} about:blank 3<&0 4>&1 </dev/null >/dev/null");
        let mut child = Command::new("sh")
            .args(["-c", &command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut browser =
            Self { child, commands, answers, session: None, number: 0, complaints: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        let screen = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.call("Emulation.setDeviceMetricsOverride", screen);
        browser.call("Runtime.enable", json!({}));
        browser.call("Log.enable", json!({}));
        browser.go(url);
        browser
    }

    /// Shows the page as to somebody who prefers dark or light.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Goes to an address, and waits until the page is there.
    pub(crate) fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.until(&format!("document.readyState === 'complete' && location.href.startsWith('{url}')"));
    }

    /// What an expression is worth in the page; a promise is waited for.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn until(&mut self, expression: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.value(expression) != Value::Bool(true) {
            assert!(
                Instant::now() < deadline,
                "never true: {expression}; the page shows {}",
                self.value("document.body.innerText")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses a key, as a hand would.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            _ => 0,
        };
        let text = if key == "Enter" {
            "\r"
        } else if code == 0 {
            key
        } else {
            ""
        };
        let down = json!({ "type": "keyDown", "key": key, "code": key, "text": text, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).expect("chromium listens: is it installed?");
        loop {
            let mut answer = Vec::new();
            self.answers.read_until(0, &mut answer).unwrap();
            assert_eq!(answer.pop(), Some(0), "chromium ended early: is it installed? (apt-get install chromium)");
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.number {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            if answer["method"] == "Runtime.exceptionThrown" || answer["method"] == "Log.entryAdded" {
                self.complaints.push(answer["params"].to_string());
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
