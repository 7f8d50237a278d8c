"""The deployment of an article as one file to take away: ``<slug>.tar.gz``, the same bytes for the same article.

It holds what ``tutorial/<slug>/`` holds but the evidence, and a page that says what is what. Unlike the tree, which git
keeps, its files have the modes that the article gives them.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

from ensayar import extract
from ensayar.model import FileStep
from ensayar.parameters import defaults, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.model import Article

_READ_ME = {
    "en": (
        "README.txt",
        """\
{slug}

What the article does on a fresh {platform}, extracted from
{source}:

files/         each file that it writes, at its place under /
deploy.sh      all of its steps, in order; to be run as root:  bash deploy.sh
manifest.json  the steps, with owner and mode of each file, for programs

{values}""",
        "Values of the article that can be changed there, and are fixed here:\n\n",
    ),
    "es": (
        "LEEME.txt",
        """\
{slug}

Lo que hace el artículo en un {platform} recién instalado, extraído de
{source}:

files/         cada archivo que escribe, en su lugar a partir de /
deploy.sh      todos los pasos, en orden; se corre como root:  bash deploy.sh
manifest.json  los pasos, con el dueño y el modo de cada archivo, para programas

{values}""",
        "Valores que en el artículo se pueden cambiar y acá están fijos:\n\n",
    ),
}


def file_name(slug: str) -> str:
    """What the file for the article called *slug* is called."""
    return f"{slug}.tar.gz"


def pack(article: Article) -> bytes:
    """The deployment of a raw *article*, with its default parameters, as a compressed tar file.

    Whoever unpacks it gets one directory, named after the article. Names, modes and order depend on the article alone:
    no time, no user.
    """
    stream = io.BytesIO()
    # PAX 1003.1: names in UTF-8 and of any length
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data, mode in sorted(_members(article)):
            tar.addfile(_header(f"{article.slug}/{name}", len(data), mode), io.BytesIO(data))
    packed = io.BytesIO()
    # not gzip.compress, whose header differs from one Python to the next
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(stream.getvalue())
    return packed.getvalue()


def _header(name: str, size: int, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, mode
    header.uname = header.gname = "root"
    return header


def _members(article: Article) -> Iterator[tuple[str, bytes, int]]:
    """Name, content and mode of each file."""
    resolved = resolve(article)
    # without setuid and the like: what is unpacked anywhere is not to act for its owner
    modes = {f"files{step.path}": step.mode & 0o777 for step in resolved.steps if isinstance(step, FileStep)}
    for name, content in extract.tree(article).items():
        yield name, content.data, modes.get(name, content.mode)
    name, text, before_values = _READ_ME[article.language]
    values = "".join(f"  {key} = {value}\n" for key, value in defaults(article.parameters).items())
    read_me = text.format(
        slug=article.slug,
        platform=article.platform,
        source=article.source,
        values=before_values + values if values else "",
    )
    yield name, (read_me.rstrip() + "\n").encode(), 0o644
