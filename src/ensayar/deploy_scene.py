"""The scene of an article's script: ``deploy.sh`` on a machine of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.deploy import script
from ensayar.errors import StepError
from ensayar.matching import lines_of
from ensayar.model import Location
from ensayar.scene import Base

if TYPE_CHECKING:
    from ensayar.model import Article
    from ensayar.rehearsal import Observer
    from ensayar.scene import MachineFactory

DEPLOY = "deploy.sh"
SCRIPT_TIMEOUT = 3600.0
SCRIPT_PATH = "/root/deploy.sh"


class DeployScene(Base):
    """``deploy.sh`` on a machine of its own, which is restarted afterwards as the script asks."""

    name = DEPLOY

    def __init__(self, article: Article, factory: MachineFactory, observer: Observer | None = None) -> None:
        """*article* is resolved."""
        super().__init__(article, factory, observer)
        self._deployed = False

    def advance(self, step: str, *, playing: bool = False) -> None:  # noqa: ARG002  (the script is always played)
        """Run the whole script; *step* is the article's last one."""
        if self.failure is not None:
            raise self.failure
        if self._deployed:
            return
        machine = self.machine
        machine.put(script(self.article).encode(), SCRIPT_PATH, owner="root", group="root", mode=0o700)
        terminal = machine.terminal("root")
        outcome = terminal.run(f"bash {SCRIPT_PATH}", timeout=SCRIPT_TIMEOUT, on_output=self.observer.output)
        if outcome.exit_status != 0:
            error = StepError(
                Location(self.article.source, 1),
                step,
                f"deploy.sh ended with exit status {outcome.exit_status}",
                command=f"bash {SCRIPT_PATH}",
                console=lines_of(outcome.output)[-40:],
            )
            self.failure, self.failed_step = error, step
            raise error
        machine.reboot()
        self._deployed = True
