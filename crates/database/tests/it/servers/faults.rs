//! A server that is not there, says no, is slow, is stopped, or is cut off in the middle: a clear error in time, no password
//! in it, and the next question works.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use database::{Database, Fault, Limits, OpenError, Rows, RunError, open_any_at, open_at, run};
use sql::{VerifiedQuery, verify};

use super::demo::{NAME, demo, load, open};
use super::harness::{Engine, PASSWORD, place};

const DEADLINE: Duration = Duration::from_millis(800);
const GRACE: Duration = Duration::from_millis(300);

fn query(text: &str) -> VerifiedQuery {
    verify(text, &demo().catalog, &Default::default()).expect("a query")
}

fn short() -> VerifiedQuery {
    query("SELECT COUNT(*) FROM PAC_MNT_PROJECTS")
}

/// One that takes minutes.
fn long() -> VerifiedQuery {
    query(
        "SELECT COUNT(*) FROM PROJSTAFF AS a CROSS JOIN PROJSTAFF AS b CROSS JOIN PROJSTAFF AS c CROSS JOIN PROJSTAFF AS d \
         CROSS JOIN PROJSTAFF AS e WHERE a.Resource_Code > e.Resource_Code",
    )
}

fn ask(database: &Database, query: &VerifiedQuery) -> (Result<Rows, RunError>, Duration) {
    let start = Instant::now();
    let found = run(database, query, &Limits { deadline: DEADLINE, ..Limits::default() });
    (found, start.elapsed())
}

/// A way to a server that can be paused, closed and cut.
struct Way {
    port: u16,
    mode: Arc<AtomicU8>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

const PASS: u8 = 0;
const PAUSE: u8 = 1;
const CLOSED: u8 = 2;

impl Way {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let way = Way {
            port: listener.local_addr().expect("an address").port(),
            mode: Arc::default(),
            streams: Arc::default(),
        };
        let (mode, streams) = (Arc::clone(&way.mode), Arc::clone(&way.streams));
        thread::spawn(move || {
            for here in listener.incoming().flatten() {
                if mode.load(Ordering::SeqCst) == CLOSED {
                    continue;
                }
                let there = TcpStream::connect(("127.0.0.1", port)).expect("the server");
                for (from, to) in [(&here, &there), (&there, &here)] {
                    streams.lock().expect("no panic").push(from.try_clone().expect("a stream"));
                    let (from, to) = (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"));
                    let mode = Arc::clone(&mode);
                    thread::spawn(move || pump(from, to, &mode));
                }
            }
        });
        way
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    /// Ends every connection.
    fn cut(&self) {
        for stream in self.streams.lock().expect("no panic").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mode: &AtomicU8) {
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes) {
        while mode.load(Ordering::SeqCst) == PAUSE {
            thread::sleep(Duration::from_millis(5));
        }
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn by_way_of(engine: Engine, way: &Way) -> Database {
    load(engine);
    open_at(&place(&engine.server().url_at("reader", NAME, way.port)), &demo().catalog).expect("a database")
}

#[test]
fn nobody_there_and_nobody_let_in() {
    for engine in Engine::ALL {
        load(engine);
        let server = engine.server();
        let refused = |url: &str| match open_any_at(&place(url)) {
            Err(OpenError::Server(error)) => {
                assert_eq!(error.fault(), Fault::Unavailable, "{error}");
                let text = format!("{error} {error:?}");
                assert!(!text.contains(PASSWORD) && !text.contains("%3A"), "{text}");
                error.to_string()
            }
            other => panic!("{url}: {:?}", other.map(drop)),
        };
        assert!(refused(&server.url_at("reader", NAME, 1)).contains("cannot reach"));
        assert!(refused(&server.url("nobody", NAME)).contains("does not let us in"));
        assert!(refused(&server.url("reader", "nothing")).contains("does not let us in"));
        let wrong = server.url("reader", NAME).replace("%3A", "%3B");
        assert!(refused(&wrong).contains("does not let us in"));
        let none = format!(
            "{}://reader@127.0.0.1:{}/{NAME}",
            if engine == Engine::Postgres { "postgres" } else { "mysql" },
            server.port
        );
        assert!(refused(&none).contains("does not let us in"));
        let (database, _) = open_any_at(&place(&server.socket_url("reader", NAME))).expect("by the socket");
        drop(database);
    }
}

#[test]
fn something_else_listens_there() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.expect("a stream").write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nthis is no database at all");
        }
    });
    for scheme in ["postgres", "mysql"] {
        let error = open_any_at(&place(&format!("{scheme}://a:b@127.0.0.1:{port}/d"))).expect_err("no database");
        // What looks like a length is one that nobody sends.
        assert!(matches!(error.fault(), Fault::Unavailable | Fault::Limit), "{error}");
    }
}

#[test]
fn the_deadline_is_kept_and_the_server_stops() {
    for engine in Engine::ALL {
        let database = open(engine, "reader");
        let (found, took) = ask(&database, &long());
        assert!(matches!(found, Err(RunError::Deadline { .. })), "{engine:?} {found:?}");
        assert!(took < DEADLINE + GRACE, "{engine:?} {took:?}");
        let (found, _) = ask(&database, &short());
        assert!(found.is_ok(), "{engine:?} {found:?}");
    }
}

