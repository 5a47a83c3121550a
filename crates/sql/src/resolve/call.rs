//! Function calls: whether there is such a function, whether it may stand here, and the windows it runs over.

use schema::Value;

use super::scope::Clause;
use super::{Resolver, expression::bare_call};
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::functions::{self, CLOCK_WORDS, Function, FunctionKind};
use crate::syntax::ast;
use crate::tree::{Call, Expr, ExprKind, OrderItem, SourceId, Span, Window};
use crate::visit::{Part, each_expr, parts_of_call};

/// Whether a call groups rows.
pub(crate) fn is_aggregate(call: &Call) -> bool {
    call.over.is_none() && functions::groups(&call.function, call.args.len())
}

/// The parts of a window, those of the windows it builds on included.
#[derive(Default, Clone, Copy)]
struct WindowParts<'a> {
    partition_by: &'a [ast::Expr],
    order_by: &'a [ast::Ordering],
    frame: Option<&'a ast::Frame>,
}

/// Named windows in the order of their definitions.
type Definitions<'a> = &'a [(ast::Name, ast::Window)];

impl<'a> WindowParts<'a> {
    fn of(window: &'a ast::Window) -> Self {
        let (partition_by, order_by) = (&window.partition_by[..], &window.order_by[..]);
        WindowParts { partition_by, order_by, frame: window.frame.as_ref() }
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn call(&mut self, call: &'a ast::Call, span: Span) -> ExprKind {
        let function = self.function(call);
        let kind = function.map_or(FunctionKind::Scalar, |f| f.kind);
        let allowed = function.is_none() || self.check_place(call, kind, span);
        let grouping = kind != FunctionKind::Scalar && call.over.is_none();
        let saved = self.scopes.last().map(|scope| (scope.in_aggregate, scope.in_window));
        if let Some(scope) = self.scopes.last_mut() {
            scope.in_aggregate |= grouping;
            scope.in_window |= kind != FunctionKind::Scalar;
        }
        let args = self.scalars(&call.args);
        self.check_likelihood(call);
        let mut resolved = bare_call(call.name.text.to_ascii_uppercase(), args);
        resolved.star = call.star;
        resolved.distinct = call.distinct;
        resolved.order_by = self.window_order(&call.order_by);
        resolved.filter = call.filter.as_ref().map(|filter| Box::new(self.scalar(filter)));
        let defined = self.scopes.last().map_or(&[][..], |scope| scope.windows);
        resolved.over = match &call.over {
            Some(ast::Over::Named(name)) => self.defined_window(name, defined).map(|parts| self.window(parts)),
            Some(ast::Over::Window(window)) => self.window_parts(window, defined).map(|parts| self.window(parts)),
            None => None,
        };
        if call.over.is_some() && resolved.over.is_none() {
            resolved.over = Some(Window::default());
        }
        if let (Some(scope), Some((in_aggregate, in_window))) = (self.scopes.last_mut(), saved) {
            (scope.in_aggregate, scope.in_window) = (in_aggregate, in_window);
        }
        if allowed && grouping {
            self.place_aggregate(&resolved, span);
        }
        ExprKind::Call(resolved)
    }

    /// The second argument of LIKELIHOOD is a number between 0.0 and 1.0, written with its point.
    fn check_likelihood(&mut self, call: &ast::Call) {
        let [_, chance] = call.args.as_slice() else { return };
        let is_chance = |real: f64| real.is_sign_positive() && real <= 1.0;
        let fits = matches!(chance.kind, ast::ExprKind::Literal(Value::Real(real)) if is_chance(real));
        if !fits && call.name.text.eq_ignore_ascii_case("LIKELIHOOD") {
            self.error("SCH208", chance.span, "LIKELIHOOD takes a number between 0.0 and 1.0, with its point.");
        }
    }

    /// The function that a call means; an error when there is none or the arguments do not fit.
    fn function(&mut self, call: &ast::Call) -> Option<&'static Function> {
        let name = &call.name.text;
        let found = functions::find(name, call.args.len());
        if found.is_some_and(|f| f.allowed) || functions::in_other_dialects(name, self.dialect) {
            return found;
        }
        let known: Vec<&Function> = functions::named(name).collect();
        if found.is_none() && self.dialect == Dialect::Sqlite {
            if known.is_empty() {
                let diagnostic = Diagnostic::error("SCH207", call.name.span, format!("There is no function {name}."));
                let callable = functions::FUNCTIONS.iter().filter(|f| f.allowed && !CLOCK_WORDS.contains(&f.name));
                let nearest = super::suggest::nearest(name, callable.map(|f| f.name));
                self.diagnostics.push(match nearest {
                    Some(near) => diagnostic.help(format!("Did you mean {near}?")).fix(
                        format!("Use {near}"),
                        call.name.span,
                        near,
                        false,
                    ),
                    None => diagnostic,
                });
            } else {
                let message =
                    format!("{} takes {}, not {}.", name.to_ascii_uppercase(), wanted(&known), call.args.len());
                self.error("SCH208", call.name.span, message);
            }
        }
        if known.is_empty() || known.iter().any(|f| !f.allowed) {
            let message = format!("{} is not among the functions that may be called.", name.to_ascii_uppercase());
            self.error("SEC505", call.name.span, message);
        }
        found
    }

