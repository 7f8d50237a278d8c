"""What only looks, and what might not."""

from __future__ import annotations

import pytest

from ensayar.mutation.looking import command_looks


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
    ],
)
def test_it_only_looks(command: str) -> None:
    assert command_looks(command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "A=1",
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
