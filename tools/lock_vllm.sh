#!/usr/bin/env bash
# Resolves the two environments that hold vLLM and writes their complete locks, requirements-gpu.txt and
# requirements-vllm-test.txt, for Python 3.11 on Linux x86_64. Both hold the project's own run-time packages, at
# the versions of requirements.txt wherever vLLM allows it.
# With uv, since pip can neither prefer a version nor leave out what a package asks for. PyTorch's CPU build must
# be where pip looks for packages (PIP_FIND_LINKS, or find-links in pip's configuration).
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export UV_PYTHON_DOWNLOADS=never
"${PYTHON:-python3}" -m venv "$work/tools"
python="$work/tools/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check pip==26.3 uv==0.13.8
find_links=$("$python" -m pip config get global.find-links 2>/dev/null || true)

# numpy is left to vLLM, whose mistral-common wants an older one than the analysis.
grep -v '^numpy==' requirements.in >"$work/runtime.in"

resolve() { # name, then further options of uv; pins that stand in the output are preferred
    cp requirements.txt "$work/$1.txt"
    "$work/tools/bin/uv" pip compile --quiet --no-header --no-annotate --no-emit-index-url \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
        --output-file "$work/$1.txt" "${@:2}" "$work/runtime.in" "requirements-$1.in"
}

header() { # name, the pins of requirements.txt that are not in the lock
    printf '# Locked by `make lock-vllm` from requirements.in and requirements-%s.in. Do not edit.\n' "$1"
    printf '# Other than in requirements.txt: %s\n' "$(changed "$1" | paste -sd ' ')"
}

flat() { sed -nE 's/^([A-Za-z0-9_.-]+)(\[[a-z,]+\])?(==[^ ]+).*/\1\3/p' "$1" | tr '_A-Z' '-a-z' | LC_ALL=C sort; }
changed() {
    LC_ALL=C comm -13 <(flat requirements.txt) <(flat "$work/$1.txt") |
        grep -E "^($(flat requirements.txt | sed 's/==.*//' | paste -sd '|'))==" || true
}

# What vLLM asks for beside torch is of no use on a CPU: builds for another torch break it (torchvision::nms).
printf '%s ; python_version < "3"\n' torchvision torchaudio torchcodec triton >"$work/left-out.txt"
resolve gpu
resolve vllm-test --override "$work/left-out.txt" ${find_links:+--find-links "$find_links"}

{ header gpu; cat "$work/gpu.txt"; } >requirements-gpu.txt
"$python" -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed --no-deps \
    --report "$work/report.json" -r "$work/vllm-test.txt"
{
    header vllm-test
    "$python" -c '
import json, sys
for package in json.load(open(sys.argv[1]))["install"]:
    name, version = package["metadata"]["name"], package["metadata"]["version"]
    print(f"{name}=={version} --hash=sha256:" + package["download_info"]["archive_info"]["hashes"]["sha256"])
' "$work/report.json" | LC_ALL=C sort -f
} >requirements-vllm-test.txt
count() { grep -c '^[A-Za-z]' "requirements-$1.txt"; }
echo "locked: $(count gpu) for the GPU, $(count vllm-test) for the tests"
