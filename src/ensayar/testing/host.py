"""testinfra's host for checks: its commands go through :mod:`ensayar.testing.channel`.

To be imported late: testinfra is a plugin whose import pytest wants to watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testinfra.backend import base
from testinfra.host import Host

from ensayar.testing.channel import ChannelLost, Channels

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ensayar.machine.protocol import Machine


class Backend(base.BaseBackend):  # type: ignore[misc]  # testinfra ships no types
    """A connection of testinfra's."""

    NAME = "ensayar"

    def __init__(self, name: str, channels: Channels) -> None:
        super().__init__(name)
        self._channels = channels

    def run(self, command: str, *args: str, **_: Any) -> base.CommandResult:  # noqa: ANN401  (testinfra's)
        """What *command*, with *args* quoted, does as root in a shell of its own."""
        line = self.encode(self.get_command(command, *args))
        try:
            answer = self._channels.run(line)
        except ChannelLost as error:
            message = f"the connection to the machine was lost: {error}: {line!r}"
            raise RuntimeError(message) from error  # as testinfra's own backend says it
        return self.result(answer.exit_status, line, answer.stdout, answer.stderr)

    def get_encoding(self) -> str:
        """Every machine's."""
        return "UTF-8"  # to ask for it means to start Python there


class Hosts:
    """The hosts of a session, one per machine."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[Host, Channels]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def of(self, machine: Machine) -> Host:
        """The host that *machine* is."""
        arguments = machine.ssh_arguments()
        if arguments not in self._known:
            self._close()  # of machines before it, which are gone
            backend = Backend(arguments[-1], channels := Channels(arguments))
            host = Host(backend)
            backend.set_host(host)
            self._known[arguments] = host, channels
        return self._known[arguments][0]

    def _close(self) -> None:
        while self._known:
            _, (_, channels) = self._known.popitem()
            channels.close()
