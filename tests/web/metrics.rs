//! `/metrics` holds what docs/METRICS.md promises.

use std::time::Duration;

use undertone::mention::Reason;
use undertone::telemetry::Stage;

use crate::contract;
use crate::support::Running;

#[test]
fn a_scrape_and_the_doc_say_the_same() {
    let running = Running::start();
    running.metrics.lag("mentions", 0, 3);
    running.metrics.build_info("tiny", "1", "cpu");
    running.metrics.scored(12, 3);
    running.metrics.standing(0, &crate::support::standing());
    running.metrics.state(0, 1, 1_000, 3);
    let answer = running.get("/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    contract::holds(&answer.body);
}

#[test]
fn every_reason_of_a_dead_letter_stands_at_zero_and_in_the_doc() {
    let body = Running::start().get("/metrics").body;
    let doc = include_str!("../../docs/METRICS.md");
    for reason in Reason::ALL {
        assert!(body.contains(&format!("undertone_dead_letters_total{{reason=\"{}\"}} 0\n", reason.name())), "{body}");
        assert!(doc.contains(&format!("`{}`", reason.name())), "{}", reason.name());
    }
}

#[test]
fn the_series_of_a_process_stay_few_whatever_the_pipeline_says() {
    let running = Running::start();
    for n in 0..10_000 {
        running.metrics.enriched(&format!("entity-{n}"), None, 1);
        running.metrics.consumed(&format!("topic-{n}"), 1);
    }
    running.metrics.stage(Stage::Commit, Duration::from_millis(2));
    let body = running.get("/metrics").body;
    let series = body.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series < 250, "{series}");
    assert!(body.contains("undertone_enriched_total{entity=\"other\",sentiment=\"none\"} 10000\n"), "{body}");
}
