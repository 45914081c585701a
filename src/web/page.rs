//! The live page: static files inside the binary.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, type and content of every file.
const FILES: [(&str, &str, &str); 14] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/page/page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("/page/reputation.css", "text/css; charset=utf-8", include_str!("page/reputation.css")),
    ("/page/page.js", "text/javascript; charset=utf-8", include_str!("page/page.js")),
    ("/page/card.js", "text/javascript; charset=utf-8", include_str!("page/card.js")),
    ("/page/counts.js", "text/javascript; charset=utf-8", include_str!("page/counts.js")),
    ("/page/alerts.js", "text/javascript; charset=utf-8", include_str!("page/alerts.js")),
    ("/page/board.js", "text/javascript; charset=utf-8", include_str!("page/board.js")),
    ("/page/detail.js", "text/javascript; charset=utf-8", include_str!("page/detail.js")),
    ("/page/dom.js", "text/javascript; charset=utf-8", include_str!("page/dom.js")),
    ("/page/filters.js", "text/javascript; charset=utf-8", include_str!("page/filters.js")),
    ("/page/line.js", "text/javascript; charset=utf-8", include_str!("page/line.js")),
    ("/page/moved.js", "text/javascript; charset=utf-8", include_str!("page/moved.js")),
    ("/page/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];

/// Routes to the files. A new binary may bring a new page, so browsers ask each time.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        let file = move || async move {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
        };
        router.route(path, get(file))
    })
}
