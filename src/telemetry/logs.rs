//! Logs through tracing: for a human on a terminal, JSON lines otherwise; always to stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Which variable filters the logs.
const VARIABLE: &str = "UNDERTONE_LOG";
/// librdkafka reports every reconnection at info, which drowns the rest.
const DEFAULT: &str = "info,librdkafka=warn,rdkafka=warn";

/// Starts logging. `UNDERTONE_LOG` filters (`info`, `undertone=debug,rdkafka=warn`); a filter that cannot be read is
/// named on stderr, and the default stands. A second call changes nothing.
pub fn init() {
    let filter = match std::env::var(VARIABLE) {
        Ok(directives) if !directives.trim().is_empty() => {
            EnvFilter::try_new(&directives).unwrap_or_else(|error| {
                eprintln!("warning: {VARIABLE}: found {directives:?}, expected a filter such as \"undertone=debug,info\" ({error}); {DEFAULT:?} stands");
                EnvFilter::new(DEFAULT)
            })
        }
        _ => EnvFilter::new(DEFAULT),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Only a subscriber that is already there makes this fail: a test that calls it twice.
    let _ = if io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
}
