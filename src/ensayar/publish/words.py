"""What a page says around the blocks, by language; numbers, dates and durations as people write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish import english, spanish
from ensayar.publish.html import element
from ensayar.publish.marking import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "es"
_MONTHS = {
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_LANGUAGES = {
    "bash": "Bash",
    "console": "consola",
    "css": "CSS",
    "diff": "diff",
    "django": "plantilla de Django",
    "html": "HTML",
    "html+django": "plantilla de Django",
    "ini": "INI",
    "nginx": "Nginx",
    "python": "Python",
    "shell-session": "consola",
    "sh": "shell",
    "systemd": "systemd",
    "text": "texto",
    "toml": "TOML",
}
_ENGLISH_LANGUAGES = {"console": "console", "shell-session": "console", "text": "text"} | dict.fromkeys(
    ("django", "html+django"), "Django template"
)
_PLATFORMS = {"debian-13": "Debian 13"}
WORDS: Mapping[str, Mapping[str, str]] = {"es": spanish.PHRASES, "en": english.PHRASES}


def say(language: str, key: str, **values: str | int | Markup) -> Markup:
    """The phrase *key* with *values* in it, made safe unless they are mark-up."""
    phrase = Markup(WORDS.get(language, WORDS[DEFAULT])[key])  # noqa: S704  (our own words, without mark-up)
    return phrase.format(
        **{name: value if isinstance(value, Markup) else safe(str(value)) for name, value in values.items()}
    )


def counted(language: str, count: int, one: str, many: str) -> Markup:
    """*count* things: the phrase *one* for a single one, else *many*."""
    return say(language, one) if count == 1 else say(language, many, count=count)


def duration(language: str, seconds: float) -> str:
    """``0,3 s``, ``12 s``, ``1 min 12 s``, ``2 h 5 min``, with blanks that do not break."""
    whole = round(seconds)
    if seconds < 10:  # noqa: PLR2004  (below ten seconds tenths matter)
        text = f"{seconds:.1f} s" if language == "en" else f"{seconds:.1f} s".replace(".", ",")
    elif whole < 60:  # noqa: PLR2004  (a minute)
        text = f"{whole} s"
    elif whole < 3600:  # noqa: PLR2004  (an hour)
        text = f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    else:
        text = f"{whole // 3600} h {whole % 3600 // 60} min"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def share(language: str, thousandths: int) -> str:
    """``98,4 %``, with a blank that does not break."""
    text = f"{thousandths / 10:g}"
    return f"{text if language == 'en' else text.replace('.', ',')}\N{NO-BREAK SPACE}%"


def date(language: str, iso: str) -> Markup:
    """An ISO 8601 time as ``<time>``, in words; what cannot be read is shown as it stands."""
    moment = moment_of(iso)
    return safe(iso) if moment is None else element("time", _day(language, moment), datetime=iso)


def date_and_time(language: str, iso: str) -> Markup:
    """The same with the hour, in UTC."""
    moment = moment_of(iso)
    if moment is None:
        return safe(iso)
    there = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    return element("time", f"{_day(language, there)}, {there:%H:%M}\N{NO-BREAK SPACE}UTC", datetime=iso)


def moment_of(iso: str) -> dt.datetime | None:
    """An ISO 8601 time that HTML may hold and that UTC has, too; ``None`` for anything else that a record may say."""
    if not _ISO.fullmatch(iso):  # Python reads more than HTML may hold
        return None
    try:
        moment = dt.datetime.fromisoformat(iso)
        moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _day(language: str, moment: dt.datetime) -> str:
    month = _MONTHS.get(language, _MONTHS[DEFAULT]).split("|")[moment.month - 1]
    if language == "en":
        return f"{moment.day} {month} {moment.year}"
    return f"{moment.day} de {month} de {moment.year}"


def language_name(language: str, code: str) -> Markup:
    """What people call the language that the highlighter calls *code*."""
    names = _LANGUAGES | _ENGLISH_LANGUAGES if language == "en" else _LANGUAGES
    return safe(names.get(code, code))


def platform_name(code: str) -> str:
    """What people call a platform."""
    return _PLATFORMS.get(code, code)
