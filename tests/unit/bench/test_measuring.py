"""How the benchmark measures, as far as that needs no machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench import extraction, loop, peer, site, surroundings
from bench.place import made, run
from ensayar import deploy
from ensayar.errors import ArticleError
from ensayar.machine import accelerator, image
from ensayar.project import Project
from ensayar.publish.page import load_page
from ensayar.verdict import Standing

ROOT = Path(__file__).parents[3]
SAMPLE = (ROOT / "docs" / "examples" / "saludo.rst").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "posts").mkdir(parents=True)
    (root / "tests" / "deployment").mkdir(parents=True)
    (root / "posts" / "saludo.rst").write_text(SAMPLE, encoding="utf-8")
    (root / "pyproject.toml").write_text("", encoding="utf-8")
    monkeypatch.setenv("ENSAYAR_CACHE", str(tmp_path / "cache"))
    return root


def silent(_line: str) -> None:
    """Say nothing."""


def test_docutils_alone_understands_every_article() -> None:
    extraction.parse_alone([SAMPLE, *(path.read_text(encoding="utf-8") for path in Project(ROOT).articles())])


def test_docutils_alone_is_not_measured_on_what_it_does_not_understand() -> None:
    with pytest.raises(AssertionError, match="understand"):
        extraction.parse_alone([".. no-such-directive::\n\n   text\n"])


def test_extraction_is_measured_on_whole_deployments(tmp_path: Path) -> None:
    paths = extraction.copies(SAMPLE, "uno", 3, tmp_path)
    extraction.extract_all(paths, tmp_path, tmp_path / "tutorial")
    assert sorted(path.parent.name for path in (tmp_path / "tutorial").glob("*/deploy.sh")) == [
        "uno-0",
        "uno-1",
        "uno-2",
    ]


def test_extraction_of_what_is_no_article_is_not_measured(tmp_path: Path) -> None:
    paths = extraction.copies(SAMPLE.replace(":mode:", ":modo:"), "mal", 1, tmp_path)
    with pytest.raises(ArticleError):
        extraction.extract_all(paths, tmp_path, tmp_path / "tutorial")


def test_each_number_of_articles_is_held_to_both_bounds(tmp_path: Path) -> None:
    figures = list(extraction.one_of("it", SAMPLE, (1, 2, 4), tmp_path, silent))
    assert [figure.bound for figure in figures] == [None, 2.0] * 3 + [extraction.LINEAR]


def test_the_articles_of_a_site_that_is_made_up_are_rehearsed_and_all_different(tmp_path: Path) -> None:
    made_up = site.make(tmp_path / "site", ROOT, 3)
    pages = [load_page(path, root=made_up.root, language="es") for path in Project(made_up.root).articles()]
    assert [page.article.slug for page in pages if page] == [site.slug(number) for number in range(3)]
    assert {verdict.standing for page in pages if page for verdict in page.verdicts.values()} == {Standing.VERIFIED}
    texts = [{block for block in site.text(number).split("\n\n") if block.count(" ") == 39} for number in range(3)]
    assert all(len(text) == 3 for text in texts)
    assert not texts[0] & texts[1] | texts[1] & texts[2]
    assert site.text(1) == site.text(1)


def test_the_copy_is_edited_and_the_project_is_not(project: Path) -> None:
    with made(project, "posts/saludo.rst", silent) as place:
        assert place.post.read_text(encoding="utf-8") == SAMPLE
        with place.edited("saludar", "bench 7"):
            first = place.article.step("saludar")
            assert [command.text for command in first.commands] == ["saludo # bench 7", "date +%Y"]  # type: ignore[union-attr]  # a console step
        assert place.post.read_text(encoding="utf-8") == SAMPLE
    assert (project / "posts" / "saludo.rst").read_text(encoding="utf-8") == SAMPLE
    assert not place.root.exists()


def test_a_copy_that_is_kept_is_found_again(project: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with made(project, "posts/saludo.rst", silent, tmp_path / "kept") as place:
            assert place.root == tmp_path / "kept" / "project"
        (project / "posts" / "saludo.rst").write_text("something else", encoding="utf-8")
    assert place.post.read_text(encoding="utf-8") == SAMPLE


def test_only_what_a_comment_leaves_alone_is_edited(project: Path) -> None:
    with made(project, "posts/saludo.rst", silent) as place, pytest.raises(RuntimeError, match=r"saludo\.rst:19"):
        loop._edits(place, 0, 1)  # noqa: SLF001  (the first step writes a file)


def test_commands_run_without_what_changes_how_python_starts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with made(project, "posts/saludo.rst", silent) as place:
        assert "PYTHONDONTWRITEBYTECODE" not in place.environment()
        assert place.environment()["ENSAYAR_CACHE"] == str(place.cache)


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)sh ended with 3:.*because"):
        run(["sh", "-c", "echo because; exit 3"], tmp_path, os.environ)


def test_a_command_takes_as_long_as_it_takes(tmp_path: Path) -> None:
    assert 0.4 <= run(["sleep", "0.4"], tmp_path, os.environ) < 10


def test_ctrl_c_reaches_the_command_and_waits_for_its_end(tmp_path: Path) -> None:
    script = "trap 'sleep 0.3; echo tidy >ended; exit 130' INT; touch started; while :; do sleep 0.1; done"

    def interrupt() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # where the wait is

    def ring(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, ring)
    helper = threading.Thread(target=interrupt)
    helper.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(["env", "--default-signal=INT", "sh", "-c", script], tmp_path, os.environ)
    finally:
        helper.join()
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "ended").read_text(encoding="utf-8") == "tidy\n"


def test_the_peers_package_runs_the_script_and_restarts(project: Path, tmp_path: Path) -> None:
    with made(project, "posts/saludo.rst", silent) as place:
        peer.write_package(place.article, tmp_path / "package", "an edit")
        script = deploy.script(place.article)
    tests = tmp_path / "package" / "debian" / "tests"
    assert (tests / "deploy.sh").read_text(encoding="utf-8") == f"{script}# an edit\n"
    assert os.access(tests / "deployment", os.X_OK)
    (tests / "deploy.sh").write_text("exit 5", encoding="utf-8")
    failed = subprocess.run([tests / "deployment"], check=False, env={"PATH": os.environ["PATH"]})
    assert failed.returncode == 5
    after = subprocess.run([tests / "deployment"], check=False, env={**os.environ, "AUTOPKGTEST_REBOOT_MARK": "done"})
    assert after.returncode == 0


def test_the_peers_qemu_has_our_accelerator_and_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "qemu-system-x86_64"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(image, "ensure", lambda _say: None)
    monkeypatch.setattr(accelerator, "choose", lambda _image: accelerator.Accelerator("tcg", ""))
    peer.write_qemu(tmp_path / "an image", tmp_path / "wrapper")
    command = [str(tmp_path / "wrapper"), "-m", "512", "-enable-kvm", "-cpu", "kvm64,+vmx", "-smp", "2"]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert "-enable-kvm" not in words
    assert words[words.index("-cpu") + 1] == "max"
    assert words.count("-cpu") == 1
    assert words[-4:] == ["-m", "512", "-smp", "2"]
    assert words[words.index("-kernel") + 1] == str(tmp_path / "an image" / "vmlinuz")


def test_the_machine_is_described_without_name_or_place(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("./dev test installs QEMU")
    monkeypatch.setattr(image, "ensure", lambda _say: None)
    monkeypatch.setattr(accelerator, "choose", lambda _image: accelerator.Accelerator("tcg", "no other"))
    said = surroundings.machine(silent)
    assert list(said)[:3] == ["Processor", "Memory", "System"]
    assert said["Accelerator"] == "tcg (emulation)"
    text = " ".join(said.values())
    assert os.uname().nodename not in text.split()
    assert not re.search(r"(^| )/", text)


def test_a_wrong_section_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "a,z"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
    )
    assert done.returncode == 2
    assert "z: there is a, b, c, d, e, f, g" in done.stderr
