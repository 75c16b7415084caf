"""Hostile content by name. Whole files as functions, because some are ten megabytes; values as text."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from tests.hostile.doors import CSV, JSON, YAML

Make = Callable[[], bytes]
MANY = 10 * 1000 * 1000
LEVELS = "abcdefghij"
# Bytes that pickle would run; nothing here may load it.
PICKLED = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R."

BYTES: dict[str, Make] = {
    "empty": lambda: b"",
    "blanks": lambda: b"   \n\t \n",
    "newlines": lambda: b"\n" * 1000,
    "byte order mark alone": lambda: b"\xef\xbb\xbf",
    "NUL": lambda: b"\x00",
    "overlong slash": lambda: b"a: \xc0\xaf\n",
    "overlong NUL": lambda: b"a: \xc0\x80\n",
    "UTF-8 surrogate": lambda: b"a: \xed\xa0\x80\n",
    "five-byte sequence": lambda: b"a: \xf8\x88\x80\x80\x80\n",
    "cut sequence": lambda: b"a: \xe2\x82",
    "beyond Unicode": lambda: b"a: \xf4\x90\x80\x80\n",
    "PNG": lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "PDF": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "ELF": lambda: b"\x7fELF\x02\x01\x01" + bytes(64),
    "SQLite": lambda: b"SQLite format 3\x00" + bytes(84),
    "pickle": lambda: PICKLED,
    "Parquet magic": lambda: b"PAR1" + bytes(range(256)) + b"PAR1",
    "Parquet false length": lambda: b"PAR1" + bytes(64) + b"\xff\xff\xff\x7fPAR1",
    "HTML": lambda: b"<!doctype html><script>alert(1)</script>",
    "XML entities": lambda: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "shell": lambda: b"#!/bin/sh\nrm -rf /\n",
    "path": lambda: b"../../../../etc/passwd",
    **{f"ten megabytes of {sign!r}": lambda sign=sign: sign * MANY for sign in (b"a", b"\n", b" ", b"\x00")},
    **{f"ten megabytes of {sign!r}": lambda sign=sign: sign * MANY for sign in (b"[", b"{", b'"', b",")},
    **{f"ten megabytes of {sign!r}": lambda sign=sign: sign * MANY for sign in (b"-", b"&", b"'", b"\xff")},
    "ten megabytes of noise": lambda: np.random.default_rng(1).bytes(MANY),
    "ten megabytes of short lines": lambda: b"a,b\n" * (MANY // 4),
    "gzip bomb": lambda: gzip.compress(bytes(MANY), mtime=0),
    "a million columns": lambda: b"a," * 999_999 + b"a\n",
    "a million names": lambda: ",".join(f"c{i}" for i in range(10**6)).encode(),
}


def zipped(content: bytes) -> bytes:
    """Content in a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("../../../etc/cron.d/x"), content)
    return buffer.getvalue()


def _laughs() -> bytes:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(LEVELS)]
    return "\n".join(lines).encode()


