"""What differs between two inventories, and how it is told; :mod:`machine.test_inventory` takes them of a machine."""

from __future__ import annotations

from ensayar.inventory import KINDS, Change, Inventory, compare, lines


def made(**kinds: dict[str, str]) -> Inventory:
    return {kind: kinds.get(kind, {}) for kind in KINDS}


def told(before: Inventory, after: Inventory) -> list[str]:
    return list(lines(compare(before, after)))


def test_nothing_differs_from_itself() -> None:
    one = made(files={"/a": "f 644 root:root 3 1.0 "}, packages={"nginx": "1.26"})
    assert compare(one, one) == ()


def test_files_are_told_with_what_a_check_would_look_at() -> None:
    before = made(
        files={"/a": "f 644 root:root 3 1.0 ", "/b": "f 644 root:root 3 1.0 ", "/gone": "d 755 root:root 0 1 "}
    )
    after = made(
        files={
            "/a": "f 640 root:muro 5 2.0 ",
            "/b": "f 644 root:root 3 2.0 ",
            "/etc/enabled": "l 777 root:root 4 1.0 /etc/available name",
            "/run/web.sock": "s 770 muro:www-data 0 - ",
        }
    )
    assert told(before, after) == [
        "files:",
        "  ~ /a  file 644 root:root 3 bytes → file 640 root:muro 5 bytes",
        "  ~ /b  file 644 root:root 3 bytes (content)",
        "  + /etc/enabled  link 777 root:root → /etc/available name",
        "  - /gone  directory 755 root:root",
        "  + /run/web.sock  socket 770 muro:www-data",
    ]


def test_a_directory_changes_with_its_mode_and_owner_not_with_what_is_in_it() -> None:
    before = made(files={"/d": "d 755 root:root 4096 1.0 "})
    assert compare(before, made(files={"/d": "d 755 root:root 8192 2.0 "})) == ()
    assert [change.sign for change in compare(before, made(files={"/d": "d 750 root:root 4096 1.0 "}))] == ["~"]


def test_many_files_in_one_place_are_counted() -> None:
    after = made(files={f"/usr/share/doc/nginx/{n}": "f 644 root:root 3 1.0 " for n in range(13)})
    assert told(made(), after) == ["files:", "  + /usr/share/doc/…  13 files"]


def test_other_kinds_say_what_they_were_and_are() -> None:
    before = made(units={"muro.service": "inactive dead"}, packages={"curl": "8.14"})
    after = made(
        units={"muro.service": "active running"},
        sockets={"tcp 0.0.0.0:80": 'users:(("nginx",fd=5))'},
        accounts={"user muro": "999:999 /var/lib/muro /bin/bash"},
    )
    assert told(before, after) == [
        "packages:",
        "  - curl  8.14",
        "units:",
        "  ~ muro.service  inactive dead → active running",
        "sockets:",
        '  + tcp 0.0.0.0:80  users:(("nginx",fd=5))',
        "accounts:",
        "  + user muro  999:999 /var/lib/muro /bin/bash",
    ]


def test_a_change_as_plain_values() -> None:
    assert Change("packages", "nginx", None, "1.26").as_dict() == {
        "kind": "packages",
        "name": "nginx",
        "before": None,
        "after": "1.26",
    }
