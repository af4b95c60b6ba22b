"""Installation: the scripts on a fresh machine, the pinned versions, and the wheel."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    "scripts/setup",
    "scripts/lock",
    "scripts/server",
    "scripts/client",
    "scripts/admin",
    "scripts/bench",
    "scripts/screenshot",
    "scripts/test",
    ".ci/run",
]
NEEDED_IN_CHECKOUT = [
    "app",
    "contrib",
    "migrations",
    "scripts",
    "pyproject.toml",
    "requirements",
    "README.md",
    "LICENSE",
]
SETUP = ROOT / "scripts" / "setup"
LOCKS = ["base", "test", "bench", "interop"]
LOCKED = re.compile(r"([a-z0-9._-]+)==([a-z0-9.!+]+)(?: ; [^\\/:]+)?(?: --hash=sha256:[0-9a-f]{64})+")
TOO_OLD = '#!/bin/sh\ncase "$2" in *version_info*) exit 1 ;; *platform*) echo 3.8.18 ;; esac\n'
BARE = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


def run(*command: str | Path, folder: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with the environment of a fresh machine."""
    kept = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("PIP_")}
    environment = kept | {"PATH": path or f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def checkout(folder: Path) -> Path:
    """Copy the files of a clone that an installation needs, and return the folder."""
    leave = shutil.ignore_patterns("__pycache__")
    folder.mkdir()
    for name in NEEDED_IN_CHECKOUT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave)
        else:
            shutil.copy(source, folder / name)
    return folder


