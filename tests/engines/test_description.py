import hashlib
import json
import os
from pathlib import Path

import pytest

from study.engines.description import (
    FactsError,
    describe_directory,
    describe_host,
    merged_facts,
    read_facts,
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A model's directory with two files of weights."""
    files = {
        "config.json": json.dumps(
            {"torch_dtype": "bfloat16", "quantization_config": {"quant_method": "awq"}}
        ),
        "model-1.safetensors": "one",
        "model-2.safetensors": "two",
        "old.bin": "never loaded",
        "tokenizer.json": "{}",
        "tokenizer_config.json": json.dumps({"chat_template": "{{ messages }}"}),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_weights_hash_is_that_of_sha256sums_own_lines(directory: Path) -> None:
    lines = f"{_sha256('one')}  model-1.safetensors\n{_sha256('two')}  model-2.safetensors\n"
    facts = describe_directory(directory)
    assert (facts["weights_sha256"], facts["weights_files"]) == (_sha256(lines), 2)


def test_precision_and_template_are_told(directory: Path) -> None:
    facts = describe_directory(directory)
    assert (facts["dtype"], facts["quantisation"]) == ("bfloat16", "awq")
    assert facts["chat_template_sha256"] == _sha256("{{ messages }}")
    (directory / "chat_template.jinja").write_text("own")
    assert describe_directory(directory)["chat_template_sha256"] == _sha256("own")


def test_what_the_files_do_not_tell_is_absent(directory: Path) -> None:
    (directory / "config.json").write_text('{"model_type": "tiny"}')
    facts = describe_directory(directory)
    assert facts["quantisation"] == "none"
    assert not {"dtype", "weights_revision", "generation_config_sha256"} & set(facts)


def test_the_revision_is_the_commit_that_the_download_left(directory: Path) -> None:
    left = directory / ".cache" / "huggingface" / "download"
    left.mkdir(parents=True)
    (left / "config.json.metadata").write_text("ab" * 20 + "\netag\n1\n")
    assert describe_directory(directory)["weights_revision"] == "ab" * 20


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"no config\.json"):
        describe_directory(tmp_path)


def test_gpus_and_driver_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Big One, 575.1'\necho 'Big One, 575.1'\necho 'Small, 575.1'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert describe_host() == {"gpu": "2 × Big One, 1 × Small", "driver": "575.1"}


def test_a_broken_nvidia_smi_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert describe_host() == {}


def test_facts_are_read_for_the_model_that_serves(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(merged_facts(None, "one", {"gpu": "Big"}))
    path.write_text(merged_facts(path, "two", {"gpu": "Small"}))
    assert [read_facts(path, name) for name in ("one", "two", "three")] == [
        {"gpu": "Big"},
        {"gpu": "Small"},
        {},
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is no JSON"),
        ("[]", 'must hold exactly "format" and "models"'),
        ('{"format": 2, "models": {}}', "format: must be 1"),
        ('{"format": 1, "models": {"m": 3}}', "models.m: must be an object"),
        ('{"format": 1, "models": {"m": {"colour": "red"}}}', "models.m.colour: is not known"),
        ('{"format": 1, "models": {"m": {"gpu": [1]}}}', "models.m.gpu: must be a text"),
    ],
)
def test_a_wrong_file_of_facts_is_refused_by_file_and_field(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "facts.json"
    path.write_text(text)
    with pytest.raises(FactsError) as refusal:
        read_facts(path, "m")
    assert problem in str(refusal.value)
    assert str(path) in str(refusal.value)
