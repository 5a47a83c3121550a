//! Numbers in digits as the world writes them: `1,200.50`, `1.200,50`, `1'200.50`, `1 200,50`, `12,00,000`.
//!
//! A comma before one or two digits is a decimal comma only where something else says so (other separators of thousands, a
//! currency, a percent sign, a factor): "5,10" may be a list.

use super::money::{is_sign_at, unit_at};
use super::{Decimal, factor_at};
use crate::atom::{Atom, AtomKind, fold_before, is_glued_at, is_mark_at};
use crate::slot::NumberUnit;

/// Digits with separators of thousands and a decimal mark, and how many atoms they take.
pub(super) fn written(atoms: &[Atom<'_>], at: usize, is_money: bool) -> Option<(Decimal, usize)> {
    if is_mark_at(atoms, at, '.') && !is_glued_after_digits(atoms, at) {
        let fraction = atoms.get(at + 1).filter(|a| a.is_digits() && a.glued)?;
        return Some((Decimal::parse("0", fraction.text)?, 2));
    }
    let first = atoms.get(at).filter(|a| a.is_digits())?;
    let grouped = Grouped::at(atoms, at, is_money);
    let mut whole = first.text.to_owned();
    let mut n = 1;
    if let Some(grouped) = &grouped {
        whole.extend(grouped.groups.iter().copied());
        n += grouped.len;
    }
    let comma = || decimal_comma(atoms, at + n, is_money || grouped.as_ref().is_some_and(|g| g.mark != ','));
    let fraction = glued_digits(atoms, at + n, '.').or_else(comma).unwrap_or("");
    if !fraction.is_empty() {
        n += 2;
    }
    let is_code = whole.len() > 1 && whole.starts_with('0') && fraction.is_empty();
    let goes_on = [':', '/', '.'].iter().any(|mark| glued_digits(atoms, at + n, *mark).is_some());
    if is_code || goes_on { None } else { Some((Decimal::parse(&whole, fraction)?, n)) }
}

/// The groups of digits behind the first, and the mark between them.
struct Grouped<'q> {
    mark: char,
    groups: Vec<&'q str>,
    len: usize,
}

impl<'q> Grouped<'q> {
    fn at(atoms: &[Atom<'q>], at: usize, is_money: bool) -> Option<Self> {
        if atoms[at].text.len() > 3 {
            return None;
        }
        for mark in [',', '.', '\'', '’'] {
            let groups = thousands(atoms, at + 1, mark);
            let wanted = if mark == '.' && groups != ["000"] { 2 } else { 1 };
            if groups.len() >= wanted {
                return Some(Grouped { mark, len: 2 * groups.len(), groups });
            }
        }
        let point = thousands(atoms, at + 1, '.');
        if point.len() == 1 && glued_digits(atoms, at + 3, ',').is_some_and(|f| f.len() <= 2) {
            return Some(Grouped { mark: '.', groups: point, len: 2 });
        }
        indian(atoms, at, is_money).or_else(|| spaced(atoms, at, is_money))
    }
}

/// "12,00,000": pairs, and three digits last; "30,60,100" may be a list, unless a currency stands there.
fn indian<'q>(atoms: &[Atom<'q>], at: usize, is_money: bool) -> Option<Grouped<'q>> {
    let mut groups: Vec<&str> = Vec::new();
    let mut next = at + 1;
    while let Some(pair) = glued_digits(atoms, next, ',').filter(|g| g.len() == 2 && groups.len() < 8) {
        groups.push(pair);
        next += 2;
    }
    let last = glued_digits(atoms, next, ',').filter(|g| g.len() == 3 && !groups.is_empty())?;
    groups.push(last);
    let len = 2 * groups.len();
    let is_amount = is_money || last == "000" || is_money_at(atoms, at + 1 + len);
    (is_amount && atoms[at].text.len() <= 2).then_some(Grouped { mark: ',', groups, len })
}

