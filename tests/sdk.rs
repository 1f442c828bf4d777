//! What the SDK promises a page, in a real browser and on pages that do to it what pages do.

pub(crate) mod scene;

mod propagation;
mod redirects;
mod requests;
mod scopes;
mod wrappers;

mod ahead;
mod loading;
mod stub;

mod calls;
mod captured;
mod causes;
mod controls;
mod errors;
mod interactions;
mod restored;
mod sampling;
mod sessions;
mod spans;
mod time;

mod dictionaries;
mod journal;
mod killed;
mod kills;
mod leaving;
mod long_spans;
mod network;
mod outages;
mod tokens;
mod volume;

mod closing;
mod consent;
mod paused;
mod persons;
mod places;
mod policy;
mod reduced;
mod secrets;

mod node;
