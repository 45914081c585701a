//! `${env:NAME}` and `${file:/path}` in values: secrets stay out of the file.

use std::path::Path;

/// A secret file may hold at most this much.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Said without the text itself, which may be a piece of a secret.
const UNKNOWN: &str = "`${` that begins neither ${env:NAME} nor ${file:PATH}";

/// How the environment is read; tests bring their own.
pub(super) type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Puts the values of environment variables and files in the place of `${env:NAME}` and `${file:PATH}`. A relative path is
/// seen from `folder`; the line break at the end of a file is not part of it. The error says what was found, with the name
/// of the variable or file and never with what it holds.
pub(super) fn expand(text: &str, folder: &Path, env: Env<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((reference, after)) = after.split_once('}') else {
            return Err(UNKNOWN.to_owned());
        };
        match reference.split_once(':') {
            Some(("env", name)) => {
                let value = env(name).filter(|value| !value.is_empty());
                out.push_str(&value.ok_or_else(|| format!("environment variable {name}, which is not set or empty"))?);
            }
            Some(("file", path)) => out.push_str(&file(&folder.join(path))?),
            _ => return Err(UNKNOWN.to_owned()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn file(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("file {}, which cannot be read ({error})", path.display());
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_FILE_BYTES {
        return Err(format!("file {}, which is larger than {MAX_FILE_BYTES} bytes", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err(format!("file {}, which is empty", path.display())) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_files_take_the_place_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pw"), "s3cret\r\n").unwrap();
        std::fs::write(folder.path().join("blank"), "\n").unwrap();
        let env = |name: &str| (name == "USER").then(|| "ann".to_owned());
        let expand = |text: &str| expand(text, folder.path(), &env);
        assert_eq!(expand("plain $ {x}").unwrap(), "plain $ {x}");
        assert_eq!(expand("u=${env:USER};p=${file:pw}!").unwrap(), "u=ann;p=s3cret!");
        assert_eq!(expand("${env:NOPE}").unwrap_err(), "environment variable NOPE, which is not set or empty");
        assert!(expand("${file:gone}").unwrap_err().contains("gone, which cannot be read"));
        assert!(expand("${file:blank}").unwrap_err().contains("which is empty"));
        assert_eq!(expand("${USER}").unwrap_err(), UNKNOWN);
        assert_eq!(expand("${env:USER").unwrap_err(), UNKNOWN);
    }
}
