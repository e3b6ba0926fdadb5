"""The values of the environment's secret, as tries read them: a missing one is named, and never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.probes.row import NotTaken

Values = Mapping[str, str]
"""Values of the secret by the name of their key."""


class UnreadSecret(Mapping[str, str]):
    """Stands for a secret that could not be read: who asks for a value is refused with the reason. Raises NotTaken."""

    def __init__(self, why: str, mend: str) -> None:
        self._why, self._mend = why, mend

    def __getitem__(self, key: str) -> str:
        raise NotTaken("not tried", f"it needs {key} of the secret: {self._why}", self._mend)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def value_of(values: Values, key: str) -> str:
    """Returns the value of a key. Raises NotTaken where the secret lacks it, or could not be read."""
    found = values.get(key, "")
    if not found.strip():
        raise NotTaken("not tried", f"the secret has no value under {key}", f"add {key} to the secret")
    return found.strip()
