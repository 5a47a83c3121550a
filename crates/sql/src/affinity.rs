//! Literals as the columns they are compared with hold them: a number beside a text column is text, and the other way
//! round where the text is a number (SQLite, "Datatypes In SQLite", section 4.2).

use std::collections::HashMap;

use schema::{Catalog, ColumnId, TableId, Type, Value};

use crate::tree::{BinaryOp, Expr, ExprKind, Query, SourceId};
use crate::visit::{each_expr_mut, each_select};

/// Gives every literal that is compared with a column of a table the type of that column, where it has such a value.
pub fn coerce_literals(query: &mut Query, catalog: &Catalog) {
    let mut tables: HashMap<SourceId, TableId> = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    let type_of = |e: &Expr| match e.kind {
        ExprKind::Column { source, column } => {
            Some(catalog.column(ColumnId { table: *tables.get(&source)?, column }).ty)
        }
        _ => None,
    };
    each_expr_mut(query, &mut |e| match &mut e.kind {
        ExprKind::Binary(a, op, b) if is_comparison(*op) => match (type_of(a), type_of(b)) {
            (Some(ty), None) => coerce(b, ty),
            (None, Some(ty)) => coerce(a, ty),
            _ => {}
        },
        ExprKind::InList { operand, list, .. } => {
            if let Some(ty) = type_of(operand) {
                list.iter_mut().for_each(|e| coerce(e, ty));
            }
        }
        ExprKind::Between { operand, low, high, .. } => {
            if let Some(ty) = type_of(operand) {
                coerce(low, ty);
                coerce(high, ty);
            }
        }
        _ => {}
    });
}

/// Whether an operator compares two values.
pub(crate) fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn coerce(e: &mut Expr, ty: Type) {
    let ExprKind::Literal(literal) = &mut e.kind else { return };
    if let Some(value) = as_held(&literal.value, ty) {
        literal.value = value;
        literal.slot = None;
    }
}

/// A value as a column of a type holds it, where that is another one.
pub(crate) fn as_held(value: &Value, ty: Type) -> Option<Value> {
    let as_number = |text: &str| {
        let real = || text.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Real);
        text.parse().ok().map(Value::Integer).or_else(real)
    };
    match value {
        Value::Integer(n) if ty == Type::Text => Some(Value::Text(n.to_string())),
        Value::Text(text) if ty.is_numeric() => as_number(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use schema::Catalog;

    use super::coerce_literals;
    use crate::dialect::Dialect;
    use crate::print::compact;

    fn coerced(condition: &str) -> String {
        let ddl = "CREATE TABLE t (name TEXT, amount REAL, number INTEGER)";
        let catalog: Catalog = crate::ddl::catalog_from_ddl(ddl).unwrap();
        let mut query =
            crate::parse(&format!("SELECT 1 FROM t WHERE {condition}"), &catalog, Dialect::Sqlite).query.unwrap();
        coerce_literals(&mut query, &catalog);
        compact(&query, &catalog).split_once("WHERE ").unwrap().1.to_owned()
    }

    #[test]
    fn a_literal_takes_the_type_of_its_column() {
        assert_eq!(coerced("name = 2014"), "t.name = '2014'");
        assert_eq!(coerced("2014 < name"), "'2014' < t.name");
        assert_eq!(coerced("amount >= '80000'"), "t.amount >= 80000");
        assert_eq!(coerced("number IN ('1', 2, '2.5')"), "t.number IN (1, 2, 2.5)");
        assert_eq!(coerced("name BETWEEN 1 AND 'b'"), "t.name BETWEEN '1' AND 'b'");
    }

    #[test]
    fn what_is_no_such_value_stays() {
        for same in ["t.amount = 'many'", "t.amount + 1 > '5'", "t.name = 'Ann'", "t.number = 5"] {
            assert_eq!(coerced(same), same);
        }
    }
}
