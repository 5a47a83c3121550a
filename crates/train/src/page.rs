//! What the HTML pages of this crate share: one look, no scripts, nothing loaded from elsewhere.

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:64em;margin:2em auto;padding:0 1em;color:#1c2430}
table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #cfd6df;padding:.2em .7em;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:#f3f5f8;padding:.6em;white-space:pre-wrap;margin:.3em 0}
section{border-top:1px solid #cfd6df;padding:.6em 0}small{color:#5b6675}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(28em,1fr));gap:1em}.plots svg{width:100%;height:auto}";

/// The end of a page.
pub(crate) const END: &str = "</body></html>\n";

/// The beginning of a page, its heading included.
pub(crate) fn head(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>\n{STYLE}</style></head>\
         <body><h1>{title}</h1>"
    )
}

/// A table; cells are text, and numbers stand to the right.
pub(crate) fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head: String = header.iter().map(|name| format!("<th>{}</th>", escape(name))).collect();
    let rows = rows.map(|row| format!("<tr>{}</tr>", row.iter().map(|text| cell(text)).collect::<String>()));
    format!("<table><tr>{head}</tr>{}</table>", rows.collect::<String>())
}

fn cell(text: &str) -> String {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    format!("<td{}>{}</td>", if is_number { " class=n" } else { "" }, escape(text))
}

/// Text that means itself in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
