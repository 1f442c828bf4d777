//! What the SDK promises a page, in a real browser and on pages that do to it what pages do.

mod scene;

mod redirects;
mod requests;
mod scopes;
mod wrappers;

mod loading;

mod calls;
mod captured;
mod errors;
mod interactions;
mod restored;
mod sessions;
mod spans;

mod killed;
mod leaving;
mod outages;
mod volume;

mod consent;
mod policy;
mod secrets;

mod node;
