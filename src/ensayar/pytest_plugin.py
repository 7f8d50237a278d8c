"""The pytest plugin: ``pytest posts/`` rehearses articles.

Steps are items in article order; a check (a testinfra test with the markers ``article`` and ``after_step``)
runs right after its step. After a failure the rest of the article is "not reached".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ensayar.checkpoints.lineage import Lineage
from ensayar.errors import EnsayarError, ScreenshotError, UsageError
from ensayar.evidence import CheckEvidence
from ensayar.scene import REHEARSAL, RehearsalScene
from ensayar.testing.fingerprint import Fingerprints
from ensayar.testing.items import NOT_REACHED, ArticleFile, StepItem, guard
from ensayar.testing.order import CHECK, Library, bind, description_of, in_order, multiply, scene_of, step_number
from ensayar.testing.screenshots import DIGEST
from ensayar.testing.server import connected, server_of
from ensayar.testing.stage import STAGE, Stage, stage_of
from ensayar.translations import original_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import testinfra.host

    from ensayar.deploy_scene import DeployScene
    from ensayar.machine.protocol import Machine
    from ensayar.testing.host import Hosts

MADE = pytest.StashKey[tuple[CheckEvidence, Lineage | None]]()
"""Of a check: what came of it, and who is to remember that."""
MARKERS = (
    "article(slug, …): the article that a check speaks of; of several, it is a check of each",
    "after_step(name): the check runs right after this step of its article",
    "final: the check holds for the finished deployment; with --ensayar-deploy it also runs after deploy.sh",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options."""
    group = parser.getgroup("ensayar", "articles that rehearse themselves")
    group.addoption(
        "--ensayar-parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="rehearse with another value of a parameter (may be repeated)",
    )
    group.addoption(
        "--ensayar-deploy",
        action="store_true",
        help="run deploy.sh on a second machine, too, and the checks marked “final” there",
    )
    group.addoption(
        "--ensayar-url",
        metavar="URL",
        help="with testinfra's --hosts: where the server's site is, if not at http://HOST",
    )
    group.addoption(
        "--ensayar-fresh",
        action="store_true",
        help="use no checkpoint of an earlier rehearsal, not even for steps that were not asked for",
    )


