//! Other names for CTEs that have one which is taken.

use std::collections::{HashMap, HashSet};

use crate::tree::{Query, SourceKind};
use crate::visit::each_query_mut;

/// Gives CTEs that have one of the `taken` names, which are in lower case, another.
pub(crate) fn rename_ctes(query: &mut Query, taken: &HashSet<String>) {
    let mut taken = taken.clone();
    let mut clashing: Vec<String> = Vec::new();
    each_query_mut(query, &mut |query| {
        let names = query.with.iter().map(|cte| cte.name.to_lowercase());
        clashing.extend(names.filter(|name| taken.contains(name)));
    });
    each_query_mut(query, &mut |query| taken.extend(query.with.iter().map(|cte| cte.name.to_lowercase())));
    let mut renamed: HashMap<String, String> = HashMap::new();
    for name in clashing {
        let free = (2..).map(|n: usize| format!("{name}_{n}")).find(|free| !taken.contains(free));
        let free = free.unwrap_or_default();
        taken.insert(free.clone());
        renamed.entry(name).or_insert(free);
    }
    let rename = |name: &mut String| {
        if let Some(new) = renamed.get(&name.to_lowercase()) {
            name.clone_from(new);
        }
    };
    each_query_mut(query, &mut |query| {
        query.with.iter_mut().for_each(|cte| rename(&mut cte.name));
        for source in query.select_mut().into_iter().flat_map(|select| &mut select.from) {
            if let SourceKind::Cte { name, .. } = &mut source.kind {
                rename(name);
            }
        }
    });
}
