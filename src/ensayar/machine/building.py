"""The way from a recipe to the files of an image: mmdebstrap, then mke2fs, neither mounted nor as root.

A normal user builds in a user namespace of mmdebstrap's, whose root cannot write to the user's own
directories: the tree is unpacked under a scratch directory in ``/var/tmp`` and the disk is reached
through a file descriptor.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine import scratch, tools
from ensayar.machine.recipe import DISK_SIZE, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KERNEL = "vmlinuz"
INITRD = "initrd.img"
DISK = "disk.raw"
LOG = "build.log"

# Device nodes: a namespace's root may not make them, and the kernel mounts its own /dev before anything looks.
# The inode tables: initialised now, on a sparse file, rather than by a kernel thread in every machine.
_MAKE_DISK = """\
set -eu
mkdir -p "$1/root"
trap 'rm -rf --one-file-system "$1/root"' EXIT
tar --extract --directory="$1/root" --preserve-permissions --numeric-owner --xattrs --xattrs-include='*' \\
    --exclude='./dev/*'
mke2fs -q -F -t ext4 -L root -E lazy_itable_init=0,lazy_journal_init=0 -d "$1/root" "$2"
"""


def programs() -> list[str]:
    """The programs that a build needs."""
    return ["mmdebstrap", "mke2fs", *([] if os.geteuid() == 0 else ["newuidmap"])]


def build(made: Recipe, directory: Path, on_progress: Callable[[str], None]) -> dict[str, str]:
    """Write kernel, initrd and disk into *directory*; the versions of the packages in it.

    :class:`InfrastructureError` with the last lines of the log where a tool fails.
    """
    room = scratch.make(directory)
    overlay, tree, log = directory / "overlay.tar", directory / "tree.tar", directory / LOG
    overlay.write_bytes(made.overlay())
    environment = {**os.environ, "TMPDIR": str(room), "LC_ALL": "C.UTF-8", "PATH": tools.SEARCH_PATH}
    with tree.open("wb") as target:
        call(made.arguments(str(overlay), "-"), environment, log, on_progress, stdout=target)
    packages = _unpack_boot(tree, directory)
    on_progress("making the disk")
    disk = directory / DISK
    disk.touch()
    disk.chmod(0o666)  # reached by the namespace's root through our descriptor, and only for now
    os.truncate(disk, _bytes(DISK_SIZE))
    helper = [] if os.geteuid() == 0 else ["mmdebstrap", "--unshare-helper"]
    with tree.open("rb") as source, disk.open("r+b") as opened:
        number = opened.fileno()
        command = [*helper, "sh", "-c", _MAKE_DISK, "make-disk", str(room), f"/proc/self/fd/{number}"]
        call(command, environment, log, on_progress, stdin=source, pass_fds=(number,))
    disk.chmod(0o644)
    overlay.unlink()
    tree.unlink()
    scratch.clear(directory)
    return packages


@contextmanager
def cleaned_up(directory: Path) -> Iterator[None]:
    """Remove *directory* and its scratch where the body fails or is interrupted."""
    try:
        yield
    except BaseException:
        remove(directory)
        raise


def remove(directory: Path) -> None:
    """Remove what a build wrote, wherever it wrote it."""
    scratch.clear(directory)
    shutil.rmtree(directory, ignore_errors=True)


def call(  # noqa: PLR0913 (a wrapper around Popen has what Popen has)
    command: list[str],
    environment: dict[str, str],
    log: Path,
    on_progress: Callable[[str], None],
    *,
    stdin: object = subprocess.DEVNULL,
    stdout: object = None,
    pass_fds: tuple[int, ...] = (),
) -> None:
    """Run *command* and log what it says; :class:`InfrastructureError` with the last lines where it fails."""
    # mmdebstrap removes its tree on SIGTERM, which it gets if this process ends in whatever way.
    process = subprocess.Popen(
        [*tools.tied_to_parent("TERM"), *command],
        stdin=stdin,  # type: ignore[call-overload]  # typeshed's overloads do not take “object”
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        pass_fds=pass_fds,
    )
    lines: list[str] = []
    try:
        with log.open("a", encoding="utf-8") as written:
            for raw in process.stderr:
                line = raw.decode(errors="replace").rstrip()
                lines.append(line)
                written.write(line + "\n")
                if line.startswith("I: ") and line.endswith("...") and "/" not in line:  # what it does now, not where
                    on_progress(line.removeprefix("I: ").removesuffix("..."))
        status = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        process.stderr.close()
    if status != 0:
        tail = "\n".join(lines[-15:])
        message = f"{command[0]} failed with status {status} while building the image:\n{tail}"
        raise InfrastructureError(message, "if the network was at fault, try again")


def _unpack_boot(tree: Path, directory: Path) -> dict[str, str]:
    packages: dict[str, str] = {}
    with tarfile.open(tree) as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            target = {"boot/vmlinuz-": KERNEL, "boot/initrd.img-": INITRD}.get(name.partition("-")[0] + "-")
            if not member.isfile() or (target is None and name != "var/lib/dpkg/status"):
                continue
            content = archive.extractfile(member)
            if content is None:
                continue
            if target is None:
                packages = _versions(content.read().decode())
            else:
                (directory / target).write_bytes(content.read())
    for name in (KERNEL, INITRD):
        if not (directory / name).is_file():
            message = f"the tree that mmdebstrap made has no {name}"
            raise InfrastructureError(message, "remove the image cache and try again")
    return packages


def _versions(status: str) -> dict[str, str]:
    versions = {}
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if "Package" in fields and "Version" in fields:
            versions[fields["Package"]] = fields["Version"]
    return versions


def _bytes(size: str) -> int:
    return int(size.removesuffix("G")) * 2**30
