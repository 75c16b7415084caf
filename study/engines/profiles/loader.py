"""Model profiles: how a kind of model is asked and served, one YAML file each, strictly checked."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from study.engines.sampling import complete_sampling
from vignettes.strict_yaml import INVISIBLE, BankError, Node, Problem, parse, read_bytes, read_text, shown

DIRECTORY: Final = Path(__file__).resolve().parent
FORMAT: Final = 1
ENGINES: Final = ("openai", "vllm")
# Prompt of a vignette with its form, in tokens: what a context must hold beside the answer.
PROMPT_ROOM: Final = 1024
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_FIELDS: Final = (
    "format",
    "name",
    "version",
    "title",
    "engine",
    "model",
    "family",
    "language",
    "prompt",
    "sampling",
    "max_attempts",
    "serve",
    "warnings",
    "sources",
)
# Options by their names in `vllm serve`, with the type that each takes.
SERVE: Final[Mapping[str, type]] = {
    "tensor_parallel_size": int,
    "pipeline_parallel_size": int,
    "gpu_memory_utilization": float,
    "max_model_len": int,
    "max_num_seqs": int,
    "max_num_batched_tokens": int,
    "enable_chunked_prefill": bool,
    "enable_prefix_caching": bool,
    "disable_sliding_window": bool,
    "trust_remote_code": bool,
    "enforce_eager": bool,
    "dtype": str,
    "quantization": str,
    "reasoning_parser": str,
}


class ProfileError(ValueError):
    """A profile was refused; `problems` are the reasons as "file:line: field: message"."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Profile:
    """One checked profile; `sha256` is that of the file's bytes, `sampling` names every parameter.

    `family` names the line of models that this one was tuned from: a judge may favour its own.
    """

    name: str
    version: str
    title: str
    engine: str
    model: str
    family: str
    language: str
    prompt_version: str
    system_prompt: str
    sampling: Mapping[str, Any]
    max_attempts: int
    serve: Mapping[str, Any]
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
    sha256: str

    def identity(self) -> dict[str, str]:
        """Return what is stored with a setup and with each of its attempts."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256, "family": self.family}

    def serve_command(self, directory: str) -> list[str]:
        """Return the words of the command that serves a model's directory as the profile asks."""
        words = ["vllm", "serve", directory, "--served-model-name", self.model]
        for name, value in self.serve.items():
            flag = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(flag)
            elif value is False:
                words.append(f"--no-{name.replace('_', '-')}")
            else:
                words += [flag, str(value)]
        return words


def profile_names() -> list[str]:
    """Return the names of the shipped profiles, sorted."""
    return sorted(path.stem for path in DIRECTORY.glob("*.yaml"))


def shipped_profile(name: str) -> Profile:
    """Return the shipped profile of that name. Raises ProfileError when there is none, or it is wrong."""
    if name not in profile_names():
        raise ProfileError([f"profile: {name!r} is not known; known are {', '.join(profile_names())}"])
    return load_profile(DIRECTORY / f"{name}.yaml")


def load_profile(path: Path) -> Profile:
    """Return one checked profile. Raises ProfileError with every problem that was found."""
    try:
        data = read_bytes(path)
        root = parse(read_text(data, name=path.name), name=path.name)
    except BankError as error:
        raise ProfileError([str(problem) for problem in error.problems]) from error
    checker = _Checker(path.name)
    profile = checker.profile(root, hashlib.sha256(data).hexdigest())
    if profile is not None and profile.name != path.stem:
        checker.complain(1, "name", f"{profile.name} belongs in a file named {profile.name}.yaml")
    if checker.problems or profile is None:
        raise ProfileError([str(problem) for problem in checker.problems])
    return profile


