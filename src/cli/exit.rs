//! Exit codes, and how an error becomes one.

use std::process::ExitCode;

/// Wrong arguments or a bad configuration (`EX_USAGE` of sysexits.h).
pub const USAGE: u8 = 64;
/// Anything else that failed.
pub const FAILED: u8 = 1;
/// Another process took over this one's transactional id: do not restart it blindly (`EX_PROTOCOL`).
pub const FENCED: u8 = 76;

/// An error that knows its exit code; put it into an [`anyhow::Error`] to choose another than [`FAILED`].
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Exit {
    /// What is said on stderr.
    pub message: String,
    /// The process's exit code.
    pub code: u8,
}

/// Says an error on stderr and chooses the code. A closed stdout (`| head`) is no error.
pub(super) fn code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    let closed_pipe = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::BrokenPipe);
    if closed_pipe {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    error.downcast_ref::<Exit>().map_or(FAILED, |exit| exit.code).into()
}
