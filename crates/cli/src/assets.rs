//! What stands inside the program: the GL pack and, where it was built with them, the weights of its model.

use answer::pack::PackFiles;

/// The packs inside the program.
pub(crate) const PACKS: [&str; 1] = ["gl"];

/// The GL pack's other value lists.
const VALUES: [(&str, &str); 2] = [
    ("apac", include_str!("../../../packs/gl/values/apac.toml")),
    ("nordic", include_str!("../../../packs/gl/values/nordic.toml")),
];

/// The texts of a pack inside the program.
pub(crate) fn pack(name: &str) -> Option<PackFiles> {
    let files = match name {
        "gl" => PackFiles {
            name: "gl".to_owned(),
            schema: include_str!("../../../packs/gl/schema.sql").to_owned(),
            glossary: include_str!("../../../packs/gl/glossary.toml").to_owned(),
            rules: include_str!("../../../packs/gl/rules.toml").to_owned(),
            demo: include_str!("../../../packs/gl/demo.toml").to_owned(),
            policies: String::new(),
            examples: include_str!("../../../packs/gl/questions/examples.jsonl").to_owned(),
            values: VALUES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        },
        _ => return None,
    };
    Some(files)
}

/// The model inside the program: its `config.json`, `model.safetensors`, `tokenizer.json` and, where it has one,
/// `channel.safetensors`.
#[cfg(glrl_weights)]
pub(crate) fn model() -> Option<model::model_folder::ModelFiles<'static>> {
    Some(model::model_folder::ModelFiles {
        config: include_str!("../../../models/gl-compact/config.json"),
        weights: include_bytes!("../../../models/gl-compact/model.safetensors"),
        tokenizer: include_str!("../../../models/gl-compact/tokenizer.json"),
        channel: channel(),
    })
}

/// The second network of the model inside the program.
#[cfg(glrl_channel)]
fn channel() -> Option<&'static [u8]> {
    Some(include_bytes!("../../../models/gl-compact/channel.safetensors"))
}

/// The model that was embedded has none.
#[cfg(all(glrl_weights, not(glrl_channel)))]
fn channel() -> Option<&'static [u8]> {
    None
}

/// No weights stood in `models/gl-compact` when the program was built.
#[cfg(not(glrl_weights))]
pub(crate) fn model() -> Option<model::model_folder::ModelFiles<'static>> {
    None
}
