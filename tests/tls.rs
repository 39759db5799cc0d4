//! TLS by rustls (futures-rustls) over a windlass stream: nothing in between but `futures-io`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::pki_types::{PrivateKeyDer, ServerName};
use futures_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use futures_rustls::{TlsAcceptor, TlsConnector};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use windlass::net::{TcpListener, TcpStream};
use windlass::time::timeout;
use windlass::{CorePlan, Runtime, spawn};

const BOUND: Duration = Duration::from_secs(20);
const BYTES: usize = 1 << 20;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Both ends' settings, with a certificate made now.
fn configs() -> Result<(ClientConfig, ServerConfig), Failure> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone())?;
    let provider = Arc::new(ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok((client, server))
}

/// Takes one connection and sends back what comes, to the end.
async fn echo(listener: TcpListener, server: ServerConfig) -> io::Result<u64> {
    let (stream, _) = listener.accept().await?;
    let stream = TlsAcceptor::from(Arc::new(server)).accept(stream).await?;
    let (reader, mut writer) = stream.split();
    let copied = futures_util::io::copy(reader, &mut writer).await?;
    writer.close().await?;
    Ok(copied)
}

#[test]
fn a_mebibyte_goes_both_ways_over_tls() -> Result<(), Failure> {
    for workers in [1, 2] {
        let runtime = Runtime::builder().workers(workers).cores(CorePlan::None).build()?;
        let echoed = runtime.block_on(timeout(BOUND, exchange()));
        let (sent, received) = echoed.expect("within the bound")?;
        assert!(sent == received, "{} bytes came back changed", received.len());
    }
    Ok(())
}

async fn exchange() -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let (client, server) = configs()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    let echoing = spawn(echo(listener, server));
    let stream = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
    let (mut reader, mut writer) = stream.split();
    let bytes: Vec<u8> = (0..BYTES as u64).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let sent = bytes.clone();
    let writing = spawn(async move {
        writer.write_all(&bytes).await?;
        writer.close().await
    });
    let mut received = Vec::with_capacity(BYTES);
    reader.read_to_end(&mut received).await?;
    writing.await??;
    assert_eq!(echoing.await??, BYTES as u64);
    Ok((sent, received))
}

#[test]
fn a_certificate_of_somebody_else_is_refused() -> Result<(), Failure> {
    let runtime = Runtime::builder().workers(1).cores(CorePlan::None).build()?;
    let refused = runtime.block_on(timeout(BOUND, async {
        let ((_, server), (stranger, _)) = (configs()?, configs()?);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let echoing = spawn(echo(listener, server));
        let stream = TcpStream::connect(addr).await?;
        let name = ServerName::try_from("localhost")?;
        let refused = TlsConnector::from(Arc::new(stranger)).connect(name, stream).await;
        assert!(echoing.await?.is_err(), "the server learns of it");
        Ok::<_, Failure>(refused.map(drop))
    }));
    let error = refused.expect("within the bound")?.expect_err("an unknown certificate");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    Ok(())
}
