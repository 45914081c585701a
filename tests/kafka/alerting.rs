//! From a drop in Kafka to the people who are told: the second stage, Prometheus with the rules of `deploy/`, Alertmanager with
//! its example. Needs both programs: `apt-get install prometheus prometheus-alertmanager`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::planted::{CAUSE, NOW, Stretch, events, weeks_then_drop};
use crate::support::broker::{free_port, shared};
use crate::support::daemon::{Daemon, wanted};
use crate::support::events::in_order;
use crate::support::process::{Process, eventually};
use crate::support::prometheus::Prometheus;
use crate::support::webhook::{Post, Webhook};
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(120);
const HOUR: i64 = 3_600_000;
const TOKEN: &str = "a-token-of-the-test";

/// As the stream's topics; without a model they are names, which labels may say.
const WATCHLIST: &str = r#"
[[entity]]
id = "lumen"
name = "Lumen"
kind = "brand"
query = "lumen"

[[entity]]
id = "kestrel"
name = "Kestrel"
kind = "brand"
query = "kestrel"

[[topic]]
id = "luggage"
name = "Luggage"
description = "Bags that are lost, late or damaged."
examples = ["My suitcase never arrived"]
"#;

#[test]
fn a_planted_drop_reaches_the_people_with_its_cause_and_so_does_its_end() {
    if !wanted() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let watchlist = dir.path().join("watchlist.toml");
    std::fs::write(&watchlist, WATCHLIST).unwrap();
    let world =
        World::new(&shared().bootstrap, "alerting", Options { watchlist: Some(watchlist), ..Options::default() });
    let [usual, drop] = weeks_then_drop(6);
    let calm = Stretch { until: NOW, rate: 8.0, ..usual };
    let planted = events("lumen", usual).chain(events("lumen", drop));
    world.send_events(&in_order(planted.chain(events("kestrel", calm))));
    let process = world.start_repute("one").ready();
    open(&process);

    let mut webhook = Webhook::start();
    let alertmanager = format!("127.0.0.1:{}", free_port());
    let _alertmanager = start_alertmanager(dir.path(), &alertmanager, &webhook.url);
    let _prometheus = Prometheus::start(dir.path(), &process.addr(), Some(&alertmanager));

    let told = webhook.until(PATIENCE, |post| post.path == "/desk" && post.body["status"] == "firing");
    let alert = &told.body["alerts"][0];
    let labels = &alert["labels"];
    assert_eq!(labels["alertname"], "UndertoneReputationDrop", "{alert:#}");
    assert_eq!(labels["kind"], "reputation_drop", "{alert:#}");
    assert_eq!(labels["entity"], "lumen", "{alert:#}");
    assert_eq!(labels["severity"], "critical", "{alert:#}");
    assert_eq!(labels["cause"], CAUSE, "{alert:#}");
    let annotations = &alert["annotations"];
    assert_eq!(annotations["summary"], format!("lumen is spoken of worse than before: {CAUSE}"));
    let description = annotations["description"].as_str().unwrap();
    assert!(description.starts_with("Reputation over 1h: "), "{description}");
    let runbook = annotations["runbook_url"].as_str().unwrap();
    let page = runbook.strip_prefix("https://undertone.example/runbooks/").unwrap();
    assert!(deploy("../docs/runbooks").join(page).exists(), "{runbook}");
    assert_eq!(told.headers["authorization"], format!("Bearer {TOKEN}"), "the secret comes from its file");

    let slack = webhook.until(PATIENCE, |post| post.path == "/slack");
    let attachment = &slack.body["attachments"][0];
    assert_eq!(slack.body["channel"], "#reputation");
    assert!(attachment["title"].as_str().unwrap().contains("lumen is spoken of"), "{attachment:#}");

    // Event time moves on, and nothing is wrong any more.
    let later = Stretch { from: NOW, until: NOW + 72 * HOUR, ..usual };
    world.send_events(&in_order(events("lumen", later)));
    webhook.until(PATIENCE, |post| post.path == "/desk" && post.body["status"] == "resolved");

    let of_others = |post: &&Post| post.body.to_string().contains("kestrel");
    assert_eq!(webhook.heard().iter().filter(of_others).count(), 0, "of the other brand nothing was to be told");
}

/// Waits until the process shows the drop.
fn open(process: &Process) {
    let series = format!(
        "undertone_alert_open{{cause=\"{CAUSE}\",entity=\"lumen\",kind=\"reputation_drop\",severity=\"critical\"}}"
    );
    let alerts = || {
        let (_, metrics) = process.get("/metrics").unwrap();
        metrics.lines().filter(|line| line.starts_with("undertone_alert_open")).collect::<Vec<_>>().join("\n")
    };
    eventually(PATIENCE, || format!("{series} is not among:\n{}", alerts()), || process.metric(&series));
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

/// The example, but that all addresses are the test's and that news of a group is not held back for minutes.
fn start_alertmanager(dir: &Path, listen: &str, hook: &str) -> Daemon {
    let secrets = dir.join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    for (name, secret) in [("smtp-password", "none"), ("slack-url", &format!("{hook}/slack")), ("webhook-token", TOKEN)]
    {
        std::fs::write(secrets.join(name), secret).unwrap();
    }
    let mut config = std::fs::read_to_string(deploy("alertmanager/alertmanager.example.yml")).unwrap();
    let template = deploy("alertmanager/undertone.tmpl");
    for (example, ours) in [
        ("http://reputation-desk.lumenair.example/undertone", format!("{hook}/desk")),
        ("http://pager.lumenair.example/undertone", format!("{hook}/pager")),
        ("/etc/alertmanager/secrets", secrets.display().to_string()),
        // Nobody listens there: that a mail cannot be sent keeps nothing else back.
        ("smtp.example:587", "127.0.0.1:9".to_owned()),
        ("group_interval: 5m", "group_interval: 1s".to_owned()),
        ("undertone.tmpl", template.display().to_string()),
    ] {
        assert!(config.contains(example), "{example}");
        config = config.replace(example, &ours);
    }
    let file = dir.join("alertmanager.yml");
    std::fs::write(&file, config).unwrap();
    let args = [
        format!("--config.file={}", file.display()),
        format!("--storage.path={}", dir.join("alertmanager").display()),
        format!("--web.listen-address={listen}"),
        "--cluster.listen-address=".to_owned(),
    ];
    Daemon::start(&["prometheus-alertmanager", "alertmanager"], "prometheus-alertmanager", dir, &args)
}
