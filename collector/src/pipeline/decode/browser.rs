//! Whether what sends OTLP runs in a browser.

/// Instrumentations that there are in browsers only, behind what their names begin with. A page that names its service has
/// lost what its SDK would say of itself, but not these.
const SCOPES: &str = "@opentelemetry/instrumentation-";
const IN_BROWSERS: [&str; 4] = ["fetch", "xml-http-request", "document-load", "user-interaction"];

/// An attribute of a resource that only browsers have (semantic conventions, `telemetry.sdk.language` and `browser.*`).
pub(crate) fn is_browsers_attribute(name: &str, value: Option<&str>) -> bool {
    name.starts_with("browser.") || name == "telemetry.sdk.language" && value == Some("webjs")
}

/// The name of a scope that only browsers have.
pub(crate) fn is_browsers_scope(name: &[u8]) -> bool {
    let instrumentation = str::from_utf8(name).ok().and_then(|name| name.strip_prefix(SCOPES));
    instrumentation.is_some_and(|name| IN_BROWSERS.contains(&name))
}
