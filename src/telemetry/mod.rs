//! Metrics and logs. Only this room names metrics.

mod families;
pub mod logs;
pub mod metrics;
mod moved;
mod standings;

pub use metrics::{Allowed, Correction, Metrics, Rebalance, Stage, Transaction};
