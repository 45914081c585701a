//! The demo: a scripted stream of posts about made-up brands, a watchlist for them, and what plays them into a broker.
//!
//! `posts.jsonl` holds mentions in the canonical schema, with `at` (minutes since the script's first midnight) in place
//! of `created_at`; a line with `raw` is sent as it is, for it is broken on purpose.

pub mod player;
pub mod script;

/// Entities and topics of the demo.
pub const WATCHLIST: &str = include_str!("watchlist.toml");
/// Its posts, one a line.
pub const POSTS: &str = include_str!("posts.jsonl");