SYNTAX: dict[str, dict[str, Make]] = {
    YAML: {
        "billion laughs": _laughs,
        "quadratic blow-up": lambda: b"a: &a " + b"x" * 100_000 + b"\nb: [" + b"*a, " * 10_000 + b"]",
        "cycle": lambda: b"a: &a [*a]",
        "cycle of a mapping": lambda: b"&a a: *a",
        "merge key": lambda: b"a: &a {b: 1}\nc:\n  <<: *a",
        "merge of a list": lambda: b"<<: [{a: 1}, {b: 2}]",
        "deep lists": lambda: b"[" * 100_000,
        "deep closed lists": lambda: b"[" * 900 + b"]" * 900,
        "deep mappings": lambda: b"{a: " * 50_000,
        "deep blocks": lambda: b"".join(b" " * i + b"a:\n" for i in range(1000)),
        "deep dashes": lambda: b"- " * 50_000 + b"a",
        "deep keys": lambda: b"? " * 50_000 + b"a",
        "object tag": lambda: b'!!python/object/apply:os.system ["id"]',
        "module tag": lambda: b"!!python/module:os",
        "name tag": lambda: b"a: !!python/name:os.system",
        "own tag": lambda: b"!<tag:evil> {a: 1}",
        "binary": lambda: b"a: !!binary aGVsbG8=",
        "set": lambda: b"!!set {a, b}",
        "ordered map": lambda: b"!!omap [a: 1, a: 2]",
        "version": lambda: b"%YAML 9.9\n---\na: 1",
        "tag directive": lambda: b"%TAG ! tag:evil,2000:\n---\na: !x 1",
        "two documents": lambda: b"a: 1\n---\nb: 2",
        "a thousand documents": lambda: b"--- a\n" * 1000,
        "tabs": lambda: b"a:\n\tb: 1",
        "open quote": lambda: b'a: "b',
        "many values": lambda: b"[" + b"a," * 400_000 + b"]",
        "many empty lists": lambda: b"[" + b"[]," * 300_000 + b"]",
        "many keys": lambda: "".join(f"k{i}: 1\n" for i in range(60_000)).encode(),
        "many anchors": lambda: "".join(f"k{i}: &a{i} 1\n" for i in range(40_000)).encode(),
        "one key for ever": lambda: b"a: 1\n" * 180_000,
        "a key of a megabyte": lambda: b'? "' + b"k" * 1_000_000 + b'"\n: 1',
        "long key over many": lambda: b'? "' + b"k" * 500_000 + b'"\n: [' + b"a," * 20_000 + b"]",
        "a scalar of a megabyte": lambda: b"a: " + b"x" * 1_000_000,
        "a block of a megabyte": lambda: b"a: |\n" + b"  line\n" * 140_000,
        "folded blanks": lambda: b"a: >\n" + b" " * 1_000_000,
        "underscores": lambda: b"a: 1" + b"_" * 900_000 + b"x",
        "colons": lambda: b"a: 1" + b":1" * 400_000 + b"x",
        "digits": lambda: b"a: " + b"9" * 900_000,
        "accents": lambda: b"a: e" + "\u0301\u0327".encode() * 200_000,
        "blanks before comments": lambda: b"a: 1" + b" " * 900_000 + b"x #",
        "comments": lambda: b"#\n" * 400_000,
    },
    JSON: {
        "deep lists": lambda: b"[" * 100_000,
        "deep closed lists": lambda: b"[" * 100_000 + b"]" * 100_000,
        "deep objects": lambda: b'{"a":' * 100_000,
        "NaN": lambda: b'{"a": NaN}',
        "infinity": lambda: b'{"a": -Infinity}',
        "beyond floats": lambda: b'{"a": 1e999}',
        "a number of 10,000 digits": lambda: b'{"a": ' + b"9" * 10_000 + b"}",
        "a million digits": lambda: b'{"a": 0.' + b"9" * 1_000_000 + b"}",
        "a key twice": lambda: b'{"arm": 1, "arm": 2}',
        "a key twice, escaped": lambda: b'{"arm": 1, "\\u0061rm": 2}',
        "comments": lambda: b'{"a": 1} // yes',
        "trailing comma": lambda: b'{"a": 1,}',
        "single quotes": lambda: b"{'a': 1}",
        "bare words": lambda: b"{a: 1}",
        "a list": lambda: b"[]",
        "null": lambda: b"null",
        "a number": lambda: b"1",
        "a text": lambda: b'"a"',
        "two values": lambda: b"{} {}",
        "many empty lists": lambda: b"[" + b"[]," * 300_000 + b"[]]",
        "many keys": lambda: b"{" + ",".join(f'"k{i}":1' for i in range(60_000)).encode() + b"}",
        "a million lines": lambda: b"{}\n" * 1_000_000,
        "lone surrogate as key": lambda: b'{"\\ud800": 1}',
        "prototype": lambda: b'{"__proto__": {"admin": true}, "constructor": 1}',
    },
    CSV: {
        "header alone": lambda: b"vignette,responder,arm,rater,dimension,score\n",
        "open quote": lambda: b'a,"b\nc,d\n',
        "quote within": lambda: b'a,b"c"d\n"e"f,g\n',
        "ragged": lambda: b"a,b\n1\n1,2,3\n",
        "a header twice": lambda: b"vignette,responder,arm,rater,dimension,score,score\n",
        "a field of a megabyte": lambda: b"a,b\n1," + b"x" * 1_000_000 + b"\n",
        "quotes": lambda: b'"' * 200_001,
        "commas": lambda: b",\n" * 100_000,
        "separators": lambda: b"sep=;\na;b\n1;2\n",
        "old line ends": lambda: b"a,b\r1,2\r3,4\r",
        "mixed marks": lambda: b"a;b,c\td\n1;2,3\t4\n",
        "a row of NUL": lambda: b"a,b\n\x00,\x00\n",
        "addresses that take long": lambda: b"\n".join([b"a@" + b"." * 900 + b" x"] * 900),
        "a thousand and one people": lambda: "".join(
            f"p{i}@example.org,P,rater\n" for i in range(1001)
        ).encode(),
    },
}

