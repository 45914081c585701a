//! Feeds' values to the types of the mention. More forgiving than the canonical schema: a number may stand for an id, and in
//! CSV everything is a text.

use std::borrow::Cow;

use html2text::render::TrivialDecorator;
use serde_json::Value;

use crate::mention::{Rejection, fields};

pub(super) fn text(field: &str, value: Cow<'_, Value>) -> Result<String, Rejection> {
    match value {
        Cow::Owned(Value::String(text)) => Ok(text),
        value => match value.as_ref() {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            other => Err(Rejection::mistyped(field, other, "a string or a number")),
        },
    }
}

pub(super) fn count(field: &str, value: &Value) -> Result<u64, Rejection> {
    fields::count(field, &as_whole(value))
}

pub(super) fn whole(field: &str, value: &Value) -> Result<i64, Rejection> {
    fields::whole(field, &as_whole(value))
}

pub(super) fn number(field: &str, value: &Value) -> Result<f64, Rejection> {
    let parsed = value.as_str().and_then(|text| text.trim().parse::<f64>().ok()).filter(|number| number.is_finite());
    parsed.map_or_else(|| fields::number(field, value), Ok)
}

pub(super) fn flag(field: &str, value: &Value) -> Result<bool, Rejection> {
    match value {
        Value::String(text) if matches!(text.as_str(), "true" | "True" | "1" | "yes") => Ok(true),
        Value::String(text) if matches!(text.as_str(), "false" | "False" | "0" | "no") => Ok(false),
        Value::Number(number) if number.as_u64() == Some(1) => Ok(true),
        Value::Number(number) if number.as_u64() == Some(0) => Ok(false),
        other => fields::flag(field, other),
    }
}

/// Whole numbers in their other guises: `"12"`, `12.0`.
fn as_whole(value: &Value) -> Cow<'_, Value> {
    /// Beyond this a double no longer tells neighbouring whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let guise = match value {
        Value::String(text) => text.trim().parse::<i64>().ok(),
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < EXACT).map(|number| number as i64)
        }
        _ => None,
    };
    guise.map_or(Cow::Borrowed(value), |whole| Cow::Owned(whole.into()))
}

/// Time grows with the square of how deep HTML is nested; no post needs more tags than this, hostile input does.
const MOST_TAGS: usize = 2_000;

/// HTML to the text a reader sees.
pub(super) fn plain(field: &str, html: &str) -> Result<String, Rejection> {
    if !html.contains('<') {
        return Ok(htmlize::unescape(html).into_owned());
    }
    if html.matches('<').count() > MOST_TAGS {
        return Err(Rejection::invalid(field, html, &format!("HTML of at most {MOST_TAGS} tags")));
    }
    /// Lines are not to be broken.
    const WIDTH: usize = 1 << 20;
    let rendered = html2text::config::with_decorator(TrivialDecorator::new())
        .raw_mode(true)
        .string_from_read(html.as_bytes(), WIDTH);
    let text = rendered.map_err(|_| Rejection::invalid(field, html, "HTML that can be read"))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn html_becomes_what_a_reader_sees() {
        let mastodon = r#"<p><span class="h-card"><a href="https://social.example/@kaffi" class="u-url mention">@<span>kaffi</span></a></span> the cups &amp; lids leak<br />again</p><p>Why? <a href="https://example.com/a"><span class="invisible">https://</span><span class="ellipsis">example.com/a</span></a></p>"#;
        assert_eq!(
            plain("text", mastodon).unwrap(),
            "@kaffi the cups & lids leak\nagain\n\nWhy? https://example.com/a"
        );
        assert_eq!(plain("text", "5 &gt; 4 &#39;ok&#39;").unwrap(), "5 > 4 'ok'");
        assert_eq!(plain("text", "<b>unclosed <i>tags").unwrap(), "unclosed tags");
        let long = format!("<p>{}</p>", "word ".repeat(5000));
        assert_eq!(plain("text", &long).unwrap().lines().count(), 1);
    }

    #[test]
    fn deep_html_does_no_harm() {
        let began = std::time::Instant::now();
        for tag in ["<div>", "<ul><li>", "<table><tr><td>"] {
            let _ = plain("text", &tag.repeat(MOST_TAGS / tag.matches('<').count()));
        }
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
        assert!(plain("text", &"<div>".repeat(MOST_TAGS + 1)).is_err());
    }

    #[test]
    fn numbers_come_in_many_guises() {
        for value in [json!(12), json!("12"), json!(12.0), json!(" 12 ")] {
            assert_eq!(count("n", &value), Ok(12), "{value}");
            assert_eq!(number("n", &value), Ok(12.0), "{value}");
        }
        for value in [json!("a"), json!(-1), json!(1.5), json!([1]), json!("1e3")] {
            assert!(count("n", &value).is_err(), "{value}");
        }
        assert_eq!(flag("f", &json!("True")), Ok(true));
        assert_eq!(flag("f", &json!(0)), Ok(false));
        assert!(flag("f", &json!("maybe")).is_err());
        assert!(number("n", &json!("NaN")).is_err());
    }
}
