"""(e) The same deployment under Debian's autopkgtest with its QEMU runner, cold and after an edit.

autopkgtest tests a source package; ours has no sources, and one test that runs ``deploy.sh`` and restarts the machine.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import peer_image
from bench.model import Figure, ratio, seconds
from bench.place import run
from ensayar import deploy
from ensayar.machine import accelerator, building, image
from ensayar.machine.launch import default_hardware
from ensayar.machine.paths import cache_directory

if TYPE_CHECKING:
    from bench.place import Place
    from ensayar.model import Article

PROGRAM = "autopkgtest"
_RESTART_SECONDS = 600

# Where /dev/kvm exists, the runner takes it for granted; the accelerator that works here is ours to say, and so are
# the kernel and its command line, because the disk has no boot loader.
_QEMU = """\
#!/bin/sh
skip=
for word; do
    shift
    if [ "$skip" ]; then
        skip=
        continue
    fi
    case $word in
    -enable-kvm) continue ;;
    -cpu)
        skip=yes
        continue
        ;;
    esac
    set -- "$@" "$word"
done
exec {command} "$@"
"""
_CONTROL = """\
Source: deployment
Section: misc
Priority: optional
Maintainer: nobody <nobody@example.org>
Standards-Version: 4.7.0

Package: deployment
Architecture: all
Description: a deployment
"""
_CHANGELOG = """\
deployment (1) unstable; urgency=medium

  * A deployment.

 -- nobody <nobody@example.org>  Tue, 24 Nov 2026 12:00:00 +0000
"""
_TESTS = "Tests: deployment\nDepends:\nRestrictions: needs-root, isolation-machine, needs-reboot, allow-stderr\n"
_TEST = """\
#!/bin/sh
set -eu
[ -z "${AUTOPKGTEST_REBOOT_MARK-}" ] || exit 0
bash "$(dirname "$0")/deploy.sh"
/tmp/autopkgtest-reboot done # not by exec: it looks for this script among its own ancestors
"""


def write_package(article: Article, directory: Path, mark: str) -> None:
    """The source package; *mark* ends up in a comment of the script, as an edit would."""
    tests = directory / "debian" / "tests"
    tests.mkdir(parents=True, exist_ok=True)
    texts = {
        directory / "debian" / "control": _CONTROL,
        directory / "debian" / "changelog": _CHANGELOG,
        tests / "control": _TESTS,
        tests / "deployment": _TEST,
        tests / "deploy.sh": f"{deploy.script(article)}# {mark}\n",
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    (tests / "deployment").chmod(0o755)


def write_qemu(images: Path, path: Path) -> None:
    """The program that the runner takes for QEMU."""
    ours = image.ensure(lambda _line: None)  # a kernel to try accelerators with
    chosen = accelerator.choose(ours)
    command = [
        accelerator.QEMU,
        *chosen.arguments(),
        *("-kernel", str(images / building.KERNEL), "-initrd", str(images / building.INITRD)),
        *("-append", "root=/dev/vda rw console=ttyS0 mitigations=off quiet"),
    ]
    path.write_text(_QEMU.format(command=shlex.join(command)), encoding="utf-8")
    path.chmod(0o755)


def _test(place: Place, article: Article, images: Path, directory: Path, mark: str) -> float:
    package, program = directory / "package", directory / "qemu-system-x86_64"
    write_package(article, package, mark)
    write_qemu(images, program)
    hardware = default_hardware()
    output = directory / "output"
    shutil.rmtree(output, ignore_errors=True)
    command = [
        PROGRAM,
        *("--no-built-binaries", "--output-dir", str(output), "--timeout-factor=3", f"{package}/"),
        "--",
        *("qemu", f"--qemu-command={program}", f"--timeout-reboot={_RESTART_SECONDS}"),
        *(f"--cpus={hardware.cpus}", f"--ram-size={hardware.memory}", f"--overlay-dir={directory}"),
        str(images / building.DISK),
    ]
    elapsed = run(command, directory, {**place.environment(), "PYTHONUNBUFFERED": "1"})
    place.say(f"autopkgtest, {mark}: {elapsed:.0f} s")
    return elapsed


def figures(place: Place, article: Article, ours: tuple[float, float] | None) -> list[Figure]:
    """*ours*: seconds that our rehearsal took in this run, cold and after an edit of the last step."""
    with tempfile.TemporaryDirectory(prefix="bench-peer-", dir=cache_directory()) as name:
        directory = Path(name)
        images = directory / "image"
        images.mkdir()
        place.say("building an image for autopkgtest (one to two minutes)")
        peer_image.build(images, place.say)
        cold = _test(place, article, images, directory, "cold")
        again = _test(place, article, images, directory, "after an edit")
    found = [
        seconds("autopkgtest, cold: the deployment, without checks", [cold]),
        seconds("autopkgtest, after an edit of the last step", [again]),
    ]
    if ours is not None:
        found += [
            ratio("ensayar, with checks ÷ autopkgtest, cold", ours[0] / cold),
            ratio("ensayar, with checks ÷ autopkgtest, after an edit of the last step", ours[1] / again),
        ]
    return found
