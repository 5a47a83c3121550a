//! samples
use answer::pack::Pack;
use sql::dialect::Dialect;
use sql::print;
use sql::resolve;
use train::synth::dice::Dice;
use train::synth::say::Speaker;
use train::synth::shapes::SHAPES;
use train::synth::shapes::pen::Pen;
use train::synth::studio::{Workshop, databases};

#[test]
fn samples() {
    let pack = Pack::from_folder(std::path::Path::new("../../packs/gl")).unwrap();
    let images = databases(&pack, 1).unwrap();
    let workshop = Workshop::new(&pack, images, jiff::civil::date(2026, 11, 20)).unwrap();
    let studio = workshop.studio(0, None);
    let mut out = String::new();
    for shape in SHAPES {
        for seed in 0..3 {
            let mut dice = Dice::new(seed, 9);
            let mut pen = Pen { world: &studio.world, dice: &mut dice };
            let Some(draft) = (0..20).find_map(|_| (shape.draw)(&mut pen)) else { continue };
            let q = resolve::parse(&draft.sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
            out += &format!("== {}/{}\n{}\n", shape.name, draft.variant, print::compact(&q, studio.world.catalog));
            for n in 0..4 {
                let said = Speaker::new(&studio.world, Dice::new(n, seed)).drawn(&draft);
                let said = said.unwrap_or_else(|| "-".into());
                let nq = schema::normalize::normalize(&said, &studio.context);
                let mut query = q.clone();
                let al = answer::slots::align(&mut query, &nq, studio.lexicon).err().map(|e| e.to_string()).unwrap_or_default();
                out += &format!("  Q {said}\n     {} {al}\n", if n == 0 { nq.text() } else { String::new() });
            }
        }
    }
    std::fs::write("/tmp/shapes-out/samples.txt", out).unwrap();
}
