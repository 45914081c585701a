//! A real Prometheus with the rules of `deploy/`: `apt-get install prometheus`.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::broker::free_port;
use super::daemon::Daemon;

/// It looks at one process each second, and ends with the test.
pub(crate) struct Prometheus {
    addr: String,
    _daemon: Daemon,
}

impl Prometheus {
    /// The rules as they are deployed, but that a resolved alert is let go sooner, and evaluated each second.
    pub(crate) fn start(dir: &Path, target: &str, alertmanager: Option<&str>) -> Self {
        let rules = |name: &str, sooner: &[(&str, &str)]| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus").join(name);
            let mut text = std::fs::read_to_string(path).unwrap();
            for (deployed, ours) in sooner {
                assert!(text.contains(deployed), "{name}: {deployed}");
                text = text.replace(deployed, ours);
            }
            std::fs::write(dir.join(name), text).unwrap();
        };
        rules("undertone.alerts.yml", &[("keep_firing_for: 2m", "keep_firing_for: 1s")]);
        rules("undertone.recording.yml", &[("interval: 2m", "interval: 1s")]);
        let alertmanagers: Vec<Value> =
            alertmanager.iter().map(|addr| json!({ "static_configs": [{ "targets": [addr] }] })).collect();
        // JSON is YAML.
        let config = json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": ["undertone.recording.yml", "undertone.alerts.yml"],
            "alerting": { "alertmanagers": alertmanagers },
            "scrape_configs": [{ "job_name": "undertone", "static_configs": [{ "targets": [target] }] }],
        });
        let file = dir.join("prometheus.yml");
        std::fs::write(&file, config.to_string()).unwrap();
        let addr = format!("127.0.0.1:{}", free_port());
        let args = [
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", dir.join("tsdb").display()),
            format!("--web.listen-address={addr}"),
        ];
        let daemon = Daemon::start(&["prometheus"], "prometheus", dir, &args);
        Self { addr, _daemon: daemon }
    }

    /// What an expression is now; `None` while it does not answer.
    pub(crate) fn now(&self, expr: &str) -> Option<Vec<Value>> {
        let answer = self.ask("query", &[("query", expr)])?;
        Some(answer["data"]["result"].as_array()?.clone())
    }

    /// What it was at each second from one moment (seconds since the epoch) to another.
    pub(crate) fn over(&self, expr: &str, from: i64, until: i64) -> Vec<Value> {
        let (from, until) = (from.to_string(), until.to_string());
        let parameters = [("query", expr), ("start", &*from), ("end", &*until), ("step", "1")];
        let answer = self.ask("query_range", &parameters).unwrap();
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// Values of a label among the series of a selector.
    pub(crate) fn label_values(&self, selector: &str, label: &str) -> Vec<String> {
        let answer = self.ask(&format!("label/{label}/values"), &[("match[]", selector)]).unwrap();
        answer["data"].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    }

    /// Panics where Prometheus does not understand the question.
    fn ask(&self, what: &str, parameters: &[(&str, &str)]) -> Option<Value> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        let request = ureq::Agent::from(config).get(format!("http://{}/api/v1/{what}", self.addr));
        let request = parameters.iter().fold(request, |request, (key, value)| request.query(*key, *value));
        let mut answer = request.call().ok()?;
        // While it starts it answers 503, in plain words.
        let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
        assert_eq!(answer["status"], "success", "{parameters:?}: {answer}");
        Some(answer)
    }
}
