//! Sets the cfg `glrl_weights` where the model's files are there to be embedded, and `glrl_channel` where its second network is
//! there too. Nothing is generated here.

use std::path::Path;

fn main() {
    let models = Path::new("../../models");
    let folder = models.join("gl-compact");
    let files = ["config.json", "model.safetensors", "tokenizer.json"];
    println!("cargo::rustc-check-cfg=cfg(glrl_weights, glrl_channel)");
    println!("cargo::rerun-if-changed=build.rs");
    // A path that does not exist would make cargo build anew each time.
    if models.is_dir() {
        println!("cargo::rerun-if-changed={}", models.display());
    }
    if files.iter().all(|file| folder.join(file).is_file()) {
        println!("cargo::rustc-cfg=glrl_weights");
        if folder.join("channel.safetensors").is_file() {
            println!("cargo::rustc-cfg=glrl_channel");
        }
    }
}
