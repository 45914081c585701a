//! How a query is read, for people.

use std::fmt::Write as _;

use super::Expr;

/// The expression as an indented tree, one node a line.
pub fn tree(expr: &Expr) -> String {
    let mut out = String::new();
    branch(expr, 0, &mut out);
    out
}

fn branch(expr: &Expr, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    // Writing to a String cannot fail.
    let _ = match expr {
        Expr::Term(term) => writeln!(out, "{indent}{} {}", term.kind.name(), term.text),
        Expr::Not(_) => writeln!(out, "{indent}not"),
        Expr::And(_) => writeln!(out, "{indent}all of"),
        Expr::Or(_) => writeln!(out, "{indent}any of"),
    };
    match expr {
        Expr::Term(_) => {}
        Expr::Not(operand) => branch(operand, depth + 1, out),
        Expr::And(operands) | Expr::Or(operands) => operands.iter().for_each(|operand| branch(operand, depth + 1, out)),
    }
}
