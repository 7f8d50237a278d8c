"""The deployment as one file: what is in it, with which modes, and that it is always the same."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar import bundle, extract
from ensayar.project import Project
from ensayar.rst import parse

from .conftest import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article

ROOT = Path(__file__).parents[2]
POSTS = Project(ROOT).articles()


def unpacked(article: Article, folder: Path) -> Path:
    """What a reader's own tar makes of it."""
    packed = folder / bundle.file_name(article.slug)
    packed.write_bytes(bundle.pack(article))
    tar = shutil.which("tar")
    assert tar is not None
    subprocess.run([tar, "--extract", "--same-permissions", "--file", packed], cwd=folder, check=True)
    (made,) = (path for path in folder.iterdir() if path != packed)
    assert made.name == article.slug
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("post", POSTS, ids=lambda path: path.stem)
def test_it_unpacks_to_the_deployment_that_is_committed(post: Path, tmp_path: Path) -> None:
    article = parse(post, root=ROOT)
    assert article is not None
    made = files(unpacked(article, tmp_path))
    made.pop("LEEME.txt")
    committed = files(ROOT / "tutorial" / article.slug)
    assert made == {name: data for name, data in committed.items() if not name.startswith("evidence/")}
    assert len(made) >= 10


def test_files_have_the_modes_of_the_article_and_the_script_can_be_run(
    read: Callable[..., Article | None], tmp_path: Path
) -> None:
    article = read(EVERYTHING)
    assert article is not None
    folder = tmp_path / "bajada"
    folder.mkdir()
    made = unpacked(article, folder)
    modes = {str(path.relative_to(made)): path.stat().st_mode & 0o7777 for path in made.rglob("*") if path.is_file()}
    assert modes == {
        "LEEME.txt": 0o644,
        "deploy.sh": 0o755,
        "files/etc/muro/a.ini": 0o644,  # by the step that replaces the other
        "files/usr/local/bin/tool": 0o755,
        "manifest.json": 0o644,
    }
    read_again = read(EVERYTHING.replace(":replaces: file\n", ":replaces: file\n   :mode: 0600\n", 1))
    assert read_again is not None
    with tarfile.open(fileobj=io.BytesIO(bundle.pack(read_again))) as tar:
        assert tar.getmember("a/files/etc/muro/a.ini").mode == 0o600


def test_what_acts_for_its_owner_on_the_server_does_not_where_it_is_unpacked(
    read: Callable[..., Article | None],
) -> None:
    path = f"/srv/ñandú/{'a' * 150}"
    article = read(
        f".. rehearse::\n   :platform: debian-13\n\n.. code-block:: sh\n   :name: a\n   :file: {path}\n"
        "   :mode: 6755\n\n   x\n"
    )
    assert article is not None
    with tarfile.open(fileobj=io.BytesIO(bundle.pack(article))) as tar:
        assert tar.getmember(f"a/files{path}").mode == 0o755


def test_the_same_article_gives_the_same_bytes_and_tells_no_time_or_user(read: Callable[..., Article | None]) -> None:
    article = read(EVERYTHING)
    assert article is not None
    packed = bundle.pack(article)
    assert bundle.pack(article) == packed
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952: no name, no time, of no system
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        members = tar.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members} == {
        (0, 0, "root", "root", 0)
    }
    assert [member.name for member in members] == sorted(member.name for member in members)


def test_the_page_in_it_says_what_is_what_in_the_article_s_language(read: Callable[..., Article | None]) -> None:
    for code, name, words in (("es", "LEEME.txt", "Valores que"), ("en", "README.txt", "Values of")):
        article = read(EVERYTHING.replace(":language: es", f":language: {code}"))
        assert article is not None
        with tarfile.open(fileobj=io.BytesIO(bundle.pack(article))) as tar:
            file = tar.extractfile(f"a/{name}")
            assert file is not None
            text = file.read().decode("utf-8")
        assert words in text
        assert text.endswith("  user = muro\n")
        assert "debian-13" in text
        assert "posts/a.rst" in text
        assert max(map(len, text.splitlines())) <= 80
        for member in {path.partition("/")[0] for path in extract.tree(article)}:
            assert member in text


def test_an_article_without_parameters_speaks_of_none(read: Callable[..., Article | None]) -> None:
    article = read(".. rehearse::\n   :platform: debian-13\n\n.. code-block:: sh\n   :name: a\n   :file: /a\n\n   x\n")
    assert article is not None
    with tarfile.open(fileobj=io.BytesIO(bundle.pack(article))) as tar:
        file = tar.extractfile("a/README.txt")
        assert file is not None
        assert "Values" not in file.read().decode("utf-8")