#[test]
fn another_thread_cancels() {
    for engine in Engine::ALL {
        let database = open(engine, "reader");
        let canceller = database.canceller();
        let waiter = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            canceller.cancel();
        });
        let (found, took) = ask(&database, &long());
        waiter.join().expect("a thread");
        assert!(matches!(found, Err(RunError::Cancelled)), "{engine:?} {found:?}");
        assert!(took < DEADLINE, "{engine:?} {took:?}");
        assert!(ask(&database, &short()).0.is_ok(), "{engine:?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_left_in_time() {
    for engine in Engine::ALL {
        let way = Way::to(engine.server().port);
        let database = by_way_of(engine, &way);
        assert!(ask(&database, &short()).0.is_ok());
        way.set(PAUSE);
        let (found, took) = ask(&database, &short());
        let error = found.expect_err("silence");
        assert_eq!(error.fault(), Fault::Unavailable, "{engine:?} {error}");
        assert!(error.to_string().contains("did not answer") && took < DEADLINE + GRACE, "{engine:?} {error} {took:?}");
        way.set(PASS);
        let (found, _) = ask(&database, &short());
        assert!(found.is_ok(), "{engine:?} {found:?}");
    }
}

#[test]
fn a_connection_cut_in_the_middle_is_said() {
    for engine in Engine::ALL {
        let way = Way::to(engine.server().port);
        let database = by_way_of(engine, &way);
        let (mode, streams) = (Arc::clone(&way.mode), Arc::clone(&way.streams));
        let port = way.port;
        let cutter = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            Way { port, mode, streams }.cut();
        });
        let (found, took) = ask(&database, &long());
        cutter.join().expect("a thread");
        let error = found.expect_err("a cut");
        assert_eq!(error.fault(), Fault::Unavailable, "{engine:?} {error}");
        assert!(error.to_string().contains("was lost") && took < DEADLINE, "{engine:?} {error} {took:?}");
        let (found, _) = ask(&database, &short());
        assert!(found.is_ok(), "{engine:?} {found:?}");
    }
}

#[test]
fn a_server_that_restarts_is_found_again() {
    for engine in Engine::ALL {
        let way = Way::to(engine.server().port);
        let database = by_way_of(engine, &way);
        assert!(ask(&database, &short()).0.is_ok());
        way.set(CLOSED);
        way.cut();
        thread::sleep(Duration::from_millis(50));
        let (found, took) = ask(&database, &short());
        let error = found.expect_err("nobody there");
        assert_eq!(error.fault(), Fault::Unavailable, "{engine:?} {error}");
        assert!(took < DEADLINE + GRACE, "{engine:?} {took:?}");
        way.set(PASS);
        assert!(ask(&database, &short()).0.is_ok(), "{engine:?}");
    }
}

#[test]
fn a_connection_that_the_server_ends_is_said() {
    for engine in Engine::ALL {
        load(engine);
        let server = engine.server();
        let (role, end) = match engine {
            Engine::Postgres => (
                format!(
                    "CREATE ROLE lonely LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO lonely;"
                ),
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lonely';",
            ),
            Engine::MariaDb => (
                format!("CREATE USER lonely IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON {NAME}.* TO lonely;"),
                "KILL USER lonely;",
            ),
        };
        server.script(NAME, &role);
        let database = open(engine, "lonely");
        let ender = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            server.script(NAME, end);
        });
        let (found, _) = ask(&database, &long());
        ender.join().expect("a thread");
        let error = found.expect_err("an end");
        assert_eq!(error.fault(), Fault::Unavailable, "{engine:?} {error}");
        assert!(error.to_string().contains("was lost"), "{engine:?} {error}");
        assert!(ask(&database, &short()).0.is_ok(), "{engine:?}");
    }
}

#[test]
fn a_connection_with_an_answer_left_unread_is_closed() {
    for engine in Engine::ALL {
        load(engine);
        let server = engine.server();
        let (role, held) = match engine {
            Engine::Postgres => (
                format!(
                    "CREATE ROLE hasty LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO hasty;"
                ),
                "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'hasty';",
            ),
            Engine::MariaDb => (
                format!("CREATE USER hasty IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON {NAME}.* TO hasty;"),
                "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'hasty';",
            ),
        };
        server.script(NAME, &role);
        let held = || server.try_script(NAME, held).expect("a count").trim().to_owned();
        let database = open(engine, "hasty");
        assert_eq!(held(), "1", "{engine:?}");
        let all = query(
            "SELECT a.Project_Code FROM PAC_MNT_PROJECTS AS a CROSS JOIN PROJSTAFF AS b CROSS JOIN PROJSTAFF AS c",
        );
        let rows = run(&database, &all, &Limits { max_bytes: 100, ..Limits::default() }).expect("rows");
        assert!(rows.truncated, "{engine:?}");
        let end = Instant::now() + Duration::from_secs(5);
        while held() != "0" {
            assert!(Instant::now() < end, "{engine:?} keeps the connection");
            thread::sleep(Duration::from_millis(50));
        }
        assert!(ask(&database, &short()).0.is_ok(), "{engine:?}");
    }
}
