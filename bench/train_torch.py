"""Training speed of PyTorch on this machine, the peer of `glrl bench train`.

The same network (Qwen2: hidden 256, 6 layers, 4 heads, 2 key-value heads, inner 704, vocabulary 4096, tied embeddings),
the same batch (32 x 128 tokens), a whole step: forward, backward, clipping by global norm, AdamW. Prints tokens per
second, eager f32 and bf16 autocast.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers
    /tmp/venv/bin/python bench/train_torch.py [--threads 2] [--steps 5]
"""

import argparse
import time

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

BATCH, LENGTH = 32, 128


def network() -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(
        Qwen2Config(
            hidden_size=256,
            intermediate_size=704,
            num_hidden_layers=6,
            num_attention_heads=4,
            num_key_value_heads=2,
            vocab_size=4096,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            use_cache=False,
        )
    )


def tokens_per_second(steps: int, autocast: bool) -> float:
    model = network()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    tokens = torch.randint(0, 4096, (BATCH, LENGTH + 1))

    def step() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            logits = model(tokens[:, :-1]).logits
            loss = torch.nn.functional.cross_entropy(logits.float().view(-1, 4096), tokens[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()

    step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return steps * BATCH * LENGTH / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name, autocast in [("eager f32", False), ("bf16 autocast", True)]:
        print(f"{name}: {tokens_per_second(options.steps, autocast):.0f} tokens/s")


if __name__ == "__main__":
    main()
