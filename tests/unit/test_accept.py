"""Accepting outputs: from an article and what was printed to the article afterwards."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ensayar import transaction
from ensayar.accept import editions_of, plan
from ensayar.digest import act_digest, step_digest
from ensayar.errors import ArticleError, UsageError
from ensayar.evidence import CommandEvidence, Evidence, MachineEvidence, StepEvidence
from ensayar.matching import matches
from ensayar.model import ConsoleStep
from ensayar.parameters import defaults, resolve
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ensayar.accept import Plan
    from ensayar.model import Article, Step

CASES = "accept.md"
HEAD = """\
.. rehearse::
   :platform: debian-13

.. parameter:: word
   :default: hello

.. parameter:: user
   :default: muro

"""
BLOCK = ".. code-block:: console\n   :name: a\n"
MACHINE = MachineEvidence("qemu", "tcg", "debian-13", "c0ffee", 2, 1024, ())


def record(
    step: Step,
    outputs: Sequence[str],
    *,
    status: str = "failed",
    exit_status: int | None = 0,
    compared: bool = False,
) -> StepEvidence:
    """*step* as it was played; with less outputs than commands the rest did not run.

    :param compared: the outputs were compared with what the step shows now, so that all but the last were right;
        else it showed something else then.
    """
    commands: tuple[CommandEvidence, ...] = ()
    if isinstance(step, ConsoleStep):
        texts = [(command.text, command.account.value) for command in step.commands] or [("", "$")]
        commands = tuple(
            CommandEvidence(text, account, exit_status if index == len(outputs) - 1 else 0, output, 0.1)
            for index, ((text, account), output) in enumerate(zip(texts, outputs, strict=False))
        )
    kind = "console" if isinstance(step, ConsoleStep) else "file"
    shows = isinstance(step, ConsoleStep) and not step.background
    digest = "0" * 64 if shows and not compared else step_digest(step)
    return StepEvidence(step.name, kind, str(step.location), digest, status, 0.1, commands, (), acts=act_digest(step))


def evidence(article: Article, outputs: Mapping[str, Sequence[str]], **options: object) -> Evidence:
    """A rehearsal in which the steps in *outputs* printed that, and the others were not reached."""
    steps = tuple(
        record(step, outputs[step.name], **options)  # type: ignore[arg-type]  # options are a test's own
        if step.name in outputs
        else record(step, (), status="not reached")
        for step in resolve(article).steps
    )
    parameters = defaults(article.parameters)
    return Evidence("a", article.source, "failed", "2026-11-24T00:00:00Z", 1.0, parameters, {}, MACHINE, steps, ())


def accepted(root: Path, printed: Evidence, *names: str) -> Plan:
    """The plan, carried out."""
    made = plan(editions_of(root / "posts" / "a.rst", root), printed, root, frozenset(names) or None)
    transaction.run(made.actions(), root)
    return made


def write(root: Path, text: str | bytes, name: str = "posts/a.rst") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def article_in(root: Path, name: str = "posts/a.rst") -> Article:
    found = parse(root / name, root=root)
    assert found is not None
    return found


def accept_text(root: Path, text: str | bytes, outputs: Mapping[str, Sequence[str]]) -> bytes:
    """What becomes of the article *text* when its steps print *outputs*."""
    path = write(root, text)
    accepted(root, evidence(article_in(root), outputs))
    return path.read_bytes()


def indented(text: str, by: str = "   ") -> str:
    return "".join(f"{by}{line}\n" if line else "\n" for line in text.split("\n"))


def test_an_output_is_taken_over(case: tuple[str, str], tmp_path: Path) -> None:
    text, wanted = case
    block, _, printed = text.removesuffix("\n").partition("\n---\n" if "\n---\n" in text else "\n---")
    options = "".join(f"   {line}\n" for line in block.split("\n") if re.match(r":[a-z-]+:", line))
    content = "\n".join(line for line in block.split("\n") if not re.match(r":[a-z-]+:", line))
    before = f"{HEAD}{BLOCK}{options}\n{indented(content)}\nAfter it.\n"
    outputs = re.split(r"(?:^|\n)===\n", printed)
    after = accept_text(tmp_path, before, {"a": outputs}).decode()
    assert after == f"{HEAD}{BLOCK}{options}\n{indented(wanted.removesuffix(chr(10)))}\nAfter it.\n"
    checked_again(tmp_path, {"a": outputs})


def checked_again(root: Path, outputs: Mapping[str, Sequence[str]]) -> None:
    """Everything that was accepted matches what was printed, and accepting again changes nothing."""
    article = article_in(root)
    for step in resolve(article).steps:
        if isinstance(step, ConsoleStep) and step.name in outputs:
            shown = [command.expected for command in step.commands] or [step.expected]
            for expected, output in zip(shown, outputs[step.name], strict=False):
                # the addresses of mirrors are not in the record
                assert not expected or matches(expected, output.replace("<mirror>", "http://m/"), step.comparison)
    before = (root / "posts" / "a.rst").read_bytes()
    made = accepted(root, evidence(article, outputs))
    assert (made.edits, made.after) == ((), {})
    assert (root / "posts" / "a.rst").read_bytes() == before


TWO = f"""{HEAD}{BLOCK}
   # cat one
   old

