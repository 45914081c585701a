//! Panics as errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls `work`; if it panics, the error is what the panic said. What `work` was changing may be half done then: the caller lets go of it.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        format!("panicked: {said}")
    })
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_tells_what_it_said() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| panic!("out of {}", "memory")), Err::<(), _>("panicked: out of memory".into()));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("panicked: plain".into()));
    }
}
