"""``deploy.sh`` as it really runs: with bash, as root, in directories of the test's own and with a user of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ensayar import deploy
from ensayar.model import Account, Article, Command, Comparison, ConsoleStep, FileStep, Location, Minimum, Step
from ensayar.parameters import resolve
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Location("posts/a.rst", 1)
USER = "ensayar-test"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="deploy.sh needs root, and useradd for its user")


def article(*steps: Step, login: str = "root", language: str = "en") -> Article:
    return Article("a", "posts/a.rst", language, "debian-13", login, (), (), (), steps, Minimum(0, 0, HERE))


def console(name: str, *commands: tuple[str, str], **options: object) -> ConsoleStep:
    """*commands*: prompt and command, with the output after a line of dashes."""
    made = []
    for prompt, text in commands:
        command, _, output = text.partition("\n---\n")
        made.append(Command(command, Account(prompt), tuple(output.split("\n")) if output else (), HERE))
    fields: dict[str, object] = {
        "timeout": 20.0,
        "wait": None,
        "background": False,
        "output_of": None,
        "expected": (),
        "stop": False,
        "reboot": False,
        "exit_status": 0,
        "caption": "",
    }
    return ConsoleStep(name, HERE, tuple(made), **(fields | options))  # type: ignore[arg-type]  # options are a test's own


def file(name: str, path: Path, content: str, owner: str = "root", mode: int = 0o644) -> FileStep:
    return FileStep(name, HERE, str(path), content, 1, owner, owner, mode, None, "text", "")


@pytest.fixture(scope="session")
def user() -> Iterator[str]:
    """A user who is there for these tests only."""
    made = subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", USER], capture_output=True, check=False)
    if made.returncode not in {0, 9}:  # 9: a run that was killed has left it
        pytest.skip("useradd cannot make a user here")
    yield USER
    subprocess.run(["userdel", "--force", "--remove", USER], capture_output=True, check=False)


@pytest.fixture
def room() -> Iterator[Path]:
    """A directory that every user may enter and write to (``tmp_path`` is root's alone)."""
    path = Path("/var/tmp") / f"ensayar-test-{uuid.uuid4().hex}"  # noqa: S108  (the name is nobody else's)
    path.mkdir()
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def environment(room: Path) -> dict[str, str]:
    scratch = room / "scratch"
    scratch.mkdir(exist_ok=True)
    scratch.chmod(0o711)
    return {"PATH": os.environ["PATH"], "TMPDIR": str(scratch), "HOME": "/root", "ROOM": str(room)}


def start(room: Path, made: Article) -> subprocess.Popen[str]:
    path = room / "deploy.sh"
    path.write_text(deploy.script(made), encoding="utf-8")
    return subprocess.Popen(
        ["bash", str(path)],
        env=environment(room),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes(room: Path) -> list[str]:
    """The command lines of all processes that come from a script run in *room*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            started = b"TMPDIR=" + bytes(room) in (entry / "environ").read_bytes()
            where = (entry / "cwd").readlink()
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if started or where.is_relative_to(room) or str(room) in line:
            found.append(line)
    return found


def finish(room: Path, process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for the end; nothing may be left behind."""
    output, errors = process.communicate(timeout=60)
    assert list((room / "scratch").iterdir()) == []
    deadline = time.monotonic() + 5
    while (left := processes(room)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


@pytest.fixture
def run(room: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the script of an article to its end."""

    def ran(*steps: Step, login: str = "root", language: str = "en") -> subprocess.CompletedProcess[str]:
        return finish(room, start(room, article(*steps, login=login, language=language)))

    return ran


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the article's commands printed."""
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.split("\n") if line and not line.startswith(("== ", "deploy.sh: all"))]


PIECES = [*"ab'\"\\$`(){}<>|&;#*?~!= \n", "EOF", "EOF_", "é", "$HOME", "$(id)", "THE END"]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join)
CONTENTS = [
    "EOF\n",
    "EOF\nEOF_\nEOF__\n",
    "EOF \n EOF\n",
    "$HOME `id` $(id) ${x} \\ \\\\ \\$ 'a' \"b\"\n",
    "\n",
    "\n\n\na\n\n\n",
    "a\\\n",
    "a\\\nb\n",
    "%s %d \\n\n",
    "\r\n",
    "-n\n",
    "año 日本\n",
]


def test_every_kind_of_step_makes_a_clean_script(article: Article) -> None:
    text = deploy.script(resolve(article))
    for tool in (["bash", "-n"], ["shellcheck", "--severity=style", "-"]):
        if shutil.which(tool[0]) is None:
            pytest.fail(f"{tool[0]} is missing; ./dev test installs it")
        done = subprocess.run(tool, input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_hostile_content_makes_a_clean_script(content: str, language: str) -> None:
    made = article(
        file("file", Path("/a b'c"), content),
        console("run", ("#", "cat <<'x'\n" + content + "x"), ("$", "true")),
        console("wait", ("$", "true\n---\n" + content.strip("\n")), wait=3.0),
        console("spy", ("#", "cat <<'x'\n" + content + "x"), background=True),
        console("seen", output_of="spy", expected=tuple(content.split("\n")), stop=True),
        language=language,
    )
    for tool in (["bash", "-n"], ["shellcheck", "-"]):
        done = subprocess.run(tool, input=deploy.script(made), capture_output=True, text=True, check=False)
        # what an article's here-document says to a shell is none of ours, and quoted anyway
        assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_the_script_says_what_made_it_in_the_readers_language() -> None:
    english = deploy.script(article(console("a", ("#", "true"))))
    spanish = deploy.script(article(console("a", ("#", "true")), language="es"))
    assert "Made by “ensayar extract” from posts/a.rst" in english
    assert "Hecho por «ensayar extract» a partir de posts/a.rst" in spanish


@needs_root
def test_both_terminals_keep_their_state(run: Callable[..., subprocess.CompletedProcess[str]], user: str) -> None:
    done = run(
        console("one", ("#", "cd /etc; x=root"), ("$", "cd /usr; x=user; f() { echo f; }")),
        console("two", ("#", 'echo "$x $PWD $(id -un)"'), ("$", 'echo "$x $PWD $(id -un)"; f')),
        login=user,
    )
    assert lines(done) == ["root /etc root", f"user /usr {user}", "f"]


@needs_root
@pytest.mark.parametrize("prompt", ["#", "$"])
def test_an_articles_variables_are_its_own(
    run: Callable[..., subprocess.CompletedProcess[str]], user: str, prompt: str
) -> None:
    names = [
        *("STEP", "SCRATCH", "LOGIN", "EXPECTED", "WAIT", "SEEN", "IN", "OUT", "SU", "SHELLS", "SETTINGS"),
        *("status", "command", "output", "end", "name", "in", "out", "shell", "fd", "pid", "tries", "log", "user"),
    ]
    assignments = "; ".join(f"{name}=x" for name in names)
    shown = " ".join(f"${name}" for name in names)
    done = run(
        console("set", (prompt, assignments)),
        console("echo", (prompt, f"echo {shown}")),
        console("wait", (prompt, f"echo {shown}\n---\n" + " ".join("x" for _ in names)), wait=3.0),
        login=user,
    )
    assert lines(done) == [" ".join("x" for _ in names)] * 2


@needs_root
def test_the_users_terminal_is_a_login(run: Callable[..., subprocess.CompletedProcess[str]], user: str) -> None:
    done = run(
        console("a", ("$", 'pwd; echo "$HOME $USER $LANG $ROOM"; shopt -q login_shell && echo login'), ("#", "pwd")),
        login=user,
    )
    assert lines(done) == [f"/home/{user}", f"/home/{user} {user} C.UTF-8 ", "login", "/root"]


@needs_root
def test_standard_input_is_empty(run: Callable[..., subprocess.CompletedProcess[str]], user: str) -> None:
    assert lines(run(console("a", ("#", "cat; echo a"), ("$", "cat; echo b")), login=user)) == ["a", "b"]


@needs_root
@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_holds_exactly_what_the_article_says(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str, content: str
) -> None:
    path = room / "a b'c$d"
    run(file("file", path, content, user, 0o4750), login=user)
    assert path.read_bytes() == content.encode()
    assert (path.stat().st_mode & 0o7777, path.owner(), path.group()) == (0o4750, user, user)


@needs_root
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE)
@example("EOF")
def test_a_command_is_run_byte_for_byte(room: Path, text: str) -> None:
    # a here-document of the article's that holds anything but its own end
    body = "\n".join(line for line in text.split("\n") if line != "THE END")
    done = finish(room, start(room, article(console("a", ("#", f"cat <<'THE END'\n{body}\nTHE END")))))
    assert (done.returncode, done.stdout) == (0, f"\n== a\n{body}\n\ndeploy.sh: all 1 steps done\n")


@needs_root
def test_the_first_failure_ends_it_with_the_steps_name(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path
) -> None:
    done = run(
        console("good", ("#", "true")),
        console("bad", ("#", f"touch {room}/before"), ("#", "(exit 7)"), ("#", f"touch {room}/after")),
        console("later", ("#", f"touch {room}/later")),
    )
    assert (done.returncode, done.stdout) == (1, "\n== good\n\n== bad\n")
    assert done.stderr == "deploy.sh: step “bad” failed (exit status 7, expected 0)\n"
    assert sorted(path.name for path in room.iterdir()) == ["before", "deploy.sh", "scratch"]


@needs_root
def test_the_failure_is_said_in_spanish(run: Callable[..., subprocess.CompletedProcess[str]], user: str) -> None:
    done = run(console("malo", ("$", "false")), login=user, language="es")
    assert done.returncode == 1
    assert done.stderr == "deploy.sh: falló el paso «malo» (código de salida 1, se esperaba 0)\n"
    assert run(console("bueno", ("$", "true")), language="es").stdout.endswith("\ndeploy.sh: listos los 1 pasos\n")


@needs_root
def test_another_exit_status_is_wanted_of_the_last_command_only(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert run(console("a", ("#", "true"), ("#", "(exit 3)"), exit_status=3)).returncode == 0
    assert "(exit status 0, expected 3)" in run(console("a", ("#", "true"), exit_status=3)).stderr
    assert "(exit status 3, expected 0)" in run(console("a", ("#", "(exit 3)"), ("#", "true"), exit_status=3)).stderr


@needs_root
@pytest.mark.parametrize("prompt", ["#", "$"])
def test_a_shell_that_ends_is_opened_anew(
    run: Callable[..., subprocess.CompletedProcess[str]], user: str, prompt: str
) -> None:
    done = run(
        console("leave", (prompt, "x=1"), (prompt, "exit 5"), exit_status=5),
        console("again", (prompt, "echo ${x:-new}")),
        login=user,
    )
    assert lines(done) == ["new"]


@needs_root
def test_a_user_who_is_not_there_fails_the_step(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(console("a", ("$", "true")), login="nobody-at-all")
    assert done.returncode == 1
    assert "step “a” failed" in done.stderr


@needs_root
def test_a_missing_directory_and_an_unknown_owner_fail_the_step(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path
) -> None:
    assert "step “a” failed" in run(file("a", room / "no" / "a", "x\n")).stderr
    assert "step “a” failed" in run(file("a", room / "a", "x\n", "nobody-at-all")).stderr


@needs_root
@pytest.mark.parametrize("prompt", ["#", "$"])
@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("printf ok", "ok"),
        ("printf 'ok  \\n\\n\\n'", "ok"),
        ("printf 'a\\r\\nb\\n'", "a\nb"),
        ("echo 'pid 12 (x) [y]'", "pid <pid> (x) [y]"),
        ("echo a; echo b >&2; echo c", "a\n...\nc"),
        ("printf 'a\\n\\nb\\n'", "a\n\nb"),
        ("true", "..."),
        ("printf 'a\\0b\\n'", "ab"),
        ("cat <<E\n a' \"b\nE", " a' \"b"),
        ("echo x # comment", "x"),
    ],
)
def test_to_wait_ends_when_the_output_is_right(
    run: Callable[..., subprocess.CompletedProcess[str]], user: str, prompt: str, command: str, shown: str
) -> None:
    started = time.monotonic()
    done = run(console("a", (prompt, f"{command}\n---\n{shown}"), wait=9.0), login=user)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - started < 5


@needs_root
@pytest.mark.parametrize(
    ("command", "shown", "comparison"),
    [
        ("echo commit 1a6b516", "commit <re:[0-9a-f]{7,40}>", Comparison()),
        ("""printf '%s\\n' "it's" 'b\\c' '>'""", "<re:[^b]+>\nb\\c\n<re:\\>>", Comparison()),
        ("printf '%s\\n' c 7 a", "a\n<pid>\nc", Comparison(any_order=True)),
        ("printf '%s\\n' c 7 a x y", "a\n...\n<re:[0-9]>", Comparison(any_order=True)),
        ("echo 2026-11-24 pid 7", "2026-11-23 pid 9", Comparison(("pid", "date"))),
    ],
    ids=["expression", "quotes", "any-order", "any-order-and-more", "values"],
)
def test_it_compares_as_the_rehearsal_does(
    run: Callable[..., subprocess.CompletedProcess[str]], command: str, shown: str, comparison: Comparison
) -> None:
    done = run(console("a", ("#", f"{command}\n---\n{shown}"), wait=9.0, comparison=comparison))
    assert (done.returncode, done.stderr) == (0, "")
    done = run(console("a", ("#", f"{command}; echo more\n---\n{shown}x"), wait=0.5, comparison=comparison))
    assert (done.returncode, done.stderr) == (1, "deploy.sh: step “a”: waited 1 s in vain\n")


@needs_root
def test_to_wait_tries_again(run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str) -> None:
    command = f"echo x >> {room}/tries; wc -l < {room}/tries"
    assert lines(run(console("a", ("$", f"{command}\n---\n2"), wait=9.0), login=user)) == ["2"]


@needs_root
def test_to_wait_in_vain_shows_what_was_seen(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(console("a", ("#", "echo other\n---\nready"), wait=0.5))
    assert (done.returncode, done.stdout) == (1, "\n== a\nother\n")
    assert done.stderr == "deploy.sh: step “a”: waited 1 s in vain\n"
    spanish = run(console("a", ("#", "echo otra\n---\nlista"), wait=0.5), language="es")
    assert spanish.stderr == "deploy.sh: paso «a»: esperé 1 s en vano\n"


@needs_root
@pytest.mark.parametrize("prompt", ["#", "$"])
def test_a_background_command_runs_beside_until_it_is_stopped(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str, prompt: str
) -> None:
    # Ctrl-C reaches the shell and what it runs, as it does in a terminal
    spy = f"trap 'echo stopped; echo stopped > {room}/stopped; exit' INT; pwd; id -un; while :; do sleep 0.1; done"
    who = user if prompt == "$" else "root"
    done = run(
        console("go", (prompt, f"cd {room}")),
        console("spy", (prompt, spy), background=True),
        console("meanwhile", (prompt, "echo meanwhile")),
        console("seen", output_of="spy", expected=(str(room), "..."), wait=9.0, stop=True),
        console("after", ("#", f"cat {room}/stopped")),
        login=user,
    )
    assert lines(done) == ["meanwhile", str(room), who, "stopped"]


@needs_root
@pytest.mark.parametrize("prompt", ["#", "$"])
def test_ctrl_c_ends_a_program_that_knows_nothing_of_it(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str, prompt: str
) -> None:
    done = run(
        console("spy", (prompt, f"echo on; tail -f {room}/deploy.sh > {room}/out; echo not reached"), background=True),
        console("seen", output_of="spy", expected=("on",), wait=5.0, stop=True),
        login=user,
    )
    assert lines(done) == ["on"]


@needs_root
def test_what_runs_in_the_background_ends_with_the_script(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str
) -> None:
    done = run(
        console("one", ("$", f"exec tail -f {room}/deploy.sh"), background=True),
        console("two", ("#", f"tail -f {room}/deploy.sh | cat"), background=True),
        console("three", ("$", f"tail -f {room}/deploy.sh > /dev/null &")),
        login=user,
    )
    assert done.returncode == 0  # and finish() found no process


@needs_root
def test_output_that_never_comes_fails_the_step(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(
        console("spy", ("#", "echo other; sleep 60"), background=True),
        console("seen", output_of="spy", expected=("this",), wait=1.0),
    )
    assert (done.returncode, done.stdout) == (1, "\n== spy\n\n== seen\nother\n")
    assert done.stderr == "deploy.sh: step “seen”: waited 1 s in vain\n"


@needs_root
def test_where_the_article_restarts_the_terminals_begin_anew(
    run: Callable[..., subprocess.CompletedProcess[str]], room: Path, user: str
) -> None:
    done = run(
        console("before", ("#", "x=1; cd /etc"), ("$", "x=1")),
        console("spy", ("#", f"exec tail -f {room}/deploy.sh"), background=True),
        console("restart", ("#", "echo sync"), ("#", f"touch {room}/restarted"), reboot=True),
        console("after", ("#", 'echo "${x:-new} $PWD"'), ("$", 'echo "${x:-new}"')),
        login=user,
    )
    assert lines(done) == ["sync", "new /root", "new"]
    assert not (room / "restarted").exists()


@needs_root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("prompt", ["#", "$"])
def test_a_signal_ends_it_and_leaves_nothing(room: Path, user: str, number: signal.Signals, prompt: str) -> None:
    process = start(
        room,
        article(
            console("spy", (prompt, f"exec tail -f {room}/deploy.sh"), background=True),
            console("long", (prompt, "echo here; exec sleep 60")),
            console("never", ("#", f"touch {room}/never")),
            login=user,
        ),
    )
    assert process.stdout is not None
    while (line := process.stdout.readline()) != "here\n":
        assert line
    started = time.monotonic()
    process.send_signal(number)
    done = finish(room, process)
    assert done.returncode == 130
    assert time.monotonic() - started < 10
    assert not (room / "never").exists()


@needs_root
def test_only_root_runs_it(room: Path, user: str) -> None:
    path = room / "deploy.sh"
    path.write_text(deploy.script(article(console("a", ("#", "true")))), encoding="utf-8")
    done = subprocess.run(["bash", str(path)], user=user, capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "deploy.sh: must be run as root\n")


@needs_root
def test_an_article_as_it_is_written_becomes_what_it_says(room: Path, user: str, tmp_path: Path) -> None:
    path = tmp_path / "posts" / "a.rst"
    path.parent.mkdir()
    path.write_text(
        f"""\
.. rehearse::
   :platform: debian-13
   :login: @@user@@
   :language: es

.. parameter:: user
   :default: {user}

.. code-block:: console
   :name: directorio

   # install --directory --owner @@user@@ {room}/sitio
   $ cd {room}/sitio && pwd
   {room}/sitio

.. code-block:: python
   :name: programa
   :file: {room}/sitio/hola.py
   :owner: @@user@@
   :mode: 0755

   #!/usr/bin/env python3
   print('¡Hola, "$USER"!')

.. code-block:: console
   :name: correr
   :exit-status: 1

   $ ./hola.py > salida
   $ grep -c chau salida
   0
""",
        encoding="utf-8",
    )
    found = parse(path, root=tmp_path)
    assert found is not None
    done = finish(room, start(room, resolve(found)))
    assert (done.returncode, done.stderr) == (0, "")
    assert (room / "sitio" / "salida").read_text(encoding="utf-8") == '¡Hola, "$USER"!\n'
    assert (room / "sitio" / "salida").owner() == user