    /// Whether a call may stand where it does.
    fn check_place(&mut self, call: &ast::Call, kind: FunctionKind, span: Span) -> bool {
        let name = call.name.text.to_ascii_uppercase();
        let (aggregates, windows) = self.scopes.last().map_or((false, false), |scope| {
            let grouped = match scope.clause {
                Clause::Items | Clause::Having | Clause::OrderBy | Clause::GroupBy => true,
                Clause::Where | Clause::On => scope.aggregated,
                Clause::Limit => false,
            };
            let shown = matches!(scope.clause, Clause::Items | Clause::OrderBy);
            (grouped && !scope.in_aggregate, shown && !scope.in_aggregate && !scope.in_window)
        });
        let scalar = kind == FunctionKind::Scalar;
        let over = call.over.is_some();
        let (code, message) = if scalar && over {
            ("SCH206", format!("{name} is no window function."))
        } else if !scalar && over && (!windows || !aggregates) {
            ("SCH206", format!("The window function {name} cannot stand here."))
        } else if kind == FunctionKind::Window && !over {
            ("SCH206", format!("{name} needs OVER (…)."))
        } else if !scalar && !aggregates {
            ("SCH205", format!("The aggregate {name} cannot stand here."))
        } else if call.filter.is_some() && kind != FunctionKind::Aggregate {
            ("SCH222", format!("FILTER does not fit {name}, which is no aggregate."))
        } else if !call.order_by.is_empty() && (kind != FunctionKind::Aggregate || over) {
            ("SCH222", format!("ORDER BY does not fit within {name}."))
        } else if call.distinct && over {
            ("SCH222", "DISTINCT does not fit a window function.".to_owned())
        } else if call.distinct && !scalar && call.args.len() != 1 {
            ("SCH222", format!("{name}(DISTINCT …) takes exactly one argument."))
        } else {
            return true;
        };
        let diagnostic = Diagnostic::error(code, span, message);
        let in_where = code == "SCH205" && self.scopes.last().is_some_and(|scope| scope.clause == Clause::Where);
        self.diagnostics.push(if in_where {
            diagnostic.help("Conditions on groups belong in HAVING.")
        } else {
            diagnostic
        });
        false
    }