Between.

.. code-block:: console
   :name: b

   # cat two
   old
"""


def test_only_the_steps_that_were_named(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["new"], "b": ["new"]})
    accepted(tmp_path, printed, "b")
    assert path.read_text(encoding="utf-8") == TWO.replace("cat two\n   old", "cat two\n   new")


def test_steps_that_were_not_reached_are_named_and_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["new"]}))
    assert made.unknown == ("b",)
    assert path.read_text(encoding="utf-8") == TWO.replace("cat one\n   old", "cat one\n   new")


def test_what_was_right_in_the_machine_is_not_judged_again_by_the_record(tmp_path: Path) -> None:
    # which does not name the mirror
    text = f"{HEAD}{BLOCK}\n   # apt-get update\n   Get:1 http://mirror.example/debian trixie\n   # echo 2\n   two\n"
    path = write(tmp_path, text)
    accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["Get:1 <mirror> trixie", "2"]}, compared=True))
    assert path.read_text(encoding="utf-8") == text.replace("   two", "   2")


def test_a_step_that_passed_as_it_is_is_right_whatever_the_record_says(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["<mirror>"], "b": ["old"]}, compared=True, status="passed")
    assert accepted(tmp_path, printed).edits == ()
    assert path.read_text(encoding="utf-8") == TWO


def test_of_a_step_that_failed_the_commands_that_did_not_run_are_left_alone(tmp_path: Path) -> None:
    text = f"{HEAD}{BLOCK}\n   # echo 1\n   one\n   # echo 2\n   two\n"
    assert accept_text(tmp_path, text, {"a": ["1"]}).decode() == text.replace("   one", "   1")


@pytest.mark.parametrize(
    ("before", "after"),
    [("# cat one", "# cat another"), ("# cat one", "$ cat one"), (":name: a\n", ":name: a\n   :timeout: 5\n")],
    ids=["command", "account", "option"],
)
def test_a_step_that_does_something_else_now_is_refused(tmp_path: Path, before: str, after: str) -> None:
    write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["new"], "b": ["new"]})
    changed = TWO.replace(before, after, 1)
    path = write(tmp_path, changed)
    made = accepted(tmp_path, printed)
    assert [str(problem) for problem in made.refused] == [
        "posts/a.rst:10: step “a”: it does something else than what ran in the last rehearsal; rehearse again"
    ]
    assert path.read_text(encoding="utf-8") == changed.replace("cat two\n   old", "cat two\n   new")


def test_a_step_whose_output_alone_was_changed_since_is_not_stale(tmp_path: Path) -> None:
    write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["new"], "b": ["new"]})
    path = write(tmp_path, TWO.replace("   old", "   older"))
    assert accepted(tmp_path, printed).refused == ()
    assert path.read_text(encoding="utf-8") == TWO.replace("   old", "   new")


def test_a_stale_step_that_still_shows_what_was_printed_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["old"], "b": ["old"]})
    write(tmp_path, TWO.replace("cat one", "cat 1"))
    made = accepted(tmp_path, printed)
    assert (made.refused, made.edits) == ((), ())


def test_a_record_from_before_there_were_such_digests_is_compared_by_its_commands(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["new"], "b": ["new"]})
    printed = replace(printed, steps=tuple(replace(step, acts="") for step in printed.steps))
    changed = TWO.replace("cat two", "cat 2")
    write(tmp_path, changed)
    made = accepted(tmp_path, printed)
    assert len(made.refused) == 1
    assert path.read_text(encoding="utf-8") == changed.replace("cat one\n   old", "cat one\n   new")


def test_a_parameter_with_another_value_makes_all_of_it_stale(tmp_path: Path) -> None:
    write(tmp_path, TWO)
    printed = evidence(article_in(tmp_path), {"a": ["new"]})
    changed = TWO.replace("hello", "bye")
    path = write(tmp_path, changed)
    made = accepted(tmp_path, printed)
    assert [str(problem) for problem in made.refused] == [
        "posts/a.rst:4: parameter “word” was “hello” in the last rehearsal; rehearse again"
    ]
    assert path.read_text(encoding="utf-8") == changed


@pytest.mark.parametrize(
    ("status", "words"), [(127, "the command exited with 127, not 0"), (None, "the command ran into its time limit")]
)
def test_the_output_of_a_command_that_failed_is_not_taken_over(tmp_path: Path, status: int | None, words: str) -> None:
    path = write(tmp_path, TWO)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["cat: not found"]}, exit_status=status))
    assert [str(problem) for problem in made.refused] == [
        f"posts/a.rst:13: step “a”: {words}, and the output of one that failed is not taken over; mend that first"
    ]
    assert path.read_text(encoding="utf-8") == TWO


def test_the_exit_status_that_the_author_expects_is_no_failure(tmp_path: Path) -> None:
    text = f"{HEAD}{BLOCK}   :exit-status: 3\n\n   # sh\n   old\n"
    path = write(tmp_path, text)
    assert accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["new"]}, exit_status=3)).refused == ()
    assert path.read_text(encoding="utf-8") == text.replace("   old", "   new")


OTHER_TERMINAL = f"""{HEAD}.. code-block:: console
   :name: spy
   :background:

   # journalctl --follow

