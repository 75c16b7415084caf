from pathlib import Path

import pytest

from study.engines.profiles.loader import (
    DIRECTORY,
    ProfileError,
    load_profile,
    profile_names,
    shipped_profile,
)
from study.engines.sampling import SAMPLING
from study.protocol.rubric import SECTIONS
from study.responses.inputs import sections_sha256
from study.responses.outcomes import ANSWERED, read_answer
from study.responses.parsing import render_answer
from study.responses.prompts import build_messages
from tests.responses.conftest import answer

TEXT = (DIRECTORY / "plain-instruct.yaml").read_text(encoding="utf-8")


def _problems(folder: Path, text: str) -> list[str]:
    path = folder / "plain-instruct.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as refusal:
        load_profile(path)
    return refusal.value.problems


def test_the_shipped_profiles_are_these() -> None:
    assert profile_names() == ["openai-remote", "plain-instruct", "safemed-r1"]


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_is_complete(name: str) -> None:
    profile = shipped_profile(name)
    assert set(profile.sampling) == set(SAMPLING)
    assert profile.warnings
    assert profile.language
    assert len(profile.sha256) == 64


def test_safemed_is_served_as_its_card_says() -> None:
    words = " ".join(shipped_profile("safemed-r1").serve_command("DIR"))
    for flag in ("--served-model-name safemed-r1", "--tensor-parallel-size 4", "--max-model-len 4096"):
        assert flag in words
    for flag in ("--enable-prefix-caching", "--disable-sliding-window", "--trust-remote-code"):
        assert flag in words


def test_safemed_is_asked_for_thought_and_answer_in_tags() -> None:
    prompt = shipped_profile("safemed-r1").system_prompt
    assert all(tag in prompt for tag in ("<think>", "</think>", "<answer>", "</answer>"))


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_asks_for_the_same_task_form_and_cap(name: str) -> None:
    profile = shipped_profile(name)
    asked = {"scenario": "S", "question": "Q", "word_cap": 200}
    plain = build_messages(**asked, version="1")  # type: ignore[arg-type]
    own = build_messages(**asked, version=profile.prompt_version, system=profile.system_prompt)  # type: ignore[arg-type]
    assert own[1] == plain[1]
    assert own[0]["content"].startswith(plain[0]["content"])


@pytest.mark.parametrize(
    "wrapped", ["{}", "<think>why</think><answer>{}</answer>", "<answer>\n{}\n</answer>"]
)
def test_a_models_sections_equal_a_residents_field_by_field(wrapped: str) -> None:
    typed = {code: f"Of the {heading.lower()}: 5 mg\n- first\n- second" for code, heading in SECTIONS.items()}
    resident = {**answer().sections, **typed}
    read = read_answer(wrapped.format(render_answer(typed)), "", "stop")
    assert (dict(read.sections), read.outcome) == (resident, ANSWERED)
    assert sections_sha256(read.sections) == sections_sha256(resident)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("format: 1", "format: 2", "plain-instruct.yaml:2: format: must be 1"),
        ("engine: openai", "engine: magic", "engine: must be one of openai, vllm"),
        ("engine: openai", "motor: openai", "motor: is not known"),
        ("engine: openai", "motor: openai", "engine: is missing"),
        ("temperature: 0.7", "temperature: 7", "sampling.temperature must be a number from 0 to 2"),
        ("temperature: 0.7", "heat: 7", "sampling.heat is not known"),
        ("tensor_parallel_size: 1", "tensor_parallel_size: true", "serve.tensor_parallel_size: must be of"),
        ("tensor_parallel_size: 1", "turbo: 1", "serve.turbo: is not known"),
        ("max_model_len: 8192", "max_model_len: 1500", "1500 leaves no room for 1024 tokens of answer"),
        ("max_attempts: 3", "max_attempts: 0", "max_attempts: must be a whole number from 1 to 10"),
        ("name: plain-instruct", "name: other", "other belongs in a file named other.yaml"),
        ("name: plain-instruct", "name: Bad Name", "name: must be lower-case letters"),
        ("version: plain-instruct-1", "edition: plain-instruct-1", "prompt.version: is missing"),
        ("version: plain-instruct-1", 'version: ""', "prompt.version: must be text of 1 to 20"),
        ("sampling:\n", "sampling: 3\nother:\n", "sampling: must be a mapping"),
        ("serve:\n", "serve: [1]\nother:\n", "serve: must be a mapping"),
        ("warnings:\n", "warnings: none\nother:\n", "warnings: must be a list of texts"),
        ("format: 1", "format: &a 1", "anchor &a refused"),
    ],
)
def test_a_wrong_profile_names_file_and_field(tmp_path: Path, old: str, new: str, problem: str) -> None:
    problems = _problems(tmp_path, TEXT.replace(old, new, 1))
    assert any(problem in line for line in problems), problems
    assert all(line.startswith("plain-instruct.yaml:") for line in problems)
