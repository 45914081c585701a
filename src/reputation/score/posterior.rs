//! A window's score and its band: one posterior.

use statrs::function::beta::inv_beta_reg;

use super::change::change;
use crate::reputation::rules::{PRIOR_LEAST, PRIOR_MIDWAY, PRIOR_STRENGTH};
use crate::reputation::standing::WindowStanding;
use crate::reputation::tally::{Tallies, Tally};

/// Half of what lies outside the 95 % band.
const TAIL: f64 = 0.025;

/// What is known of a window's share of positive opinion: `Beta(κ·μ0 + n·p, κ·(1 − μ0) + n·(1 − p))`, with κ of [`prior_strength`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    alpha: f64,
    beta: f64,
}

/// How many mentions the prior share weighs against n effective ones: `κ = 1 + 19/(1 + n/200)`, 20 at first and 10.5 against 200.
pub(super) fn prior_strength(effective: f64) -> f64 {
    PRIOR_LEAST + (PRIOR_STRENGTH - PRIOR_LEAST) / (1.0 + effective / PRIOR_MIDWAY)
}

/// The entity's own long-run share μ0, itself drawn toward 0.5 as by κ opinionated mentions: in (0, 1).
pub fn prior(tallies: &Tallies) -> f64 {
    Posterior::new(&tallies.long_run, 0.5).mean()
}

impl Posterior {
    /// Of a window, given μ0 in (0, 1).
    pub fn new(tally: &Tally, prior: f64) -> Self {
        let (n, p) = (tally.effective(), tally.split.share().unwrap_or(prior));
        let strength = prior_strength(n);
        Self { alpha: strength * prior + n * p, beta: strength * (1.0 - prior) + n * (1.0 - p) }
    }

    /// 0 to 1.
    pub fn mean(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// Both ends of the 95 % band: its quantiles, 0 to 1.
    pub fn band(&self) -> (f64, f64) {
        (inv_beta_reg(self.alpha, self.beta, TAIL), inv_beta_reg(self.alpha, self.beta, 1.0 - TAIL))
    }
}

/// The published figures of every window, in the order of [`super::super::rules::WINDOWS`].
pub fn standings(tallies: &Tallies) -> [WindowStanding; 3] {
    let prior = prior(tallies);
    let [hour, day, week] = &tallies.windows;
    [(hour, day), (day, week), (week, &tallies.long_run)].map(|(tally, longer)| {
        let posterior = Posterior::new(tally, prior);
        let (reputation, (low, high)) = (100.0 * posterior.mean(), posterior.band());
        WindowStanding {
            reputation,
            low: 100.0 * low,
            high: 100.0 * high,
            net_sentiment: 2.0 * reputation - 100.0,
            effective_mentions: tally.effective(),
            mentions: tally.mentions,
            weight: tally.weight,
            change: change(tally, longer, prior),
        }
    })
}
