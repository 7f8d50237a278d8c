"""What only looks, and what might not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.mutation.generate import mutants
from ensayar.mutation.looking import command_looks, wrappers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.model import Article


@pytest.mark.parametrize(
    "command",
    [
        "stat -c '%A %U' /etc/*.conf",
        "systemctl is-active nginx redis",
        "systemctl --no-pager status a",
        "curl --silent --head --header 'Host: a' http://127.0.0.1/ | head -n 1",
        "curl --silent --output /dev/null --write-out '%{http_code}\\n' http://127.0.0.1/",
        "ss -Hltn | awk '{print $4}' | sort",
        "grep -c a b && cat < c 2>/dev/null",
        "redis-cli GET visitas",
        "python3 --version",
        "/srv/venv/bin/pip check",
        "nginx -t 2>&1",
        "date +%F",
        "journalctl --unit a --no-pager",
        "sed -n 1p a",
        "LC_ALL=C ls",
        "uniq -c a",
        "systemd-analyze security --no-pager a.service | tail -n 1",
        "id # who am I?",
        "python manage.py check --deploy",
        "/srv/venv/bin/python /srv/src/manage.py showmigrations",
        "circusctl --endpoint ipc:///run/a.sock --timeout 2 status",
        "runuser -u www-data -- /srv/venv/bin/circusctl list web",
        "sudo -u ana stat a",
        "env LC_ALL=C A=b ls",
        "env -u A ls",
        "sudo -n -u ana -- stat a",
    ],
)
def test_it_only_looks(command: str) -> None:
    assert command_looks(command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "A=1",
        "python manage.py",
        "python manage.py migrate --check",
        "python other.py check",
        "circusctl --timeout status incr web",
        "circusctl reload web",
        "circusctl",
        "runuser -u www-data -- rm a",
        "sudo -u ana",
        "env A=b",
        "sudo -u ana stat a > b",
        "wrap stat a",
        "env X=$(touch a) true",
        "sudo -u $(touch a) cat b",
        "sudo -p cat rm a",
        "sudo --user cat rm a",
        "runuser -g head -u muro -- rm a",
        "env --unset ls rm a",
        'env -S"rm a" ls',
        "systemctl restart a",
        "systemctl daemon-reload",
        "systemctl",
        "curl -d a=1 http://127.0.0.1/",
        "curl --data-urlencode a=1 http://127.0.0.1/",
        "curl -sSo a http://127.0.0.1/",
        "curl --output a http://127.0.0.1/",
        "curl --silent --cookie-jar c http://127.0.0.1/",
        "curl -X POST http://127.0.0.1/",
        "cat a > b",
        "cat a >> b",
        "cat a | tee b",
        "echo $(rm a)",
        "echo `rm a`",
        "sort -uo a a",
        "sed -i s/a/b/ a",
        "sed -ni p a",
        "find . -delete",
        "awk '{print > \"a\"}' b",
        "redis-cli set a 1",
        "redis-cli",
        "python3 manage.py migrate",
        "pip install a",
        "awk -i inplace '{print}' a",
        "ss -K dst 127.0.0.1",
        "uniq a b",
        "tree -o a",
        "systemd-analyze log-level debug",
        "curl --trace a http://127.0.0.1/",
        "nginx",
        "nginx -s reload",
        "date --set=@0",
        "hostname other",
        "journalctl --vacuum-time=1s",
        "for a in b; do cat $a; done",
        "cat <<E\na\nE",
        "ls; rm a",
        "ls 'open",
    ],
)
def test_it_may_act(command: str) -> None:
    assert not command_looks(command)


SCRIPT = """\
#!/bin/sh
# In the environment of a: "wrap command"
set -aeu
. /etc/a.env
PATH=/srv/venv/bin:$PATH
export LANG=C
cd /srv/src

exec "$@"
"""


def _article(content: str, mode: str = "0755") -> str:
    text = "\n".join(f"   {line}".rstrip() for line in content.splitlines())
    head = ".. rehearse::\n   :platform: debian-13\n\n"
    file = f".. code-block:: sh\n   :name: tool\n   :file: /usr/local/bin/wrap\n   :mode: {mode}\n\n{text}\n\n"
    return f"{head}{file}.. code-block:: console\n   :name: run\n\n   # wrap stat a\n   # wrap rm a\n"


def test_a_script_that_becomes_its_command_looks_where_that_does(read: Callable[..., Article | None]) -> None:
    article = read(_article(SCRIPT))
    assert article is not None
    known = wrappers(article)
    assert known == {"wrap"}
    assert command_looks("wrap stat a", known)
    assert command_looks("sudo -u ana /usr/local/bin/wrap env A=b cat a", known)
    assert not command_looks("wrap rm a", known)
    assert not command_looks("wrap", known)
    described = [mutant.description for mutant in mutants(article) if mutant.operator == "command-lost"]
    assert described == ["wrap rm a → (lost)"]


@pytest.mark.parametrize(
    "content",
    [
        SCRIPT.replace('exec "$@"', '"$@"'),
        SCRIPT.replace("cd /srv/src", "rm -r /srv/src"),
        SCRIPT.replace("LANG=C", "LANG=$(rm a)"),
        SCRIPT.replace("LANG=C", "LANG=`rm a`"),
        SCRIPT.replace("cd /srv/src", "cd /srv/src; rm a"),
        SCRIPT.replace("cd /srv/src", "cd /srv/src;rm"),
        SCRIPT.replace("LANG=C", "LANG=C;rm"),
        SCRIPT.replace("LANG=C", "LANG=C rm"),
        SCRIPT.replace("cd /srv/src", "cd $(rm)"),
    ],
)
def test_any_other_script_acts(read: Callable[..., Article | None], content: str) -> None:
    article = read(_article(content))
    assert article is not None
    assert wrappers(article) == frozenset()


def test_what_cannot_be_run_is_no_wrapper(read: Callable[..., Article | None]) -> None:
    article = read(_article(SCRIPT, "0644"))
    assert article is not None
    assert wrappers(article) == frozenset()


def test_what_is_another_script_later_is_no_wrapper(read: Callable[..., Article | None]) -> None:
    head = ".. code-block:: sh\n   :name: tool-2\n   :file: /usr/local/bin/wrap\n   :mode: 0755\n   :replaces: tool\n"
    article = read(f"{_article(SCRIPT)}\n{head}\n   systemctl stop a\n")
    assert article is not None
    assert wrappers(article) == frozenset()


def test_another_file_of_that_name_elsewhere_is_another_file(read: Callable[..., Article | None]) -> None:
    article = read(f"{_article(SCRIPT)}\n.. code-block:: nginx\n   :name: site\n   :file: /etc/nginx/wrap\n\n   a b;\n")
    assert article is not None
    assert wrappers(article) == {"wrap"}
