//! Damaged files of a model: read or refused with a reason, without a panic and without room for more than is there.
#![no_main]

use std::path::Path;

use glrl_fuzz::weights::{self, File, folder, whole};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use model::model_folder::{self, Loaded, ModelFiles};
use model::weights::{Source, optimizer_from_bytes};

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let (whole, text) = (whole(), String::from_utf8_lossy(bytes));
    let files = ModelFiles { config: &whole.config, weights: &whole.weights, tokenizer: &whole.tokenizer };
    match File::of(*first) {
        File::Config => outcome(model_folder::load_embedded(ModelFiles { config: &text, ..files })),
        File::Tokenizer => outcome(model_folder::load_embedded(ModelFiles { tokenizer: &text, ..files })),
        File::Weights => outcome(model_folder::load_embedded(ModelFiles { weights: bytes, ..files })),
        File::Optimizer => {
            let source = Source { path: Path::new("optimizer.safetensors"), bytes };
            let Ok(state) = optimizer_from_bytes(source) else { return };
            assert!(state.exp_avg.len() * 4 <= bytes.len() && state.exp_avg_sq.len() * 4 <= bytes.len());
        }
        File::Index => outcome(model_folder::load(&folder("model.safetensors.index.json", bytes))),
        File::Manifest => outcome(model_folder::load(&folder("MANIFEST.json", bytes))),
    }
});

/// What was loaded is of use; what was not has a reason.
fn outcome(result: model::Result<Loaded>) {
    match result {
        Ok(loaded) => {
            assert_eq!(loaded.parameters.data.len(), loaded.parameters.config.parameter_count());
            loaded.parameters.check_finite().expect("only finite numbers are loaded");
            if let Some(tokenizer) = loaded.tokenizer {
                let ids = tokenizer.encode("show größe 漢字 <bos>");
                assert!(ids.iter().all(|id| tokenizer.id_to_token(*id).is_some() && !tokenizer.is_added(*id)));
                tokenizer.decode(&ids);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    weights::mutate(data, size, max_size, seed)
});
