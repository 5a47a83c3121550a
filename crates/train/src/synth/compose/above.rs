//! Above groups: their places, the best of them, running totals, changes, and what all of them come to.

use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;
use super::best::up_to;
use super::condition;
use super::frame::{Frame, above_or_below, all_of};
use super::group::{self, Key, key, narrowed, told, told_already};
use super::part::{Cond, Nature, Near, Phrase, Scene, Val};
use super::total::{self, total};

/// Groups with one total, as a part `a` of a query.
struct Groups {
    frame: Frame,
    conds: Vec<Cond>,
    key: Key,
    total: Val,
    notes: Vec<Phrase>,
}

impl Groups {
    fn draw(pen: &mut Pen<'_, '_>, periods: Option<bool>) -> Option<Groups> {
        let table = pen.table(|_, _| true)?;
        let mut frame = Frame::new(table);
        let n = pen.dice.weighted(&[0.4, 0.42, 0.18]);
        let mut conds = condition::some(pen, &mut frame, n, 0.2);
        frame.mark();
        let wanted = periods.unwrap_or(false);
        let key = (0..8).find_map(|_| {
            let mut tried = frame.clone();
            let found = key(pen, &mut tried, wanted)?;
            let fits = (found.shown.first()?.nature == Nature::Date) == wanted;
            fits.then(|| {
                frame = tried;
                found
            })
        })?;
        let notes = narrowed(pen, std::slice::from_ref(&key), &mut conds);
        if told_already(std::slice::from_ref(&key), &conds) {
            return None;
        }
        let total = total(pen, &mut frame, &conds)?;
        let fits = group::tell(std::slice::from_ref(&total), std::slice::from_ref(&key), &conds);
        let fits = fits && frame.with.is_empty() && total.is_number() && !total.sql.contains("(SELECT");
        fits.then_some(Groups { frame, conds, key, total, notes })
    }

    /// `a AS (SELECT … AS k1, …, total AS v FROM … GROUP BY …)`
    fn part(&self, pen: &Pen<'_, '_>) -> String {
        let keys: Vec<String> = self.key.by.iter().enumerate().map(|(i, by)| format!("{by} AS k{}", i + 1)).collect();
        format!(
            "a AS (SELECT {}, {} AS v FROM {}{} GROUP BY {})",
            keys.join(", "),
            self.total.sql,
            self.frame.source(pen),
            self.filter(),
            self.key.by.join(", "),
        )
    }

    fn filter(&self) -> String {
        let tests: Vec<String> = self.conds.iter().map(|c| c.sql.clone()).collect();
        all_of(&tests)
    }

    /// The groups within each outer one, by their place.
    fn within(&self, pen: &Pen<'_, '_>, outer: &str, n: i64, high: bool) -> String {
        let keys: Vec<String> = self.key.by.iter().enumerate().map(|(i, by)| format!("{by} AS k{}", i + 1)).collect();
        let total = &self.total.sql;
        let order = if high { " DESC" } else { "" };
        format!(
            "WITH a AS (SELECT {outer} AS g, {}, {total} AS v, RANK() OVER (PARTITION BY {outer} ORDER BY {total}{order}) AS r \
             FROM {}{} GROUP BY {outer}, {}) SELECT a.g, {}, a.v FROM a WHERE a.r {}",
            keys.join(", "),
            self.frame.source(pen),
            self.filter(),
            self.key.by.join(", "),
            self.shown(),
            up_to(n),
        )
    }

    /// The shown columns of the key in `a`.
    fn shown(&self) -> String {
        let at = |v: &Val| self.key.by.iter().position(|by| *by == v.sql).map(|i| format!("a.k{}", i + 1));
        self.key.shown.iter().filter_map(at).collect::<Vec<_>>().join(", ")
    }

