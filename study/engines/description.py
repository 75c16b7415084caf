"""What can be said of a model's files and of the host that serves them: hashes, precision, GPU, driver."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from study.engines.base import ENVIRONMENT_FIELDS

FORMAT: Final = 1
# An engine loads the first kind that is there.
_WEIGHTS: Final = ("*.safetensors", "*.bin", "*.pt", "*.gguf")
_TOKENIZER: Final = (
    "added_tokens.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
NVIDIA_SMI_TIMEOUT_S: Final = 30
FACT_NAMES: Final = (*ENVIRONMENT_FIELDS, "described_at", "weights_files")


class FactsError(ValueError):
    """A file of declared facts, or a model's directory, is not what it should be."""


def describe_directory(directory: Path) -> dict[str, Any]:
    """Return the facts that a model's files tell; a fact that they do not tell is absent.

    A hash over several files is that of the lines "HASH  NAME", sorted by name, as `sha256sum` prints them:
    `sha256sum *.safetensors | sha256sum` gives the same. Raises FactsError without a `config.json`.
    """
    config = _json(directory / "config.json")
    if not config:
        raise FactsError(f"{directory}: no config.json of a model is there")
    weights = next(filter(None, (sorted(directory.glob(pattern)) for pattern in _WEIGHTS)), [])
    tokenizer = [directory / name for name in _TOKENIZER if (directory / name).is_file()]
    quantisation = config.get("quantization_config")
    facts = {
        "weights_revision": _revision(directory),
        "weights_sha256": _joint_sha256(weights),
        "tokenizer_sha256": _joint_sha256(tokenizer),
        "chat_template_sha256": _chat_template_sha256(directory),
        "generation_config_sha256": _file_sha256(directory / "generation_config.json"),
        "dtype": config.get("dtype") or config.get("torch_dtype"),
        "quantisation": quantisation.get("quant_method") if isinstance(quantisation, dict) else "none",
        "weights_files": len(weights) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def describe_host() -> dict[str, str]:
    """Return the host's GPUs and their driver as nvidia-smi tells them; nothing where there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return {}
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = [line.rsplit(",", 1) for line in done.stdout.splitlines() if "," in line]
    names = [name.strip() for name, _ in rows]
    counted = [f"{names.count(name)} × {name}" for name in dict.fromkeys(names)]
    drivers = sorted({driver.strip() for _, driver in rows})
    return {"gpu": ", ".join(counted), "driver": ", ".join(drivers)} if rows else {}


def read_facts(path: Path, model: str) -> dict[str, Any]:
    """Return the declared facts of one served model from a file that `describe_model` wrote.

    A model that the file does not name has none. Raises FactsError that names file and field.
    """
    document = _document(path)
    facts = document["models"].get(model, {})
    where = f"{path}: models.{model}"
    if not isinstance(facts, dict):
        raise FactsError(f"{where}: must be an object")
    for name, value in facts.items():
        if name not in FACT_NAMES:
            raise FactsError(f"{where}.{name}: is not known; known are {', '.join(FACT_NAMES)}")
        if not isinstance(value, str | int | bool):
            raise FactsError(f"{where}.{name}: must be a text, a whole number, true or false")
    return facts


def merged_facts(path: Path | None, model: str, facts: Mapping[str, Any]) -> str:
    """Return the text of the facts' file with one model's facts put in or replaced."""
    empty: dict[str, Any] = {"format": FORMAT, "models": {}}
    document = _document(path) if path is not None and path.exists() else empty
    document["models"][model] = dict(facts)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FactsError(f"{path}: {error.strerror or 'cannot be read'}") from error
    except ValueError as error:
        raise FactsError(f"{path}: is no JSON: {error}") from error
    if not isinstance(document, dict) or set(document) != {"format", "models"}:
        raise FactsError(f'{path}: must hold exactly "format" and "models"')
    if document["format"] != FORMAT or not isinstance(document["models"], dict):
        raise FactsError(f"{path}: format: must be {FORMAT}, and models an object")
    return document


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _file_sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _joint_sha256(paths: list[Path]) -> str | None:
    if not paths:
        return None
    lines = "".join(f"{_file_sha256(path)}  {path.name}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


def _chat_template_sha256(directory: Path) -> str | None:
    """Return the hash of the template's own file, else of the text inside the tokenizer's configuration."""
    own = _file_sha256(directory / "chat_template.jinja")
    if own is not None:
        return own
    template = _json(directory / "tokenizer_config.json").get("chat_template")
    if template is None:
        return None
    text = template if isinstance(template, str) else json.dumps(template, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _revision(directory: Path) -> str | None:
    """Return the commit from which the files were downloaded, where the download left it."""
    if _COMMIT.fullmatch(directory.resolve().name):
        return directory.resolve().name
    for path in sorted((directory / ".cache" / "huggingface" / "download").glob("*.metadata")):
        first = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
        if _COMMIT.fullmatch(first):
            return first
    return None
