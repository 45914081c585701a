//! The HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::board::{AlertsAsk, AlertsShown, DetailAsk, ListAsk, Missing};
use super::tally::Summary;
use super::{Board, Feed, Health, events, guard, page};
use crate::telemetry::Metrics;

/// Pages that may be open at once.
const PAGES: usize = 64;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens (the port is the real one when 0 was asked for).
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

#[derive(Clone)]
struct Shared {
    metrics: Arc<Metrics>,
    health: Health,
    feed: Feed,
    board: Board,
    pages: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// Binds and serves in the background of the current tokio runtime.
pub async fn serve(
    addr: SocketAddr,
    metrics: Arc<Metrics>,
    health: Health,
    feed: Feed,
    board: Board,
) -> std::io::Result<Server> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let pages = Arc::new(Semaphore::new(PAGES));
    let shared = Shared { metrics, health, feed, board, pages, stop: stopped.clone() };
    let app = routes(shared, addr);
    tokio::spawn(async move {
        let mut stopped = stopped;
        // An error means that the server itself went, which is a reason to stop as well.
        let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the HTTP server failed");
        }
    });
    Ok(Server { addr, stop })
}

fn routes(shared: Shared, addr: SocketAddr) -> Router {
    let app = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/events", get(events))
        .route("/api/counts", get(counts))
        .route("/api/standings", get(standings))
        .route("/api/entities/{id}", get(entity))
        .route("/api/alerts", get(alerts))
        .merge(page::routes())
        .with_state(shared);
    let app = if addr.ip().is_loopback() { app.layer(middleware::from_fn(guard::loopback_names_only)) } else { app };
    app.layer(middleware::map_response(guard::headers))
}

async fn livez(State(shared): State<Shared>) -> Response {
    let (silent, live) = shared.health.silence(Instant::now());
    let status = if live { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "live": live, "silent_seconds": silent.as_secs() }))).into_response()
}

async fn readyz(State(shared): State<Shared>) -> Response {
    match shared.health.not_ready() {
        None => Json(json!({ "ready": true })).into_response(),
        Some(reason) => {
            let body = Json(json!({ "ready": false, "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

async fn metrics(State(shared): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.metrics.render()).into_response()
}

async fn events(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    match shared.pages.try_acquire_owned() {
        Ok(permit) => events::stream(shared.feed, &headers, permit, shared.stop).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open\n").into_response(),
    }
}

#[derive(Deserialize)]
struct Of {
    entity: Option<String>,
}

async fn counts(State(shared): State<Shared>, Query(of): Query<Of>) -> Json<Summary> {
    Json(shared.feed.summary(of.entity.as_deref()))
}

async fn standings(State(shared): State<Shared>, Query(ask): Query<ListAsk>) -> Response {
    match shared.board.list(&ask) {
        Some(list) => Json(list).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn entity(State(shared): State<Shared>, Path(id): Path<String>, Query(ask): Query<DetailAsk>) -> Response {
    let why = match shared.board.detail(&id, &ask) {
        Ok(detail) => return Json(detail).into_response(),
        Err(Missing::Unknown) => "it is not on the watchlist",
        Err(Missing::Unheard) => "nothing was heard of it yet",
    };
    (StatusCode::NOT_FOUND, Json(json!({ "error": why }))).into_response()
}

async fn alerts(State(shared): State<Shared>, Query(ask): Query<AlertsAsk>) -> Json<AlertsShown> {
    Json(shared.board.alerts(&ask))
}