.. code-block:: console
   :name: seen
   :output-of: spy
   :caption: What it saw,
      in two lines

   \\# reap <pid>
   old

End.
"""


def test_another_terminals_output_is_taken_over(tmp_path: Path) -> None:
    after = accept_text(tmp_path, OTHER_TERMINAL, {"spy": [], "seen": ["\n\n# reap 7\n> new\n"]}).decode()
    assert after == OTHER_TERMINAL.replace("   \\# reap <pid>\n   old\n", "   ...\n   \\# reap <pid>\n   > new\n")
    checked_again(tmp_path, {"spy": [], "seen": ["\n\n# reap 7\n> new\n"]})


def test_another_terminals_output_is_stale_with_the_command_there(tmp_path: Path) -> None:
    write(tmp_path, OTHER_TERMINAL)
    printed = evidence(article_in(tmp_path), {"spy": [], "seen": ["new"]})
    write(tmp_path, OTHER_TERMINAL.replace("--follow", "-f"))
    made = accepted(tmp_path, printed)
    assert [str(problem) for problem in made.refused] == [
        (
            "posts/a.rst:16: step “seen”: “spy”, whose output it shows, has changed since the last rehearsal; "
            "rehearse again"
        )
    ]


def test_a_step_that_waits_for_something_never_waits_for_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, OTHER_TERMINAL)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"spy": [], "seen": [""]}))
    assert "nothing was printed, and it waits for something" in str(made.refused[0])
    assert path.read_text(encoding="utf-8") == OTHER_TERMINAL


NESTED = f"""{HEAD}- In a list:

  .. note::

     .. list-table::

        * - .. code-block:: console
               :name: a

               # cat a
               old

               older

        * - Text.

