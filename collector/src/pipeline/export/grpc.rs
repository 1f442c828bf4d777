//! One request over OTLP/gRPC: the bytes of a request that is written already, as a unary call.

use std::sync::Arc;

use axum::{body::Bytes, http::uri::PathAndQuery};
use prost::{
    Message,
    bytes::{Buf, BufMut},
};
use tonic::{
    Code, Status,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{MetadataKey, MetadataMap, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error},
};

use super::answer::{self, Answer, TOKEN, causes};
use crate::{
    config::{Compression, Destination},
    pipeline::signal::Signal,
    reject::RpcStatus,
};

/// Speaks OTLP/gRPC to a destination, over one connection that is made when it is needed.
#[derive(Debug)]
pub(super) struct Grpc {
    channel: Channel,
    to: Arc<Destination>,
}

impl Grpc {
    pub(super) fn new(to: &Arc<Destination>) -> Result<Self, Error> {
        let mut endpoint = Endpoint::from_shared(to.base.clone())?
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))?
            .connect_timeout(to.timeout);
        if to.base.starts_with("https:") {
            let tls = to.roots.as_ref().map_or_else(
                || ClientTlsConfig::new().with_native_roots(),
                |roots| ClientTlsConfig::new().ca_certificate(Certificate::from_pem(roots)),
            );
            endpoint = endpoint.tls_config(tls)?;
        }
        Ok(Self { channel: endpoint.connect_lazy(), to: Arc::clone(to) })
    }

    /// Sends once.
    pub(super) async fn call(&self, signal: Signal, body: Bytes) -> Answer {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client = match self.to.compression {
            Compression::None => client,
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
            Compression::Zstd => client.send_compressed(CompressionEncoding::Zstd),
        };
        if let Err(error) = client.ready().await {
            return Answer::Later { reason: causes(&error), asked: None };
        }
        let mut request = tonic::Request::new(body);
        headers(&self.to, request.metadata_mut());
        let method = PathAndQuery::from_static(signal.method());
        match client.unary(request, method, Raw).await {
            Ok(response) => answer::taken(response.get_ref()),
            Err(status) => meaning(&status),
        }
    }
}

fn headers(to: &Destination, metadata: &mut MetadataMap) {
    for (name, value) in &to.headers {
        // Both were checked when the settings were read.
        if let (Ok(name), Ok(value)) = (
            MetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes()),
            MetadataValue::try_from(value.expose()),
        ) {
            metadata.insert(name, value);
        }
    }
}

/// As for HTTP, only a code that judges the data gives it up. `RESOURCE_EXHAUSTED` without a time to come back is
/// final by the specification when it means the size of a message, which is then split.
fn meaning(status: &Status) -> Answer {
    let reason = format!("gRPC {:?}: {}", status.code(), answer::shown(status.message().as_bytes()));
    let asked = asked(status.details());
    let change = match status.code() {
        Code::InvalidArgument => return Answer::Refused { reason, may_split: true },
        Code::ResourceExhausted if asked.is_none() && status.message().contains("larger than max") => {
            return Answer::Refused { reason, may_split: true };
        }
        Code::Unauthenticated | Code::PermissionDenied => TOKEN,
        Code::Unimplemented | Code::NotFound => return Answer::Unserved { reason },
        _ => return Answer::Later { reason, asked },
    };
    Answer::Misconfigured { reason, change }
}

/// `google.rpc.RetryInfo.retry_delay`, where a status carries one.
fn asked(details: &[u8]) -> Option<std::time::Duration> {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        delay: Option<Delay>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Delay {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }
    let status = RpcStatus::decode(details).ok()?;
    let info = status.details.iter().filter_map(|detail| Any::decode(detail.as_slice()).ok());
    let info = info.into_iter().find(|any| any.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.delay?;
    Some(std::time::Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?))
}

/// Messages as the bytes they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