    fn scene(
        self,
        pen: &mut Pen<'_, '_>,
        (kind, sql): (&'static str, String),
        more: Vec<Val>,
        lead: Option<&'static str>,
    ) -> Scene {
        let totals: Vec<Val> = [self.total.clone()].into_iter().chain(more).collect();
        let parts = (self.conds.as_slice(), std::slice::from_ref(&self.key), totals.as_slice());
        let mut scene = told(pen, (self.frame.table, kind, sql), parts, self.notes, None);
        if let Some(position) = lead {
            // Groups picked by their total leave open what is shown.
            let shown = self.key.shown.iter().chain([&self.total]);
            scene.cols = Some(shown.map(|v| v.thing.clone()).collect());
            let v = self.total.thing;
            scene.lead.position = position;
            scene.lead.things.push(("v", v));
            scene.lead.things.push(("key", self.key.thing));
        }
        scene
    }
}

/// A value of the groups that is said by a phrase about their total.
fn about(total: &Val, kind: &'static str, nature: Nature) -> Val {
    Val::new(String::new(), Phrase::new(kind).with("v", total.thing.clone()).thing(), (nature, Near::Nothing))
}

/// Groups with their place by a total.
pub fn ranked(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let groups = Groups::draw(pen, None)?;
    let dense = pen.dice.chance(0.15);
    let function = if dense { "DENSE_RANK" } else { "RANK" };
    let shown: Vec<String> = groups.key.shown.iter().map(|v| v.sql.clone()).collect();
    let order = pen.dice.chance(0.25);
    let sql = format!(
        "SELECT {}, {} AS v, {function}() OVER (ORDER BY {} DESC) AS r FROM {}{} GROUP BY {}{}",
        shown.join(", "),
        groups.total.sql,
        groups.total.sql,
        groups.frame.source(pen),
        groups.filter(),
        groups.key.by.join(", "),
        if order { format!(" ORDER BY {} DESC", groups.total.sql) } else { String::new() },
    );
    let place = about(&groups.total, if dense { "group_rank_dense" } else { "group_rank" }, Nature::Rank);
    let by = groups.total.thing.clone();
    let mut scene = groups.scene(pen, ("ranked_groups", sql), vec![place], None);
    if order {
        scene.notes.push(Phrase::new("order_high").with("v", by));
        scene.ordered = true;
    }
    Some(scene)
}

/// The groups with the highest or lowest total, ties kept.
pub fn best(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let periods = pen.dice.chance(0.12);
    let groups = Groups::draw(pen, Some(periods))?;
    let high = pen.dice.chance(0.8);
    let function = if high { "MAX" } else { "MIN" };
    let sql = format!(
        "WITH {} SELECT {}, a.v FROM a WHERE a.v = (SELECT {function}(a.v) FROM a)",
        groups.part(pen),
        groups.shown()
    );
    let mut scene =
        groups.scene(pen, ("best_groups", sql), vec![], Some(if high { "group_best" } else { "group_worst" }));
    scene.notes.push(Phrase::new("ties"));
    Some(scene)
}

/// Groups above the average of all groups.
pub fn above_average(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let groups = Groups::draw(pen, None)?;
    let above = pen.dice.chance(0.75);
    let op = above_or_below(above);
    let sql = format!(
        "WITH {} SELECT {}, a.v FROM a WHERE a.v {op} (SELECT AVG(a.v) FROM a)",
        groups.part(pen),
        groups.shown()
    );
    let position = if above { "group_above" } else { "group_below" };
    let scene = groups.scene(pen, ("groups_above_average", sql), vec![], Some(position));
    Some(scene)
}

/// What the totals of all groups come to: their average, their extremes, how many are above a number.
pub fn of_groups(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let groups = Groups::draw(pen, None)?;
    let n = groups.total.threshold(pen);
    let (items, filter, position, n) = match (pen.dice.below(5), n) {
        (0 | 1, _) => ("AVG(a.v) AS r", String::new(), "of_groups_avg", None),
        (2, _) => ("MAX(a.v) AS r", String::new(), "of_groups_max", None),
        (_, Some((n, unit))) => ("COUNT(*) AS r", format!(" WHERE a.v > {n}"), "of_groups_count", Some((n, unit))),
        _ => return None,
    };
    let sql = format!("WITH {} SELECT {items} FROM a{filter}", groups.part(pen));
    let mut scene = groups.scene(pen, ("of_groups", sql), vec![], Some(position));
    scene.lead.things.extend(n.map(|(n, unit)| ("n", Thing::Number(n, unit))));
    scene.cols = None;
    Some(scene)
}

/// Totals per period with what they have come to so far, or how they changed.
pub fn over_time(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let groups = Groups::draw(pen, Some(true))?;
    let additive = groups.total.sql == "COUNT(*)" || groups.total.sql.starts_with("SUM(");
    let lag = "LAG(a.v) OVER (ORDER BY a.k1)";
    let (expression, kind) = match pen.dice.below(5) {
        0 | 1 if additive => ("SUM(a.v) OVER (ORDER BY a.k1)".to_owned(), "so_far"),
        0 => (lag.to_owned(), "period_before"),
        1 | 2 => (format!("a.v - {lag}"), "period_change"),
        3 => (format!("100.0 * (a.v - {lag}) / {lag}"), "period_growth"),
        _ => (lag.to_owned(), "period_before"),
    };
    let sql = format!("WITH {} SELECT a.k1, a.v, {expression} AS w FROM a ORDER BY a.k1", groups.part(pen));
    let more = about(&groups.total, kind, Nature::Amount);
    let by = groups.key.thing.clone();
    let mut scene = groups.scene(pen, ("over_time", sql), vec![more], None);
    scene.notes.push(Phrase::new("order_old").with("v", by));
    scene.ordered = true;
    Some(scene)
}

/// The first few groups by a total within each outer group, ties kept.
pub fn best_within(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let mut groups = Groups::draw(pen, None)?;
    let outer = key(pen, &mut groups.frame, false).filter(|k| k.by.len() == 1 && !groups.key.by.contains(&k.by[0]))?;
    let outer_keys = std::slice::from_ref(&outer);
    let tells = group::tell(std::slice::from_ref(&groups.total), outer_keys, &groups.conds);
    if !tells || told_already(outer_keys, &groups.conds) {
        return None;
    }
    let notes = narrowed(pen, outer_keys, &mut groups.conds);
    groups.notes.extend(notes);
    let (n, high) = (*pen.dice.pick(&[1, 1, 2, 3, 3, 5])?, pen.dice.chance(0.88));
    let sql = groups.within(pen, &outer.by[0], n, high);
    let shown = outer.shown.iter().chain(&groups.key.shown).chain([&groups.total]);
    let cols: Vec<Thing> = shown.map(|v| v.thing.clone()).collect();
    let position = match (n, high) {
        (1, true) => "within_best",
        (1, false) => "within_worst",
        (_, true) => "within_top",
        (_, false) => "within_bottom",
    };
    let mut scene = groups.scene(pen, ("best_within", sql), vec![], Some(position));
    scene.lead.things.extend([("outer", outer.thing), ("n", Thing::Number(n, None))]);
    scene.notes.push(Phrase::new("ties"));
    Some(Scene { cols: Some(cols), ..scene })
}

/// Groups with their share in the sum of all groups, or what they are above the average of these.
pub fn against_groups(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let mut groups = Groups::draw(pen, None)?;
    let fits = groups.total.sql == "COUNT(*)" || groups.total.sql.starts_with("SUM(");
    if !fits {
        groups.total = total::count(pen, &mut groups.frame, &[])?;
    }
    let within = pen.dice.chance(0.6);
    let (expression, kind) = if within {
        ("100.0 * a.v / (SELECT SUM(a.v) FROM a)", "share_of_groups")
    } else {
        ("a.v - (SELECT AVG(a.v) FROM a)", "against_groups")
    };
    let sql = format!("WITH {} SELECT {}, a.v, {expression} AS w FROM a", groups.part(pen), groups.shown());
    let more = about(&groups.total, kind, Nature::Percent);
    Some(groups.scene(pen, ("shares_of_groups", sql), vec![more], None))
}
