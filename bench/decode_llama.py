"""Decoding speed of llama.cpp on this machine, the peer of `glrl bench decode`.

Writes a network of the same shape (hidden 256, 6 layers, 4 heads, 2 key-value heads, inner 704, vocabulary 4096, tied
embeddings: 5.5 M parameters) with random weights in q8_0 as a GGUF file, and decodes with it at batch 1 on one thread.
Prints tokens per second, the best of a few runs.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install gguf llama-cpp-python
    /tmp/venv/bin/python bench/decode_llama.py [--threads 1] [--steps 200] [--runs 5] [--repack]
"""

import argparse
import tempfile
import time
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from llama_cpp import Llama

HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, VOCABULARY, CONTEXT = 256, 704, 6, 4, 2, 4096, 1024
HEAD = HIDDEN // HEADS
PROMPT = 32


def tensors() -> dict[str, tuple[int, ...]]:
    """Names and shapes (rows x columns) of what a layer multiplies with."""
    shapes = {"token_embd": (VOCABULARY, HIDDEN)}
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.attn_q": (HEADS * HEAD, HIDDEN),
            f"blk.{layer}.attn_k": (KV_HEADS * HEAD, HIDDEN),
            f"blk.{layer}.attn_v": (KV_HEADS * HEAD, HIDDEN),
            f"blk.{layer}.attn_output": (HIDDEN, HEADS * HEAD),
            f"blk.{layer}.ffn_gate": (INNER, HIDDEN),
            f"blk.{layer}.ffn_up": (INNER, HIDDEN),
            f"blk.{layer}.ffn_down": (HIDDEN, INNER),
        }
    return shapes


def describe(writer: gguf.GGUFWriter) -> None:
    """Sizes, and a vocabulary of tokens that are only numbers: decoding here starts from token ids."""
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    control, normal, byte = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL, gguf.TokenType.BYTE
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    types = [gguf.TokenType.UNKNOWN, control, control] + [byte] * 256
    tokens += [f"t{i}" for i in range(len(tokens), VOCABULARY)]
    types += [normal] * (VOCABULARY - len(types))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores([-float(i) for i in range(VOCABULARY)])
    writer.add_token_types(types)


def write(path: Path) -> int:
    """Writes the network; returns how many parameters it has."""
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(str(path), "qwen2")
    describe(writer)
    q8, count = gguf.GGMLQuantizationType.Q8_0, 0
    for name, shape in tensors().items():
        weights = random.normal(0.0, 0.02, shape).astype(np.float32)
        writer.add_tensor(f"{name}.weight", gguf.quants.quantize(weights, q8), raw_dtype=q8)
        count += weights.size
    plain = {"output_norm.weight": np.ones(HIDDEN, np.float32)}
    for layer in range(LAYERS):
        plain |= {f"blk.{layer}.{norm}.weight": np.ones(HIDDEN, np.float32) for norm in ("attn_norm", "ffn_norm")}
        widths = {"q": HEADS * HEAD, "k": KV_HEADS * HEAD, "v": KV_HEADS * HEAD}
        plain |= {f"blk.{layer}.attn_{x}.bias": np.zeros(width, np.float32) for x, width in widths.items()}
    for name, values in plain.items():
        writer.add_tensor(name, values)
        count += values.size
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return count


def speed(llama: Llama, steps: int) -> float:
    """Tokens per second of greedy steps after a short prompt."""
    llama.reset()
    llama.eval([1] + [300 + i for i in range(PROMPT - 1)])
    start = time.perf_counter()
    for _ in range(steps):
        # Greedy choice by hand: the sampler's own work is not the network's.
        llama.eval([int(np.argmax(llama.scores[llama.n_tokens - 1]))])
    return steps / (time.perf_counter() - start)


def without_repacked_weights() -> None:
    """Version 0.3.36 ends with a segmentation fault on this network where it repacks weights for AMX; this leaves them be."""
    plain = llama_cpp.llama_cpp.llama_model_default_params

    def params() -> llama_cpp.llama_cpp.llama_model_params:
        changed = plain()
        changed.use_extra_bufts = False
        return changed

    llama_cpp.llama_cpp.llama_model_default_params = params


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--repack", action="store_true", help="let llama.cpp repack the weights")
    args = parser.parse_args()
    if not args.repack:
        without_repacked_weights()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "compact.gguf"
        count = write(path)
        # `logits_all` keeps the logits where `scores` shows them; one token a call has one row either way.
        llama = Llama(
            str(path), n_ctx=CONTEXT, n_threads=args.threads, n_threads_batch=args.threads, n_gpu_layers=0,
            logits_all=True, verbose=False,
        )
        speeds = [speed(llama, args.steps) for _ in range(args.runs)]
    print(f"llama.cpp q8_0, {args.threads} threads, {count / 1e6:.1f} M: {max(speeds):.0f} tokens/s")


if __name__ == "__main__":
    main()
