//! One request to one destination, whatever it speaks, and never longer than it may take.

use std::sync::Arc;

use axum::body::Bytes;

use super::{answer::Answer, grpc::Grpc, http::Http};
use crate::{
    clock::Clock,
    config::{Destination, Protocol},
    pipeline::signal::Signal,
};

/// Speaks OTLP to a destination.
#[derive(Debug)]
pub(crate) struct Client {
    wire: Wire,
    to: Arc<Destination>,
    clock: Clock,
}

#[derive(Debug)]
enum Wire {
    Http(Box<Http>),
    Grpc(Box<Grpc>),
}

/// Why there is nothing to send with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// HTTP.
    #[error("cannot prepare for sending to destinations: {0}")]
    Http(#[from] reqwest::Error),
    /// gRPC.
    #[error("cannot prepare for sending to destinations: {0}")]
    Grpc(#[from] tonic::transport::Error),
}

impl Client {
    pub(crate) fn new(to: &Arc<Destination>, clock: &Clock) -> Result<Self, ClientError> {
        let wire = match to.protocol {
            Protocol::Http => Wire::Http(Box::new(Http::new(to, clock)?)),
            Protocol::Grpc => Wire::Grpc(Box::new(Grpc::new(to)?)),
        };
        Ok(Self { wire, to: Arc::clone(to), clock: clock.clone() })
    }

    /// Sends once. `body` is an `Export…ServiceRequest`, as [`Self::packed`] gives it.
    pub(crate) async fn post(&self, signal: Signal, body: Bytes) -> Answer {
        let exchange = async {
            match &self.wire {
                Wire::Http(http) => http.post(signal, body).await,
                Wire::Grpc(grpc) => grpc.call(signal, body).await,
            }
        };
        let answer = self.clock.within(self.to.timeout, exchange).await;
        answer.unwrap_or_else(|| Answer::Later {
            reason: format!("no answer within {:?}", self.to.timeout),
            asked: None,
        })
    }

    /// `plain` as it is given to [`Self::post`], once for all tries. gRPC compresses by itself.
    pub(crate) fn packed(&self, plain: &Bytes) -> Bytes {
        match &self.wire {
            Wire::Http(_) => super::load::compress(plain, self.to.compression),
            Wire::Grpc(_) => plain.clone(),
        }
    }
}
