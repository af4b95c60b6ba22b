"""Imports point down, at module level and inside functions: the layers are the architecture."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = [  # from the bottom up; a module belongs to its longest matching prefix
    "ground",
    "settings",
    "wire",
    "db.models",
    "db.notifications",
    "db.dialect",
    "db.sqlite",
    "db.postgresql",
    "db.database",
    "db.insertion",
    "db.chain",
    "db.log_page",
    "db.log",
    "db.views",
    "db.copying",
    "db.fulltext",
    "db.space",
    "db.scratch",
    "db.migration",
    "db",
    "services",
    "engine.monitoring",
    "engine.limits",
    "engine.delivery",
    "engine.world",
    "engine.reducers",
    "engine.changeset",
    "engine.submission_unit",
    "engine.submission_queue",
    "engine.handler",
    "engine.nodes",
    "engine.storing",
    "engine.upkeep",
    "engine",
    "commands.errors",
    "commands.query_masks",
    "commands.registry",
    "commands.runtime",
    "commands.context",
    "commands.batches",
    "commands.help",
    "commands.chathistory",
    "commands.metadata",
    "commands.sessions",
    "commands.channels",
    "commands.users",
    "commands.messaging",
    "commands.accounts",
    "commands.remote_events",
    "commands.connect",
    "commands.operators",
    "commands.pseudoclients",
    "commands.requests",
    "commands.dispatcher",
    "commands.table",
    "commands",
    "bootstrap.assembly",
    "net.kernel",
    "net.transport",
    "net.send",
    "net.receive",
    "net.monitoring",
    "net",
    "client.repeat_limit",
    "client.net",
    "client.storage",
    "client.terminal",
    "client.links",
    "client.emoji",
    "client.protocol",
    "client.notifications",
    "client.display",
    "client.timeline",
    "client.workspace",
    "client.driver",
    "client.ui",
    "client.screen",
    "client",
    "cli",
    "greeting",
    "bootstrap",
]
GROUND = {
    "access_log",
    "atomic_write",
    "clock",
    "errors",
    "events",
    "interrupts",
    "log_output",
    "process",
    "progress",
    "setting_files",
    "text",
    "threads",
}
BASE = {"ground", "settings", "wire"}
DB = {layer for layer in LAYERS if layer.partition(".")[0] == "db"}
CLIENT = {layer for layer in LAYERS if layer.partition(".")[0] == "client"}
ALONE = {  # packages with stricter rules than the order; the first match applies
    "app.client.net": {"ground", "settings", "wire", "client.net"},
    "app.cli.terminal": {"ground"},
    "app.cli.server": {"bootstrap", "services", *DB, *BASE, "cli"},
    "app.cli.client_password": {"client.storage", *BASE, "cli"},
    "app.cli.client_setup": {*CLIENT, *BASE, "cli"},
    "app.cli.client_modes": {*CLIENT, *BASE, "cli"},
    "app.cli.admin.rehearsal": {"client.net", "services", *DB, *BASE, "cli"},
    "app.cli.admin.commands.server.doctor": {"net.send", "services", *DB, *BASE, "cli"},
    "app.cli": {"services", *DB, *BASE, "cli"},
    "migrations": {*DB, *BASE},
}
SOCKETS = {"socket", "socketserver", "selectors", "select"}
HAVE_SOCKETS = ("app.net", "app.client.net")


def files(*folders: str) -> Iterator[Path]:
    """Yield every Python file under these folders of the repository."""
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def name_of(path: Path) -> str:
    """Return the dotted name of the module in a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PRECISE_FIRST = sorted(LAYERS, key=len, reverse=True)
MODULES = {name_of(path): path for path in files("app", "migrations")}


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), path)


def imported(module: str) -> Iterator[str]:
    """Yield everything a module imports; `from a import b` may mean the module `a.b`."""
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{_start(module, node)}.{alias.name}" for alias in node.names)


def _start(module: str, node: ast.ImportFrom) -> str:
    """Return the absolute module name of a `from` import."""
    if not node.level:
        return node.module or ""
    is_package = MODULES[module].name == "__init__.py"
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, node.module] if node.module else kept)


def layer_of(module: str) -> str | None:
    """Return the layer of a module of this project; None for `app` itself and for other modules."""
    first, _, rest = module.partition(".")
    if first == "migrations":
        return first
    if first != "app" or not rest:
        return None
    if rest.partition(".")[0] in GROUND:
        return "ground"
    return next((layer for layer in PRECISE_FIRST if f"{rest}.".startswith(f"{layer}.")), rest)


def allowed(module: str) -> set[str]:
    """Return the layers that a module may import."""
    for place, layers in ALONE.items():
        if f"{module}.".startswith(f"{place}."):
            return layers
    layer = layer_of(module)
    below = set(LAYERS[: LAYERS.index(layer) + 1]) if layer else set()
    side = (layer or "").partition(".")[0]
    if side == "client":
        return {one for one in below if one in BASE or one.partition(".")[0] == "client"}
    return {one for one in below if one.partition(".")[0] != "client"}


def names_in(path: Path) -> set[str]:
    """Return every identifier and attribute used in a file."""
    nodes = list(ast.walk(tree(path)))
    plain = {node.id for node in nodes if isinstance(node, ast.Name)}
    return plain | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def by_module(module: str, targets: Iterable[str]) -> str:
    """Describe the offending imports for the failure message."""
    return f"{module} imports {', '.join(sorted(set(targets)))}"


def test_every_module_belongs_to_a_layer() -> None:
    known = {*LAYERS, "migrations", None}
    assert {layer_of(module) for module in MODULES} <= known


def test_imports_point_down() -> None:
    wrong = []
    for module in MODULES:
        above = [target for target in imported(module) if layer_of(target) not in {None, *allowed(module)}]
        wrong += [by_module(module, above)] if above else []
    assert wrong == []


def test_no_import_bypasses_the_layer_check() -> None:
    hidden = {"TYPE_CHECKING", "__import__", "import_module"}
    assert [module for module, path in MODULES.items() if names_in(path) & hidden] == []


def test_there_is_no_import_cycle() -> None:
    uses = {module: {_module(target) for target in imported(module)} - {None, module} for module in MODULES}
    while free := [module for module, targets in uses.items() if not targets & uses.keys()]:
        uses = {module: targets for module, targets in uses.items() if module not in free}
    while unused := uses.keys() - {target for targets in uses.values() for target in targets}:
        uses = {module: targets for module, targets in uses.items() if module not in unused}
    assert [by_module(module, targets & uses.keys()) for module, targets in uses.items()] == []


def test_only_the_edges_use_sockets() -> None:
    inner = [module for module in MODULES if not module.startswith(HAVE_SOCKETS)]
    assert [m for m in inner if {target.partition(".")[0] for target in imported(m)} & SOCKETS] == []


def test_only_the_context_of_a_command_queries_the_database() -> None:
    """Remote events and housekeeping have no client to refuse: a failure would end the engine."""
    commands = [module for module in MODULES if module.startswith("app.commands.")]
    users = {module for module in commands if "ledger" in names_in(MODULES[module])}
    assert users == {"app.commands.context", "app.commands.runtime"}  # the runtime only holds it


def _module(target: str) -> str | None:
    """Return the project module that an imported name refers to or is defined in, or None."""
    if target in MODULES:
        return target
    parent = target.rpartition(".")[0]
    return parent if parent in MODULES else None
