//! The queries of `docs/queries/`, read from there and asked of real programs: what they answer of a page that loaded
//! three weeks before somebody pressed a button.

mod clickhouse;
mod databases;
mod document;
mod jaeger;
mod sql;
mod story;

pub(crate) use clickhouse::ask as clickhouse;
pub(crate) use jaeger::ask as jaeger;
pub(crate) use sql::ask as sql;

/// For the table.
pub(crate) const SQL: &str = "queries in SQL";
pub(crate) const CLICKHOUSE: &str = "queries in ClickHouse";
pub(crate) const JAEGER: &str = "queries in Jaeger";

// Headings of each file.
const SESSION: &str = "This session, in order";
const BEFORE: &str = "What happened before this error";
const CAUSED: &str = "What did this click cause on the backend";
const GAPS: &str = "Sessions whose links cross a gap of more than a day";
