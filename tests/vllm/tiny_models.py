"""Two tiny models, built on the spot: one that follows a script, one with random weights.

``python -m tests.vllm.tiny_models DIRECTORY`` runs in the environment that holds vLLM. It leaves the models
as `DIRECTORY/models/script` and `DIRECTORY/models/dream`, each a link to a directory named after its commit,
as a download does.
"""

import hashlib
import itertools
import re
import sys
from pathlib import Path
from typing import Any, Final

THOUGHT: Final = (
    "First I ask which drug could harm this patient tonight, how soon, and what every number on the chart "
    "says about kidneys, bleeding or breathing. Then comes my own plan, written down in order."
)
ANSWER: Final = """

## Assessment

The dose is unsafe now: clearance has fallen while levels rise.

## Recommended action

Hold it today, give fluids by vein, choose another agent at lower strength.

## What to avoid

No second nephrotoxic medicine; do not repeat unchanged orders.

## Monitoring

Measure creatinine, potassium, urine output each morning until they settle.

## Escalation and communication

Tell your consultant, nurse, pharmacist; record why treatment was changed."""

# What the system prompt says, and the token after which the model then speaks.
PLAIN, SILENT = "Answer without thinking aloud.", "Answer nothing."
END, TURN, THINKING, PLAINLY, SILENTLY = "<|end|>", "<|turn|>", "<|thinking|>", "<|plainly|>", "<|silently|>"
CHAT_TEMPLATE: Final = (
    "{% for message in messages %}<|turn|>{{ message.role }}\n{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n"
    "{% if messages[0].content == '" + SILENT + "' %}<|silently|>"
    "{% elif messages[0].content == '" + PLAIN + "' %}<|plainly|>"
    "{% else %}<|thinking|>{% endif %}{% endif %}"
)
CONTEXT: Final = 4096
SEED: Final = 7
_TURNS: Final = [END, TURN, THINKING, PLAINLY, SILENTLY]
_PIECE: Final = re.compile(r"\n*## [^\n]+\n+|\s*\S+")
_CERTAIN: Final = 4.0


def script() -> list[list[str]]:
    """Return the chains of tokens that the scripted model follows; each token has one successor."""
    thought, answer = _PIECE.findall(THOUGHT), _PIECE.findall(ANSWER)
    return [[THINKING, "<think>", *thought, "</think>", *answer, END], [PLAINLY, answer[0]], [SILENTLY, END]]


def build(home: Path) -> None:
    """Build both models below `home`."""
    tokenizer = _tokenizer()
    for name, model in (("script", _scripted(tokenizer)), ("dream", _dreaming(tokenizer))):
        fresh = home / "fresh"
        model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        commit = hashlib.sha1((fresh / "model.safetensors").read_bytes(), usedforsecurity=False).hexdigest()
        snapshot = home / "snapshots" / commit
        snapshot.parent.mkdir(exist_ok=True)
        fresh.rename(snapshot)
        (home / "models").mkdir(exist_ok=True)
        (home / "models" / name).symlink_to(snapshot)


def _tokenizer() -> Any:
    """Return a byte-level BPE trained on the prompt's own words, the script's pieces added whole."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from study.protocol.rubric import SECTION_HELP

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator([THOUGHT, ANSWER, *SECTION_HELP.values()], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token=END, chat_template=CHAT_TEMPLATE)
    tokenizer.add_special_tokens({"additional_special_tokens": _TURNS[1:]})
    pieces = [piece for piece in script()[0] if piece not in _TURNS]
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    return tokenizer


def _model(tokenizer: Any, hidden: int, **options: Any) -> Any:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(SEED)
    configuration = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=hidden // 32,
        num_key_value_heads=hidden // 32,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id,
        dtype="float32",
        **options,
    )
    return Qwen2ForCausalLM(configuration).eval()


def _dreaming(tokenizer: Any) -> Any:
    """Return a model of random weights, wide enough apart that what it says depends on what it read."""
    return _model(tokenizer, 64, initializer_range=0.3)


def _scripted(tokenizer: Any) -> Any:
    """Return a model whose layers add nothing, and whose head knows one successor of each scripted token."""
    import torch

    model = _model(tokenizer, 256)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding = torch.nn.functional.normalize(model.model.embed_tokens.weight, dim=1)
        model.lm_head.weight.zero_()
        for chain in script():
            ids = [tokenizer.convert_tokens_to_ids(piece) for piece in chain]
            for token, successor in itertools.pairwise(ids):
                model.lm_head.weight[successor] += _CERTAIN * embedding[token]
    return model


if __name__ == "__main__":
    build(Path(sys.argv[1]))
