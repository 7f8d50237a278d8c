"""Each block and each command has its own ``file:line``, however deep it stands."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ensayar.model import Article, ConsoleStep, FileStep
from ensayar.rst import parse

CASES = "places.md"


def article(text: str, root: Path) -> Article | None:
    """*text* in ``a.rst``, with further files after lines ``=== name``."""
    first, *others = ("\n" + text).split("\n=== ")
    (root / "a.rst").write_text(first[1:] + "\n", encoding="utf-8")
    for other in others:
        name, _, content = other.partition("\n")
        (root / f"{name}.txt").write_text(content, encoding="utf-8")
    return parse(Path("a.rst"), root=root)


def described(found: Article) -> list[str]:
    result: list[str] = []
    for block in found.blocks:
        result.append(f"{block.location} {type(block).__name__} {block.name or '-'}")
        if isinstance(block, FileStep):
            result.append(
                f"  {block.path} {block.owner}:{block.group} {block.mode:04o} {block.language} {block.caption}"
            )
            lines = block.content.split("\n")[:-1]
            result += [f"  {block.content_line + index}: {line}" for index, line in enumerate(lines)]
        elif isinstance(block, ConsoleStep):
            options = {
                "timeout": block.timeout != 120 and block.timeout,
                "wait": block.wait,
                "background": block.background,
                "output-of": block.output_of,
                "stop": block.stop,
                "reboot": block.reboot,
                "exit-status": block.exit_status,
                "caption": block.caption,
            }
            result += [f"  {name}: {value}" for name, value in options.items() if value]
            for command in block.commands:
                result.append(f"  {command.location} {command.account.value} {command.text}")
                result += [f"    {line}" for line in command.expected]
            result += [f"  | {line}" for line in block.expected]
        else:
            result += [f"  {block.reason}: {block.text!r} {block.language}"]
    return [line.rstrip() for line in result]


def shown(text: str) -> str:
    with tempfile.TemporaryDirectory() as directory:
        found = article(text, Path(directory).resolve())
    assert found is not None
    return "".join(f"{line}\n" for line in described(found))


def test_every_block_is_found_at_its_place(case: tuple[str, str]) -> None:
    text, wanted = case
    assert shown(text) == wanted


def test_places_do_not_depend_on_the_line_ends(case: tuple[str, str], tmp_path: Path) -> None:
    text, wanted = case
    first, *others = ("\r\n" + text.replace("\n", "\r\n")).split("\r\n=== ")
    (tmp_path / "a.rst").write_bytes(b"\xef\xbb\xbf" + first[2:].encode() + b"\r\n")
    for other in others:
        name, _, content = other.partition("\r\n")
        (tmp_path / f"{name}.txt").write_bytes(b"\xef\xbb\xbf" + content.encode())
    found = parse(Path("a.rst"), root=tmp_path)
    assert found is not None
    assert "".join(f"{line}\n" for line in described(found)) == wanted
