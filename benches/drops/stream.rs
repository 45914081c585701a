//! What is drawn from: the numbers of a real stream (benches/data/README.md), without a word of it.

use std::io::Read;
use std::path::Path;

use crate::random::Random;

pub(crate) const HOUR: i64 = 3_600_000;

/// One mention, as numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention {
    /// Milliseconds after the first of its session.
    pub(crate) after: i64,
    pub(crate) positive: f64,
    pub(crate) negative: f64,
    /// Number of its topic; 0 for none.
    pub(crate) topic: u8,
}

/// What one author said to one brand, without a pause of six hours.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) opinion: f64,
    pub(crate) positive: f64,
}

/// Sessions of one leaning, and the mean of their opinion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    pub(crate) sessions: Vec<Session>,
    pub(crate) opinion: f64,
    pub(crate) positive: f64,
}

/// The stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// Sessions that speak well of it, and the others.
    pub(crate) good: Pool,
    pub(crate) bad: Pool,
    /// Mentions in a session, mean.
    pub(crate) length: f64,
    /// Volume by hour of the week, mean 1.
    pub(crate) volume: Vec<f64>,
    /// Share of positive by hour of the day, above the mean.
    pub(crate) tone: Vec<f64>,
}

struct Row {
    at: i64,
    brand: u32,
    author: u32,
    /// Positive and negative; `None` where the post was not scored.
    meant: Option<(f64, f64)>,
    topic: u8,
}

impl Stream {
    /// Reads the numbers.
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/data/airline.csv.gz");
        let mut text = String::new();
        let file = std::fs::File::open(&path).expect("benches/data is part of the project");
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("it is compressed");
        let rows: Vec<Row> = text.lines().skip(1).map(row).collect();
        let (volume, tone) = (volume(&rows), tone(&rows));
        let sessions = sessions(rows);
        let length =
            sessions.iter().map(|session| session.mentions.len()).sum::<usize>() as f64 / sessions.len() as f64;
        let (good, bad) = sessions.into_iter().partition(|session| session.positive > session.opinion / 2.0);
        Self { good: pool(good), bad: pool(bad), length, volume, tone }
    }

    /// A session out of a mixture whose mean share of positive is `share`.
    pub(crate) fn draw(&self, share: f64, random: &mut Random) -> &Session {
        // w·(positive of good − share·opinion of good) + (1 − w)·(the same of bad) = 0.
        let above = self.good.positive - share * self.good.opinion;
        let below = self.bad.positive - share * self.bad.opinion;
        let pool = if random.unit() < (-below / (above - below)).clamp(0.0, 1.0) { &self.good } else { &self.bad };
        &pool.sessions[random.below(pool.sessions.len())]
    }
}

/// seconds since the Monday before, brand, author, positive ‰, negative ‰, topic.
fn row(line: &str) -> Row {
    let mut fields = line.split(',').map(|field| field.parse::<u32>().ok());
    let mut next = || fields.next().flatten();
    let (at, brand, author) = (next(), next(), next());
    let (positive, negative, topic) = (next(), next(), next());
    Row {
        at: i64::from(at.expect("a time")) * 1000,
        brand: brand.expect("a brand"),
        author: author.expect("an author"),
        meant: positive
            .zip(negative)
            .map(|(positive, negative)| (f64::from(positive) / 1000.0, f64::from(negative) / 1000.0)),
        topic: topic.expect("a topic") as u8,
    }
}

fn sessions(mut rows: Vec<Row>) -> Vec<Session> {
    rows.retain(|row| row.meant.is_some());
    rows.sort_by_key(|row| (row.brand, row.author, row.at));
    let mut sessions: Vec<Session> = Vec::new();
    let mut last: Option<(u32, u32, i64, i64)> = None;
    for row in rows {
        let start = match last {
            Some((brand, author, at, start))
                if (brand, author) == (row.brand, row.author) && row.at - at < 6 * HOUR =>
            {
                start
            }
            _ => {
                sessions.push(Session { mentions: Vec::new(), opinion: 0.0, positive: 0.0 });
                row.at
            }
        };
        last = Some((row.brand, row.author, row.at, start));
        if let (Some(session), Some((positive, negative))) = (sessions.last_mut(), row.meant) {
            session.opinion += positive + negative;
            session.positive += positive;
            session.mentions.push(Mention { after: row.at - start, positive, negative, topic: row.topic });
        }
    }
    sessions
}

fn pool(sessions: Vec<Session>) -> Pool {
    let count = sessions.len() as f64;
    let opinion = sessions.iter().map(|session| session.opinion).sum::<f64>() / count;
    let positive = sessions.iter().map(|session| session.positive).sum::<f64>() / count;
    Pool { sessions, opinion, positive }
}

/// Hours of the day times days of the week: the stream has eight days, too few for each hour of the week by itself.
fn volume(rows: &[Row]) -> Vec<f64> {
    let (mut hours, mut days) = ([0.0_f64; 24], [0.0_f64; 7]);
    for row in rows {
        hours[(row.at / HOUR % 24) as usize] += 1.0;
        days[(row.at / HOUR / 24 % 7) as usize] += 1.0;
    }
    let mean = rows.len() as f64;
    // Half of the stream is three days of a storm: a day's factor is drawn halfway to one.
    let factor = |hour: usize| hours[hour % 24] * 24.0 / mean * (days[hour / 24] * 7.0 / mean).sqrt();
    let volume: Vec<f64> = (0..168).map(factor).collect();
    let level = volume.iter().sum::<f64>() / 168.0;
    volume.into_iter().map(|factor| factor / level).collect()
}

fn tone(rows: &[Row]) -> Vec<f64> {
    let mut hours = [(0.0_f64, 0.0_f64); 24];
    for (at, (positive, negative)) in rows.iter().filter_map(|row| Some((row.at, row.meant?))) {
        // Three hours together: fewer than 200 opinions an hour are too noisy by themselves.
        for beside in [23, 0, 1] {
            let hour = &mut hours[((at / HOUR + beside) % 24) as usize];
            hour.0 += positive;
            hour.1 += positive + negative;
        }
    }
    let share = hours.iter().map(|hour| hour.0).sum::<f64>() / hours.iter().map(|hour| hour.1).sum::<f64>();
    hours.iter().map(|hour| hour.0 / hour.1.max(1.0) - share).collect()
}
