//! Calendars: a first day, a step, and where the last period ends.

use super::{Result, Writer};
use crate::calendar::{Calendar, Step, step_of};
use crate::lexeme::Word;
use crate::tree::{Expr, ExprKind, Query, SourceId, SourceKind};
use crate::visit::{PartMut, each_select, parts_of_expr_mut, parts_of_query_mut};

impl Writer<'_> {
    /// Writes a calendar, up to its closing bracket.
    pub(super) fn write_calendar(&mut self, calendar: &Calendar) -> Result<()> {
        let (each, next) = calendar.step.words();
        self.word(each);
        self.write_literal(&calendar.start, None, false)?;
        self.word(next);
        self.write_literal(&calendar.end, None, false)?;
        self.word(Word::Close);
        Ok(())
    }
}

/// Names the first day after a period, `DATE(d, '+1 month')`, by the calendar's column for it. The calendar is the first CTE.
pub(super) fn name_ends<'q>(queries: impl Iterator<Item = &'q mut Query>, step: Step) {
    for query in queries {
        let mut calendars: Vec<SourceId> = Vec::new();
        each_select(query, &mut |select| {
            let named = |kind: &SourceKind| matches!(kind, SourceKind::Cte { name, .. } if name == "1");
            calendars.extend(select.from.iter().filter(|s| named(&s.kind)).map(|s| s.id));
        });
        name_in(PartMut::Query(query), &calendars, step);
    }
}

fn name_in(part: PartMut, calendars: &[SourceId], step: Step) {
    match part {
        PartMut::Query(query) => parts_of_query_mut(query, &mut |part| name_in(part, calendars, step)),
        PartMut::Expr(e) => {
            if let Some(source) = end_of(e, calendars, step) {
                e.kind = ExprKind::Column { source, column: 1 };
            }
            parts_of_expr_mut(e, &mut |part| name_in(part, calendars, step));
        }
    }
}

/// The calendar whose next day an expression is.
fn end_of(e: &Expr, calendars: &[SourceId], step: Step) -> Option<SourceId> {
    let (_, day) = step_of(e).filter(|(own, _)| *own == step)?;
    match day.kind {
        ExprKind::Column { source, column: 0 } if calendars.contains(&source) => Some(source),
        _ => None,
    }
}
