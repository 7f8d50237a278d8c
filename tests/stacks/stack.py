"""The two stacks that are compared, as values: what is typed to operate each, and what each is made of.

What they share (Nginx, Debian's Redis, the application and its database, HTTPS) is on the machine once and in neither.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of process in a stack."""

    name: str
    """What the figures call it."""
    depth: int
    """0: the one that systemd keeps; 1: its children; 2: theirs."""
    pattern: str
    """Regular expression found in its command line."""
    count: int = 1
    """How many there are when all is well."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to keep the application running between systemd and Nginx."""

    name: str
    """``circus`` or ``classic``."""
    slug: str
    """The article that shows it."""
    unit: str
    """The systemd unit below which all of it runs."""
    reload: str
    """What its article types for new code without cutting anybody off; ``{user}`` runs the application."""
    restart: str
    """What its supervisor's command does to the application alone; ``{user}`` as above."""
    keeps_socket: bool
    """Whether the socket outlives a restart of the application, so that who comes meanwhile waits and does not fail."""
    roles: tuple[Role, ...]
    """Every process below the unit."""
    configuration: tuple[str, ...]
    """The file steps of its article that only this stack needs and that configure something."""
    programs: tuple[str, ...]
    """Those that are programs, which somebody has to understand as well."""
    aside: tuple[str, ...]
    """Those that it can do without: other ways to the same end, and who watches."""
    channels: tuple[str, ...]
    """How it lets itself be watched, see :mod:`stacks.watching`."""

    @property
    def worker(self) -> Role:
        """The processes that serve."""
        (found,) = (role for role in self.roles if role.name == WORKER)
        return found


WORKER = "worker"
REDIS = Role("redis", 1, r"redis-server ")
CIRCUS = Stack(
    name="circus",
    slug="deploy-de-django-con-circus-chaussette-nginx",
    unit="muro",
    reload="systemctl reload muro",
    restart="runuser -u {user} -- /usr/local/bin/muro circusctl --timeout 120 restart web --waiting",
    keeps_socket=True,
    roles=(
        Role("circusd", 0, r"bin/circusd "),
        Role(WORKER, 1, r"con_chaussette\.py ", 2),
        REDIS,
        Role("vigia", 1, r"vigia\.Vigia"),
        Role("flapping", 1, r"circus\.plugins\.flapping\.Flapping"),
    ),
    configuration=("circo-txt", "circus-ini", "unidad"),
    programs=("servidor", "con-chaussette", "vigia"),
    aside=("sin-chaussette", "espia"),
    channels=("zeromq",),
)
CLASSIC = Stack(
    name="classic",
    slug="la-arquitectura-clasica-nginx-gunicorn-supervisor",
    unit="supervisor",
    reload="/usr/local/sbin/muro-recargar",
    restart="supervisorctl restart muro",
    keeps_socket=False,
    roles=(
        Role("supervisord", 0, r"bin/supervisord "),
        Role("gunicorn", 1, r"bin/gunicorn .*con_gunicorn:application"),
        Role(WORKER, 2, r"bin/gunicorn .*con_gunicorn:application", 2),
        REDIS,
        Role("vigia", 1, r"/srv/muro/vigia\.py "),
    ),
    configuration=(
        "gunicorn-txt",
        "gunicorn-conf",
        "supervisor-muro",
        "supervisor-encierro",
        "supervisor-freno",
        "supervisor-vigia",
    ),
    programs=("con-gunicorn", "muro-recargar", "vigia-de-supervisor"),
    aside=("mirar",),
    channels=("xmlrpc", "listener"),
)
STACKS = (CIRCUS, CLASSIC)


def other(stack: Stack) -> Stack:
    """The one that must be at rest while *stack* is at work."""
    return CLASSIC if stack is CIRCUS else CIRCUS
