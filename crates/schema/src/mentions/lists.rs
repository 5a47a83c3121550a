//! Lists of values: what is said beside a value that is surely meant is meant too, where one column holds both.

use super::{Mention, claim, columns_of, is_date, is_inside_phrase, mentions_at};
use crate::ColumnId;
use crate::atom::{Atom, AtomKind, fold_at};
use crate::lexicon::is_key_word;
use crate::normalize::{Asked, Claim, Claims};
use crate::slot::Reading;
use crate::value_index::key_word;
use crate::words::is_function_word;

/// Claims the values that are listed beside the last claim: "C or D", "in engineering or in IT", "Net 30, 45 and 60". They
/// need no other sign that they are meant, but must be held by the same column. Gives where the list ends.
pub(crate) fn listed_beside(asked: &Asked<'_>, claims: &mut Claims) -> usize {
    let Some(mut last) = claims.list.last().cloned() else { return 0 };
    let columns = known_columns(&last.readings);
    let mut first = last.from;
    while let Some(claim) = listed_before(asked, first, &columns, claims) {
        first = claim.from;
        claims.add(claim);
    }
    let head = asked.atoms[last.from..last.to].to_vec();
    while let Some(claim) = listed_after(asked, last.to, &head, &columns, claims) {
        last = claim.clone();
        claims.add(claim);
    }
    last.to
}

fn listed_before(asked: &Asked<'_>, at: usize, columns: &[ColumnId], claims: &Claims) -> Option<Claim> {
    let end = at.checked_sub(1).filter(|end| matches!(asked.atoms[*end].text, "and" | "or" | "&" | "/" | ","))?;
    let earliest = end.saturating_sub(asked.context.values.longest());
    (earliest..end).find_map(|from| {
        let mentions = mentions_at(asked, from, asked.context.values.longest(), None);
        let mention = mentions.into_iter().find(|m| m.to == end)?;
        listed(asked, &mention, columns, claims).filter(|_| is_list_word(asked, from, end))
    })
}

fn listed_after(
    asked: &Asked<'_>,
    at: usize,
    head: &[Atom<'_>],
    columns: &[ColumnId],
    claims: &Claims,
) -> Option<Claim> {
    let (joint, again) = list_joint(asked, at)?;
    let from = at + joint + again;
    let member_at = |from: usize| {
        let mentions = mentions_at(asked, from, asked.context.values.longest(), None);
        let found = mentions.iter().rev().find_map(|m| listed(asked, m, columns, claims));
        found.filter(|claim| is_list_word(asked, claim.from, claim.to))
    };
    member_at(at + joint).or_else(|| member_at(from).filter(|_| again > 0)).or_else(|| {
        let digits = asked.atoms.get(from).filter(|a| a.is_digits() && head.last().is_some_and(Atom::is_digits))?;
        let said = head[..head.len() - 1].iter().filter(|a| is_key_word(&a.fold)).chain([digits]);
        let words = said.map(|a| key_word(a.fold.clone())).collect();
        listed(asked, &Mention { from, to: from + 1, words }, columns, claims)
    })
}

/// How many atoms join two members of a list, ",", "or", ", and", and the preposition of "or in".
fn list_joint(asked: &Asked<'_>, at: usize) -> Option<(usize, usize)> {
    let atoms = &asked.atoms;
    let comma = usize::from(atoms.get(at).is_some_and(|a| matches!(a.text, "," | "/")));
    let word = usize::from(matches!(fold_at(atoms, at + comma), "and" | "or" | "&" | "nor"));
    let again = usize::from(word == 1 && matches!(fold_at(atoms, at + comma + word), "in" | "of" | "for" | "with"));
    (comma + word > 0).then_some((comma + word, again))
}

/// The claim of a listed value, if a column of the list holds it.
fn listed(asked: &Asked<'_>, mention: &Mention, columns: &[ColumnId], claims: &Claims) -> Option<Claim> {
    let found = asked.context.values.exact(&mention.words);
    let is_held = columns_of(asked, &found).iter().any(|c| columns.contains(c));
    let fits = is_held && claims.is_free(mention.from, mention.to) && !asked.is_locked(mention.from, mention.to);
    (fits && !is_inside_phrase(asked, mention.from, mention.to) && !is_date(asked, mention.from, mention.to))
        .then(|| claim(asked, mention, &found))
}

/// Grammar words end a list only where nothing goes on: "or it", not "and it is late".
fn is_list_word(asked: &Asked<'_>, from: usize, to: usize) -> bool {
    let atoms = &asked.atoms[from..to];
    if !atoms.iter().all(|a| is_function_word(&a.fold)) || atoms.iter().all(|a| a.is_all_capitals()) {
        return true;
    }
    let ends = asked.atoms.get(to).is_none_or(|a| a.kind == AtomKind::Mark);
    let long = atoms.iter().all(|a| a.text.chars().count() > 1);
    long && (ends || asked.is_noun_at(to))
}

fn known_columns(readings: &[Reading]) -> Vec<ColumnId> {
    let known = readings.iter().filter_map(|r| if let Reading::Known(values) = r { Some(values) } else { None });
    known.flatten().map(|v| v.column).collect()
}