class _Checker:
    """Checks the fields of one file and keeps every problem with its line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def complain(self, line: int, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, line, field, message))

    def profile(self, root: Node, sha256: str) -> Profile | None:
        top = self._mapping(root, "file", _FIELDS, _FIELDS)
        if set(top) != set(_FIELDS):
            return None
        self._expect(top["format"], "format", f"must be {FORMAT}", lambda value: value == FORMAT)
        self._expect(top["engine"], "engine", f"must be one of {', '.join(ENGINES)}", ENGINES.__contains__)
        prompt = self._mapping(top["prompt"], "prompt", ("version", "system"), ("version", "system"))
        sampling, serve = self._sampling(top["sampling"]), self._serve(top["serve"])
        self._room(top["serve"].line, sampling, serve)
        return Profile(
            name=self._text(top["name"], "name", pattern=_NAME),
            version=self._text(top["version"], "version", longest=20),
            title=self._text(top["title"], "title", longest=160),
            engine=str(top["engine"].value),
            model=self._text(top["model"], "model", longest=120),
            family=self._text(top["family"], "family", longest=40, pattern=_NAME),
            language=self._text(top["language"], "language", longest=400),
            prompt_version=self._text(prompt.get("version"), "prompt.version", longest=20),
            system_prompt=self._text(prompt.get("system"), "prompt.system", longest=8000),
            sampling=sampling,
            max_attempts=self._attempts(top["max_attempts"]),
            serve=serve,
            warnings=self._texts(top["warnings"], "warnings"),
            sources=self._texts(top["sources"], "sources"),
            sha256=sha256,
        )

    def _mapping(
        self, node: Node, field: str, known: tuple[str, ...], required: tuple[str, ...]
    ) -> dict[str, Node]:
        if not isinstance(node.value, dict):
            self.complain(node.line, field, "must be a mapping")
            return {}
        prefix = "" if field == "file" else f"{field}."
        for key, inner in node.value.items():
            if key not in known:
                self.complain(
                    inner.line, f"{prefix}{shown(key)}", f"is not known; known are {', '.join(known)}"
                )
        for key in required:
            if key not in node.value:
                self.complain(node.line, f"{prefix}{key}", "is missing")
        return {key: inner for key, inner in node.value.items() if key in known}

    def _expect(self, node: Node, field: str, message: str, holds: Callable[[Any], bool]) -> None:
        if isinstance(node.value, dict | list) or not holds(node.value):
            self.complain(node.line, field, message)

    def _text(
        self, node: Node | None, field: str, *, longest: int = 400, pattern: re.Pattern[str] | None = None
    ) -> str:
        if node is None:
            return ""
        value = node.value
        if isinstance(value, str) and len(value) <= 2 * longest and not INVISIBLE.search(value):
            value = node.plain()
        if not isinstance(value, str) or not 0 < len(value) <= longest or INVISIBLE.search(value):
            self.complain(node.line, field, f"must be text of 1 to {longest} characters, all of them visible")
        elif pattern is not None and not pattern.fullmatch(value):
            self.complain(node.line, field, "must be lower-case letters, digits, dots and hyphens")
        return value if isinstance(value, str) else ""

    def _texts(self, node: Node, field: str) -> tuple[str, ...]:
        if not isinstance(node.value, list):
            self.complain(node.line, field, "must be a list of texts")
            return ()
        return tuple(self._text(item, f"{field}[{index}]") for index, item in enumerate(node.value))

    def _attempts(self, node: Node) -> int:
        is_whole = isinstance(node.value, int) and not isinstance(node.value, bool)
        if not is_whole or not 1 <= node.value <= 10:
            self.complain(node.line, "max_attempts", "must be a whole number from 1 to 10")
            return 1
        return int(node.value)

    def _sampling(self, node: Node) -> dict[str, Any]:
        if not isinstance(node.value, dict):
            self.complain(node.line, "sampling", "must be a mapping")
            return {}
        try:
            return complete_sampling(node.plain())
        except ValueError as error:
            self.complain(node.line, "sampling", str(error))
            return {}

    def _serve(self, node: Node) -> dict[str, Any]:
        options = self._mapping(node, "serve", tuple(SERVE), ())
        for name, option in options.items():
            is_right = isinstance(option.value, SERVE[name])
            is_switch = isinstance(option.value, bool)
            if not is_right or is_switch != (SERVE[name] is bool):
                self.complain(option.line, f"serve.{name}", f"must be of the type {SERVE[name].__name__}")
        return {name: option.plain() for name, option in options.items()}

    def _room(self, line: int, sampling: Mapping[str, Any], serve: Mapping[str, Any]) -> None:
        context, answer = serve.get("max_model_len"), sampling.get("max_tokens")
        if isinstance(context, int) and isinstance(answer, int) and answer + PROMPT_ROOM > context:
            message = f"{context} leaves no room for {answer} tokens of answer and {PROMPT_ROOM} of prompt"
            self.complain(line, "serve.max_model_len", message)
