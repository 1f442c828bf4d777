//! The certificate of the port that pages and servers send to.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::section::Section;

/// What the other side is shown, ready to be used. `None`: somebody in front does TLS, or it is a machine's own business.
#[derive(Clone, Debug, Default)]
pub struct Tls(pub Option<Arc<ServerConfig>>);

pub(super) fn read(section: Option<Section<'_>>) -> Tls {
    let Some(mut section) = section else { return Tls::default() };
    let [certificate, key] =
        ["certificate", "key"].map(|name| section.needed(name, "write the path of a PEM file"));
    let chain = file(&section, "certificate", &certificate, |path| {
        CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()
    });
    let key = file(&section, "key", &key, |path| PrivateKeyDer::from_pem_file(path));
    let server = chain.zip(key).and_then(|(chain, key)| {
        let made = server(chain, key);
        made.map_err(|error| section.wrong("certificate", format!("cannot be used with `key`: {error}"))).ok()
    });
    section.end();
    Tls(server.map(Arc::new))
}

fn file<T>(
    section: &Section<'_>,
    name: &str,
    path: &str,
    read: impl FnOnce(&Path) -> Result<T, rustls::pki_types::pem::Error>,
) -> Option<T> {
    if path.is_empty() {
        return None;
    }
    read(Path::new(path))
        .map_err(|error| section.wrong(name, format!("{path} cannot be read as PEM: {error}")))
        .ok()
}

/// TLS 1.2 and 1.3, and HTTP/2 before HTTP/1.1.
fn server(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut server =
        builder.with_safe_default_protocol_versions()?.with_no_client_auth().with_single_cert(chain, key)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
}
