//! Envelope of every JSON document.

use crate::domain::duration;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// A versioned JSON document: the body, with the endpoint, the customers and the elapsed time.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a, T> {
    /// `alecs-cache/<command>/<version>`.
    pub schema: String,
    /// The endpoint, without credentials.
    pub endpoint: &'a str,
    /// `customer` or `customers`; neither if the body is about customers.
    #[serde(flatten)]
    pub customers: Option<CustomerNames<'a>>,
    /// Elapsed time of the command.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// The command's own fields.
    #[serde(flatten)]
    pub body: T,
}

/// One customer, or several.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CustomerNames<'a> {
    /// Name of the only customer.
    Customer(&'a str),
    /// Names of several customers.
    Customers(Vec<&'a str>),
}

impl<'a> CustomerNames<'a> {
    /// Creates the variant that fits the number of names.
    pub(crate) fn of(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        match names.as_slice() {
            [one] => Self::Customer(one),
            _ => Self::Customers(names),
        }
    }
}

fn milliseconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration::milliseconds(*elapsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Total {
        total: u32,
    }

    #[test]
    fn one_customer_is_a_text_and_several_are_a_list() {
        let mut document = Document {
            schema: "alecs-cache/test/1".into(),
            endpoint: "redis://h:1/0",
            customers: Some(CustomerNames::of(["acme"])),
            elapsed: Duration::from_millis(12),
            body: Total { total: 3 },
        };
        assert_eq!(
            serde_json::to_string(&document).unwrap(),
            r#"{"schema":"alecs-cache/test/1","endpoint":"redis://h:1/0","customer":"acme","elapsed_ms":12,"total":3}"#
        );
        document.customers = Some(CustomerNames::of(["acme", "beta"]));
        assert!(
            serde_json::to_string(&document)
                .unwrap()
                .contains(r#""customers":["acme","beta"]"#)
        );
    }
}
