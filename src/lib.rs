//! Undertone listens to what people say about a brand on Kafka, scores how they mean it, and says so.
//!
//! The rooms of the house, from the outside in. Arrows point down this list; ARCHITECTURE.md names what departs from it.
//!
//! - [`cli`]: the commands; [`config`]: files to validated settings;
//! - [`demo`]: a scripted stream, to try it all without Kafka;
//! - [`stream`]: Kafka, exactly once; [`web`]: health, metrics and the live page;
//! - [`enrich`]: a chunk of records to events, pure; [`reputation`]: events to standing and alerts, pure;
//! - [`model`]: texts to scores; [`watch`]: mentions to entities; [`text`]: normalisation, language;
//! - [`mention`]: what comes in; [`telemetry`]: metrics and logs.

pub mod cli;
pub mod config;
pub mod demo;
pub mod enrich;
pub mod mention;
pub mod model;
pub mod reputation;
pub mod stream;
pub mod telemetry;
pub mod text;
pub mod watch;
pub mod web;
