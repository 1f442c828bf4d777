//! Answers that go on: one that never ends, a stream of events, a WebSocket.

use axum::{
    body::{Body, Bytes},
    extract::ws::{CloseFrame, Message, WebSocket},
    http::header,
    response::{IntoResponse, Response},
};
use http_body_util::Channel;
use tokio::sync::broadcast;

type Sender = http_body_util::channel::Sender<Bytes, std::convert::Infallible>;

/// An answer that has begun and never ends. To Firefox it has begun when there is a first byte of it.
pub(super) fn endless() -> Response {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        if send(&mut sender, "an").await {
            std::future::pending::<()>().await;
        }
    });
    Body::new(body).into_response()
}

/// An EventSource's other end: what the test says, until it says no more.
pub(super) fn events(mut said: broadcast::Receiver<Option<String>>) -> Response {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        if !send(&mut sender, "data: hello\n\n").await {
            return;
        }
        while let Ok(Some(text)) = said.recv().await {
            if !send(&mut sender, &format!("data: {text}\n\n")).await {
                return;
            }
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::new(body)).into_response()
}

/// Whether somebody is still there to read it.
async fn send(sender: &mut Sender, text: &str) -> bool {
    sender.send_data(Bytes::copy_from_slice(text.as_bytes())).await.is_ok()
}

/// A WebSocket's other end: an echo. To `close` it says goodbye with 4000, to `drop` nothing at all.
pub(super) async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let answer = match &message {
            Message::Text(text) if text.as_str() == "close" => {
                Message::Close(Some(CloseFrame { code: 4000, reason: "as you wish".into() }))
            }
            Message::Text(text) if text.as_str() == "drop" => return,
            Message::Text(_) | Message::Binary(_) => message,
            _ => continue,
        };
        // Whoever has gone meanwhile needs no answer.
        _ = socket.send(answer).await;
    }
}
