//! All queries in one automaton.
//!
//! Every term of every query is one pattern of an Aho-Corasick automaton, which passes over a text once. Which entities are
//! then looked at follows from the terms that were found: an entity is listed under its *triggers*, terms of which at least
//! one stands in every text that satisfies its query. Of an AND the operand with the rarest terms is the trigger, so that a
//! word which thousands of queries share (`airline`) wakes none of them. An entity that is not woken costs nothing.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

use super::fold::{Folded, fold_term};
use super::hit::{Links, stands};
use super::query::{Expr, TermKind};
use crate::text::Span;

/// The places of one term, and of one entity, that are kept: the first ones. Nobody reads more of them, and a text of a
/// megabyte that says one name over and over would cost as many at every later step.
pub(super) const MOST_SPANS: usize = 32;

/// What a scratch keeps from text to text, in bytes of folded text and in hits: nearly all texts need less.
const KEPT: usize = 16 << 10;

/// A term that stands in a text: its number and where, in the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    pattern: u32,
    span: Span,
}

/// What one pass needs; kept from text to text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    folded: Folded,
    hits: Vec<Hit>,
    woken: Vec<u32>,
}

/// Compiled queries.
#[derive(Debug)]
pub(super) struct Matcher {
    automaton: AhoCorasick,
    kinds: Vec<TermKind>,
    /// For each pattern, the entities it wakes.
    wakes: Vec<Vec<u32>>,
    /// For each entity, its query.
    rules: Vec<Option<Rule>>,
}

/// A query with its negations moved down to the terms.
#[derive(Debug)]
enum Rule {
    Has(u32),
    Lacks(u32),
    All(Vec<Rule>),
    Any(Vec<Rule>),
}

impl Matcher {
    /// Compiles the queries of all entities, in their order.
    pub(super) fn new(queries: &[Option<Expr>]) -> Result<Self, BuildError> {
        let mut patterns = Patterns::default();
        let rules: Vec<Option<Rule>> =
            queries.iter().map(|query| query.as_ref().map(|expr| patterns.rule(expr, true))).collect();
        let mut shared_by = vec![0_usize; patterns.texts.len()];
        for rule in rules.iter().flatten() {
            rule.each_has(&mut |pattern| count(&mut shared_by, pattern));
        }
        let mut wakes = vec![Vec::new(); patterns.texts.len()];
        for (entity, rule) in (0_u32..).zip(&rules) {
            for pattern in rule.as_ref().and_then(|rule| rule.triggers(&shared_by)).unwrap_or_default() {
                if let Some(list) = wakes.get_mut(pattern as usize)
                    && list.last() != Some(&entity)
                {
                    list.push(entity);
                }
            }
        }
        // The default would build a table of hundreds of megabytes for many short queries.
        let kind = (patterns.texts.len() > 500).then_some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(&patterns.texts)?;
        Ok(Self { automaton, kinds: patterns.kinds, wakes, rules })
    }

    /// Calls `found` with every entity whose query the text satisfies, in rising order, and the pieces of the text that did
    /// it. `text_start` is where a title ends, or 0.
    pub(super) fn matches(
        &self,
        body: &str,
        text_start: usize,
        scratch: &mut Scratch,
        found: &mut impl FnMut(u32, Vec<Span>),
    ) {
        let Scratch { folded, hits, woken } = scratch;
        folded.fold(body, text_start);
        hits.clear();
        hits.shrink_to(KEPT);
        for hit in self.automaton.find_overlapping_iter(&folded.text) {
            let Some(&kind) = self.kinds.get(hit.pattern().as_usize()) else { continue };
            if stands(&folded.text, hit.start(), hit.end(), kind) {
                let span = folded.to_source(hit.start(), hit.end());
                hits.push(Hit { pattern: hit.pattern().as_u32(), span });
            }
        }
        folded.shrink_to(KEPT);
        hits.sort_unstable_by_key(|hit| (hit.span, hit.pattern));
        let mut links = Links::new(body);
        hits.retain(|hit| !links.hold(hit.span));
        if hits.is_empty() {
            return;
        }
        hits.sort_unstable();
        keep_first(hits);
        woken.clear();
        for of_one in hits.chunk_by(|a, b| a.pattern == b.pattern) {
            let pattern = of_one.first().map_or(0, |hit| hit.pattern as usize);
            woken.extend_from_slice(self.wakes.get(pattern).map_or(&[], Vec::as_slice));
        }
        woken.sort_unstable();
        woken.dedup();
        for &entity in woken.iter() {
            let Some(Some(rule)) = self.rules.get(entity as usize) else { continue };
            if rule.holds(hits) {
                let mut spans = Vec::new();
                rule.spans(hits, &mut spans);
                found(entity, merged(spans));
            }
        }
    }
}

