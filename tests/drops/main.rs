//! The drop alarm on simulated weeks of real rates, authors and opinions: a short, seeded run of `cargo bench --bench drops`, with
//! bars that hold with margin.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests and benches fail as tests do")]

// The short run leaves out what compares and prints.
#[path = "../../benches/drops/measure.rs"]
#[allow(dead_code)]
mod measure;
#[path = "../../benches/drops/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "../../benches/drops/rivals.rs"]
#[allow(dead_code)]
mod rivals;
#[path = "../../benches/drops/stream.rs"]
#[allow(dead_code)]
mod stream;
#[path = "../../benches/drops/world.rs"]
#[allow(dead_code)]
mod world;

use measure::{Seen, run};
use stream::{HOUR, Stream};

const STEP: usize = 0;
const TWENTY_POINTS: usize = 2;

#[test]
fn a_drop_of_twenty_points_is_found_within_two_days_and_quiet_weeks_are_quiet() {
    let stream = Stream::read();
    let seen: Vec<Seen> =
        (0..24).map(|number| run(&stream, 77_000 + number, 20.0, 3, false, &[(STEP, TWENTY_POINTS)])).collect();

    let weeks: f64 = seen.iter().map(|seen| seen.weeks).sum();
    let false_alarms: usize = seen.iter().map(|seen| seen.drops).sum();
    assert!(false_alarms as f64 <= 0.1 * weeks, "{false_alarms} false alarms in {weeks} entity-weeks");

    let mut found: Vec<i64> = seen.iter().filter_map(|seen| seen.found[STEP][TWENTY_POINTS].ours).collect();
    found.sort_unstable();
    assert!(found.len() * 10 >= seen.len() * 9, "{} of {} found", found.len(), seen.len());
    assert!(found[found.len() / 2] <= 12 * HOUR, "median of {} h", found[found.len() / 2] / HOUR);
}
