//! axe-core, which looks for barriers in a page: <https://github.com/dequelabs/axe-core> (MPL-2.0). Fetched once into `target/`
//! by `npm pack`, and held to its checksum; it is no part of the project.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::browser::Browser;

const VERSION: &str = "4.14.1";
const SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// What stands in a person's way, one line a finding; none is the wish. All rules but experimental ones, best practices included.
pub(crate) fn findings(browser: &mut Browser) -> Vec<String> {
    let source = std::fs::read_to_string(fetched()).unwrap();
    browser.value(&format!("{source}; typeof axe"));
    let run = "axe.run().then(({ violations }) => violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.failureSummary}`)))";
    serde_json::from_value(browser.value(run)).unwrap()
}

fn fetched() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let file = folder.join(format!("axe-core-{VERSION}.min.js"));
    if !file.exists() {
        let temporary = tempfile::tempdir_in(&folder).unwrap();
        let run = |program: &str, args: &[&str]| {
            let done = Command::new(program).args(args).current_dir(temporary.path()).output();
            let done = done.unwrap_or_else(|error| panic!("{program}: {error} (apt-get install npm)"));
            assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        };
        run("npm", &["pack", "--silent", &format!("axe-core@{VERSION}")]);
        run("tar", &["xzf", &format!("axe-core-{VERSION}.tgz"), "package/axe.min.js"]);
        std::fs::rename(temporary.path().join("package/axe.min.js"), &file).unwrap();
    }
    let sum = Command::new("sha256sum").arg(&file).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(sum.split(' ').next(), Some(SHA256), "{} is not what it was; remove it", file.display());
    file
}
