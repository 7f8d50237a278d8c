"""What a page says around the blocks, by language; numbers, dates and durations as people write them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish.html import element
from ensayar.publish.marking import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "es"
_MONTHS = {
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_ES = {
    "anchor": "Enlace a este bloque: {name}",
    "terminal-root": "Terminal de root",
    "terminal-user": "Terminal de {login}",
    "terminals": "Terminales de root y de {login}",
    "background": "Otra terminal de {login}",
    "output-of": "La otra terminal: {link}",
    "owner": "dueño {owner}",
    "mode": "modo {mode}",
    "replaces": "Reemplaza el archivo entero que escribiste en {link}.",
    "note-wait": "Puede tardar: repetilo hasta que salga lo mostrado (como mucho, {duration}).",
    "note-wait-output": "Puede tardar un momento en aparecer (como mucho, {duration}).",
    "note-background": "El comando queda corriendo: dejá abierta esa terminal.",
    "note-stop": "Después, cortalo con Ctrl-C en esa terminal.",
    "note-reboot": "La máquina se reinicia y las terminales se cierran; seguí cuando vuelva.",
    "note-exit-status": "El último comando termina con estado {status}: es lo esperado.",
    "note-any-order": "Las líneas pueden salir en otro orden.",
    "any": "Acá puede salir cualquier cosa",
    "varies": "Cambia de una corrida a otra",
    "matching": "Acá sale algo que cumple con {pattern}",
    "elided-one": "1 línea más",
    "elided": "{count} líneas más",
    "elided-none": "acá no salió nada",
    "whole-output": "Salida completa del ensayo ({count})",
    "its-output": "Lo que imprimió {command} en el ensayo ({count})",
    "line": "1 línea",
    "lines": "{count} líneas",
    "left-out": "… {count} líneas omitidas acá …",
    "verified": "Verificado el {date}",
    "check": "1 comprobación",
    "checks": "{count} comprobaciones",
    "check-failed": "no se cumplió",
    "skipped": "No se ejecuta:",
    "failed": "Falló en el ensayo del {date}",
    "not-reached": "Sin verificar: el ensayo del {date} no llegó hasta acá",
    "changed": "Sin verificar: cambió después del ensayo del {date}",
    "after-change": "Sin verificar: cambió algún paso anterior después del ensayo del {date}",
    "never": "Sin verificar: todavía no se ensayó",
    "box": "El ensayo de este artículo",
    "box-passed": "Ensayado: todos los pasos se ejecutaron y funcionaron",
    "box-partly": "Ensayado en parte",
    "box-failed": "El último ensayo falló",
    "box-interrupted": "El último ensayo se interrumpió",
    "box-never": "Este artículo todavía no se ensayó",
    "box-never-detail": "Ninguno de sus {count} pasos está verificado.",
    "box-failed-at": "Falló en {link}.",
    "box-unverified": "Sin verificar: {links}.",
    "date": "Fecha",
    "duration": "Duración",
    "machine": "Máquina",
    "machine-of": "{platform}, {cpus} CPU, {memory} MiB",
    "accelerator": "Ejecución",
    "steps": "Pasos",
    "steps-of": "{verified} de {total} verificados",
    "skips": "Bloques que no se ejecutan",
    "checks-title": "Comprobaciones",
    "checks-of": "{passed} de {total} se cumplieron",
    "versions": "Versiones",
    "adaptations": "Lo que la máquina recibió prestado",
    "kvm": "virtualizada (KVM)",
    "hvf": "virtualizada (HVF)",
    "tcg": "emulada (TCG), varias veces más lenta que una máquina real",
    "parameter": "Podés cambiarlo; acá vale {value}.",
}
_EN = {
    "anchor": "Link to this block: {name}",
    "terminal-root": "root's terminal",
    "terminal-user": "{login}'s terminal",
    "terminals": "root's and {login}'s terminals",
    "background": "Another terminal of {login}",
    "output-of": "The other terminal: {link}",
    "owner": "owner {owner}",
    "mode": "mode {mode}",
    "replaces": "Replaces the whole file that you wrote in {link}.",
    "note-wait": "May take a while: repeat it until it prints this (for {duration} at most).",
    "note-wait-output": "May take a moment to appear ({duration} at most).",
    "note-background": "The command goes on running: leave that terminal open.",
    "note-stop": "Afterwards, stop it with Ctrl-C in that terminal.",
    "note-reboot": "The machine restarts and the terminals close; go on when it is back.",
    "note-exit-status": "The last command exits with status {status}, as expected.",
    "note-any-order": "The lines may come in another order.",
    "any": "Anything may stand here",
    "varies": "Changes from run to run",
    "matching": "Something that matches {pattern} stands here",
    "elided-one": "1 more line",
    "elided": "{count} more lines",
    "elided-none": "nothing was printed here",
    "whole-output": "Whole output of the rehearsal ({count})",
    "its-output": "What {command} printed in the rehearsal ({count})",
    "line": "1 line",
    "lines": "{count} lines",
    "left-out": "… {count} lines left out here …",
    "verified": "Verified on {date}",
    "check": "1 check",
    "checks": "{count} checks",
    "check-failed": "did not hold",
    "skipped": "Not run:",
    "failed": "Failed in the rehearsal of {date}",
    "not-reached": "Not verified: the rehearsal of {date} did not get here",
    "changed": "Not verified: changed after the rehearsal of {date}",
    "after-change": "Not verified: an earlier step changed after the rehearsal of {date}",
    "never": "Not verified: not rehearsed yet",
    "box": "The rehearsal of this article",
    "box-passed": "Rehearsed: every step was run and worked",
    "box-partly": "Rehearsed in part",
    "box-failed": "The last rehearsal failed",
    "box-interrupted": "The last rehearsal was interrupted",
    "box-never": "This article has not been rehearsed yet",
    "box-never-detail": "None of its {count} steps is verified.",
    "box-failed-at": "It failed in {link}.",
    "box-unverified": "Not verified: {links}.",
    "date": "Date",
    "duration": "Duration",
    "machine": "Machine",
    "machine-of": "{platform}, {cpus} CPUs, {memory} MiB",
    "accelerator": "Execution",
    "steps": "Steps",
    "steps-of": "{verified} of {total} verified",
    "skips": "Blocks that are not run",
    "checks-title": "Checks",
    "checks-of": "{passed} of {total} held",
    "versions": "Versions",
    "adaptations": "What the machine was lent",
    "kvm": "virtualised (KVM)",
    "hvf": "virtualised (HVF)",
    "tcg": "emulated (TCG), several times slower than a real machine",
    "parameter": "You may change it; here it is {value}.",
}
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
WORDS: Mapping[str, Mapping[str, str]] = {"es": _ES, "en": _EN}


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


def date(language: str, iso: str) -> Markup:
    """An ISO 8601 time as ``<time>``, in words; what cannot be read is shown as it stands."""
    try:
        moment = dt.datetime.fromisoformat(iso)
    except ValueError:
        return safe(iso)
    months = _MONTHS.get(language, _MONTHS[DEFAULT])
    month = months.split("|")[moment.month - 1]
    words = f"{moment.day} {month} {moment.year}" if language == "en" else f"{moment.day} de {month} de {moment.year}"
    return element("time", words, datetime=iso)


def language_name(language: str, code: str) -> Markup:
    """What people call the language that the highlighter calls *code*."""
    names = _LANGUAGES | _ENGLISH_LANGUAGES if language == "en" else _LANGUAGES
    return safe(names.get(code, code))
