//! Internals that tests and benches use, and the only public items of this crate besides [`crate::run`]. Everything
//! that is not listed here is private, so that the compiler finds dead code.

pub mod cache {
    pub mod read {
        pub use crate::cache::read::{Reader, ReaderOptions, ServedFrom};
    }
}
pub mod cli {
    pub use crate::cli::definition;
}
pub mod commands {
    pub mod completions {
        pub use crate::commands::completions::script;
    }
    pub mod examples {
        pub use crate::commands::examples::ALL;
    }
    pub mod man {
        pub use crate::commands::man::pages;
    }
}
pub mod domain {
    pub mod freshness {
        pub use crate::domain::read::freshness::Lifetimes;
    }
    pub mod invalidation {
        pub use crate::domain::invalidation::Coverage;
    }
    pub mod glob {
        pub use crate::domain::glob::matches;
    }
    pub mod key {
        pub use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
    }
    pub mod measure {
        pub use crate::domain::stats::StatsReport;
    }
    pub mod read {
        pub use crate::domain::read::ReadItem;
    }
    pub mod search {
        pub use crate::domain::read::search::SearchTerm;
    }
    pub mod secret {
        pub use crate::domain::secret::Secret;
    }
    pub mod ttl {
        pub use crate::domain::ttl::Policy;
    }
}
pub mod output {
    pub mod metrics {
        pub use crate::output::metrics::ALL;
    }
    pub mod prometheus {
        pub use crate::output::prometheus::MetricKind;
    }
}
pub mod settings {
    pub mod keys {
        pub use crate::settings::keys::ALL;
    }
}
pub mod source {
    pub use crate::source::{
        ApiLimits, Error, FindBy, PropertyRef, Recorder, Recording, Source, SourceOptions, Tuning,
        find_credentials,
    };
}
pub mod stop {
    pub use crate::stop::Stop;
}
pub mod store {
    pub use crate::store::{
        Description, Error, ExchangeResult, Lock, LockAttempt, ObservedLock, Options, SeenMarks,
        Store, Ttl, Write, WriteOutcome,
    };
    pub mod options {
        pub use crate::store::options::{Deployment, Node, ReadFrom, Tls};
    }
}
