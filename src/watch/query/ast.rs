//! How a query is read.

/// A query that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it means.
    pub expr: Expr,
    /// What is allowed in it and often not meant.
    pub warnings: Vec<String>,
}

/// A boolean expression over terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A word, phrase, handle or hashtag stands in the text.
    Term(Term),
    /// The operand does not hold.
    Not(Box<Self>),
    /// All operands hold; at least two.
    And(Vec<Self>),
    /// At least one operand holds; at least two.
    Or(Vec<Self>),
}

impl Expr {
    /// Whether the expression holds, given which terms do. Spells out the meaning of a query; the matcher is held against it.
    pub fn holds(&self, term: &mut impl FnMut(&Term) -> bool) -> bool {
        match self {
            Self::Term(t) => term(t),
            Self::Not(operand) => !operand.holds(term),
            Self::And(operands) => operands.iter().all(|operand| operand.holds(term)),
            Self::Or(operands) => operands.iter().any(|operand| operand.holds(term)),
        }
    }

    /// Visits the terms from left to right.
    pub fn each_term(&self, visit: &mut impl FnMut(&Term)) {
        match self {
            Self::Term(term) => visit(term),
            Self::Not(operand) => operand.each_term(visit),
            Self::And(operands) | Self::Or(operands) => operands.iter().for_each(|operand| operand.each_term(visit)),
        }
    }
}

/// One thing to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it is.
    pub kind: TermKind,
    /// As written, without quotes; handles and hashtags keep their sign.
    pub text: String,
    /// Where it starts in the query: characters, from 0.
    pub at: usize,
}

/// What a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TermKind {
    /// A bare word.
    Word,
    /// Words in quotes.
    Phrase,
    /// `@name`.
    Handle,
    /// `#tag`.
    Hashtag,
}

impl TermKind {
    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Phrase => "phrase",
            Self::Handle => "handle",
            Self::Hashtag => "hashtag",
        }
    }
}
