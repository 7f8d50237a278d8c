"""Which commands only look: they change nothing that a later step or check could notice.

Looking is what the article observes with, as checks do, and an observer is no fault's place. Whatever is not known to
only look counts as acting. What runs another command in another environment (``sudo``, ``env``, a script of the article
that ends in ``exec "$@"``) acts where that command does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.model import ConsoleStep, FileStep
from ensayar.mutation.words import Simple, simple_commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article, Step

_PLAIN = """
[ basename cat cmp cut df diff dirname dpkg-query du echo egrep false fgrep file findmnt free getent grep groups head id
last ls lsblk lsof md5sum namei nl nproc od pgrep pidof printenv printf ps pwd readlink realpath sha1sum sha256sum
stat tac tail test tr true type uname uptime wc whereis which who whoami
"""
_SYSTEMCTL = """
cat get-default is-active is-enabled is-failed is-system-running list-dependencies list-sockets list-timers
list-unit-files list-units show status
"""
_ANALYZE = "blame calendar cat-config condition critical-chain security time timespan timestamp unit-paths verify"
PLAIN = frozenset(_PLAIN.split())
SYSTEMCTL = frozenset(_SYSTEMCTL.split())
PIP = frozenset({"check", "freeze", "list", "show"})
REDIS = frozenset({"dbsize", "exists", "get", "info", "keys", "lrange", "ping", "smembers", "strlen", "ttl", "type"})
CIRCUS = frozenset(
    {
        "dstats",
        "get",
        "globaloptions",
        "list",
        "listsockets",
        "numprocesses",
        "numwatchers",
        "options",
        "stats",
        "status",
    }
)
_CIRCUS_VALUED = frozenset({"--endpoint", "--ssh", "--ssh_keyfile", "--timeout"})
DJANGO = frozenset({"check", "diffsettings", "showmigrations", "sqlmigrate"})
_CURL_ACTS = """
--data --form --upload-file --json --request --remote-name --cookie-jar --dump-header --output= --config --quote --trace
--stderr --etag-save --hsts --alt-svc --libcurl
"""
CURL_ACTS = tuple(_CURL_ACTS.split())
AWK_ACTS = (">", "|", "system", "inplace")
SINK = frozenset({"/dev/null", "1", "2"})


def _first(simple: Simple) -> str:
    return next((word.value for word in simple.arguments if not word.value.startswith("-")), "")


def _none_of(letters: str, *names: str) -> Callable[[Simple], bool]:
    """No argument is a bundle of short options with one of *letters*, or begins with one of *names*."""

    def holds(simple: Simple) -> bool:
        values = [word.value for word in simple.arguments]
        bundles = [value for value in values if value.startswith("-") and not value.startswith("--")]
        return not any(value.startswith(names) for value in values) and not any(set(letters) & set(b) for b in bundles)

    return holds


def _curl(simple: Simple) -> bool:
    values = [word.value for word in simple.arguments]
    places = [b for a, b in zip(values, [*values[1:], ""], strict=True) if a in ("-o", "--output")]
    if any(place != "/dev/null" for place in places):
        return False
    rest = Simple([*simple.words[:1], *(word for word in simple.arguments if word.value not in ("-o", "--output"))])
    return _none_of("dFTOocXKJDQ", *CURL_ACTS)(rest)


def _only(*allowed: str) -> Callable[[Simple], bool]:
    return lambda simple: all(word.value.startswith(allowed) for word in simple.arguments)


def _circusctl(simple: Simple) -> bool:
    values = [word.value for word in simple.arguments]
    rest = [value for before, value in zip(["", *values], values, strict=False) if before not in _CIRCUS_VALUED]
    return next((value for value in rest if not value.startswith("-")), "") in CIRCUS


def _django(simple: Simple) -> bool:
    return _first(simple) in DJANGO


def _python(simple: Simple) -> bool:
    values = [word.value for word in simple.arguments]
    if values[:1] and values[0].rpartition("/")[2] == "manage.py":
        return _django(Simple(simple.words[1:]))
    return values in (["--version"], ["-V"])


SOMETIMES: dict[str, Callable[[Simple], bool]] = {
    "circusctl": _circusctl,
    "django-admin": _django,
    "awk": lambda simple: not any(mark in word.text for word in simple.arguments for mark in AWK_ACTS),
    "curl": _curl,
    "date": _only("+", "-u", "--utc"),
    "find": _none_of("", "-delete", "-exec", "-ok", "-fprint", "-fls"),
    "hostname": _only("-f", "-I", "-s"),
    "journalctl": _none_of("", "--rotate", "--vacuum", "--flush", "--sync", "--relinquish", "--setup-keys"),
    "nginx": lambda simple: bool(simple.arguments) and _only("-t", "-T", "-v", "-V", "-q")(simple),
    "python": _python,
    "python3": _python,
    "pip": lambda simple: _first(simple) in PIP,
    "pip3": lambda simple: _first(simple) in PIP,
    "redis-cli": lambda simple: _first(simple).lower() in REDIS,
    "sed": _none_of("i", "--in-place"),
    "sort": _none_of("o", "--output"),
    "ss": _none_of("K", "--kill"),
    "systemd-analyze": lambda simple: _first(simple) in _ANALYZE.split(),
    "tree": _none_of("o"),
    "uniq": lambda simple: sum(not word.value.startswith("-") for word in simple.arguments) <= 1,
    "systemctl": lambda simple: _first(simple) in SYSTEMCTL,
}


_TEXT = r"[^\s;&|<>`$()]*(?:\$[A-Za-z_]\w*[^\s;&|<>`$()]*)*"
_SETTING_UP = re.compile(rf"\s*|#.*|set -\w+|(?:\.|cd) {_TEXT}|(?:export )?[A-Za-z_]\w*={_TEXT}")
_FOR_SOMEBODY = {"env": frozenset({"-u", "-C"}), "runuser": frozenset({"-u"}), "sudo": frozenset({"-u", "-g"})}
"""Commands that run another one, with their options that take a value. One that is not known makes them act."""
_ALONE = frozenset({"-E", "-H", "-i", "-n"})


def wrappers(article: Article) -> frozenset[str]:
    """The scripts of *article* that set something up and then become the command that they are given."""
    good: dict[str, bool] = {}
    for step in article.steps:
        if isinstance(step, FileStep):
            sets_up = bool(step.mode & 0o111) and _only_sets_up(step.content)
            good[step.path] = good.get(step.path, True) and sets_up
    return frozenset(path.rpartition("/")[2] for path, holds in good.items() if holds)


def _only_sets_up(script: str) -> bool:
    *before, last = script.rstrip().split("\n")
    return last == 'exec "$@"' and all(map(_SETTING_UP.fullmatch, before))


def _inner(simple: Simple, known: frozenset[str]) -> Simple:
    """The command that *simple* runs for somebody else or elsewhere; itself where it is no such one."""
    if simple.name in known:
        rest = simple.arguments
    elif simple.name in _FOR_SOMEBODY:
        rest = list(simple.arguments)
        while rest and (rest[0].value.startswith("-") or (simple.name == "env" and "=" in rest[0].value)):
            option = rest.pop(0).value
            if option == "--":
                break
            if option in _FOR_SOMEBODY[simple.name] and rest:
                rest.pop(0)
            elif option.startswith("-") and option not in _ALONE:
                return simple
    else:
        return simple
    return _inner(Simple(rest, simple.assignments, simple.redirects), known)


def simple_looks(simple: Simple, known: frozenset[str] = frozenset()) -> bool:
    """Whether one simple command only looks; *known* are :func:`wrappers`."""
    words = [*simple.words, *(word for _, word in simple.redirects)]
    if any("$(" in word.text or "`" in word.text for word in words):
        return False
    simple = _inner(simple, known)
    if not simple.words:
        return False
    if any(">" in operator and target.value not in SINK for operator, target in simple.redirects):
        return False
    decide = SOMETIMES.get(simple.name)
    return decide(simple) if decide else simple.name in PLAIN


def command_looks(text: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether the shell command *text* only looks; *known* are :func:`wrappers`."""
    found = simple_commands(text)
    return bool(found) and all(simple_looks(simple, known) for simple in found)


def step_looks(step: Step, known: frozenset[str] = frozenset()) -> bool:
    """Whether all that *step* does is to look; *known* are :func:`wrappers`."""
    if not isinstance(step, ConsoleStep) or step.background or step.reboot:
        return False
    if step.output_of:
        return not step.stop
    return all(command_looks(command.text, known) for command in step.commands)
