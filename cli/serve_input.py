"""Reads what `alertrelay serve` is started with: its port, its folder, and the keys of its channels."""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LAST_PORT = 65_535
_ADMIN = "intake_admin_token"
_EXAMPLE = '{"pagerduty_key": "…"}'


class Unfit(ValueError):
    """Raised for an option that cannot be used; the text names it, and the mend."""


def tcp_port(text: str) -> int:
    """Return a port of TCP. Raises ArgumentTypeError."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LAST_PORT)) else -1
    if not 0 <= number <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a number from 0 to {LAST_PORT} was expected, got {text}")
    return number


def make_folder(folder: Path) -> None:
    """Makes the folder of --data, which its owner alone may open: alerts stand there. Raises Unfit."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Unfit(f"--data {folder}: a folder was expected, and a file is there: name another") from None
    except OSError as error:
        raise Unfit(f"--data {folder}: cannot be made ({error.strerror}): name another folder") from None


def own_file(path: Path) -> Path:
    """Makes a file, where there is none, that its owner alone may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path


def tokens_of(file: Path) -> dict[str, str]:
    """Returns the intake's tokens; the first start makes one that may do everything. Raises Unfit."""
    if file.exists():
        mend = "delete it: the next start makes a new token"
        found = _texts(file, str(file), mend=mend)
        if _ADMIN not in found:
            raise Unfit(f"{file}: the key {_ADMIN} was expected; {mend}")
        _check_tokens(found, str(file), mend)
        return found
    made = {_ADMIN: secrets.token_hex(12)}
    own_file(file).write_text(json.dumps(made), encoding="utf-8")
    return made


def keys_of(file: Path) -> dict[str, str]:
    """Returns the keys of the channels in the file of --secrets. Raises Unfit."""
    where = f"--secrets {file}"
    found = _texts(file, where, mend=f"write an object of texts, {_EXAMPLE}")
    _check_tokens(found, where, "write a longer one (`openssl rand -hex 24`)")
    return found


def doubts(given: Mapping[str, str], needed: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """Yields what is odd about the keys of --secrets: those that the channels lack, and those that nothing reads.
    `known` are read by others than the channels."""
    from compiler.reading.finding import nearest

    missing = [name for name in needed if not given.get(name)]
    if missing:
        yield f"lacks {', '.join(missing)}: nothing can be sent with what is missing; add it"
    for name in given:
        if name not in needed and name not in known:
            near = nearest(name, missing)
            yield f"has {name!r}, which no channel of the configuration reads" + (
                f": did you mean {near!r}?" if near else ": delete it, or name it in alertmanager.yml"
            )


def _check_tokens(found: Mapping[str, str], where: str, mend: str) -> None:
    """Raises Unfit for a token of the intake that it would take for none; its value is not shown."""
    # Here, since every command imports this file, and most serve nothing.
    from alertrelay.intake.tokens import KEYS, LEAST_CHARACTERS

    for key in KEYS.values():
        for token in (found[key].split() or [""]) if key in found else ():
            if len(token) < LEAST_CHARACTERS:
                got = f"{LEAST_CHARACTERS} characters or more were expected, got {len(token)}"
                raise Unfit(f"{where}: {key} is too short for a token: {got}; {mend}")


def _texts(file: Path, where: str, *, mend: str) -> dict[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unfit(f"{where}: cannot be read ({error.strerror}); {mend}") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise Unfit(f"{where}: JSON was expected, got what ends at {at} ({error.msg}); {mend}") from None
    except RecursionError:
        raise Unfit(f"{where}: an object of texts in JSON was expected, got one nested too deeply; {mend}") from None
    except ValueError:
        raise Unfit(f"{where}: text in UTF-8 was expected; {mend}") from None
    if not isinstance(found, dict):
        raise Unfit(f"{where}: an object of texts in JSON was expected, got {_kind(found)}; {mend}")
    for name, value in found.items():
        if not isinstance(value, str):
            raise Unfit(f"{where}: a text was expected under {name}, got {_kind(value)}; {mend}")
    return found


def _kind(value: object) -> str:
    """Names the kind of a value in JSON's words; never the value, which may be a secret."""
    if value is None:
        return "null"
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}
    return kinds[type(value)]