.. table::

   =====  ====================================
   x      .. code-block:: console
             :name: b

             # cat b
             old
   y      Text.
   =====  ====================================
"""


def test_in_notes_lists_and_tables_the_indentation_stays(tmp_path: Path) -> None:
    after = accept_text(tmp_path, NESTED, {"a": ["new\n\n  newer\nold\n"]}).decode()
    wanted = "               new\n\n                 newer\n               old\n"
    assert after == NESTED.replace("               old\n\n               older\n", wanted)


def test_a_table_that_is_drawn_is_refused_with_its_place(tmp_path: Path) -> None:
    text = f"""{HEAD}+-----------+--------------------------------+
| c         | .. code-block:: console        |
|           |    :name: first                |
|           |                                |
|           |    # true                      |
|           |    old                         |
+-----------+--------------------------------+

{BLOCK}
   # cat a
   old
"""
    path = write(tmp_path, text)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"first": ["new"], "a": ["new"]}))
    assert [str(problem) for problem in made.refused] == [
        (
            "posts/a.rst:14: step “first”: its output does not stand in lines of its own, as in a table drawn with "
            "lines; edit it by hand, or use “list-table”"
        )
    ]
    assert path.read_text(encoding="utf-8") == text.replace("cat a\n   old", "cat a\n   new")


def test_an_output_that_would_break_a_simple_table_is_refused(tmp_path: Path) -> None:
    text = NESTED.replace("old\n   y ", "old \n   y ")
    path = write(tmp_path, text)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"b": ["new " * 20]}))
    after = path.read_text(encoding="utf-8")
    assert (len(made.refused) == 1 and after == text) or (made.refused == () and "new new" in after)
    assert len(article_in(tmp_path).blocks) == 2


def test_a_block_in_an_included_file_is_edited_there(tmp_path: Path) -> None:
    shared = write(tmp_path, f"{BLOCK}\n   # cat a\n   old\n", "shared/a.txt")
    text = f"{HEAD}.. include:: ../shared/a.txt\n\nEnd.\n"
    assert accept_text(tmp_path, text, {"a": ["new"]}).decode() == text
    assert shared.read_text(encoding="utf-8") == f"{BLOCK}\n   # cat a\n   new\n"
    checked_again(tmp_path, {"a": ["new"]})


def test_a_file_outside_the_project_is_not_touched(tmp_path: Path) -> None:
    outside = write(tmp_path, f"{BLOCK}\n   # cat a\n   old\n", "shared/a.txt")
    root = tmp_path / "project"
    write(root, f"{HEAD}.. include:: ../../shared/a.txt\n")
    made = accepted(root, evidence(article_in(root), {"a": ["new"]}))
    assert "its output lies outside the project; edit it by hand" in str(made.refused[0])
    assert outside.read_text(encoding="utf-8").endswith("   old\n")


def test_every_edition_that_has_the_step_gets_the_output(tmp_path: Path) -> None:
    spanish = write(tmp_path, TWO)
    english = write(tmp_path, TWO.replace("Between.", "In between.\n\nMore.\n"), "posts/a.en.rst")
    blocks = HEAD + ".. shared:: a\n\n.. shared:: b\n"
    german = write(tmp_path, blocks, "posts/a.de.rst")
    other = write(tmp_path, TWO, "posts/a.draft.rst")
    printed = evidence(article_in(tmp_path), {"a": ["new"], "b": ["new"]})
    made = accepted(tmp_path, printed)
    assert spanish.read_text(encoding="utf-8").count("   new\n") == 2
    assert english.read_text(encoding="utf-8").count("   new\n") == 2
    assert german.read_text(encoding="utf-8") == blocks
    assert other.read_text(encoding="utf-8") == TWO
    assert made.refused == ()
    assert [edit.location.path for edit in made.edits] == [
        "posts/a.rst",
        "posts/a.rst",
        "posts/a.en.rst",
        "posts/a.en.rst",
    ]


def test_a_file_that_all_editions_include_is_edited_once(tmp_path: Path) -> None:
    shared = write(tmp_path, f"{BLOCK}\n   # cat a\n   old\n", "posts/shared.txt")
    for name in ("posts/a.rst", "posts/a.en.rst"):
        write(tmp_path, f"{HEAD}.. include:: shared.txt\n", name)
    made = accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["new\nmore"]}))
    assert len(made.edits) == 1
    assert shared.read_text(encoding="utf-8") == f"{BLOCK}\n   # cat a\n   new\n   more\n"


def test_an_edition_that_is_written_wrong_stops_everything(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    write(tmp_path, TWO.replace(":name: b", ":nmae: b"), "posts/a.en.rst")
    with pytest.raises(ArticleError, match=r"posts/a\.en\.rst:18: unknown option “:nmae:”"):
        accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["new"]}))
    assert path.read_text(encoding="utf-8") == TWO


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real = write(tmp_path, TWO, "elsewhere/real.rst")
    real.chmod(0o640)
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.rst").symlink_to("../elsewhere/real.rst")
    accepted(tmp_path, evidence(article_in(tmp_path), {"a": ["new"]}))
    assert (tmp_path / "posts" / "a.rst").is_symlink()
    assert "   new\n" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    made = plan(editions_of(path, tmp_path), evidence(article_in(tmp_path), {"a": ["new"]}), tmp_path)
    path.write_text(TWO + "More.\n", encoding="utf-8")
    with pytest.raises(UsageError, match="changed while its new outputs were worked out"):
        made.actions()


def test_what_cannot_be_written_undoes_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(tmp_path, TWO), write(tmp_path, TWO, "posts/a.en.rst")]
    made = plan(editions_of(paths[0], tmp_path), evidence(article_in(tmp_path), {"a": ["new"]}), tmp_path)
    replace_file = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if target.name == "a.rst" and b"new" in self.read_bytes() and b"new" in paths[1].read_bytes():
            raise OSError(28, "No space left on device", str(target))
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    actions = sorted(made.actions(), key=lambda action: action.path.name)
    with pytest.raises(UsageError, match="nothing was changed"):
        transaction.run(actions, tmp_path)
    assert [path.read_text(encoding="utf-8") for path in paths] == [TWO, TWO]
    assert sorted(path.name for path in (tmp_path / "posts").iterdir()) == ["a.en.rst", "a.rst"]


def test_the_diff_can_be_applied(tmp_path: Path) -> None:
    path = write(tmp_path, TWO.removesuffix("\n"))
    made = plan(editions_of(path, tmp_path), evidence(article_in(tmp_path), {"a": ["ñ"], "b": ["new\nmore"]}), tmp_path)
    diff = made.diff(tmp_path)
    assert diff.startswith("--- a/posts/a.rst\n+++ b/posts/a.rst\n@@ -11,7 +11,7 @@\n")
    assert diff.endswith("-   old\n\\ No newline at end of file\n+   new\n+   more\n\\ No newline at end of file\n")
    assert path.read_text(encoding="utf-8") == TWO.removesuffix("\n")


# What is wrong on purpose, and what a machine may print at all
PIECES = [
    *("a", "b1", "hello", "muro", " ", "  ", "\n", "\n\n", "...", ".", "<pid>", "<fecha>", "12", "2026-11-24", "10:00"),
    *("# ", "$ ", "> ", "#", "$", ">", "\\", "\\# ", "\t", "\r", "\x1b[1m", "\x07", "\x00", "\u202e", "\u2028", "\x85"),
    *("@@word@@", "@@none@@", "<re:", "<re:a+>", "<re:(>", ">", "<mirror>", "ñ", "\xa0", "\ufffd", "|", "`", "\ud800"),
    *(":x: y", ".. note::", "- ", "EOF", "1s", "v1.2.3"),
]
OUTPUT = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
SHOWN_PIECES = [
    *("a", "b1", "@@word@@", "@@user@@", " ", "...", "<pid>", "<fecha>", "<versión>", "<re:[0-9]+>", "<re:a|b>", "12"),
    *("\\# ", ".", "-", "2026-11-24", "x"),
]
SHOWN = st.one_of(
    st.just("..."), st.just(""), st.lists(st.sampled_from(SHOWN_PIECES), min_size=1, max_size=5).map("".join)
)
OPTIONS = st.sampled_from(
    ["", "   :normalise: pid fecha\n", "   :any-order:\n", "   :any-order:\n   :normalise: pid\n"]
)
COMMANDS = st.sampled_from(["# true", "$ id @@user@@", "# cat <<x\n   @@word@@\n   x", "# a |\n   b", "# x\n   > y"])


def article_text(turns: list[tuple[str, list[str]]], options: str, indent: str) -> str:
    lines = "".join(
        f"   {command}\n" + "".join(f"   {line}\n" if line else "\n" for line in shown) for command, shown in turns
    )
    block = f"{BLOCK}{options}\n{lines}\nAfter it: ñ.  \n"
    # after a paragraph, what is indented is a quotation
    return f"{HEAD}Words.\n\n" + "".join(
        f"{indent}{line}" if line.strip() else line for line in block.splitlines(keepends=True)
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    turns=st.lists(
        st.tuples(COMMANDS, st.lists(SHOWN, min_size=1, max_size=4)).map(lambda turn: (turn[0], turn[1])),
        min_size=1,
        max_size=3,
    ),
    outputs=st.lists(OUTPUT, min_size=3, max_size=3),
    options=OPTIONS,
    indent=st.sampled_from(["", "  "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    open_end=st.booleans(),
)
@example(
    turns=[("# true", ["x", "y"])],
    outputs=["\u2028\n<re:(>\n@@none@@", "", ""],
    options="",
    indent="  ",
    newline="\r\n",
    mark=True,
    open_end=True,
)
@example(
    turns=[("# true", ["...", "..."]), ("# true", ["<pid>"])],
    outputs=["", "\n<pid>", ""],
    options="   :any-order:\n",
    indent="",
    newline="\n",
    mark=False,
    open_end=False,
)
def test_what_is_accepted_matches_and_all_else_stays(  # noqa: PLR0913  (one per dimension)
    *,
    turns: list[tuple[str, list[str]]],
    outputs: list[str],
    options: str,
    indent: str,
    newline: str,
    mark: bool,
    open_end: bool,
) -> None:
    text = article_text(turns, options, indent)
    if open_end:
        text = text[: text.index("After it")].rstrip(" \n")
    source = ("\ufeff" if mark else "") + text.replace("\n", newline)
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        path = write(root, source)
        try:
            article = article_in(root)
        except ArticleError:
            return  # what Hypothesis wrote is no article
        printed = {"a": outputs}
        made = accepted(root, evidence(article, printed))
        after = path.read_bytes().decode()
        if made.refused:
            # only where so little is left that the options would mean nothing
            assert re.search(r"cannot be written here \(“:(any-order|normalise):” ", str(made.refused[0]))
            assert options
            assert after == source
            return
        checked_again(root, printed)
        step = article.steps[0]
        assert isinstance(step, ConsoleStep)
        old, new = (outside(whole, article_in(root) if whole is after else article) for whole in (source, after))
        assert new == old
        assert open_end == (not after.endswith("\n"))
        assert not re.search(r"(?<!\r)\n", after) or newline == "\n"


def outside(text: str, article: Article) -> list[str]:
    """All lines but those of the output."""
    step = article.steps[0]
    assert isinstance(step, ConsoleStep)
    lines = text.splitlines(keepends=True)
    for command in reversed(step.commands):
        start = command.location.line + command.text.count("\n")
        del lines[start : start + len(command.expected)]
    return [line.rstrip("\r\n") for line in lines]
