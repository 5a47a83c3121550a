"""Writes the reference tensors that `crates/model/tests/it/reference.rs` compares with, once.

The oracle is Hugging Face's Qwen2ForCausalLM in f64: loss and gradient of each tensor on sequences of different
lengths, and the parameters after each of ten AdamW steps (first and last in full, their norms in between) with clipping by global norm.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers safetensors
    /tmp/venv/bin/python bench/reference_model.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

FOLDER = Path(__file__).parent.parent / "crates/model/tests/reference"
LENGTHS = [17, 5, 1, 30, 11]
VOCABULARY = 64
STEPS = 10
LEARNING_RATE = 1e-2


def network(tied: bool) -> Qwen2ForCausalLM:
    torch.manual_seed(1 + tied)
    config = Qwen2Config(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=VOCABULARY,
        max_position_embeddings=64,
        rope_theta=1000.0,
        rms_norm_eps=1e-5,
        tie_word_embeddings=tied,
        use_cache=False,
        attn_implementation="eager",
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            # Biases, norms and weights all away from their starting values; exact in f32.
            p.copy_(torch.randn_like(p) * 0.2 + (1.0 if "norm" in name else 0.0))
    return model.double()


def batch() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Tokens and targets of each sequence; some positions are outside the loss (-1)."""
    torch.manual_seed(7)
    sequences = []
    for length in LENGTHS:
        tokens = torch.randint(0, VOCABULARY, (length + 1,))
        targets = tokens[1:].clone()
        targets[torch.rand(length) < 0.25] = -1
        sequences.append((tokens[:-1], targets))
    return sequences


def mean_loss(model: Qwen2ForCausalLM, sequences: list) -> torch.Tensor:
    total, count = 0.0, 0
    for tokens, targets in sequences:
        logits = model(tokens[None]).logits[0]
        total = total + torch.nn.functional.cross_entropy(logits, targets, ignore_index=-1, reduction="sum")
        count += int((targets >= 0).sum())
    return total / count


def optimiser(model: Qwen2ForCausalLM) -> torch.optim.Optimizer:
    """Decay on the matrices of the hidden layers only."""
    decayed, others = [], []
    for name, p in model.named_parameters():
        (decayed if p.dim() == 2 and "embed" not in name and "lm_head" not in name else others).append(p)
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.95), eps=1e-8)


def snapshot(prefix: str, model: Qwen2ForCausalLM, of=lambda p: p) -> dict[str, torch.Tensor]:
    return {prefix + name: of(p).detach().float().clone() for name, p in model.named_parameters()}


def write(tied: bool) -> None:
    model, sequences = network(tied), batch()
    tensors = snapshot("start/", model)
    tensors["tokens"] = torch.cat([t for t, _ in sequences]).int()
    tensors["targets"] = torch.cat([t for _, t in sequences]).int()
    tensors["lengths"] = torch.tensor(LENGTHS).int()
    with torch.no_grad():
        tensors["logits"] = torch.cat([model(t[None]).logits[0] for t, _ in sequences]).float()
    step = optimiser(model)
    losses, norms = [], {}
    for i in range(STEPS):
        step.zero_grad()
        loss = mean_loss(model, sequences)
        loss.backward()
        if i == 0:
            tensors |= snapshot("gradient/", model, lambda p: p.grad)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        step.step()
        losses.append(loss.item())
        if i in (0, STEPS - 1):
            tensors |= snapshot(f"step{i + 1}/", model)
        for name, p in model.named_parameters():
            norms.setdefault(name, []).append(p.detach().norm().item())
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = "tied" if tied else "untied"
    metadata = {"losses": json.dumps(losses), "norms": json.dumps(norms), "config": model.config.to_json_string()}
    save_file(tensors, FOLDER / f"{name}.safetensors", metadata)
    print(name, losses[0], losses[-1])


if __name__ == "__main__":
    for tied in (False, True):
        write(tied)
