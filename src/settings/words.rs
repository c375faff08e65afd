//! The words of options whose types belong to layers that do not know clap, each with its help.

use crate::domain::permissions::UserRole;
use crate::domain::read::GetResource;
use crate::domain::warm::HostnameView;
use crate::output::{Color, Format};
use crate::store::options::ReadFrom;
use clap::ValueEnum;
use clap::builder::PossibleValue;

macro_rules! words {
    ($($type:ident { $($variant:ident = $word:literal $help:literal,)* })*) => {$(
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$variant),*]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                let (word, help) = match self {
                    $(Self::$variant => ($word, $help),)*
                };
                Some(PossibleValue::new(word).help(help))
            }
        }
    )*};
}

words! {
    Color {
        Auto = "auto" "On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb` or not set",
        Always = "always" "Always",
        Never = "never" "Never",
    }
    Format {
        Table = "table" "For people",
        Json = "json" "One versioned JSON document",
        Prometheus = "prometheus" "Prometheus text exposition, where a command has it",
        Csv = "csv" "Comma-separated values, where a command has them",
    }
    ReadFrom {
        Primary = "primary" "The primary only",
        PreferReplica = "prefer-replica" "A replica where there is one, else the primary",
        Replica = "replica" "A replica only",
    }
    UserRole {
        Read = "read" "inspect, get, search, hit-rate, stats, log, warm --check",
        Warm = "warm" "Also warm",
        All = "all" "Also invalidate, undo, locks clear",
    }
    HostnameView {
        Active = "active" "Those that are active, from the account-wide list: a few calls",
        Version = "version" "Those of the latest version, which may be a draft: one call for each property",
    }
    GetResource {
        Properties = "properties" "The list of all properties",
        Property = "property" "Properties by id",
        Hostnames = "hostnames" "The host names of properties",
        Hostname = "hostname" "The property and the item of host names",
        Rules = "rules" "Rule trees, of the latest version or of `ID:vN`",
        Versions = "versions" "Version numbers of properties, newest first",
        Activations = "activations" "Activations of properties",
        Contracts = "contracts" "The list of contracts",
        Contract = "contract" "Contracts by id",
        Groups = "groups" "The list of groups",
        CpCodes = "cpcodes" "The list of CP codes",
        Tree = "tree" "Group → contract → properties",
    }
}
