//! Runs entities: four weeks of history, weeks without a drop, and from the same history a branch for each planted drop.

use undertone::reputation::Rules;
use undertone::reputation::alert::{Alert, AlertKind, AlertState, Severity};
use undertone::reputation::entity::EntityState;

use crate::random::Random;
use crate::rivals::{RIVALS, Rivals};
use crate::stream::{HOUR, Stream};
use crate::world::{Drop, START, STEP, Shape, WEEK, World, concerned};

pub(crate) const HISTORY: i64 = 4 * WEEK;
/// Points.
pub(crate) const SIZES: [f64; 4] = [8.0, 12.0, 20.0, 30.0];
/// Shapes, their names, and how long after its beginning a drop counts as found.
pub(crate) const SHAPES: [(Shape, &str, i64); 3] =
    [(Shape::Step, "step", 48 * HOUR), (Shape::Ramp, "ramp, 6 h", 48 * HOUR), (Shape::Dip, "dip, 3 h", 6 * HOUR)];

/// What was seen of one entity.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Weeks without a drop.
    pub(crate) weeks: f64,
    /// Alerts that opened in them: drops, of these critical; spikes, surges.
    pub(crate) drops: usize,
    pub(crate) critical: usize,
    pub(crate) spikes: usize,
    pub(crate) surges: usize,
    /// What each rival saw in them, step by step.
    pub(crate) fallen: [Vec<f32>; RIVALS.len()],
    /// What became of the planted drops, by shape and size.
    pub(crate) found: Vec<Vec<Found>>,
}

/// What became of a planted drop.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Milliseconds until our alert opened, or one that was open got worse.
    pub(crate) ours: Option<i64>,
    pub(crate) critical: bool,
    /// The moments at which each rival saw more than before: milliseconds, and how much.
    pub(crate) rivals: [Vec<(i64, f32)>; RIVALS.len()],
}

impl Found {
    /// When a rival with a limit raises its alarm.
    pub(crate) fn rival(&self, rival: usize, limit: f32) -> Option<i64> {
        self.rivals[rival].iter().find(|(_, fallen)| *fallen >= limit).map(|(after, _)| *after)
    }
}

#[derive(Clone)]
struct Entity<'a> {
    world: World<'a>,
    state: EntityState,
    rivals: Option<Rivals>,
    alerts: Vec<Alert>,
}

impl Entity<'_> {
    fn step(&mut self, rules: &Rules) -> [f32; RIVALS.len()] {
        let Self { world, state, rivals, .. } = self;
        world.step(|event, copies| {
            state.fold(event);
            if let (Some(rivals), Some(meant)) = (rivals.as_mut(), &event.sentiment) {
                rivals.hear(meant.positive, meant.negative, copies);
            }
        });
        let clock = self.world.clock;
        self.state.advance(clock, rules, &mut self.alerts);
        self.rivals.as_mut().map_or_else(Default::default, |rivals| rivals.look(clock))
    }

    fn opened(&self, kind: AlertKind) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(move |alert| alert.kind == kind && alert.state == AlertState::Opened)
    }
}

/// Runs one entity. `weeks` of it are quiet; without `rivals` nobody is compared.
pub(crate) fn run(stream: &Stream, seed: u64, volume: f64, weeks: i64, rivals: bool, plant: &[(usize, usize)]) -> Seen {
    let rules = Rules::default();
    let mut entity = Entity {
        world: World::new(stream, seed, volume),
        state: EntityState::new(&concerned(), START),
        rivals: rivals.then(Rivals::default),
        alerts: Vec::new(),
    };
    let mut seen = Seen { weeks: weeks as f64, ..Seen::default() };
    seen.found = SHAPES.iter().map(|_| SIZES.iter().map(|_| Found::default()).collect()).collect();
    let onset = HISTORY + (Random::new(!seed).unit() * 48.0) as i64 * HOUR;
    while entity.world.clock < START + HISTORY {
        entity.step(&rules);
    }
    entity.alerts.clear();
    for step in 0..weeks.max(1) * WEEK / STEP {
        if entity.world.clock == START + onset {
            for (shape, size) in plant {
                seen.found[*shape][*size] = planted(entity.clone(), *shape, *size, &rules);
            }
        }
        if weeks == 0 && step * STEP > 48 * HOUR {
            break;
        }
        for (kept, now) in seen.fallen.iter_mut().zip(entity.step(&rules)) {
            if rivals {
                kept.push(now);
            }
        }
    }
    seen.drops = entity.opened(AlertKind::ReputationDrop).count();
    let critical = |alert: &&Alert| alert.kind == AlertKind::ReputationDrop && alert.severity == Severity::Critical;
    seen.critical =
        entity.alerts.iter().filter(critical).map(|alert| &alert.id).collect::<std::collections::BTreeSet<_>>().len();
    seen.spikes = entity.opened(AlertKind::VolumeSpike).count();
    seen.surges = entity.opened(AlertKind::TopicSurge).count();
    seen
}

fn planted(mut entity: Entity<'_>, shape: usize, size: usize, rules: &Rules) -> Found {
    let (shape, _, horizon) = SHAPES[shape];
    let at = entity.world.clock;
    entity.world.drop = Some(Drop { at, depth: SIZES[size] / 100.0, shape });
    entity.alerts.clear();
    let mut found = Found::default();
    while entity.world.clock < at + horizon {
        let fallen = entity.step(rules);
        let after = entity.world.clock - at;
        for (record, now) in found.rivals.iter_mut().zip(fallen) {
            if record.last().is_none_or(|(_, most)| now > *most) {
                record.push((after, now));
            }
        }
    }
    // An alert that was open already, for no reason, may only be told again: that counts, since somebody is told.
    let told = entity
        .alerts
        .iter()
        .find(|alert| alert.kind == AlertKind::ReputationDrop && alert.state != AlertState::Resolved);
    found.ours = told.map(|alert| alert.at.as_millisecond() - at);
    found.critical = entity
        .alerts
        .iter()
        .any(|alert| alert.kind == AlertKind::ReputationDrop && alert.severity == Severity::Critical);
    found
}
