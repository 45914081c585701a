//! How often the 95 % band holds the truth: opinions drawn for a known share of positive ones, and the band read off them.
//! Knows nothing of the score; both the bench and a test hand it one.

/// One opinion.
pub(crate) struct Opinion {
    /// Its age in hours.
    pub(crate) age: f64,
    /// For or against.
    pub(crate) positive: bool,
}

/// What is known of the entity from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing: the entity is new.
    Nothing,
    /// Weeks in which as many were for it as against it.
    Even,
    /// Weeks like now.
    Same,
}

/// Where the true share comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Truth {
    /// Drawn from Beta(κ/2, κ/2), κ = 20.
    Prior,
    /// Always the same.
    Share(f64),
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Case {
    /// What is known from before.
    pub(crate) before: Before,
    /// The truth.
    pub(crate) truth: Truth,
    /// Effective mentions in the window of one hour, on average.
    pub(crate) n: f64,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// The share of bands that hold the truth.
    pub(crate) covered: f64,
    /// Mean width of the bands, 0 to 1.
    pub(crate) width: f64,
    /// Mean of the effective mentions.
    pub(crate) n: f64,
}

/// A band: low and high, 0 to 1, and the effective mentions of the window of one hour.
pub(crate) type Band = (f64, f64, f64);

/// Draws a case many times.
pub(crate) fn simulate(case: Case, draws: u32, seed: u64, mut band: impl FnMut(&[Opinion]) -> Band) -> Outcome {
    let mut dice = Dice(seed);
    let mut outcome = Outcome { covered: 0.0, width: 0.0, n: 0.0 };
    for _ in 0..draws {
        let truth = match case.truth {
            Truth::Prior => dice.prior(),
            Truth::Share(share) => share,
        };
        let (low, high, n) = band(&opinions(case, truth, &mut dice));
        outcome.covered += f64::from(low <= truth && truth <= high) / f64::from(draws);
        outcome.width += (high - low) / f64::from(draws);
        outcome.n += n / f64::from(draws);
    }
    outcome
}

fn opinions(case: Case, truth: f64, dice: &mut Dice) -> Vec<Opinion> {
    const OLD: u32 = 1_000;
    let mut opinions = Vec::new();
    for number in 0..if case.before == Before::Nothing { 0 } else { OLD } {
        // Two to four weeks ago.
        let age = 24.0 * 28.0 - f64::from(number) * 24.0 * 14.0 / f64::from(OLD);
        let positive = if case.before == Before::Even { number % 2 == 0 } else { dice.uniform() < truth };
        opinions.push(Opinion { age, positive });
    }
    // Mentions at a steady rate r weigh n = 2·h·r/ln 2 in a window of half-life h. Twelve half-lives are all of it.
    let rate = case.n * std::f64::consts::LN_2 / 2.0;
    let mut age = 12.0;
    loop {
        age += dice.uniform().ln() / rate;
        if age <= 0.0 {
            return opinions;
        }
        opinions.push(Opinion { age, positive: dice.uniform() < truth });
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    /// In (0, 1).
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Beta(10, 10): the middle one of 19.
    fn prior(&mut self) -> f64 {
        let mut draws: [f64; 19] = std::array::from_fn(|_| self.uniform());
        draws.sort_by(f64::total_cmp);
        draws[9]
    }
}
