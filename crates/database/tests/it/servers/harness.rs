//! Private servers for tests: PostgreSQL and MariaDB in temporary folders on free ports, started on first use, shared by
//! all tests of a binary, and stopped when its process ends, however it ends.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use database::Place;

/// The password of every role; no message may show it.
pub(crate) const PASSWORD: &str = "hush:pa/ss@word";
/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    MariaDb,
}

impl Engine {
    pub(crate) const ALL: [Engine; 2] = [Engine::Postgres, Engine::MariaDb];

    /// Its server, started on first use.
    pub(crate) fn server(self) -> &'static Server {
        static POSTGRES: OnceLock<Server> = OnceLock::new();
        static MARIADB: OnceLock<Server> = OnceLock::new();
        match self {
            Engine::Postgres => POSTGRES.get_or_init(|| start(self)),
            Engine::MariaDb => MARIADB.get_or_init(|| start(self)),
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    /// Its end is what stops the server.
    _leash: ChildStdin,
}

impl Server {
    /// The URL of a role ("boss" may do everything, "reader" reads) on a database.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        self.url_at(role, database, self.port)
    }

    /// The same by way of another port.
    pub(crate) fn url_at(&self, role: &str, database: &str, port: u16) -> String {
        let scheme = if self.engine == Engine::Postgres { "postgres" } else { "mysql" };
        let password: String = PASSWORD.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{scheme}://{role}:{password}@127.0.0.1:{port}/{database}")
    }

    /// The socket's URL of the same.
    pub(crate) fn socket_url(&self, role: &str, database: &str) -> String {
        let url = self.url(role, database);
        let folder = self.folder.display();
        match self.engine {
            Engine::Postgres => format!("{url}?host={folder}&port={}", self.port),
            Engine::MariaDb => format!("{url}?socket={folder}/s.sock"),
        }
    }

    pub(crate) fn place(&self, role: &str, database: &str) -> Place {
        place(&self.url(role, database))
    }

    /// Runs a script as "boss" with the engine's own client.
    pub(crate) fn script(&self, database: &str, script: &str) {
        self.try_script(database, script).expect("the script runs");
    }

    pub(crate) fn try_script(&self, database: &str, script: &str) -> Result<String, String> {
        let port = self.port.to_string();
        let mut client = match self.engine {
            Engine::Postgres => {
                let mut client = Command::new("psql");
                client.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &port]);
                client.args(["-U", "boss", "-d", database]).env("PGPASSWORD", PASSWORD);
                client
            }
            Engine::MariaDb => {
                let mut client = Command::new("mariadb");
                client.args(["--no-defaults", "-N", "-h", "127.0.0.1", "-P", &port, "-u", "boss"]);
                client.args(["--default-character-set=utf8mb4", database]).env("MYSQL_PWD", PASSWORD);
                client
            }
        };
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = client.spawn().map_err(|e| format!("{client:?}: {e}"))?;
        let mut stdin = running.stdin.take().expect("a pipe");
        let script = script.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = running.wait_with_output().map_err(|e| e.to_string())?;
        let _ = writer.join();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Makes an empty database that "reader" may read once tables are granted.
    pub(crate) fn create(&self, database: &str) {
        match self.engine {
            Engine::Postgres => self.script("postgres", &format!("CREATE DATABASE {database};")),
            Engine::MariaDb => {
                let grant = format!("GRANT SELECT ON {database}.* TO 'reader'@'%'");
                self.script("mysql", &format!("CREATE DATABASE {database} CHARACTER SET utf8mb4; {grant};"));
            }
        }
    }

    /// Lets "reader" read what there is.
    pub(crate) fn grant(&self, database: &str) {
        if self.engine == Engine::Postgres {
            self.script(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;");
        }
    }
}

pub(crate) fn place(url: &str) -> Place {
    Place::parse(url, &|_| None).expect("a URL")
}

fn start(engine: Engine) -> Server {
    let folder = std::env::temp_dir().join(format!("glrl-{engine:?}-{}", std::process::id()).to_lowercase());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let port = free_port();
    let child = match engine {
        Engine::Postgres => start_postgres(&folder, port),
        Engine::MariaDb => start_mariadb(&folder, port),
    };
    let leash = leash(child, &folder);
    let server = Server { engine, port, folder, _leash: leash };
    server.wait();
    server
}