    /// An aggregate belongs to the innermost level it speaks of; that level must be one that groups.
    fn place_aggregate(&mut self, call: &Call, span: Span) {
        let mut sources: Vec<SourceId> = Vec::new();
        parts_of_call(call, &mut |part| {
            if let Part::Expr(expr) = part {
                each_expr(expr, &mut |e| {
                    if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = e.kind {
                        sources.push(source);
                    }
                });
            }
        });
        let speaks = |level: &usize| self.scopes[*level].bindings.iter().any(|b| sources.contains(&b.source));
        let last = self.scopes.len().saturating_sub(1);
        let owner = (0..self.scopes.len()).rev().find(speaks).unwrap_or(last);
        let Some(scope) = self.scopes.get_mut(owner) else { return };
        if owner < last && scope.in_aggregate {
            let message =
                "This aggregate is over rows of an outer query, and stands within an aggregate of that query.";
            return self.error("SCH205", span, message);
        }
        let problem = match scope.clause {
            Clause::Items => {
                scope.aggregated = true;
                None
            }
            Clause::Having => None,
            Clause::OrderBy if scope.aggregated => None,
            Clause::GroupBy => Some("GROUP BY cannot hold an aggregate."),
            Clause::OrderBy => Some("Rows are not grouped, so they cannot be ordered by an aggregate."),
            _ => Some("An aggregate cannot stand in a condition on rows."),
        };
        if let Some(message) = problem {
            let diagnostic = Diagnostic::error("SCH205", span, message);
            self.diagnostics.push(diagnostic.help("Conditions on groups belong in HAVING."));
        }
    }

    fn window(&mut self, parts: WindowParts<'a>) -> Window {
        if let Some(frame) = parts.frame.filter(|frame| frame.range_distance && parts.order_by.len() != 1) {
            self.error("SCH219", frame.span, "RANGE with a distance needs exactly one ORDER BY term.");
        }
        Window {
            partition_by: self.scalars(parts.partition_by),
            order_by: self.window_order(parts.order_by),
            frame: parts.frame.map(|frame| frame.text.clone()),
        }
    }

    fn window_order(&mut self, terms: &'a [ast::Ordering]) -> Vec<OrderItem> {
        let item = |term: &'a ast::Ordering| {
            let expr: Expr = self.scalar(&term.expr);
            OrderItem { expr, descending: term.descending, nulls_first: term.nulls_first }
        };
        terms.iter().map(item).collect()
    }

    /// The window of this name among those that were defined, of several the last. SQLite passes over what the first of
    /// all builds on, since nothing is defined before it.
    fn defined_window(&mut self, name: &ast::Name, defined: Definitions<'a>) -> Option<WindowParts<'a>> {
        match defined.iter().rposition(|(other, _)| other.text.eq_ignore_ascii_case(&name.text)) {
            Some(0) => Some(WindowParts::of(&defined[0].1)),
            Some(at) => self.window_parts(&defined[at].1, &defined[..at]),
            None => {
                self.error("SCH219", name.span, format!("There is no window {}.", name.text));
                None
            }
        }
    }

    /// A window's own parts on top of those of the window it builds on, which is one of those defined before.
    fn window_parts(&mut self, window: &'a ast::Window, defined: Definitions<'a>) -> Option<WindowParts<'a>> {
        let own = WindowParts::of(window);
        let Some(base) = &window.base else { return Some(own) };
        let below = self.defined_window(base, defined)?;
        let clash = if !own.partition_by.is_empty() {
            "the partition"
        } else if !below.order_by.is_empty() && !own.order_by.is_empty() {
            "the order"
        } else if below.frame.is_some() {
            "the frame"
        } else {
            let order_by = if own.order_by.is_empty() { below.order_by } else { own.order_by };
            return Some(WindowParts { partition_by: below.partition_by, order_by, frame: own.frame });
        };
        self.error("SCH219", window.span, format!("{clash} of window {} cannot be changed.", base.text));
        None
    }

    /// Checks the windows that a SELECT defines; SQLite does so for those that no call runs over, too.
    pub(super) fn check_windows(&mut self, defined: Definitions<'a>) {
        for (at, (_, window)) in defined.iter().enumerate().skip(1) {
            self.window_parts(window, &defined[..at]);
        }
    }
}

/// "1 argument", "2 to 3 arguments".
fn wanted(functions: &[&Function]) -> String {
    let least = functions.iter().map(|f| f.min_args).min().unwrap_or(0);
    let most = functions.iter().map(|f| f.max_args).max().unwrap_or(0);
    match (least, most) {
        (1, 1) => "1 argument".to_owned(),
        (a, b) if a == b => format!("{a} arguments"),
        (a, u8::MAX) => format!("at least {a} arguments"),
        (a, b) => format!("{a} to {b} arguments"),
    }
}
