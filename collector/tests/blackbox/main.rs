//! The collector from outside: real sockets, a real disk, fake pages, and a fake destination that says what it is told.

mod support;

mod admin;
mod batches;
mod delivery;
mod otlp;
