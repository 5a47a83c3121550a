//! Two services behind nginx, restarted in turns while questions come: none of them fails.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use super::{Node, Seen, bodies_of_questions, failed};
use crate::commands::bench::client::{Client, crowd};
use crate::commands::bench::{Args, Figure, Measured, Scratch};
use crate::context::Context;
use crate::exit::Failure;

/// Clients at once.
const CLIENTS: usize = 8;
/// Between two restarts.
const PAUSE: Duration = Duration::from_millis(300);

/// Restarts so many times.
pub(in super::super) fn measure(args: &Args, context: &Context) -> Measured {
    let scratch = Scratch::new("rolling", context)?;
    let bodies = bodies_of_questions(context)?;
    let start = |name: &str| Node::start(context, &scratch.0.join(name), 0, &[]);
    let mut nodes = [start("one")?, start("two")?];
    let nginx = Nginx::start(&scratch.0, &[nodes[0].users, nodes[1].users])?;
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let restarts = args.count(50);
    let ask = |_| -> std::io::Result<Vec<Seen>> {
        let mut client = Client::open(nginx.address)?;
        let mut seen = vec![];
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            seen.push(client.send("POST", "/generate", &bodies[number % bodies.len()])?.without_body());
        }
        Ok(seen)
    };
    let started = Instant::now();
    let (restarted, seen) = scope(|scope| {
        let clients = scope.spawn(|| crowd(CLIENTS, ask));
        let restarted = (0..restarts).try_for_each(|turn| restart(context, &mut nodes[turn % 2], &scratch.0));
        std::thread::sleep(PAUSE);
        stop.store(true, Ordering::Relaxed);
        let lost = |_| Err(std::io::Error::other("the clients failed"));
        (restarted, clients.join().unwrap_or_else(lost))
    });
    restarted?;
    let seen: Vec<Seen> = seen.map_err(failed)?.into_iter().flatten().collect();
    let failures = seen.iter().filter(|one| !one.is_answered()).count();
    Ok(vec![
        Figure::new("rolling.restarts", restarts as f64, ""),
        Figure::new("rolling.requests", seen.len() as f64, ""),
        Figure::new("rolling.failed", failures as f64, ""),
        Figure::new("rolling.time", started.elapsed().as_secs_f64(), "s"),
    ])
}

/// Stops a service and starts it again at its place.
fn restart(context: &Context, node: &mut Node, folder: &Path) -> Result<(), Failure> {
    let port = node.users.port();
    node.stop()?;
    *node = Node::start(context, &folder.join(port.to_string()), port, &[])?;
    // nginx leaves a server that failed alone for a second, and counts in whole ones: it may take two.
    std::thread::sleep(PAUSE + Duration::from_secs(2));
    Ok(())
}

/// nginx in front of services.
struct Nginx {
    child: Child,
    address: SocketAddr,
}

impl Nginx {
    fn start(folder: &Path, behind: &[SocketAddr]) -> Result<Self, Failure> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(failed)?;
        let servers: String = behind.iter().map(|at| format!("server {at} max_fails=1 fail_timeout=1s; ")).collect();
        let place = folder.display();
        let config = folder.join("nginx.conf");
        let text = format!(
            "daemon off; pid {place}/nginx.pid; error_log {place}/nginx.log; worker_processes 1;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n  access_log off; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;\n  \
             fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;\n  \
             upstream nodes {{ {servers}keepalive 16; }}\n  \
             server {{\n    listen {address};\n    location / {{\n      proxy_pass http://nodes; proxy_http_version 1.1;\n      \
             proxy_set_header Connection \"\";\n      \
             proxy_set_header Host $host;\n      proxy_next_upstream error timeout http_503 non_idempotent;\n    }}\n  }}\n}}\n"
        );
        fs::write(&config, text).map_err(failed)?;
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nginx");
        command.env("PATH", path).arg("-c").arg(&config).arg("-e").arg(folder.join("nginx.log"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|e| failed(format_args!("nginx: {e}")).hint("apt-get install nginx-light"))?;
        let nginx = Nginx { child, address };
        let started = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            if started.elapsed() > Duration::from_secs(10) {
                let log = fs::read_to_string(folder.join("nginx.log")).unwrap_or_default();
                return Err(failed(format_args!("nginx did not start: {log}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers; killed, it could not.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
