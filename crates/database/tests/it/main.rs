//! The database crate from outside: files opened, databases filled, profiled and introspected.

mod definitions;
mod fill;
mod introspect;
mod open;
mod profile;
mod servers;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use schema::Catalog;

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).expect(path)
}

/// The GL pack: its script, its catalog and what fills it.
fn gl() -> (String, Catalog, database::DemoSpec) {
    let ddl = read("packs/gl/schema.sql");
    let catalog = sql::ddl::catalog_from_ddl(&ddl).expect("the pack's script");
    let spec = database::DemoSpec::from_toml(&read("packs/gl/demo.toml")).expect("the pack's demo.toml");
    (ddl, catalog, spec)
}

/// A folder of its own, removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("glrl-database-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
