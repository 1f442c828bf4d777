//! One test, in each browser: `a_press_arrives::chromium` and `a_press_arrives::firefox` of one `a_press_arrives`.

/// Makes tests of functions that are told which browser; they stand below.
macro_rules! in_each_browser {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            in_browser!($name chromium Chromium);
            in_browser!($name firefox Firefox);
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
