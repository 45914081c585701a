//! A server that hears what is posted to it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use serde_json::Value;

/// What came: on which path, with which headers.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Listens on a free port until it is dropped.
pub(crate) struct Webhook {
    pub(crate) url: String,
    posts: Receiver<Post>,
    heard: Vec<Post>,
    _runtime: tokio::runtime::Runtime,
}

impl Webhook {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, posts) = channel();
        let router = axum::Router::new().route("/{*path}", post(hear)).with_state(sender);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async { axum::serve(listener, router).await });
        Self { url, posts, heard: Vec::new(), _runtime: runtime }
    }

    /// The first post that is wanted, among those that came and those that come until then.
    pub(crate) fn until(&mut self, patience: Duration, is_wanted: impl Fn(&Post) -> bool) -> Post {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(post) = self.heard.iter().find(|post| is_wanted(post)) {
                return post.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(post) = self.posts.recv_timeout(left) else {
                panic!("it did not come within {patience:?}, but {:#?}", self.heard);
            };
            self.heard.push(post);
        }
    }

    /// All that came so far.
    pub(crate) fn heard(&mut self) -> &[Post] {
        self.heard.extend(self.posts.try_iter());
        &self.heard
    }
}

async fn hear(State(sender): State<Sender<Post>>, uri: Uri, headers: HeaderMap, body: String) {
    let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    // Nobody listens any more once the test has ended.
    let _ = sender.send(Post { path: uri.path().to_owned(), headers, body });
}
