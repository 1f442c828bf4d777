//! Links that the collector infers by rules: what waits for them and what does not, that they come out the same in any
//! order and after any crash, and that waiting loses nothing.

mod scene;

mod rules;
mod waiting;

mod order;
mod reference;

mod server;
mod sessions;
mod strangers;

mod gaps;
mod late;

mod bounds;
mod killed;
mod restarts;
