//! The stages of an answer as spans, for whoever traces them; they hold no words of the question and no values.

/// Runs an expression as a stage of this name.
macro_rules! stage {
    ($name:literal, $work:expr) => {
        tracing::info_span!(target: "glrl::stage", $name, glrl.stage = $name).in_scope(|| $work)
    };
}

pub(crate) use stage;
