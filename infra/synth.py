"""Synthesises the app when its inputs changed: what `make synth` and the local stack call. Imports no CDK.

python -m infra.synth [--config-dir FOLDER] [--environment NAME] [FOLDER]
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from compiler import placeholders
from compiler.config_folder import FLAG, VARIABLE, NoConfigFolder, config_folder

ROOT = Path(__file__).resolve().parent.parent
"""The folder of layers/, lambdas/ and requirements/: of the checkout, or alertrelay/ of an installed wheel."""


def build_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """Return where layers, functions and assemblies are kept: `.build` of a checkout, else a folder of the user's cache
    (`XDG_CACHE_HOME`, or `~/.cache`), since an installed package may be read-only."""
    if (root / "pyproject.toml").is_file():
        return root / ".build"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alertrelay"


BUILD = build_folder(ROOT, os.environ)
INPUTS = (
    "app.py",
    "cdk.json",
    "compiler",
    "infra",
    "lambdas",
    "layers",
    "requirements/dev.txt",
    "requirements/layer.txt",
)
STAMP = ".inputs"
KEPT = 12 * 3600
"""Seconds after its last use for which a kept assembly stays."""
STDERR = 2  # the descriptor: what the app prints is progress, and stdout belongs to the caller


class SynthFailed(Exception):
    """The app did not synthesise; it said why on stderr."""


def synthesise(
    outdir: Path, *, environment: str | None = None, arch: str | None = None, config: Path | None = None
) -> Path:
    """Writes the cloud assembly to `outdir`, of all environments or of one, and returns `outdir`. `arch` is in place of
    what ALERTRELAY_ARCH says, `config` in place of what ALERTRELAY_CONFIG_DIR says, or of the example in config/.

    Nothing is done when the assembly there was made from the same inputs. Two callers wait for each other. Says on
    stderr what it does. Raises SynthFailed and NoConfigFolder; the folder is then as it was.
    """
    outdir, config, arch = outdir.resolve(), config_of(config), arch or os.environ.get("ALERTRELAY_ARCH", "")
    BUILD.mkdir(parents=True, exist_ok=True)
    with _lock(BUILD / "synth.lock"):
        _make(outdir, _stamp(environment, arch, config), environment, arch, config)
    return outdir


def kept_assembly(folder: Path, *, environment: str, arch: str | None = None, config: Path | None = None) -> Path:
    """Returns the cloud assembly of these inputs in a folder of its own below `folder`, synthesised where it is not
    there yet. It stays as it is: a changed configuration gets another folder, and a
    run that began with this one still reads it. Those that nobody used for half a day are removed. What the app prints,
    prices above all, is shown only where it fails: who replays an alert asked for none of it.

    Parameters and errors are those of `synthesise`.
    """
    config, arch = config_of(config), arch or os.environ.get("ALERTRELAY_ARCH", "")
    BUILD.mkdir(parents=True, exist_ok=True)
    with _lock(BUILD / "synth.lock"):
        stamp = _stamp(environment, arch, config)
        outdir = (folder / f"{environment}-{stamp[:12]}").resolve()
        _make(outdir, stamp, environment, arch, config, quiet=True)
        (outdir / STAMP).touch()
        _prune(folder)
    return outdir


def _make(outdir: Path, stamp: str, environment: str | None, arch: str, config: Path, *, quiet: bool = False) -> None:
    if (outdir / STAMP).is_file() and (outdir / STAMP).read_text() == stamp:
        return
    made = BUILD / "assembly"
    shutil.rmtree(made, ignore_errors=True)
    _run_app(made, environment, arch, config, quiet=quiet)
    (made / STAMP).write_text(stamp)
    shutil.rmtree(outdir, ignore_errors=True)
    outdir.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, outdir)


def _prune(folder: Path) -> None:
    for outdir in folder.iterdir():
        stamp = outdir / STAMP
        if not stamp.is_file() or stamp.stat().st_mtime < time.time() - KEPT:
            shutil.rmtree(outdir, ignore_errors=True)


def config_of(named: Path | None) -> Path:
    """Return the configuration's folder as an absolute path: the app runs in another folder. Raises NoConfigFolder."""
    return config_folder(named, os.environ, otherwise=ROOT / "config").resolve()


def template(outdir: Path, environment: str) -> Path:
    """The relay's template in an assembly, by stack name. Raises FileNotFoundError, naming what is there."""
    return templates(outdir, environment)[f"alertrelay-{environment}"]


def templates(outdir: Path, environment: str) -> dict[str, Path]:
    """Return every template of an environment, by stack name. Raises FileNotFoundError, naming what is there."""
    assembly = outdir / f"assembly-{environment}"
    if not assembly.is_dir():
        there = sorted(path.name.removeprefix("assembly-") for path in outdir.glob("assembly-*"))
        raise FileNotFoundError(f"{outdir}: no assembly of {environment!r}; there are: {', '.join(there) or 'none'}")
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"].values()
    stacks = [a["properties"] for a in artifacts if a["type"] == "aws:cloudformation:stack"]
    return {stack["stackName"]: assembly / stack["templateFile"] for stack in stacks}


def _run_app(outdir: Path, environment: str | None, arch: str, config: Path, *, quiet: bool) -> None:
    began = time.monotonic()
    _progress(f"synth: {environment or 'every environment'}, about ten seconds (the first time here: thirty) …")
    environ = {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "ALERTRELAY_ENVIRONMENTS": environment or "",
        "ALERTRELAY_ARCH": arch,
        VARIABLE: str(config),
        placeholders.VARIABLE: "1",  # nothing of this assembly is deployed
    }
    # -P: what lies beside app.py is importable by its package alone, also in a wheel. In a group of its own it is ended
    # by `run` at Ctrl-C; in ours the signal would reach it too, and it prints a traceback.
    done = subprocess.run(
        [sys.executable, "-P", "app.py"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE if quiet else STDERR,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
        check=False,
        process_group=0,
    )
    if done.returncode != 0:
        if done.stdout:
            _progress(done.stdout.rstrip())
        shutil.rmtree(outdir, ignore_errors=True)
        raise SynthFailed(f"app.py ended with {done.returncode}: the reason stands above")
    if not quiet:
        _progress(f"synth: done in {time.monotonic() - began:.1f} s")


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - said to people while they wait


def _stamp(environment: str | None, arch: str, config: Path) -> str:
    digest = hashlib.sha256(f"{environment or ''}\0{arch}\0{config}\0".encode())
    for path in _config_files(config):
        digest.update(path.relative_to(config).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name in INPUTS:
        for path in _files(ROOT / name):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _config_files(config: Path) -> Iterator[Path]:
    """What is read of a configuration folder, which may hold a whole project beside it."""
    for folder in (config, config / "environments"):
        yield from sorted(path for path in folder.glob("*.y*ml") if path.is_file())


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 0, or 1 where the app does not synthesise."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.synth", description="The cloud assembly, when it is not there yet"
    )
    parser.add_argument("outdir", nargs="?", type=Path, default=ROOT / "cdk.out", metavar="FOLDER")
    parser.add_argument(FLAG, metavar="FOLDER", type=Path, help=f"default: {VARIABLE}, else the example in config/")
    parser.add_argument("--environment", metavar="NAME", help="only this environment")
    args = parser.parse_args(argv)
    try:
        print(synthesise(args.outdir, environment=args.environment, config=args.config_dir))  # noqa: T201 - a command's answer
    except (SynthFailed, NoConfigFolder) as fault:
        print(f"synth: {fault}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
