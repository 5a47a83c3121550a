//! Earlier questions, in memory: the last ones of everybody, each shown to who asked it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use answer::reply::Status;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A question and how it ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Past {
    /// Its request.
    pub request_id: String,
    /// When it came.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The schema that was asked.
    pub schema: String,
    /// As asked.
    pub question: String,
    /// How it ended.
    #[schema(value_type = String)]
    pub status: Status,
    /// The query, where it was answered.
    pub sql: Option<String>,
    /// The plan of that query.
    #[serde(skip)]
    pub reasoning: Option<String>,
    /// How sure the answer is.
    pub confidence_score: Option<f64>,
    /// Time from question to answer.
    pub elapsed_ms: f64,
    /// Who asked, and what they were shown.
    #[serde(skip)]
    pub identity: String,
    /// Counts up.
    #[serde(skip)]
    pub number: u64,
}

/// The last questions.
#[derive(Debug)]
pub struct History {
    kept: usize,
    past: Mutex<(u64, VecDeque<Past>)>,
}

impl History {
    /// Keeps so many.
    pub fn new(kept: usize) -> Self {
        History { kept, past: Mutex::new((0, VecDeque::new())) }
    }

    /// Adds a question; the oldest is forgotten.
    pub fn add(&self, past: Past) {
        let mut all = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 += 1;
        let number = all.0;
        all.1.push_back(Past { number, ..past });
        while all.1.len() > self.kept {
            all.1.pop_front();
        }
    }

    /// Questions of one identity older than a number, newest first.
    pub fn page(&self, identity: &str, before: Option<u64>, count: usize) -> Vec<Past> {
        let all = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.1.iter().rev().filter(|past| past.identity == identity);
        own.filter(|past| before.is_none_or(|before| past.number < before)).take(count).cloned().collect()
    }

    /// The question of a request, where this identity asked it.
    pub fn find(&self, identity: &str, request_id: &str) -> Option<Past> {
        let all = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        all.1.iter().rev().find(|past| past.identity == identity && past.request_id == request_id).cloned()
    }
}
