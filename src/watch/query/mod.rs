//! The query language: `delta AND (flight OR "customer service") AND NOT "river delta"`. docs/QUERIES.md is its manual.
//!
//! Text → [`lexer`] → [`parser`] → [`Expr`]. A new operator is a token, a rule and a variant of [`Expr`]; what the compiled
//! matcher does with it is in [`super::matcher`].

pub mod ast;
pub mod error;
pub mod explain;
mod lexer;
mod parser;

pub use ast::{Expr, Query, Term, TermKind};
pub use error::QueryError;
pub use explain::tree;
pub use parser::parse;
