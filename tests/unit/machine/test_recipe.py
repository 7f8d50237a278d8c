"""The recipe's digest names the image, so that it has to change with everything that changes the image."""

from __future__ import annotations

import dataclasses
import io
import tarfile

import pytest

from ensayar.errors import UsageError
from ensayar.machine import recipe as module
from ensayar.machine.recipe import Recipe, recipe

PLAIN = Recipe(platform="debian-13", suite="trixie", mirror="", authorities=())
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def test_equal_recipes_have_equal_digests() -> None:
    assert dataclasses.replace(PLAIN).digest == PLAIN.digest


@pytest.mark.parametrize(
    "change", [{"suite": "forky"}, {"mirror": "http://mirror.example/debian"}, {"authorities": (("a" * 64, PEM),)}]
)
def test_what_changes_the_image_changes_the_digest(change: dict[str, object]) -> None:
    assert dataclasses.replace(PLAIN, **change).digest != PLAIN.digest  # type: ignore[arg-type]  # the cases fit


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"suite": "forky"}, False),
        ({"mirror": "http://mirror.example/debian"}, True),
        ({"authorities": (("a" * 64, PEM),)}, True),
    ],
)
def test_what_a_host_lends_does_not_change_the_essence(change: dict[str, object], *, same: bool) -> None:
    other = dataclasses.replace(PLAIN, **change)  # type: ignore[arg-type]  # the cases fit
    assert (other.essence == PLAIN.essence) is same
    assert other.digest != PLAIN.digest


@pytest.mark.parametrize("constant", ["VERSION", "_PACKAGES", "_OPTIONS", "_FILES", "_MASKED", "_LAST", "DISK_SIZE"])
def test_each_ingredient_counts(constant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = PLAIN.digest
    value = getattr(module, constant)
    other = {int: 99, tuple: (), dict: {}, str: "99G"}[type(value)]
    essence = PLAIN.essence
    monkeypatch.setattr(module, constant, other)
    assert PLAIN.digest != before
    assert PLAIN.essence != essence


def test_the_overlay_is_owned_by_root_and_the_same_each_time() -> None:
    made = dataclasses.replace(PLAIN, authorities=(("c" * 64, PEM),))
    assert made.overlay() == made.overlay()
    with tarfile.open(fileobj=io.BytesIO(made.overlay())) as archive:
        members = {member.name: member for member in archive}
        assert {(member.uid, member.gid, member.mtime) for member in members.values()} == {(0, 0, 0)}
        sshd = archive.extractfile("etc/ssh/sshd_config.d/10-ensayar.conf")
        assert sshd is not None
        assert b"PasswordAuthentication no\n" in sshd.read()
        authority = archive.extractfile("usr/local/share/ca-certificates/ensayar-cccccccccccccccc.crt")
        assert authority is not None
        assert authority.read().decode() == PEM


def test_no_mirror_is_named_unless_the_host_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENSAYAR_APT_MIRROR", raising=False)
    assert recipe("debian-13").arguments("overlay.tar", "-")[-2:] == ["trixie", "-"]
    monkeypatch.setenv("ENSAYAR_APT_MIRROR", "http://mirror.example/debian")
    assert recipe("debian-13").arguments("overlay.tar", "-")[-1] == "http://mirror.example/debian"


def test_an_unknown_platform_is_a_mistake_of_the_user() -> None:
    with pytest.raises(UsageError, match="“debian-1”; there is: debian-13"):
        recipe("debian-1")