/// A shell that waits for the end of its input, which comes when this process ends, then stops the server.
#[expect(clippy::zombie_processes, reason = "it outlives this process, and is waited for by none")]
fn leash(server: Child, folder: &Path) -> ChildStdin {
    let end =
        "cat >/dev/null; kill -INT $1 2>/dev/null || true; sleep 1; kill -KILL $1 2>/dev/null || true; rm -rf \"$2\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", end, "sh", &server.id().to_string()]).arg(folder);
    // In a group of its own: the terminal's Ctrl-C must not end it before the server.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell");
    shell.stdin.take().expect("a pipe")
}

impl Server {
    fn wait(&self) {
        let end = Instant::now() + PATIENCE;
        let database = if self.engine == Engine::Postgres { "postgres" } else { "mysql" };
        loop {
            let found = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string());
            let answer = found.and_then(|_| self.try_script(database, "SELECT 1;"));
            match answer {
                Ok(_) => break,
                Err(e) if Instant::now() > end => {
                    let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                    panic!("{:?} does not start: {e}\n{log}", self.engine);
                }
                Err(_) => sleep(Duration::from_millis(100)),
            }
        }
        let reader = match self.engine {
            Engine::Postgres => format!("CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}';"),
            Engine::MariaDb => format!("CREATE USER 'reader'@'%' IDENTIFIED BY '{PASSWORD}';"),
        };
        self.script(database, &reader);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn start_postgres(folder: &Path, port: u16) -> Child {
    let data = folder.join("data");
    let password = folder.join("password");
    fs::write(&password, PASSWORD).expect("a file");
    own(folder, "postgres");
    let mut init = as_user("postgres", &program("initdb", "/usr/lib/postgresql"));
    init.arg("-D").arg(&data).args(["-U", "boss", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    init.args(["--auth=scram-sha-256", "--pwfile"]).arg(&password);
    finish(init);
    let mut server = as_user("postgres", &program("postgres", "/usr/lib/postgresql"));
    server.arg("-D").arg(&data).arg("-k").arg(folder).args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    server.args(["-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=50"]);
    spawn(server, folder)
}

fn start_mariadb(folder: &Path, port: u16) -> Child {
    let data = folder.join("data");
    own(folder, "mysql");
    let user = if is_root() { "--user=mysql" } else { "--skip-name-resolve" };
    let mut init = Command::new("mariadb-install-db");
    init.args(["--no-defaults", user, "--auth-root-authentication-method=normal", "--skip-test-db"]);
    init.arg(format!("--datadir={}", data.display()));
    finish(init);
    let setup = folder.join("setup.sql");
    let boss = format!(
        "CREATE USER 'boss'@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL PRIVILEGES ON *.* TO 'boss'@'%' WITH GRANT OPTION;\n"
    );
    fs::write(&setup, boss).expect("a file");
    own(folder, "mysql");
    let mut server = Command::new(program("mariadbd", "/usr/sbin"));
    server.args(["--no-defaults", user, "--bind-address=127.0.0.1", "--skip-name-resolve"]);
    server.arg(format!("--datadir={}", data.display())).arg(format!("--port={port}"));
    server.arg(format!("--socket={}/s.sock", folder.display())).arg(format!("--init-file={}", setup.display()));
    server.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--secure-file-priv="]);
    server.arg(format!("--pid-file={}/pid", folder.display()));
    spawn(server, folder)
}

fn spawn(mut server: Command, folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).expect("a log");
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut server, 0);
    let again = log.try_clone().expect("a log");
    server.stdin(Stdio::null()).stdout(log).stderr(again).spawn().unwrap_or_else(|e| missing(&server, &e))
}

fn finish(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| missing(&command, &e));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn missing(command: &Command, error: &std::io::Error) -> ! {
    panic!(
        "{command:?}: {error}\n`cargo xtask test` installs what is missing (apt-get install postgresql mariadb-server)"
    )
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Servers refuse to run as root: as its own user then.
fn as_user(user: &str, program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--init-groups", program]);
    command
}

fn own(folder: &Path, user: &str) {
    if is_root() {
        let mut own = Command::new("chown");
        own.arg("-R").arg(format!("{user}:{user}")).arg(folder);
        finish(own);
    }
}

/// A program on the path, or where Debian puts it beside.
fn program(name: &str, folder: &str) -> String {
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
    });
    let versions =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path().join("bin").join(name));
    let beside = Path::new(folder).join(name);
    let found = on_path.or_else(|| versions.filter(|program| program.is_file()).max()).unwrap_or(beside);
    found.display().to_string()
}
