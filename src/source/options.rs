//! How the Akamai API is reached and how hard it may be asked.

use crate::domain::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the source needs to know besides the credentials themselves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `.edgerc` file.
    pub edgerc: PathBuf,
    /// Section of that file; `None` is the customer's name.
    pub section: Option<String>,
    /// Account switch key that overrides the section's own.
    pub account_key: Option<Secret>,
    /// Another address for the API: `http://127.0.0.1:PORT` (loopback only) or the section's own host.
    pub host: Option<String>,
    /// Limit of one attempt (default 20 s).
    pub timeout: Duration,
}
