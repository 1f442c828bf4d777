//! The line between a page and the gate: as fast as it can be, or so many bytes a second each way.

use std::{future::Future, io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, split},
    net::TcpStream,
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often a slow line moves.
const TICKS_A_SECOND: usize = 20;

/// What a line without a rate moves at once.
const CHUNK: usize = 16 * 1024;

/// The near end of a line to this connection, and what keeps it moving until either side ends it.
pub(super) fn through(
    mut stream: TcpStream,
    rate: watch::Receiver<Option<usize>>,
) -> (DuplexStream, impl Future<Output = ()>) {
    let (ours, theirs) = tokio::io::duplex(CHUNK);
    let line = async move {
        let (from_page, to_page) = stream.split();
        let (from_gate, to_gate) = split(theirs);
        let up = trickle(from_page, to_gate, rate.clone());
        let down = trickle(from_gate, to_page, rate);
        // Whichever side breaks off, the other one notices.
        drop(tokio::try_join!(up, down));
    };
    (ours, line)
}

async fn trickle(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    rate: watch::Receiver<Option<usize>>,
) -> io::Result<()> {
    let mut ticks = interval(Duration::from_secs(1) / TICKS_A_SECOND as u32);
    // Time in which nothing was sent is not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut chunk = vec![0; CHUNK];
    loop {
        let rate = *rate.borrow();
        let most = rate.map_or(CHUNK, |rate| (rate / TICKS_A_SECOND).clamp(1, CHUNK));
        let read = from.read(&mut chunk[..most]).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        if rate.is_some() {
            ticks.tick().await;
        }
        to.write_all(&chunk[..read]).await?;
    }
}
