//! Real stores on free ports: a Redis server, an S3 stand-in, and a way to them that can be made bad.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::tools::{exchange, folder};

/// The bucket of the S3 stand-in.
pub(crate) const BUCKET: &str = "answers";
/// How late a slow store answers.
pub(crate) const LATE: Duration = Duration::from_secs(5);

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A server that ends when it is dropped.
pub(crate) struct Store {
    pub(crate) port: u16,
    process: Child,
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Store {
    /// Starts a Redis server that keeps nothing on disk.
    pub(crate) fn redis(port: u16) -> Self {
        let folder = folder(&format!("redis-{port}"));
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]);
        let process = start(command.arg(folder));
        let store = Store { port, process };
        store.wait(|| redis_replies(port));
        store
    }

    /// Starts an S3 stand-in with an empty bucket.
    pub(crate) fn s3(port: u16) -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/moto_server");
        let program = if own.is_file() { own } else { PathBuf::from("moto_server") };
        let process = start(Command::new(program).args(["-H", "127.0.0.1", "-p", &port.to_string()]));
        let store = Store { port, process };
        store.wait(|| TcpStream::connect(local(port)).is_ok());
        assert_eq!(exchange(local(port), "PUT", &format!("/{BUCKET}"), &[], None).status, 200);
        store
    }

    fn wait(&self, is_there: impl Fn() -> bool) {
        let started = Instant::now();
        while !is_there() {
            assert!(started.elapsed() < Duration::from_secs(60), "a store does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What `redis-cli` prints for a command.
    pub(crate) fn cli(&self, args: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Leaves any text under a key.
    pub(crate) fn set(&self, key: &str, value: &str) {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string(), "-x", "SET", key]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = command.spawn().unwrap();
        client.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
        assert_eq!(client.wait_with_output().unwrap().stdout, b"OK\n");
    }

    /// The keys of answers.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.cli(&["KEYS", "glrl:v1:*"]).lines().map(str::to_owned).collect();
        keys.sort();
        keys
    }

    /// Writes an object of the S3 stand-in, which asks who it is, but not whether that is true.
    pub(crate) fn put_object(&self, key: &str, value: &str) {
        let path = format!("/{BUCKET}/glrl/{}", key.split(':').collect::<Vec<_>>().join("/"));
        let signed =
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let put = exchange(local(self.port), "PUT", &path, &[("authorization", signed)], Some(value));
        assert_eq!(put.status, 200, "{put:?}");
    }
}

fn start(command: &mut Command) -> Child {
    let name = command.get_program().to_owned();
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.unwrap_or_else(|e| panic!("{name:?}: {e}; `cargo xtask test` installs it"))
}

fn redis_replies(port: u16) -> bool {
    let pong = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(local(port))?;
        stream.write_all(b"PING\r\n")?;
        let mut reply = [0; 5];
        stream.read_exact(&mut reply)?;
        Ok(&reply == b"+PONG")
    };
    pong().unwrap_or(false)
}

/// What becomes of bytes on their way.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Way {
    /// They arrive.
    Open,
    /// Replies arrive late.
    Slow,
    /// No reply ever arrives, and nobody tells.
    Silent,
    /// Replies are replaced by what is no protocol.
    Noise,
}

/// A TCP proxy whose way can be made bad while connections are open.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    way: Arc<AtomicU8>,
    is_over: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            way: Arc::new(AtomicU8::new(Way::Open as u8)),
            is_over: Arc::default(),
            streams: Arc::default(),
        };
        let (way, is_over, streams) = (Arc::clone(&proxy.way), Arc::clone(&proxy.is_over), Arc::clone(&proxy.streams));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                // Without a server behind it, the connection is closed at once.
                let Ok(server) = TcpStream::connect(local(port)) else { continue };
                let both = [&client, &server].map(|stream| stream.try_clone().unwrap());
                streams.lock().unwrap().extend(both);
                let (to, from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let way = Arc::clone(&way);
                std::thread::spawn(move || carry(from, to, || Way::Open as u8));
                std::thread::spawn(move || carry(server, client, || way.load(Ordering::Relaxed)));
            }
        });
        proxy
    }

    pub(crate) fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(local(self.port));
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, way: impl Fn() -> u8) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let part = &mut bytes[..read];
        match way() {
            w if w == Way::Slow as u8 => std::thread::sleep(LATE),
            w if w == Way::Silent as u8 => continue,
            w if w == Way::Noise as u8 => part.fill(b'~'),
            _ => {}
        }
        if to.write_all(part).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
