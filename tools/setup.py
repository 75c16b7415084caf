"""Creates .venv and installs a locked set of packages. A stamp inside .venv makes the next call free.

Runs on the system's Python with the standard library only: ``python3 tools/setup.py runtime|dev|servers``.
"""

import hashlib
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
# A set is its own file and those that the file includes.
SETS = {
    "runtime": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
    "servers": ["requirements-servers.txt"],
}
MINIMUM = (3, 11)


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


def fingerprint(names):
    """What an installed set depends on: the pinned versions and the interpreter."""
    digest = hashlib.sha256(repr((sys.version_info[:3], sys.prefix, str(VENV))).encode())
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_working(python):
    command = [str(python), "-c", "import pip"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def create_environment():
    print("creating .venv", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)


def install(names):
    """Installs the last file of a set; pip's lines are condensed to a count, and shown on failure."""
    pins = sum("==" in line for name in names for line in (ROOT / name).read_text().splitlines())
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
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
                print("  writing them to .venv", flush=True)
    if pip.returncode:
        sys.stderr.writelines(lines[-30:])
        fail(
            f"pip could not install {names[-1]}",
            "read pip's last lines above, then run the command again",
        )
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def main(set_name):
    check_python()
    names = SETS[set_name]
    stamp = VENV / f".installed-{set_name}"
    if stamp.exists() and stamp.read_text() == fingerprint(names) and VENV_PYTHON.exists():
        return
    if not is_working(VENV_PYTHON):
        create_environment()
    install(names)
    stamp.write_text(fingerprint(names))
    if set_name == "dev":
        (VENV / ".installed-runtime").write_text(fingerprint(SETS["runtime"]))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit("usage: setup.py " + "|".join(SETS))
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("stopped; the next call goes on from here")
