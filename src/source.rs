//! The Akamai API. Nothing outside this folder names the HTTP client.
//!
//! A [`Source`] answers queries about one customer's account, from the API or from a recording. Every function fails
//! with [`Error`].

mod attempt;
mod breaker;
mod call;
mod checkpoint;
mod client;
mod edgerc;
mod endpoint;
mod envelope;
mod error;
mod headers;
mod ini;
mod options;
mod origin;
mod pace;
mod pages;
mod papi;
mod quote;
mod recorder;
mod recording;
mod scrub;
mod sign;

pub(crate) use call::PAGE;
pub use call::{FindBy, PropertyRef};
pub(crate) use checkpoint::{Checkpoint, CheckpointHeader};
pub(crate) use client::BLOCKED;
pub(crate) use edgerc::CredentialsWarning;
pub use edgerc::find as find_credentials;
pub(crate) use edgerc::sections;
pub use error::Error;
pub use options::{ApiLimits, SourceOptions, Tuning};
pub(crate) use origin::ApiAnswer;
pub use origin::Source;
pub(crate) use pages::Pages;
pub(crate) use papi::AccountGroups;
pub use recorder::Recorder;
pub use recording::Recording;