def commands(folder: Path, **scripts: str) -> str:
    """Create a directory for PATH with the given scripts and the programs that all scripts need."""
    folder.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "readlink"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_executable_and_parses(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert run("bash", "-n", script, folder=ROOT).stderr == ""


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ({"python3": TOO_OLD}, "Python 3.11 or newer is needed, and python3 is 3.8.18"),
        ({"python3": BARE}, "apt install python3-venv"),
        ({"python3": TOO_OLD, "python3.12": BARE}, "apt install python3.12-venv"),
        ({}, "python3 was not found"),
    ],
)
@pytest.mark.parametrize("script", ["server", "client", "test"])
def test_missing_prerequisite_is_reported(
    tmp_path: Path, script: str, python: dict[str, str], sentence: str
) -> None:
    path = commands(tmp_path / "bin", **python)
    done = run(checkout(tmp_path / "clone") / "scripts" / script, folder=tmp_path, path=path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not (tmp_path / "clone" / ".venv").exists()


def test_setup_prints_its_usage_and_refuses_unknown_extras(tmp_path: Path) -> None:
    clone = checkout(tmp_path / "clone")
    helped = run(clone / "scripts/setup", "--help", folder=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Usage: scripts/setup" in helped.stdout
    refused = run(clone / "scripts/setup", "tests", folder=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == 'setup: "tests" is unknown; use "test", "bench" or nothing\n'
    assert not (clone / ".venv").exists()


def read_lock(name: str) -> dict[str, str]:
    """Return the versions in a lock by name; it must contain names, versions and hashes only."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text().replace(" \\\n    ", " ")
    versions = {}
    for line in text.splitlines():
        found = LOCKED.fullmatch(line)
        assert found, line
        versions[canonicalize_name(found[1])] = found[2]
    return versions


def wanted_by(name: str) -> Iterator[Requirement]:
    """Yield what pyproject.toml asks for in the installation that a lock is for."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *pyproject["dependency-groups"]["build"], *extras.get(name, [])]
    for requirement in map(Requirement, lines):
        if requirement.name != project["name"]:
            yield requirement
        for extra in requirement.extras if requirement.name == project["name"] else ():
            yield from map(Requirement, extras[extra])


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_agrees_with_the_declared_dependencies(name: str) -> None:
    locked, whole = read_lock(name), read_lock("interop")
    wrong = [
        one for one in wanted_by(name) if not one.specifier.contains(locked[canonicalize_name(one.name)])
    ]
    assert wrong == []
    assert locked.items() <= whole.items(), "a dependency has different versions in two locks"
    assert {path.stem for path in (ROOT / "requirements").iterdir()} == set(LOCKS)


def test_the_project_is_built_with_locked_packages() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {Requirement(line).name for line in pyproject["build-system"]["requires"]} <= set(
        read_lock("base")
    )


def test_an_installed_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "tea-1-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("tea-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tea\nVersion: 1\n")
        archive.writestr("tea-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tea-1.dist-info/RECORD", "")
    (tmp_path / "lock").write_text(f"tea==1 --hash=sha256:{'0' * 64}\n")
    install = [
        *hashed_installation(),
        "--dry-run",
        "--no-index",
        "--find-links",
        tmp_path,
        "-r",
        tmp_path / "lock",
    ]
    done = run(sys.executable, *install, folder=tmp_path)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr


def hashed_installation() -> list[str]:
    """Return the options with which scripts/setup installs a lock."""
    [options] = re.findall(r"pip_install (--require-hashes .*) --requirement", SETUP.read_text())
    return ["-m", "pip", "install", *options.split()]


def test_benchmark_imports_only_declared_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["bench"]
    names = {canonicalize_name(Requirement(line).name) for line in declared}
    packages = packages_distributions()
    imported = {module for path in (ROOT / "scripts/benchmarks").glob("*.py") for module in imports(path)}
    foreign = imported - sys.stdlib_module_names - {"app", "scripts"}
    assert [one for one in foreign if names.isdisjoint(map(canonicalize_name, packages[one]))] == []


def imports(path: Path) -> set[str]:
    """Return the top-level names of all modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    taken = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in plain | taken}


def test_wheel_contains_migrations_and_contrib_but_no_stray_files(tmp_path: Path) -> None:
    clone = checkout(tmp_path / "clone")
    left_over = clone / "migrations" / "versions" / "__pycache__" / "gone.cpython-311.pyc"
    left_over.parent.mkdir()
    left_over.touch()
    build = ["-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "-w", tmp_path, clone]
    done = run(sys.executable, *build, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    scripts = {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")}
    assert {f"app/migrations/versions/{name}" for name in scripts} | {"app/migrations/env.py"} <= names
    contributed = {str(path.relative_to(ROOT / "contrib")) for path in (ROOT / "contrib").rglob("*.*")}
    assert contributed == {name.partition("/share/durable-chat/")[2] for name in names} - {""}
    assert [name for name in names if "__pycache__" in name or name.startswith(("tests", "scripts"))] == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_installed_wheel_works_in_an_empty_folder(tmp_path: Path) -> None:
    clone, empty, bin_ = checkout(tmp_path / "clone"), tmp_path / "empty", tmp_path / "venv" / "bin"
    empty.mkdir()
    assert run(sys.executable, "-m", "venv", tmp_path / "venv", folder=tmp_path).returncode == 0
    lock = ("-r", clone / "requirements" / "base.lock")
    assert run(bin_ / "python", *hashed_installation(), "-qq", *lock, folder=tmp_path).returncode == 0
    assert run(bin_ / "pip", "install", "-qq", "--no-deps", clone, folder=tmp_path).returncode == 0
    done = run(bin_ / "chat-server", "check", "--json", folder=empty)
    assert json.loads(done.stdout)["ok"], done.stderr
    assert list(empty.iterdir()) == []
    for command in ("chat-admin", "chat-client"):
        assert run(bin_ / command, "--help", folder=empty).returncode == 0
    assert run(bin_ / "chat-admin", "db", "upgrade", folder=empty).returncode == 0
    assert (empty / "chat.db").stat().st_size > 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_concurrent_scripts_install_once_and_the_next_start_is_silent(tmp_path: Path) -> None:
    clone, elsewhere = checkout(tmp_path / "clone"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    starts = [
        subprocess.Popen(
            [clone / "scripts" / "server", "check", "-p", "7000"],
            cwd=elsewhere,
            env=environment | kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [start.communicate()[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0], said
    assert sorted(map(bool, said)) == [False, True]
    again = run(clone / "scripts" / "server", "check", folder=elsewhere)
    assert (again.returncode, again.stderr) == (0, "")
    assert list(elsewhere.iterdir()) == []
