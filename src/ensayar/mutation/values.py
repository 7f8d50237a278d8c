"""Another value for a setting: one that a person could have written by mistake."""

from __future__ import annotations

import re

_PAIRS = (("yes", "no"), ("true", "false"), ("on", "off"))
_FLIP = {one: two for pair in _PAIRS for one, two in (pair, map(str.title, pair), map(str.upper, pair))}
FLIPPED = {**_FLIP, **{value: key for key, value in _FLIP.items()}}

_NEIGHBOURS = """
always:no on-failure:no exec:simple notify:simple mixed:process strict:full full:no invisible:default any:localhost
localhost:any enabled:disabled INFO:ERROR DEBUG:ERROR WARNING:CRITICAL ERROR:CRITICAL
"""
NEIGHBOUR = dict(pair.split(":") for pair in _NEIGHBOURS.split())
"""Words of systemd's and of logging's that have a weaker neighbour."""
_NUMBER = re.compile(r"(-?)(\d+)(\.\d+)?([A-Za-z%]{0,3})")
_MODE = re.compile(r"0?[0-7]{3}|[0-7]{4}")
_PORT = re.compile(r"(?<=[\w\].*]:)\d{2,5}(?![\w.:])")
_PATH = re.compile(r"(?<![\w/.:*~-])((?:\w+:)?/{1,3})((?:[\w.@+-]+/)*[\w.@+-]+)")
PROSE = frozenset({"description", "documentation"})
"""Settings that only people read."""
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_USER_KEY = re.compile(r"(?i)(?:\b|_)(user|group|owner|uid|gid)$")
SMALL = 10
PORTS = range(1024, 65535)
READ, WRITE = 0o4, 0o22


def tightened(mode: int) -> int:
    """*mode* with nothing left for group and others; special bits stay."""
    return mode & ~0o77


def loosened(mode: int) -> int:
    """*mode* with one more right: others read (and enter) where they may not, else everybody writes."""
    if mode & READ:
        return mode | WRITE
    return mode | READ | (0o1 if mode & 0o100 else 0)


def modes(text: str) -> tuple[tuple[str, str], ...]:
    """The octal mode *text* tightened and loosened, as operator and text; none where it is no mode or stays."""
    if not _MODE.fullmatch(text):
        return ()
    mode = int(text, 8)
    changed = (("mode-tightened", tightened(mode)), ("mode-loosened", loosened(mode)))
    return tuple((operator, f"{new:0{len(text)}o}") for operator, new in changed if new != mode)


def umask(text: str) -> str | None:
    """Another umask; one of three digits or more is octal."""
    if not text.isdigit():
        return None
    if len(text) <= 2:  # noqa: PLR2004  (a decimal one, as Circus reads it in [socket:…])
        return "0" if text != "0" else "7"
    new = "022" if text[-3:] != "022" else "077"
    return text[:-3] + new


def number(text: str) -> str | None:
    """A number a little larger, or ten times as large where one more would hardly count; its unit stays.

    What may be a port stays one.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, digits, fraction, unit = match.groups(default="")
    if fraction:
        return f"{sign}{int(digits) + 1}{fraction}{unit}"
    if len(digits) > 1 and digits.startswith("0"):
        return None
    little = int(digits) < SMALL or int(digits) in PORTS
    new = int(digits) + 1 if little else int(digits) * 10
    return f"{sign}{new}{unit}"


def port(text: str) -> str | None:
    """*text* with another port in its first ``host:port``."""
    match = _PORT.search(text)
    return f"{text[: match.start()]}{int(match[0]) + 1}{text[match.end() :]}" if match else None


def path(text: str) -> str | None:
    """*text* with another file or directory in the place of its first absolute path."""
    match = _PATH.search(text)
    if match is None or match[0] == "/dev/null" or ("//" in match[1] and "/" not in match[2]):
        return None  # the last: a URL's host
    directory, slash, name = match[2].rpartition("/")
    stem, dot, suffix = name.partition(".")
    new = f"{stem}2{dot}{suffix}" if stem else f"{name}2"
    return f"{text[: match.start(2)]}{directory}{slash}{new}{text[match.end(2) :]}"


def user(name: str) -> str:
    """Another user, who exists on every Debian."""
    return "nobody" if name == "root" else "root"


def group(name: str) -> str:
    """Another group, which exists on every Debian."""
    return "nogroup" if name == "root" else "root"


def _word(key: str, value: str) -> str | None:
    if _USER_KEY.search(key) and re.fullmatch(r"[a-z_][\w-]*", value):
        return group(value) if re.search("(?i)g(roup|id)$", key) else user(value)
    return FLIPPED.get(value) or NEIGHBOUR.get(value)


def _shorter(key: str, value: str) -> str | None:
    """A list without its last item; a constant that is no setting is rather a sentence."""
    words = value.split(" ") if key else []
    plain = all(re.fullmatch(r"[\w.@:-]+", word) for word in words)
    return " ".join(words[:-1]) if len(words) > 1 and plain else None


def _host(value: str) -> str | None:
    return f"x-{value}" if _HOST.fullmatch(value) and not value.replace(".", "").isdigit() else None


def another(key: str, value: str) -> tuple[tuple[str, str], ...]:
    """Each other value that the setting *key* could have by mistake, as operator and value; none for most words."""
    bare = value.strip("\"'")
    if "umask" in key.lower():
        new = umask(value)
        return (("umask-changed", new),) if new else ()
    if key.lower().endswith("mode") and (found := modes(value)):
        return found
    for operator, new in (
        ("value-changed", _word(key, bare)),
        ("port-changed", port(bare)),
        ("value-changed", number(bare)),
        ("path-changed", path(bare)),
        ("value-changed", _shorter(key, bare)),
        ("value-changed", _host(bare)),
    ):
        if new is not None and new != bare:
            return ((operator, value.replace(bare, new, 1)),)
    return ()
