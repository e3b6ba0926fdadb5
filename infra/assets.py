"""Builds the uploads: the layer, and a folder of function code for each environment. Built here, without Docker.

Both are kept in `.build/`, under a name that is the hash of their inputs: what did not change is not built again, and
two builds of one input have one name in the template.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uv
from alertrelay.config.alarm_file import AlarmFile
from alertrelay.config.model import Config
from alertrelay.config.slo import SloConfig
from alertrelay.config.watch import AnomalyConfig

from infra import roots
from infra.synth import BUILD, ROOT

RUNTIME = "3.13"
CONFIG_FILE = "alertrelay-config.json"
ANOMALY_FILE = "alertrelay-anomaly.json"
SLO_FILE = "alertrelay-slo.json"
ORIGINAL_FILE = "alertmanager.yml"
ALARMS_FILE = "alertrelay-alarms.json"
PLATFORMS: Mapping[str, str] = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
"""Lambda's architecture to uv's platform. Lambda's Python 3.13 runs on Amazon Linux 2023, whose glibc is 2.34."""

PREPARE = ROOT / "infra" / "prepare_layer.py"
RECIPE = "2"  # changes the name of every layer when the way of building changes


class BuildFailed(Exception):
    """A layer could not be built. The text says what was run and what it answered."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A built folder, and the hash of what it was built from."""

    path: Path
    hash: str


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that packages are installed for: its minor version, and uv's name of its platform.

    Without a platform it is the Python that runs this.
    """

    version: str
    platform: str | None = None


def lambda_interpreter(arch: str) -> Interpreter:
    """Return Lambda's Python on a processor of PLATFORMS."""
    return Interpreter(RUNTIME, PLATFORMS[arch])


def own_interpreter() -> Interpreter:
    """Return the Python that runs this, on the machine that it runs on."""
    return Interpreter("{}.{}".format(*sys.version_info[:2]))


def architecture(environ: Mapping[str, str]) -> str:
    """`ALERTRELAY_ARCH`: arm64 (the default) or x86_64. Raises ValueError for anything else."""
    arch = environ.get("ALERTRELAY_ARCH") or "arm64"
    if arch not in PLATFORMS:
        raise ValueError(f"ALERTRELAY_ARCH={arch}: one of {', '.join(PLATFORMS)} was expected")
    return arch


