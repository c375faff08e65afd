//! Walks a hash or a set page by page, so that the server's other clients are served in between.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::scanned;
use crate::store::net::request::{Request, RetryPolicy};
use futures_util::join;
use redis::Value;
use std::time::Duration;

/// Number of elements per page. Other clients wait this long, and twice as long if two hashes are read at a time.
const STEP: usize = 500;

/// Smallest number of elements that is asked for.
const LEAST: usize = 10;

/// How often the walk of a moving collection is restarted, and after which pause.
const BEGUN_AGAIN: usize = 3;
const SETTLES: Duration = Duration::from_millis(300);

impl Store {
    /// Passes the pages of a collection to `each` until they have `enough` elements or the walk ends. The server gathers
    /// the next page while one is processed, so two are in memory. An element may be returned twice. A cursor is only
    /// valid on the server that returned it: a collection that moves is an error ([`Error::Moved`]).
    pub(super) async fn each_page(
        &self,
        command: &'static str,
        key: &(impl AsRef<[u8]> + ?Sized),
        options: &[&str],
        enough: usize,
        mut each: impl FnMut(Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let ask = |cursor: &str, again| {
            let request = Request::new(command, key).arg(cursor).arg(options);
            let request = request.arg("COUNT").arg(enough.clamp(LEAST, STEP));
            self.run_one(request.again(again), self.reads)
        };
        let mut seen = 0;
        let mut sent = "0".to_owned();
        let mut answer = ask(&sent, RetryPolicy::Always).await?;
        loop {
            let (cursor, page) = scanned(answer, &sent, command, &self.endpoint())?;
            seen += elements(&page);
            if cursor == "0" || seen >= enough {
                return each(page);
            }
            let processed = async {
                tokio::task::yield_now().await;
                each(page)
            };
            let (next, processed) = join!(ask(&cursor, RetryPolicy::Never), processed);
            processed?;
            answer = next?;
            sent = cursor;
        }
    }

    /// Walks a collection, and starts again if it moved to another server, up to three times.
    pub async fn restart_if_moved<T>(
        &self,
        mut walk: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        for _ in 0..BEGUN_AGAIN {
            match walk().await {
                Err(Error::Moved { key, reason }) => {
                    log::info!("`{key}` is read again from its beginning: {reason}");
                    tokio::time::sleep(SETTLES).await;
                }
                walked => return walked,
            }
        }
        walk().await
    }
}

fn elements(page: &Value) -> usize {
    match page {
        Value::Array(elements) => elements.len(),
        _ => 0,
    }
}
