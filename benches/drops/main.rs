//! How well drops are found: `cargo bench --bench drops -- [--entities N] [--weeks N] [--seed N] [--threads N]`.
//!
//! For each of three volumes N entities get four weeks of history, then weeks without a drop, which give the false alarms, and
//! twelve branches with a planted drop each. Rivals are tuned to our rate of false alarms at each volume, on the same weeks. Prints
//! Markdown.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on must fail; it prints its result"
)]

mod measure;
mod random;
mod rivals;
mod stream;
mod world;

use std::ops::Range;

use measure::{SHAPES, SIZES, Seen};
use rivals::RIVALS;
use stream::{HOUR, Stream};

const VOLUMES: [f64; 3] = [5.0, 20.0, 80.0];

fn argument(name: &str, otherwise: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn main() {
    let (entities, weeks) = (argument("--entities", 112), argument("--weeks", 3) as i64);
    let (seed, threads) = (argument("--seed", 1_000_000), argument("--threads", 1));
    let stream = Stream::read();
    let plant: Vec<(usize, usize)> =
        (0..SHAPES.len()).flat_map(|shape| (0..SIZES.len()).map(move |size| (shape, size))).collect();
    let seen: Vec<Vec<Seen>> = VOLUMES
        .iter()
        .enumerate()
        .map(|(place, volume)| {
            let seeds: Vec<u64> = (0..entities).map(|number| seed + place as u64 * 100_000 + number).collect();
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads as usize)
                    .map(|worker| {
                        let (seeds, stream, plant) = (&seeds, &stream, &plant);
                        scope.spawn(move || {
                            let mine = seeds.iter().skip(worker).step_by(threads as usize);
                            mine.map(|seed| measure::run(stream, *seed, *volume, weeks, true, plant))
                                .collect::<Vec<_>>()
                        })
                    })
                    .collect();
                workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
            })
        })
        .collect();
    let all: Vec<&Seen> = seen.iter().flatten().collect();
    println!("{entities} entities at each volume, {weeks} weeks without a drop each, seed {seed}\n");
    println!("## False alarms per entity-week\n");
    println!("| mentions an hour | entity-weeks | drops | of these critical | spikes | surges |");
    println!("|---|---|---|---|---|---|");
    for (volume, seen) in VOLUMES.iter().zip(&seen) {
        alarms(&format!("{volume}"), &seen.iter().collect::<Vec<_>>());
    }
    alarms("all", &all);
    println!("\nLimits of the rivals at the same rate, at each volume:\n");
    println!("| mentions an hour | {} |", RIVALS.join(" | "));
    println!("|---|{}", "---|".repeat(RIVALS.len()));
    let mut judged: Vec<Vec<(&Seen, [f32; RIVALS.len()])>> = Vec::new();
    for (volume, seen) in VOLUMES.iter().zip(&seen) {
        let limits = std::array::from_fn(|rival| tuned(rival, seen));
        println!("| {volume} | {} |", limits.map(|limit: f32| format!("{limit:.2}")).join(" | "));
        judged.push(seen.iter().map(|seen| (seen, limits)).collect());
    }
    let everyone: Vec<_> = judged.iter().flatten().copied().collect();
    println!("\n## Found, and median hours until then (– where less than half are found)\n");
    println!("| shape | points | mentions an hour | undertone | {} |", RIVALS.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(RIVALS.len()));
    for (shape, (_, name, _)) in SHAPES.iter().enumerate() {
        for (size, points) in SIZES.iter().enumerate() {
            for (volume, judged) in VOLUMES.iter().zip(&judged) {
                line(name, *points, &format!("{volume}"), judged, (shape..shape + 1, size));
            }
            line(name, *points, "**all**", &everyone, (shape..shape + 1, size));
        }
    }
    for (size, points) in SIZES.iter().enumerate() {
        line("**any**", *points, "**all**", &everyone, (0..SHAPES.len(), size));
    }
}

fn alarms(name: &str, seen: &[&Seen]) {
    let weeks: f64 = seen.iter().map(|seen| seen.weeks).sum();
    let per_week = |count: fn(&Seen) -> usize| seen.iter().map(|seen| count(seen)).sum::<usize>() as f64 / weeks;
    println!(
        "| {name} | {weeks} | {:.3} | {:.3} | {:.3} | {:.3} |",
        per_week(|seen| seen.drops),
        per_week(|seen| seen.critical),
        per_week(|seen| seen.spikes),
        per_week(|seen| seen.surges),
    );
}

/// The lowest limit at which a rival raises no more false alarms than we do.
fn tuned(rival: usize, seen: &[Seen]) -> f32 {
    let ours: usize = seen.iter().map(|seen| seen.drops).sum();
    let (mut low, mut high) = (0.5_f32, 60.0_f32);
    for _ in 0..14 {
        let middle = (low + high) / 2.0;
        let count: usize = seen.iter().map(|seen| rivals::alarms(&seen.fallen[rival], middle)).sum();
        if count > ours { low = middle } else { high = middle }
    }
    high
}

fn line(
    name: &str,
    points: f64,
    volume: &str,
    judged: &[(&Seen, [f32; RIVALS.len()])],
    (shapes, size): (Range<usize>, usize),
) {
    let drops =
        || judged.iter().flat_map(|(seen, limits)| shapes.clone().map(move |it| (&seen.found[it][size], limits)));
    let ours = cell(drops().map(|(drop, _)| drop.ours).collect());
    let theirs =
        (0..RIVALS.len()).map(|rival| cell(drops().map(|(drop, limits)| drop.rival(rival, limits[rival])).collect()));
    println!("| {name} | {points} | {volume} | {ours} | {} |", theirs.collect::<Vec<_>>().join(" | "));
}

/// "93 %, 2.1 h".
fn cell(mut found: Vec<Option<i64>>) -> String {
    let count = found.len();
    let share = found.iter().flatten().count() as f64 / count as f64;
    found.sort_by_key(|after| after.unwrap_or(i64::MAX));
    let median = found[count / 2].map_or("–".to_owned(), |after| format!("{:.1} h", after as f64 / HOUR as f64));
    format!("{:.0} %, {median}", 100.0 * share)
}
