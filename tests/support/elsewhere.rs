//! Another origin: answers any page, grants nothing to a preflight, and keeps every request to the byte.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Allowed to everybody, which a preflight that asks for a header is not satisfied with.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: text/plain\r\n\
    Content-Length: 9\r\nConnection: close\r\n\r\nelsewhere";

/// The other origin. It ends with the test.
pub struct Elsewhere {
    address: SocketAddr,
    heard: Arc<watch::Sender<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Elsewhere {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let heard = Arc::new(watch::Sender::new(Vec::new()));
        let server = tokio::spawn(serve(listener, heard.clone()));
        Self { address, heard, server }
    }

    /// Its address, without a slash at the end: its origin.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests since this was called last, head and body.
    #[must_use]
    pub fn take_heard(&self) -> Vec<String> {
        self.heard.send_replace(Vec::new())
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, heard: Arc<watch::Sender<Vec<String>>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(hear(stream, heard.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One request a connection. A browser also opens connections that it may need: those say nothing.
async fn hear(mut stream: TcpStream, heard: Arc<watch::Sender<Vec<String>>>) {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return;
        }
    }
    heard.send_modify(|heard| heard.push(String::from_utf8_lossy(&bytes).into_owned()));
    // Whoever has gone meanwhile needs no answer.
    _ = stream.write_all(ANSWER).await;
    _ = stream.shutdown().await;
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap_or(0));
    bytes.len() >= head.len() + 4 + length
}
