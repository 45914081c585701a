//! How an entity stood over event time: one point a slot, in two rings of a fixed size.

use serde::Serialize;

/// Windows of a standing, in the order in which levels are kept.
pub(super) const WINDOWS: [&str; 3] = ["1h", "24h", "7d"];

/// Slots of a ring: their width in seconds, and how many there are.
#[derive(Debug, Clone, Copy)]
struct Slots {
    width: u32,
    most: u32,
}

const DAY: Slots = Slots { width: 600, most: 144 };
const WEEK: Slots = Slots { width: 3_600, most: 168 };
/// Room is made for so many points at a time: a vector that doubles would take twice as much for most entities.
const ROOM: usize = 24;

/// Reputation, low and high, in hundredths of a point: 24 bytes a point, where doubles would take 80.
pub(super) type Level = [u16; 3];

#[derive(Debug, Clone, Copy)]
struct Point {
    /// Seconds since the epoch.
    at: u32,
    levels: [Level; WINDOWS.len()],
}

/// One moment of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Moment {
    /// Seconds since the epoch, of event time.
    pub(super) at: u32,
    reputation: f64,
    low: f64,
    high: f64,
}

/// How far back a chart reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::web) enum Span {
    /// A day, a point each ten minutes.
    Day,
    /// A week, a point each hour.
    Week,
}

/// The history of one entity: at most 312 points, 7.5 kB.
#[derive(Debug, Default)]
pub(super) struct History {
    day: Vec<Point>,
    week: Vec<Point>,
}

impl History {
    /// Notes how it stands at a moment; the last of a slot counts.
    pub(super) fn add(&mut self, at: u32, levels: [Level; WINDOWS.len()]) {
        let point = Point { at, levels };
        put(&mut self.day, point, DAY);
        put(&mut self.week, point, WEEK);
    }

    /// What is known of a window, oldest first; at most so many points, evenly thinned, the newest among them.
    pub(super) fn of(&self, span: Span, window: usize, most: usize) -> Vec<Moment> {
        let points = match span {
            Span::Day => &self.day,
            Span::Week => &self.week,
        };
        let step = points.len().div_ceil(most.max(1)).max(1);
        // Counted from the newest, so that it is always there.
        let first = points.len().saturating_sub(1) % step;
        points.iter().skip(first).step_by(step).map(|point| point.moment(window)).collect()
    }

    #[cfg(test)]
    fn points(&self) -> usize {
        self.day.len() + self.week.len()
    }
}

impl Point {
    fn moment(&self, window: usize) -> Moment {
        let [reputation, low, high] =
            self.levels.get(window).copied().unwrap_or_default().map(|it| f64::from(it) / 100.0);
        Moment { at: self.at, reputation, low, high }
    }
}

fn put(points: &mut Vec<Point>, point: Point, Slots { width, most }: Slots) {
    let slot = point.at / width;
    let newest = points.last().map_or(slot, |last| slot.max(last.at / width));
    if newest - slot >= most {
        return;
    }
    // What is too old goes first, so that a full ring needs no more room.
    let gone = points.partition_point(|known| newest - known.at / width >= most);
    points.drain(..gone);
    let place = points.partition_point(|known| known.at / width < slot);
    match points.get_mut(place) {
        Some(known) if known.at / width == slot => *known = point,
        _ => {
            if points.len() == points.capacity() {
                points.reserve_exact(ROOM);
            }
            points.insert(place, point);
        }
    }
}

/// A score of 0 to 100 in hundredths.
pub(super) fn hundredths(score: f64) -> u16 {
    (score.clamp(0.0, 100.0) * 100.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(score: f64) -> [Level; 3] {
        [[hundredths(score), hundredths(score - 5.0), hundredths(score + 5.0)]; 3]
    }

    #[test]
    fn the_last_of_a_slot_counts_and_what_comes_late_finds_its_place() {
        let mut history = History::default();
        for (at, score) in [(600, 50.0), (700, 60.0), (7_200, 70.0), (3_600, 65.0)] {
            history.add(at, level(score));
        }
        let day: Vec<(u32, f64)> = history.of(Span::Day, 1, 99).iter().map(|it| (it.at, it.reputation)).collect();
        assert_eq!(day, [(700, 60.0), (3_600, 65.0), (7_200, 70.0)]);
    }

    #[test]
    fn it_reaches_back_a_day_and_a_week_and_never_takes_more_room() {
        assert_eq!(size_of::<Point>(), 24);
        let mut history = History::default();
        let (from, minutes) = (1_700_000_000, 30 * 24 * 60);
        for minute in 0..minutes {
            history.add(from + minute * 60, level(50.0));
        }
        let last = from + (minutes - 1) * 60;
        assert!(history.points() <= 312, "{}", history.points());
        let room = history.day.capacity() + history.week.capacity();
        assert!(room * size_of::<Point>() <= 7_488, "{room} points");
        let reach = |span| last - history.of(span, 0, 999)[0].at;
        assert!((23 * 3_600..=24 * 3_600).contains(&reach(Span::Day)), "{}", reach(Span::Day));
        assert!((6 * 86_400..=7 * 86_400).contains(&reach(Span::Week)), "{}", reach(Span::Week));
    }

    #[test]
    fn what_comes_too_late_for_a_ring_is_left_out_of_it() {
        let mut history = History::default();
        history.add(30 * 86_400, level(50.0));
        history.add(28 * 86_400, level(60.0));
        history.add(86_400, level(70.0));
        let times = |span| history.of(span, 0, 999).iter().map(|it| it.at).collect::<Vec<_>>();
        assert_eq!(times(Span::Day), [30 * 86_400]);
        assert_eq!(times(Span::Week), [28 * 86_400, 30 * 86_400]);
    }

    #[test]
    fn a_thinned_chart_ends_with_the_newest_point() {
        let mut history = History::default();
        for hour in 0..100 {
            history.add(hour * 3_600, level(50.0));
        }
        let thin = history.of(Span::Week, 2, 32);
        assert!(thin.len() <= 32 && thin.len() >= 24, "{}", thin.len());
        assert_eq!(thin.last().map(|it| it.at), Some(99 * 3_600));
    }

    #[test]
    fn scores_out_of_range_are_held_within_it() {
        assert_eq!([hundredths(-3.0), hundredths(61.237), hundredths(1e9)], [0, 6_124, 10_000]);
    }
}