/// The distinct patterns of all queries.
#[derive(Default)]
struct Patterns {
    texts: Vec<String>,
    kinds: Vec<TermKind>,
    known: HashMap<(String, TermKind), u32>,
}

impl Patterns {
    fn rule(&mut self, expr: &Expr, positive: bool) -> Rule {
        match expr {
            Expr::Term(term) => {
                let pattern = self.pattern(&term.text, term.kind);
                if positive { Rule::Has(pattern) } else { Rule::Lacks(pattern) }
            }
            Expr::Not(operand) => self.rule(operand, !positive),
            // NOT (a AND b) is NOT a OR NOT b.
            Expr::And(operands) | Expr::Or(operands) => {
                let rules = operands.iter().map(|operand| self.rule(operand, positive)).collect();
                if matches!(expr, Expr::And(_)) == positive { Rule::All(rules) } else { Rule::Any(rules) }
            }
        }
    }

    fn pattern(&mut self, text: &str, kind: TermKind) -> u32 {
        // A phrase and a word are found alike.
        let kind = if kind == TermKind::Phrase { TermKind::Word } else { kind };
        let next = self.texts.len() as u32;
        let folded = fold_term(text);
        *self.known.entry((folded, kind)).or_insert_with_key(|(folded, kind)| {
            self.texts.push(folded.clone());
            self.kinds.push(*kind);
            next
        })
    }
}

impl Rule {
    fn each_has(&self, visit: &mut impl FnMut(u32)) {
        match self {
            Self::Has(pattern) => visit(*pattern),
            Self::Lacks(_) => {}
            Self::All(rules) | Self::Any(rules) => rules.iter().for_each(|rule| rule.each_has(visit)),
        }
    }

    /// Terms of which one stands in every text that satisfies the rule; `None` where a text without any satisfies it.
    fn triggers(&self, shared_by: &[usize]) -> Option<Vec<u32>> {
        match self {
            Self::Has(pattern) => Some(vec![*pattern]),
            Self::Lacks(_) => None,
            Self::Any(rules) => {
                let all: Option<Vec<Vec<u32>>> = rules.iter().map(|rule| rule.triggers(shared_by)).collect();
                all.map(|all| all.concat())
            }
            Self::All(rules) => rules.iter().filter_map(|rule| rule.triggers(shared_by)).min_by_key(|triggers| {
                triggers.iter().map(|&pattern| shared_by.get(pattern as usize).copied().unwrap_or(0)).sum::<usize>()
            }),
        }
    }

    fn holds(&self, hits: &[Hit]) -> bool {
        match self {
            Self::Has(pattern) => !of(hits, *pattern).is_empty(),
            Self::Lacks(pattern) => of(hits, *pattern).is_empty(),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(hits)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(hits)),
        }
    }

    /// The pieces that satisfy a rule which holds.
    fn spans(&self, hits: &[Hit], spans: &mut Vec<Span>) {
        match self {
            Self::Has(pattern) => spans.extend(of(hits, *pattern).iter().map(|hit| hit.span)),
            Self::Lacks(_) => {}
            Self::All(rules) => rules.iter().for_each(|rule| rule.spans(hits, spans)),
            Self::Any(rules) => rules.iter().filter(|rule| rule.holds(hits)).for_each(|rule| rule.spans(hits, spans)),
        }
    }
}

fn count(counts: &mut [usize], pattern: u32) {
    if let Some(count) = counts.get_mut(pattern as usize) {
        *count += 1;
    }
}

/// Leaves the first few hits of each pattern; `hits` is sorted.
fn keep_first(hits: &mut Vec<Hit>) {
    let (mut pattern, mut kept) = (u32::MAX, 0);
    hits.retain(|hit| {
        kept = if hit.pattern == pattern { kept + 1 } else { 1 };
        pattern = hit.pattern;
        kept <= MOST_SPANS
    });
}

/// The hits of one pattern; `hits` is sorted.
fn of(hits: &[Hit], pattern: u32) -> &[Hit] {
    let start = hits.partition_point(|hit| hit.pattern < pattern);
    let rest = hits.get(start..).unwrap_or(&[]);
    let len = rest.iter().take_while(|hit| hit.pattern == pattern).count();
    rest.get(..len).unwrap_or(&[])
}

/// Sorted, overlapping ones joined; the first few.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let joins = next.start < kept.end;
        if joins {
            kept.end = kept.end.max(next.end);
        }
        joins
    });
    spans.truncate(MOST_SPANS);
    spans
}
