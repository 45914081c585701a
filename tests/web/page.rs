//! The page's files, and what browsers are told about them.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Running, event};

#[test]
fn the_page_loads_nothing_from_elsewhere_and_runs_no_inline_script() {
    let running = Running::start();
    let page = running.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let mut files: Vec<String> = ["href=\"", "src=\""]
        .iter()
        .flat_map(|attribute| page.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()))
        .filter(|path| !path.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let modules = ["alerts", "board", "card", "counts", "detail", "dom", "filters", "line", "moved"];
    files.extend(modules.map(|name| format!("/page/{name}.js")));
    for path in &files {
        assert!(path.starts_with('/') && !path.starts_with("//"), "{path} leaves the server");
        let file = running.get(path);
        assert_eq!((file.status, file.header("x-content-type-options")), (200, "nosniff"), "{path}");
        for outside in ["https://", "http://", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval("] {
            let allowed =
                path.ends_with(".svg") || path == "/metrics" || (outside == "http://" && path.ends_with("dom.js"));
            assert!(allowed || !file.body.contains(outside), "{path} has {outside}");
        }
    }
    assert!(
        !page.body.contains("<script>") && !page.body.contains("style=") && !page.body.contains("onclick"),
        "inline code"
    );
}

#[test]
fn counts_are_of_all_entities_or_of_one() {
    let running = Running::start();
    running.feed.publish(&[
        event("1", "good", "positive"),
        event("2", "bad", "negative"),
        event("3", "bad", "negative"),
    ]);
    let all = running.get("/api/counts").json();
    assert_eq!(all["entities"][0]["name"], "Acme");
    assert_eq!(all["entities"][0]["negative"], 2);
    assert_eq!(all["chart"][0]["positive"], 1);
    assert_eq!(running.get("/api/counts?entity=acme").json()["chart"], all["chart"]);
    assert_eq!(running.get("/api/counts?entity=nobody").json()["chart"], serde_json::json!([]));
}

/// A page of another site, whose name was rebound to loopback, sends its own name as the host.
#[test]
fn requests_under_another_name_are_refused() {
    let running = Running::start();
    let addr = running.url.trim_start_matches("http://");
    let ask = |host: &str| {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET /api/counts HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(ask("rebound.example"), "421");
    assert_eq!(ask("localhost:8080"), "200");
    assert_eq!(ask("127.0.0.1"), "200");
}

#[test]
fn what_is_not_there_is_not_found() {
    let running = Running::start();
    assert_eq!(running.get("/page/../Cargo.toml").status, 404);
    assert_eq!(running.get("/nothing").status, 404);
}
