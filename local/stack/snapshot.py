"""A deployment that is kept: CloudFormation makes a template's resources once, later runs begin with what it made.

Half of what a short replay takes is moto's CloudFormation, which imports every service that it knows. What it made is a
few objects in memory; they are kept in the build folder, under a hash of the template and of all that makes them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import io
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.synth import BUILD
from local.stack.deployed import Deployed, deploy, verify_senders
from local.stack.emulator import Emulator

FOLDER = BUILD / "deployed"
KEPT: Mapping[str, str] = {
    "dynamodb": "dynamodb_backends",
    "events": "events_backends",
    "s3": "s3_backends",
    "secretsmanager": "secretsmanager_backends",
    "sns": "sns_backends",
    "sqs": "sqs_backends",
}
"""What a replay asks, by moto's package, and the name of its store. Who asks for the stack, its functions or its keys,
as `check --live` does, needs one that `deploy` made."""
_LOCK = type(threading.RLock())


def deployed_once(emulator: Emulator, template: Path, folder: Path = FOLDER) -> Deployed:
    """Return the stack as `deploy` does, from what an earlier run of the same inputs left where there is such.

    A file that cannot be read is as none. Raises what `deploy` raises.
    """
    kept = folder / f"{_key(emulator, template)}.pickle"
    try:
        deployed, state = pickle.loads(kept.read_bytes())  # of our own folder, as all that is built there
    except (OSError, EOFError, ValueError, AttributeError, ImportError, IndexError, TypeError, pickle.UnpicklingError):
        deployed = deploy(emulator, template)
        _keep(kept, (deployed, _state()))
        return deployed
    _restore(state)
    verify_senders(emulator, deployed.config)
    return deployed  # type: ignore[no-any-return]


def _state() -> dict[str, dict[str, dict[str, Any]]]:
    """Each store's backends, by account and region."""
    return {package: {account: dict(regions) for account, regions in _store(package).items()} for package in KEPT}


def _restore(state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for package, accounts in state.items():
        for account, regions in accounts.items():
            for region, backend in regions.items():
                dict.__setitem__(_store(package)[account], region, backend)


def _store(package: str) -> Any:
    return getattr(importlib.import_module(f"moto.{package}.models"), KEPT[package])


class _Pickler(pickle.Pickler):
    """Writes a lock as a new one: nobody holds it."""

    def reducer_override(self, value: Any) -> Any:
        return (threading.RLock, ()) if isinstance(value, _LOCK) else NotImplemented


def _keep(path: Path, what: Any) -> None:
    """Write it whole or not at all; a state that cannot be written is not kept."""
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(what)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(buffer.getvalue())
        os.replace(file.name, path)  # noqa: PTH105 - the name is a string
    except (OSError, TypeError, AttributeError, pickle.PicklingError):
        return


def _key(emulator: Emulator, template: Path) -> str:
    """Hash all that the kept objects are made of: the template and where it lies, the versions, and this room."""
    versions = [importlib.metadata.version(name) for name in ("moto", "botocore")]
    words = [sys.version, *versions, emulator.region, str(template.resolve())]
    digest = hashlib.sha256("\0".join(words).encode())
    for path in (template, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]