def build_layer(interpreter: Interpreter, *, build: Path = BUILD) -> Asset:
    """Build the layer: requirements/layer.txt for an interpreter, and the alertrelay package, as .py and .pyc.

    Without a working Python of its version the .pyc are left out, with a warning on stderr: an init then takes about
    twice as long (370 ms became 830). Raises BuildFailed.
    """
    requirements = ROOT / "requirements" / "layer.txt"
    package = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"
    python = working_python(interpreter.version)
    if python is None:
        print(  # noqa: T201 - synth speaks to people on stderr
            f"warning: no working Python {interpreter.version} was found: the layer ships without .pyc, and functions "
            "start slower",
            file=sys.stderr,
        )
    sources = sorted(path for path in package.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    makers = [path.read_text(encoding="utf-8") for path in (PREPARE, Path(roots.__file__))]
    made_by = [RECIPE, *makers, "pyc" if python else "no pyc"]
    key = _hash([*made_by, *_names(interpreter)], [requirements, *sources], ROOT)

    def fill(folder: Path) -> None:
        target = folder / "python"
        _install(requirements, target, interpreter)
        shutil.copytree(package, target / "alertrelay", ignore=shutil.ignore_patterns("__pycache__"))
        if (target / roots.BUNDLE).exists():
            roots.write(target / roots.BUNDLE, target / roots.FOLDER)
        if python:
            _run([str(python), "-I", "-B", str(PREPARE), str(target)])
            _compile(python, target)

    return _once(build / "layer", key, fill)


def build_packages(requirements: Path, interpreter: Interpreter, *, build: Path = BUILD) -> Asset:
    """Install a hashed requirements file into a folder of its own, by the recipe of the layer. Raises BuildFailed."""
    key = _hash([RECIPE, *_names(interpreter)], [requirements], ROOT)
    return _once(build / "packages", key, lambda folder: _install(requirements, folder, interpreter))


def build_function(
    config: Config,
    anomaly: AnomalyConfig | None,
    objectives: SloConfig | None = None,
    *,
    original: str = "",
    alarms: AlarmFile | None = None,
    build: Path = BUILD,
) -> Asset:
    """lambdas/ as a package, with the compiled configuration beside it, and alertmanager.yml where it is shown.

    `alarms` is for the auditor alone: in the code of all functions each threshold would make a new version of each.
    """
    sources = sorted((ROOT / "lambdas").glob("*.py"))
    compiled = {CONFIG_FILE: json.dumps(config.to_json(), sort_keys=True, indent=1)}
    if anomaly:
        compiled[ANOMALY_FILE] = json.dumps(anomaly.to_json(), sort_keys=True, indent=1)
    if objectives:
        compiled[SLO_FILE] = json.dumps(objectives.to_json(), sort_keys=True, indent=1)
    if original:
        compiled[ORIGINAL_FILE] = original
    if alarms:
        compiled[ALARMS_FILE] = json.dumps(alarms.to_json(), sort_keys=True, indent=1)
    key = _hash([RECIPE, *compiled.values()], sources, ROOT)

    def fill(folder: Path) -> None:
        (folder / "lambdas").mkdir()
        for source in sources:
            shutil.copyfile(source, folder / "lambdas" / source.name)
        for name, content in compiled.items():
            (folder / name).write_text(content, encoding="utf-8")

    return _once(build / "function", key, fill)


def working_python(version: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """An interpreter of that minor version that was run, not merely found: a pyenv shim on PATH may exist and fail."""
    return next((python for python in _candidates(version, environ) if _runs(python, version)), None)


def _candidates(version: str, environ: Mapping[str, str]) -> Iterable[Path]:
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield Path(sys.executable)
    if on_path := shutil.which(f"python{version}", path=environ.get("PATH")):
        yield Path(on_path)
    pyenv = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)


def _runs(python: Path, version: str) -> bool:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - a Python of this machine
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def _names(interpreter: Interpreter) -> list[str]:
    """Name the interpreter in a hash: where it is this machine's, with the processor and the C library."""
    own = f"{sysconfig.get_platform()} {sysconfig.get_config_var('EXT_SUFFIX')}"
    return [interpreter.platform or own, interpreter.version]


def _install(requirements: Path, target: Path, interpreter: Interpreter) -> None:
    platform = ["--python-platform", interpreter.platform] if interpreter.platform else []
    wheels = [*platform, "--python-version", interpreter.version, "--only-binary", ":all:"]
    pinned = ["--require-hashes", "--no-deps", "-r", str(requirements)]
    into = ["--quiet", "--python", sys.executable, "--target", str(target)]
    _run([uv.find_uv_bin(), "pip", "install", *into, *wheels, *pinned])
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)


def _compile(python: Path, target: Path) -> None:
    # CDK's zip resets every mtime, which makes ordinary .pyc stale; these are never compared with their source.
    _run(
        [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(target), str(target)]
    )


def _run(command: list[str]) -> None:
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        raise BuildFailed(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.strip() or done.stdout.strip()}")


def _once(parent: Path, key: str, fill: Callable[[Path], None]) -> Asset:
    """Builds beside the final place and moves it there whole: a build that was cut short is never taken for good."""
    folder = parent / key
    if not folder.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix="making-") as making:
            made = Path(making) / "asset"
            made.mkdir()
            fill(made)
            try:
                made.rename(folder)
            except OSError:  # somebody else built the same inputs meanwhile
                if not folder.is_dir():
                    raise
    return Asset(folder, key)


def _hash(words: Iterable[str], files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:32]
