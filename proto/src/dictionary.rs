//! What DEFLATE finds before the first byte of every body: words of conventions, so that a batch of five events need not
//! spell them. Part of the format: it changes with the version in the head, and not otherwise.
//!
//! It holds names and values of OpenTelemetry's semantic conventions and of its JavaScript instrumentations, what browsers
//! say of themselves, and what many addresses have in common: no words of any one site. What is likeliest, and what comes
//! after each other, stands last. Its size is weighed in `docs/decisions/0016-columns-behind-a-dictionary.md`.

/// Strings as they lie in the text of a body, each with its end, and pieces of strings.
pub const DICTIONARY: &[u8] = concat!(
    // Resources.
    "service.instance.id\0service.namespace\0telemetry.sdk.version\0telemetry.sdk.name\0opentelemetry\0",
    "telemetry.sdk.language\0webjs\0service.version\0service.name\0device.memory\0device.pixel_ratio\0",
    "device.screen.height\0device.screen.width\0browser.viewport.height\0browser.viewport.width\0",
    "network.connection.type\0network.connection.subtype\x004g\0deployment.environment.name\0production\0",
    "browser.brands\0Not_A Brand\0Microsoft Edge\0Google Chrome\0Chromium\0browser.mobile\0",
    "browser.platform\0Linux\0Android\0macOS\0Windows\0browser.language\0en-GB\0en-US\0user_agent.original\0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ",
    "Version/26.0 Mobile/15E148 Safari/604.1\0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\0",
    "Mozilla/5.0 (Linux; Android 10; K) Mozilla/5.0 (Windows NT 10.0; Win64; x64) ",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) ",
    "Chrome/140.0.0.0 Safari/537.36\0",
    // Errors, long tasks, vitals.
    "longtask\0longtask.name\0self\0longtask.entry_type\0longtask.duration\0longtask.blocking_duration\0",
    "browser.long_task\0browser.long_animation_frame.blocking_duration\0browser.long_animation_frame.invoker\0",
    "code.function.name\0code.url\0code.file.path\0code.line.number\0code.column.number\0",
    "exception.mechanism\0onerror\0unhandledrejection\0exception.escaped\0exception.causes\0weft.count\0",
    "exception\0exception.type\0exception.message\0exception.stacktrace\0",
    "TypeError: Cannot read properties of undefined (reading 'Error: Failed to fetch\n    at async ",
    "\n    at Object.\n    at new \n    at ",
    "browser.web_vital.attribution.element\0browser.web_vital\0web_vital\0browser.web_vital.name\0",
    "LCP\0INP\0CLS\0FCP\0TTFB\0browser.web_vital.value\0browser.web_vital.delta\0browser.web_vital.id\0",
    "browser.web_vital.rating\0poor\0needs-improvement\0good\0browser.web_vital.navigation_type\0",
    "browser.web_vital.target\0browser.web_vital.url\0browser.web_vital.time_to_first_byte\0",
    "browser.web_vital.resource_load_delay\0browser.web_vital.resource_load_duration\0",
    "browser.web_vital.element_render_delay\0browser.web_vital.interaction_type\0pointer\0keyboard\0",
    "browser.web_vital.input_delay\0browser.web_vital.processing_duration\0browser.web_vital.presentation_delay\0",
    "browser.web_vital.largest_shift_value\0browser.web_vital.largest_shift_time\0",
    // Pages, views, interactions.
    "browser.document.referrer\0browser.document.visibility_state\0browser.visibility\0hidden\0visible\0",
    "browser.visibility.state\0browser.navigation\0browser.navigation.type\0browser.navigation.same_document\0",
    "traverse\0replace\0push\0prerender\0back_forward\0reload\0navigate\0",
    "event_type\0target_element\0INPUT\0A\0BUTTON\0target_xpath\0//html/body/div/section/div[2]/form/ul/li[1]/span",
    "//*[@id=\"app.widget.name\0app.widget.id\0browser.tag_name\0browser.user_action.submit\0",
    "browser.user_action.key\0click\0browser.user_action.click\0",
    "@opentelemetry/instrumentation-document-load\0@opentelemetry/instrumentation-xml-http-request\0",
    "@opentelemetry/instrumentation-long-task\0@opentelemetry/instrumentation-user-interaction\0",
    "@opentelemetry/instrumentation-fetch\0fetchStart\0domInteractive\0domContentLoadedEventStart\0",
    "domContentLoadedEventEnd\0domComplete\0loadEventStart\0loadEventEnd\0firstPaint\0firstContentfulPaint\0",
    "browser.navigation_timing.type\0browser.navigation_timing.transfer_size\0browser.navigation_timing\0",
    "redirect_end\0domain_lookup_end\0connect_end\0request_start\0response_start\0response_end\0dom_interactive\0",
    "dom_content_loaded_event_end\0dom_complete\0documentLoad\0documentFetch\0resourceFetch\0",
    // Addresses.
    "utm_source=newsletter&utm_medium=email&utm_campaign=?id=&page=&q=?v=",
    "https://fonts.gstatic.com/s/https://www.googletagmanager.com/gtm.js?id=G-",
    "https://www.google-analytics.com/g/collect/graphql/api/v1/assets/index-.html.woff2.svg.png.webp.jpg?w=",
    ".mjs.json.css.js/_next/image?url=/_next/static/css//_next/static/chunks/pages/https://cdn.https://api.",
    "https://www.com/",
    // Requests.
    "enduser.pseudo.id\0enduser.id\0user.id\0graphql.operation.name\0graphql.operation.type\0mutation\0query\0",
    "error.type\0http.request.resend_count\0http.request.header.referer\0http.request.body.size\0",
    "http.response.header.content-encoding\0br\0gzip\0http.response.header.x-request-id\0network.protocol.name\0",
    "browser.resource_timing\0browser.resource_timing.request_start\0browser.resource_timing.response_start\0",
    "browser.resource_timing.response_end\0browser.resource_timing.initiator_type\0",
    "browser.resource_timing.transfer_size\0browser.resource_timing.decoded_body_size\0",
    "http.method\0http.status_code\0http.url\0http.host\0http.scheme\0http.user_agent\0",
    "http.response_content_length\0location.href\0",
    "beacon\0iframe\0other\0xmlhttprequest\0fetch\0img\0css\0link\0script\0http.response.delivery_type\0cache\0",
    "session.id\0session.previous_id\0browser.document.url.full\0url.full\0http.resource.initiator_type\0",
    "http.response.body.size\0http.response.size\0browser.resource.render_blocking\0",
    "http.request.method\0PATCH\0DELETE\0PUT\0HEAD\0POST\0GET\0url.full\0http.response.status_code\0",
    "network.protocol.version\x003\x002\x001.1\0server.address\0server.port\0",
)
.as_bytes();