def _given(values: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign:
            message = f"--ensayar-parameter {value}: write NAME=VALUE"
            raise pytest.UsageError(message)
        given[name] = text
    return given


def pytest_configure(config: pytest.Config) -> None:
    """Set the stage; an article on the command line brings its checks along."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    stage = Stage(_given(config.getoption("ensayar_parameter")), config.rootpath)
    stage.forget = config.getoption("ensayar_fresh")
    stage.server = server_of(config)
    config.stash[STAGE] = stage
    _bring_checks(config, stage)


def _bring_checks(config: pytest.Config, stage: Stage) -> None:
    """Add ``tests/deployment`` where posts were asked for as a whole."""
    added: set[str] = set()
    for index, argument in enumerate(config.args):  # a translation stands for its article
        name, colons, rest = argument.partition("::")
        original = original_of(config.invocation_params.dir / name)
        if original is not None:
            config.args[index] = f"{original}{colons}{rest}"
    asked = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    for argument, path in zip(list(config.args), asked, strict=True):
        if "::" in argument or not path.exists():
            continue
        try:
            place = stage.project_of(path)
        except UsageError:
            continue
        in_posts = path.is_relative_to(place.posts)
        covered = any(place.checks.is_relative_to(other) for other in asked)
        if in_posts and place.checks.is_dir() and not covered:
            added.add(str(place.checks))
    config.args.extend(sorted(added))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An article is a file of steps; a translation has none of its own."""
    if stage_of(parent.config).is_article(file_path) and original_of(file_path) is None:
        return ArticleFile.from_parent(parent, path=file_path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A check of several articles, and one of several scenes, are several."""
    multiply(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bind checks to steps, drop those of articles that were not asked for, and put everything in order."""
    library = Library(config, items)
    asked = set(library.collected)
    for item in items:
        if not isinstance(item, StepItem):
            bind(item, library)
    stage = stage_of(config)
    fingerprints = Fingerprints(items, stage.since)
    for item in items:
        if CHECK in item.stash and DIGEST not in item.stash:
            item.stash[DIGEST] = fingerprints.digest(item, item.stash[CHECK][0], stage.project_of(item.path).root)
    restored = stage.restored
    unwanted = [
        item
        for item in items
        if (asked and CHECK in item.stash and item.stash[CHECK][0].slug not in asked)
        or (restored and step_number(item) < restored)
        or (stage.server is not None and not _finally(item))
    ]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
    wanted = [item for item in items if item not in unwanted]
    if stage.server is not None and len({item.stash[CHECK][0].slug for item in wanted}) > 1:
        message = "--hosts: these are the checks of several articles; name yours, as in “pytest posts/x.rst --hosts=…”"
        raise pytest.UsageError(message)
    items[:] = in_order(wanted)


def _finally(item: pytest.Item) -> bool:
    """Whether *item* may be asked of a server: a final check, which then speaks of the article's last step."""
    if CHECK not in item.stash:
        return False
    article, _, name = item.stash[CHECK]
    item.stash[CHECK] = article, article.steps[-1].name, name
    return name == REHEARSAL and item.get_closest_marker("final") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A check of a step that was not reached is not reached either."""
    if CHECK in item.stash:
        article, step, name = item.stash[CHECK]
        guard(stage_of(item.config).scene(article, name), step)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A check that fails fails its step: what follows is not reached. One that passes is known from now on."""
    report = yield
    if CHECK not in item.stash or report.skipped:
        return report
    stage = stage_of(item.config)
    article, step, name = item.stash[CHECK]
    if report.when == "call" or report.failed:
        scene = stage.scene(article, name)
        record = CheckEvidence(item.nodeid, description_of(item), report.passed, round(report.duration, 3))
        others = [each for each in scene.checks.get(step, ()) if each.name != item.nodeid]  # a teardown may have failed
        scene.checks[step] = [*others, record]
        item.stash[MADE] = record, scene.lineage if isinstance(scene, RehearsalScene) else None
        if report.failed:
            if isinstance(scene, RehearsalScene) and scene.lineage is not None:
                scene.lineage.check_failed(step, item.nodeid)
            scene.failed_step = scene.failed_step or step
            error = call.excinfo.value if call.excinfo is not None else None
            # one look after a step says nothing of the others
            if isinstance(error, EnsayarError) and not isinstance(error, ScreenshotError):
                scene.failure = scene.failure or error
    elif report.when == "teardown":  # its scene may be gone by now
        made, lineage = item.stash.get(MADE, (None, None))
        if made is not None and made.passed and lineage is not None:
            lineage.checked(step, made, item.stash[DIGEST])
    return report


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> Any:  # noqa: ANN401  (pytest's)
    """“Not reached” is neither failed nor skipped by intention."""
    if report.skipped and isinstance(report.longrepr, tuple) and NOT_REACHED in report.longrepr[2]:
        return NOT_REACHED, "n", ("NOT REACHED", {"yellow": True})
    return None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop a scene's machine after its last item, so that other tests have the computer to themselves."""
    scene = scene_of(item)
    if scene is not None and (nextitem is None or scene_of(nextitem) != scene):
        stage_of(item.config).leave()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Stop every machine."""
    stage = session.config.stash.get(STAGE, None)
    if stage is not None:
        stage.interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        stage.leave()


@pytest.fixture
def ensayar_scene(request: pytest.FixtureRequest) -> RehearsalScene | DeployScene:
    """The scene of the check's article, brought to the state after its step."""
    item = request.node
    if CHECK not in item.stash:
        message = "a check needs the markers “article” and “after_step”"
        raise pytest.UsageError(message)
    article, step, name = item.stash[CHECK]
    scene = stage_of(request.config).scene(article, name)
    scene.advance(step)
    return scene


@pytest.fixture
def ensayar_machine(ensayar_scene: RehearsalScene | DeployScene) -> Machine:
    """The machine after the check's step."""
    return ensayar_scene.machine


@pytest.fixture(scope="session")
def ensayar_hosts() -> Generator[Hosts, None, None]:
    """What checks are connected to."""
    # here, because testinfra is a plugin whose import pytest wants to watch
    from ensayar.testing.host import Hosts  # noqa: PLC0415

    with Hosts() as hosts:
        yield hosts


@pytest.fixture
def ensayar_host(ensayar_hosts: Hosts, request: pytest.FixtureRequest) -> testinfra.host.Host:
    """Testinfra's host: root on the machine after the check's step; each command in a shell of its own.

    With ``--hosts``: whom it names there, on that server.
    """
    server = stage_of(request.config).server
    if server is not None:
        return connected(server, request.config)
    return ensayar_hosts.of(request.getfixturevalue("ensayar_machine"))


@pytest.fixture
def site_url(request: pytest.FixtureRequest) -> str:
    """How this computer reaches the machine's port 80: ``http://127.0.0.1:PORT``; with ``--hosts`` that site."""
    server = stage_of(request.config).server
    if server is not None:
        return server.url
    return f"http://127.0.0.1:{request.getfixturevalue('ensayar_machine').port(80)}"


@pytest.fixture
def secure_url(request: pytest.FixtureRequest) -> str:
    """How this computer reaches the machine's port 443: ``https://127.0.0.1:PORT``; with ``--hosts`` that site.

    The certificate there is in the site's name, so whoever asks has to give that name.
    """
    server = stage_of(request.config).server
    if server is not None:
        return server.secure_url
    return f"https://127.0.0.1:{request.getfixturevalue('ensayar_machine').port(443)}"


@pytest.fixture
def parameters(request: pytest.FixtureRequest) -> dict[str, str]:
    """The value of each parameter in this rehearsal."""
    return dict(request.node.stash[CHECK][0].values)
