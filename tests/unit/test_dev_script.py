"""./dev, in small projects of its own: an empty lock and a build backend of twenty lines stand for the real ones,
the script, the virtual environments and the processes are real.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "dev").read_text(encoding="utf-8")

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "small"
version = "1"
"""

# PEP 517 and 660 with nothing to fetch.
BACKEND = """\
import zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "small-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("small.py", "answer = 42\\n")
        wheel.writestr("small-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr("small-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.dist-info/RECORD", "")
    return name
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "a project"  # a blank: quoting is part of the deal
    directory.mkdir()
    shutil.copy2(ROOT / "dev", directory)
    (directory / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (directory / "backend.py").write_text(BACKEND, encoding="utf-8")
    (directory / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    return directory


def dev(project: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        [project / "dev", *arguments],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


ANSWER = ("python", "-c", "import small; print(small.answer)")


def test_help_names_every_verb() -> None:
    verbs = set(re.findall(r"^([a-z-]+)\)$", SCRIPT, re.MULTILINE))
    listed = dev(ROOT, "help").stdout
    assert verbs | {"help"} == set(re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE))


def test_without_a_verb_it_helps(project: Path) -> None:
    assert dev(project).stdout == dev(project, "--help").stdout


def test_an_unknown_verb_is_refused(project: Path) -> None:
    done = dev(project, "reherse")
    assert done.returncode == 2
    assert "unknown verb: reherse" in done.stderr


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="./dev test installs shellcheck")
def test_shellcheck_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["shellcheck", "--shell=sh", "dev", ".ci/run"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.stdout == ""


def test_the_environment_is_made_once(project: Path) -> None:
    first = dev(project, *ANSWER)
    assert first.stdout.splitlines()[-1] == "42", first.stderr
    assert "making .venv" in first.stdout
    made = (project / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert dev(project, *ANSWER).stdout == "42\n"
    assert (project / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made

    (project / "requirements.lock").write_text("# something else\n", encoding="utf-8")
    assert "making .venv" in dev(project, *ANSWER).stdout
    assert (project / ".venv" / "pyvenv.cfg").stat().st_mtime_ns > made


def test_a_half_made_environment_is_never_used(project: Path) -> None:
    process = subprocess.Popen(
        [project / "dev", *ANSWER], cwd=project, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (project / ".venv" / "bin" / "python").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (project / ".venv" / "bin" / "python").exists()

    done = dev(project, *ANSWER)
    assert "making .venv" in done.stdout
    assert done.stdout.splitlines()[-1] == "42", done.stderr


def test_two_at_once_make_one_environment(project: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: dev(project, *ANSWER), range(2)))
    assert [done.stdout.splitlines()[-1] for done in both] == ["42", "42"], [done.stderr for done in both]
    assert sum("making .venv" in done.stdout for done in both) == 1


def test_an_environment_variable_of_the_person_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "small.py").write_text("answer = 0\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(project / "elsewhere"))
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(project / "target"))
    done = dev(project, "python", "-c", "import small; assert small.answer == 42; assert __debug__; print('well')")
    assert done.stdout.splitlines()[-1] == "well", done.stderr


LIGHTHOUSE = ("node", "npm", "chromium", "qemu-system-x86_64", "qemu-img", "mmdebstrap", "ssh", "zstd")


@pytest.mark.skipif(not all(map(shutil.which, LIGHTHOUSE)), reason="./dev test installs them")
def test_lighthouse_is_installed_where_it_is_asked_for_and_never_used_half_made(project: Path) -> None:
    folder = project / "tests" / "visit"
    for path, text in (
        (folder / "package.json", '{"name": "small", "version": "1.0.0"}'),
        (
            folder / "package-lock.json",
            '{"lockfileVersion": 3, "packages": {"": {"name": "small", "version": "1.0.0"}}}',
        ),
        (project / "tests" / "bench" / "__main__.py", "print('measured')"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def installed(*sections: str) -> bool:
        done = dev(project, "bench", *sections)
        assert done.stdout.splitlines()[-1] == "measured", done.stderr
        return "· Lighthouse: " in done.stdout

    assert not installed("--only", "a,g")
    assert not (project / ".dev" / "lighthouse").exists()
    assert installed("--only", "i")
    assert not installed("--only=g,i")
    assert not installed()
    half = project / ".dev" / "lighthouse" / "half"
    half.touch()
    half.with_name(".from").unlink()  # as an interrupted one leaves it
    assert not installed("--only", "g")
    assert installed("--only", "i")
    assert not half.exists()
    (folder / "package.json").write_text('{"name": "small", "version": "1.0.0", "private": true}', encoding="utf-8")
    assert installed("--only", "i")


def test_charts_are_drawn_without_a_machine(project: Path) -> None:
    program = project / "tests" / "stacks" / "charts.py"
    program.parent.mkdir(parents=True)
    program.write_text("print('drawn')", encoding="utf-8")
    done = dev(project, "bench-stacks", "charts", path=path_without(project, "qemu-system-x86_64", "hey", "apt-get"))
    assert done.stdout.splitlines()[-1] == "drawn", done.stderr


STALE = "posts/a.rst:3: step “b”: it has changed since the rehearsal of 2026-11-23; rehearse it: ./dev ensayar rehearse"
NIKOLA = """\
#!/bin/sh
echo "nikola $*" >>said
[ "$1" = build ] || exit 0
echo ".  render_pages:output/a/index.html"
echo "{line}" >&2
exit {status}
"""


def with_nikola(project: Path, status: int, line: str) -> None:
    """The environment of *project*, with a nikola of our own in it."""
    assert dev(project, *ANSWER).returncode == 0
    nikola = project / ".venv" / "bin" / "nikola"
    nikola.write_text(NIKOLA.format(status=status, line=line), encoding="utf-8")
    nikola.chmod(0o755)


def said(project: Path) -> list[str]:
    return (project / "said").read_text(encoding="utf-8").splitlines()


def test_a_site_that_is_stale_can_be_looked_at_and_not_be_published(project: Path) -> None:
    with_nikola(project, 5, STALE)
    done = dev(project, "serve", "8123")
    assert done.returncode == 0, done.stderr
    assert done.stderr == STALE + "\n"
    assert "· http://127.0.0.1:8123/ (Ctrl-C stops it)\n" in done.stdout
    assert said(project) == ["nikola build --strict --invariant", "nikola serve --address 127.0.0.1 --port 8123"]
    done = dev(project, "site")
    assert done.returncode == 5
    assert done.stderr == STALE + "\n./dev: site: built, but not as it was rehearsed\n"


@pytest.mark.parametrize("verb", ["serve", "site"])
def test_a_site_that_cannot_be_built_is_not_shown(project: Path, verb: str) -> None:
    with_nikola(project, 2, "posts/a.rst:3: unknown option")
    done = dev(project, verb)
    assert done.returncode == 2
    assert "posts/a.rst:3: unknown option\n./dev: site: failed after" in done.stderr
    assert said(project) == ["nikola build --strict --invariant"]


def test_a_site_that_is_as_it_was_rehearsed_is_published(project: Path) -> None:
    with_nikola(project, 0, "Scanning posts..done!")
    done = dev(project, "site")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^· site: \d+ s\n· output/$", done.stdout, re.MULTILINE)


def path_without(project: Path, *missing: str) -> str:
    """A PATH with all commands of this one but *missing*."""
    directory = project / "bin"
    directory.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for command in Path(place).iterdir() if Path(place).is_dir() else ():
            link = directory / command.name
            if command.name not in missing and not link.is_symlink():
                link.symlink_to(command)
    # A shim would look for the real one along the PATH, and an interpreter in a home is not for every user.
    interpreter = Path("/usr/bin/python3") if Path("/usr/bin/python3").exists() else Path(sys.executable)
    for name in ("python3", "python"):
        (directory / name).unlink(missing_ok=True)
        (directory / name).symlink_to(interpreter)
    return str(directory)


def test_where_there_is_no_apt_it_says_what_to_install(project: Path) -> None:
    path = path_without(project, "apt-get", "mmdebstrap", "qemu-img")
    if any(shutil.which(name, path="/usr/sbin:/sbin") for name in ("mmdebstrap", "qemu-img")):
        pytest.skip("this system has them in /usr/sbin, which ./dev looks into")
    done = dev(project, "rehearse", path=path)
    assert done.returncode == 4
    assert re.search(r"not a Debian system.*\n.*: qemu-utils mmdebstrap", done.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_user_who_may_not_install_gets_the_command_to_type(project: Path) -> None:
    nobody = 65534
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shutil.copy2(project / "dev", place)
        path = path_without(place, "mmdebstrap", "sudo")
        for entry in (place, *place.rglob("*")):
            os.chown(entry, nobody, nobody, follow_symlinks=False)
        done = subprocess.run(
            [place / "dev", "rehearse"],
            cwd=place,
            env={"PATH": path},
            user=nobody,
            group=nobody,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 4
    assert re.search(
        "may not install them.*\n.*apt-get install --yes --no-install-recommends .*mmdebstrap", done.stderr
    )
