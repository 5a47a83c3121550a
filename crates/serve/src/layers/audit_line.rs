//! The audit log's line of a request: it grows while the request is worked on and is written once, also where the caller
//! left before there was a reply.

use std::sync::{Arc, Mutex, PoisonError};

use crate::audit::Entry;
use crate::problem::Code;
use crate::service::Service;

/// The status in the log of a request whose caller left before the reply. No reply has it.
pub const LEFT: u16 = 499;

/// A line that is to be written.
#[derive(Debug)]
pub struct AuditLine {
    service: Arc<Service>,
    /// None once it is written.
    entry: Mutex<Option<Entry>>,
}

impl AuditLine {
    /// Begins a line.
    pub fn begin(service: &Arc<Service>, principal: &str, route: &str, request_id: &str) -> Arc<Self> {
        let entry = Entry {
            principal: principal.to_owned(),
            route: route.to_owned(),
            schema: None,
            status: LEFT,
            code: None,
            request_id: request_id.to_owned(),
            tables: vec![],
            rows: None,
            key: None,
        };
        Arc::new(AuditLine { service: Arc::clone(service), entry: Mutex::new(Some(entry)) })
    }

    /// Adds to a line what has become known; too late, where it is written.
    pub fn note(&self, add: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entry.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            add(entry);
        }
    }

    /// Adds what an answer read to what others of the same request did.
    pub fn note_read(&self, tables: &[String], rows: Option<usize>) {
        self.note(|entry| {
            for table in tables {
                if !entry.tables.contains(table) {
                    entry.tables.push(table.clone());
                }
            }
            entry.rows = rows.map(|rows| rows + entry.rows.unwrap_or(0)).or(entry.rows);
        });
    }

    /// What is known so far; none where it is written.
    pub fn told(&self) -> Option<Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes the line, unless that was done; whether the log holds it, where there is a log.
    pub fn write(&self, status: u16, code: Option<Code>) -> bool {
        let entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(entry), Some(audit)) = (entry, &self.service.audit) else { return true };
        let written = audit.record(Entry { status, code: code.map(|code| code.name().to_owned()), ..entry });
        written.inspect_err(|error| tracing::error!(%error, "audit")).is_ok()
    }
}

impl Drop for AuditLine {
    fn drop(&mut self) {
        self.write(LEFT, None);
    }
}
