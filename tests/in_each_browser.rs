//! One test, in each browser: `a_press_arrives` becomes `a_press_arrives::chromium`, `a_press_arrives::firefox`, …

/// Makes tests of functions that are told which browser; they stand below.
macro_rules! in_each_browser {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            in_browser!($name chromium Chromium);
            in_browser!($name firefox Firefox);
        })*
    };
}

/// The same for what can be asked of WebKitGTK too: see `Kind::WebkitGtk` for what cannot.
macro_rules! in_each_engine {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            in_browser!($name chromium Chromium);
            in_browser!($name firefox Firefox);
            in_browser!($name webkitgtk WebkitGtk);
        })*
    };
}

/// The same for what only Chromium has or does.
macro_rules! in_chromium {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            in_browser!($name chromium Chromium);
        })*
    };
}

macro_rules! in_browser {
    ($name:ident $test:ident $kind:ident) => {
        #[tokio::test]
        async fn $test() {
            super::$name(support::browser::Kind::$kind).await;
        }
    };
}