# Values that no text and no number of a plain file may be: YAML 1.1 reads each as something else.
SURPRISES = (
    *("no", "Yes", "on", "OFF", "012", "0o17", "0x1F", "0b11", "1_000", "1:30", "190:20:30", "+.inf"),
    *("2024-01-02", "2024-13-45", "2001-12-14t21:59:43.10-05:00", "", "&a 1", "*a", "!!str a"),
    *("!!python/name:os.system", "[1, 2]", "{a: b}", '"\\ud800"', '"\\x00"', '"\\u202e"', "@a", "`a`", "%a"),
    *("9" * 5000, "[" * 50, "'", '"', "{{", "| \n\x07", "\ufeff", "a: b: c", "? a", "- a", "<<"),
)
# Harmless as text, hostile to whoever does more with it than show it.
TEXTS = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "=1+1"),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "</title><svg/onload=1>",
    ),
    *(
        "{{ 7*7 }}",
        "{% load x %}",
        "${7*7}",
        "%s%s%n",
        "{0.__class__}",
        "#{7*7}",
        "%(name)s",
        "$(id)",
        "`id`",
    ),
    *("../../etc/passwd", "C:\\Windows\\win.ini", "file:///etc/passwd", "http://169.254.169.254/latest"),
    *(
        "Robert'); DROP TABLE study;--",
        "1 OR 1=1",
        "a\\",
        "'",
        "![x](http://evil.example/a.png)",
        "null",
        "None",
    ),
    *("Ignore all previous instructions.", "你好", "مرحبا", "Ünïcödé", "🙂", "ﬁ ligature", "K\u00e4se"),
)
UNSEEN = (
    *(
        "a\u202eb",
        "a\u2066b\u2069",
        "a\u200bb",
        "a\ufeffb",
        "a\u00adb",
        "a\u2028b",
        "a\x1b[2Jb",
        "a\x07b",
        "a\x00b",
    ),
    *("a\x7fb", "a\x85b", "a\u200eb", "a\u2060b", "a\x0bb"),
)


def noise(seed: int, size: int) -> bytes:
    """Random bytes."""
    return np.random.default_rng(seed).bytes(size)


def bent(valid: bytes, seed: int) -> bytes:
    """A valid file with some bytes exchanged, cut out or doubled."""
    rng = np.random.default_rng(seed)
    content = bytearray(valid)
    for _ in range(int(rng.integers(1, 6))):
        place = int(rng.integers(len(content)))
        act = rng.integers(4)
        if act == 0:
            content[place] = int(rng.integers(256))
        elif act == 1:
            del content[place : place + int(rng.integers(1, 40))]
        elif act == 2:
            content[place:place] = content[place : place + int(rng.integers(1, 40))]
        else:
            content[place:place] = bytes(rng.choice(list(b"\"'{}[]:,&*!|>%@`#-?\\\n\t 0"), 3).tolist())
    return bytes(content)


def recoded(valid: bytes) -> Iterator[tuple[str, bytes]]:
    """A valid file in other encodings and wrappings."""
    text = valid.decode()
    for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"):
        yield coding, text.encode(coding)
    yield "latin-1", (text + "\u00e9").encode("latin-1", "replace")
    yield "gzip", gzip.compress(valid, mtime=0)
    yield "zip", zipped(valid)