/// "1 200 000", "45 000 EUR", "above 45 500", "200 000"; but "100 200 300" are three numbers.
fn spaced<'q>(atoms: &[Atom<'q>], at: usize, is_money: bool) -> Option<Grouped<'q>> {
    let is_group = |a: &&Atom<'q>| a.is_digits() && a.text.len() == 3 && !a.glued;
    let groups: Vec<&str> = atoms[at + 1..].iter().take(8).take_while(is_group).map(|a| a.text).collect();
    let end = at + 1 + groups.len();
    let is_round = *groups.last()? == "000";
    let is_long = groups.len() > 1 && atoms[at].text.len() < 3;
    let is_amount = is_round || is_long || is_money || is_compared(atoms, at) || is_money_at(atoms, end);
    let goes_on = atoms.get(end).is_some_and(|a| a.is_mark('%') || (a.glued && !ends_number(a)));
    let starts = !atoms[at].text.starts_with('0') && !is_glued_after_digits(atoms, at);
    (is_amount && !goes_on && starts).then_some(Grouped { mark: ' ', len: groups.len(), groups })
}

fn is_compared(atoms: &[Atom<'_>], at: usize) -> bool {
    matches!(fold_before(atoms, at), "over" | "above" | "below" | "under" | "than" | "exceeding" | "least")
}

fn is_money_at(atoms: &[Atom<'_>], at: usize) -> bool {
    unit_at(atoms, at).0 == NumberUnit::Money || is_sign_at(atoms, at)
}

/// Marks that may stand right behind a number.
fn ends_number(atom: &Atom<'_>) -> bool {
    matches!(atom.text, "," | "." | "?" | "!" | ";" | ")" | "k" | "€" | "$" | "£")
}

/// One or two digits behind a comma, where the comma cannot be that of a list.
fn decimal_comma<'q>(atoms: &[Atom<'q>], at: usize, is_sure: bool) -> Option<&'q str> {
    let fraction = glued_digits(atoms, at, ',').filter(|f| f.len() <= 2)?;
    let listed = glued_digits(atoms, at + 2, ',').is_some();
    let is_measured =
        || unit_at(atoms, at + 2).2 > 0 || is_sign_at(atoms, at + 2) || factor_at(atoms, at + 2).is_some();
    (!listed && (is_sure || is_measured())).then_some(fraction)
}

/// The dash for the cents of a round price, "100'000.-": how many atoms.
pub(super) fn price_dash(atoms: &[Atom<'_>], at: usize) -> usize {
    let point = is_mark_at(atoms, at, '.') || is_mark_at(atoms, at, ',');
    let dash = is_mark_at(atoms, at + 1, '-') || is_mark_at(atoms, at + 1, '–') || is_mark_at(atoms, at + 1, '—');
    let goes_on = atoms.get(at + 2).is_some_and(|a| a.glued && a.kind != AtomKind::Mark);
    2 * usize::from(point && dash && is_glued_at(atoms, at) && is_glued_at(atoms, at + 1) && !goes_on)
}

fn is_glued_after_digits(atoms: &[Atom<'_>], at: usize) -> bool {
    is_glued_at(atoms, at) && atoms.get(at.wrapping_sub(1)).is_some_and(|a| a.kind != AtomKind::Mark)
}

/// Digits right after a mark that stands right after what came before.
pub(super) fn glued_digits<'q>(atoms: &[Atom<'q>], at: usize, mark: char) -> Option<&'q str> {
    let glued = is_mark_at(atoms, at, mark) && is_glued_at(atoms, at);
    let digits = atoms.get(at + 1).filter(|a| a.is_digits() && a.glued)?;
    glued.then_some(digits.text)
}

/// Groups of exactly three digits after this mark.
fn thousands<'q>(atoms: &[Atom<'q>], at: usize, mark: char) -> Vec<&'q str> {
    let mut groups = Vec::new();
    while let Some(group) = glued_digits(atoms, at + 2 * groups.len(), mark).filter(|g| g.len() == 3) {
        groups.push(group);
        if groups.len() > 8 {
            break;
        }
    }
    groups
}
