//! Sockets already bound, so that whoever asked for port 0 knows the port before anything runs.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::StartError;
use crate::config::Config;

/// Sockets already bound, so that whoever asked for port 0 knows the port before anything runs.
#[derive(Debug)]
pub struct Listeners {
    /// For pages and servers.
    pub ingest: TcpListener,
    /// For operators.
    pub admin: TcpListener,
}

impl Listeners {
    /// Binds the addresses of `config`.
    ///
    /// # Errors
    /// [`StartError::Listen`], naming the setting to change.
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        let bind = |setting, address| {
            listen(address).map_err(|error| StartError::Listen { setting, address, error })
        };
        Ok(Self { ingest: bind("listen", config.listen)?, admin: bind("admin", config.admin)? })
    }

    /// Where both are.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.ingest.local_addr()?, self.admin.local_addr()?))
    }
}

/// Connections that may wait to be accepted: after an outage everybody comes back at once.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart takes over at once, while connections to its predecessor still linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
