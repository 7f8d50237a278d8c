"""QEMU's control protocol by way of ``qemu.qmp``, for callers that are not asynchronous.

The event loop lives in a thread of its own, so that QEMU's events are taken while nobody asks anything.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from qemu.qmp import QMPClient, QMPError

from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

_T = TypeVar("_T")


class Control:
    """A connection to a running QEMU."""

    def __init__(self, socket: Path, *, timeout: float = 20.0) -> None:
        """Connect to *socket*, waiting until QEMU has made it."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = QMPClient("ensayar")
        try:
            self._call(self._connect(socket, timeout), timeout + 5)
        except BaseException:
            self._end_loop()
            raise

    def execute(self, command: str, arguments: dict[str, Any] | None = None, *, timeout: float = 60.0) -> Any:  # noqa: ANN401 (QMP answers are JSON)
        """QEMU's answer to *command*; :class:`InfrastructureError` where it refuses or is gone."""
        return self._call(self._client.execute(command, arguments), timeout)

    def monitor(self, line: str) -> str:
        """QEMU's answer to a line for its human monitor, for what QMP has no command for."""
        return str(self.execute("human-monitor-command", {"command-line": line}))

    def hand_over(self, name: str, descriptor: int) -> None:
        """Give QEMU a copy of an open file, to be called *name* from now on."""

        async def send() -> None:
            self._client.send_fd_scm(descriptor)

        self._call(send(), 10)
        self.execute("getfd", {"fdname": name})

    def job(self, command: str, arguments: dict[str, Any], *, timeout: float) -> None:
        """Run a QMP job to its end; :class:`InfrastructureError` with QEMU's reason where it fails."""
        name = f"ensayar-{secrets.token_hex(4)}"
        self.execute(command, {"job-id": name, **arguments})
        until = time.monotonic() + timeout
        while True:
            job = next((job for job in self.execute("query-jobs") if job["id"] == name), None)
            if job is None or job["status"] == "concluded":
                break
            if time.monotonic() > until:
                message = f"QEMU has not finished {command} in {timeout:.0f} s"
                raise InfrastructureError(message)
            time.sleep(0.05)
        if job is not None:
            self.execute("job-dismiss", {"id": name})
            if job.get("error"):
                message = f"QEMU could not {command}: {job['error']}"
                raise InfrastructureError(message)

    def close(self) -> None:
        """Hang up; may be called again, and after QEMU has ended."""
        if self._loop.is_closed():
            return
        try:
            self._call(self._client.disconnect(), 5)
        except InfrastructureError:
            pass  # QEMU was faster
        finally:
            self._end_loop()

    async def _connect(self, socket: Path, timeout: float) -> None:  # noqa: ASYNC109 (retries within)
        until = time.monotonic() + timeout
        while True:
            try:
                return await self._client.connect(str(socket))
            except QMPError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)

    def _call(self, coroutine: Coroutine[Any, Any, _T], timeout: float) -> _T:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError as error:
            future.cancel()
            message = "QEMU does not answer on its control socket"
            raise InfrastructureError(message) from error
        except (QMPError, OSError, EOFError, asyncio.CancelledError) as error:
            message = f"QEMU's control socket: {error or type(error).__name__}"
            raise InfrastructureError(message) from error

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
