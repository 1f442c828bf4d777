//! Heads of requests, at both doors.

use std::sync::{Arc, LazyLock};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, Uri},
};

use crate::{
    clock::Clock,
    config::{Config, Key},
    pipeline::admit::{self, Admitted, Encoding, Gate},
    reject::{Door, Uncounted},
};

/// A sender of each kind, and a rate that no fuzzer comes near.
const SETTINGS: &str = r#"
[keys.page]
kind = "browser"
key = "pk"
application = "shop"
service = "web"
origins = ["https://shop.example"]
requests_per_second = 1000000000
burst = 1000000000
[keys.api]
kind = "server"
key = "sk"
application = "shop"
requests_per_second = 1000000000
burst = 1000000000
"#;

thread_local! {
    static RUNTIME: Option<tokio::runtime::Runtime> =
        tokio::runtime::Builder::new_current_thread().enable_time().build().ok();
}

static GATE: LazyLock<Option<Gate>> = LazyLock::new(|| {
    let config = Config::from_toml(SETTINGS).ok()?;
    Some(Gate::new(&config, &Arc::new(Key::of_canary()), &Clock::system()))
});

/// Reads the head of a request: a line with the path, lines of headers, an empty one, the body. What is let in has the
/// body as it was sent; a refusal can be answered.
pub fn head(bytes: &[u8]) {
    RUNTIME.with(|runtime| {
        assert!(runtime.is_some() && GATE.is_some(), "there is no gate to try");
        let (Some(runtime), Some(gate)) = (runtime, &*GATE) else { return };
        runtime.block_on(async {
            for door in [Door::Batches, Door::Otlp(Encoding::Protobuf), Door::Otlp(Encoding::Json)] {
                let Some((request, body)) = request(bytes) else { return };
                let taken = match door {
                    Door::Batches => admit::batch(gate, request).await,
                    Door::Otlp(_) => admit::otlp(gate, request).await,
                };
                judge(taken, body, door);
            }
        });
    });
}

/// Reads a token: nobody has signed it.
pub fn token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let key = KEY.as_ref();
    assert!(key.is_some(), "there is no key with a ring");
    assert!(key.is_none_or(|key| admit::check_token(&text, key, 0).is_err()));
}

static KEY: LazyLock<Option<Arc<Key>>> = LazyLock::new(|| {
    let ring = format!(
        "{SETTINGS}\n[keys.page.tokens]\n[[keys.page.tokens.key]]\nid = \"a\"\nhmac = \"{}\"",
        "k".repeat(32)
    );
    let config = Config::from_toml(&ring).ok()?;
    config.keys.into_iter().find(|key| !key.tokens.ring.is_empty())
});

fn judge(taken: Result<Admitted, Uncounted>, body: &[u8], door: Door) {
    match taken {
        Ok(admitted) => {
            assert_eq!(admitted.body, body);
            assert!(admitted.user_agent.is_none_or(|agent| agent.chars().count() <= 512));
        }
        Err(refused) => {
            let answer = refused.reject.answer(door);
            assert!(answer.status().is_client_error(), "{}", answer.status());
            _ = refused.key.map(|key| Arc::clone(&key.name));
        }
    }
}

fn request(bytes: &[u8]) -> Option<(Request, &[u8])> {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let uri = Uri::try_from(lines.next()?).ok()?;
    let (mut request, mut rest) = (Request::new(Body::empty()), lines.next().unwrap_or_default());
    (*request.method_mut(), *request.uri_mut()) = (Method::POST, uri);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        if line.is_empty() || request.headers().len() >= 64 {
            break;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (parts.next()?, parts.next().unwrap_or_default());
        let header = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii()));
        if let (Ok(name), Ok(value)) = header {
            request.headers_mut().append(name, value);
        }
    }
    *request.body_mut() = Body::from(rest.to_vec());
    Some((request, rest))
}
