//! The web room from the outside: a real server on a real socket, a real browser, the real demo.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod axe;
mod barriers;
mod browser;
mod contract;
mod demo;
mod events;
mod health;
mod metrics;
mod page;
mod reading;
mod reputation;
mod standings;
mod support;
