use super::*;
use crate::reputation::score::standings;

#[path = "../../../../benches/coverage/simulation.rs"]
#[allow(dead_code, unreachable_pub)]
mod simulation;

use simulation::{Band, Before, Case, Opinion, Truth, simulate};

fn band(opinions: &[Opinion]) -> Band {
    let posts = (0..).zip(opinions).map(|(id, it)| {
        let positive = f64::from(u8::from(it.positive));
        Post { id, after: (-it.age * HOUR as f64) as i64, positive, negative: 1.0 - positive, ..Post::default() }
    });
    let mut score = Score::default();
    for post in posts {
        fold(&mut score, &post.event());
    }
    let [hour, ..] = standings(score.look(START));
    (hour.low / 100.0, hour.high / 100.0, hour.effective_mentions)
}

/// `cargo bench --bench coverage` prints the whole table with many more draws.
#[test]
fn the_band_holds_the_truth_as_often_as_it_says() {
    let prior = |n: f64| Case { before: Before::Even, truth: Truth::Prior, n };
    let share = |before: Before, share: f64| Case { before, truth: Truth::Share(share), n: 220.0 };
    let cases = [
        prior(10.0),
        prior(50.0),
        prior(200.0),
        share(Before::Same, 0.1),
        share(Before::Same, 0.5),
        share(Before::Same, 0.9),
        share(Before::Nothing, 0.1),
        share(Before::Nothing, 0.7),
        // Long spoken of evenly, and now hated or loved.
        share(Before::Even, 0.1),
        share(Before::Even, 0.9),
    ];
    for (case, seed) in cases.into_iter().zip(1..) {
        let outcome = simulate(case, 1_000, seed, band);
        // 1,000 draws are sure to ±1.4 points.
        assert!((0.93..=0.97).contains(&outcome.covered), "{case:?}: {outcome:?}");
    }
}
