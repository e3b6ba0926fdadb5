"""Checks at synth that a channel is whole: a forwarder with its handler, a stand-in, and the name of its secret.

What lacks one of them would be noticed late: alerts that wait for a function that is not there, a function that cannot
be imported, a replay that ends in a traceback, a sender without its key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from alertrelay.config.channel import ChannelDescriptor, Settings
from alertrelay.config.model import Config


def check_served(config: Config, forwarders: Mapping[str, Collection[str]]) -> None:
    """Raise ValueError where a receiver has a channel that none of `forwarders` serves, or that two of them would send.

    `forwarders` are the channels of each, by its name.
    """
    for receiver in config.receivers:
        for target in receiver.targets:
            kind = target.integration.channel
            serving = sorted(name for name, channels in forwarders.items() if kind in channels)
            if len(serving) != 1:
                found = " and ".join(serving) or "none"
                raise ValueError(
                    f"receiver {receiver.name}: its channel {kind} needs one forwarder, there is {found}; "
                    "infra/stacks.py lists which forwarder serves which channels"
                )


def check_whole(channels: Iterable[ChannelDescriptor], forwarders: Iterable[str], root: Path) -> None:
    """Raise ValueError, with a line for each part that a channel or a forwarder of `root` lacks and where it belongs.

    `root` is the folder of lambdas/ and local/.
    """
    lacking = [*_without_handler(forwarders, root / "lambdas"), *_incomplete(channels, root / "local" / "standins")]
    if lacking:
        raise ValueError("\n".join(lacking))


def handler_of(forwarder: str) -> str:
    """Return the handler of a forwarder as Lambda imports it, by the forwarder's name."""
    return f"lambdas.{forwarder.replace('-', '_')}.handler"


def _without_handler(forwarders: Iterable[str], folder: Path) -> Iterator[str]:
    for name in forwarders:
        _, module, _ = handler_of(name).split(".")
        if not _is_module(module, folder):
            yield f"{name}: lambdas/{module}.py is missing: it holds the forwarder's handler"


def _incomplete(channels: Iterable[ChannelDescriptor], standins: Path) -> Iterator[str]:
    for one in channels:
        if not _is_module(one.kind, standins):
            yield f"channel {one.kind}: it has no stand-in for replay and the tests: add local/standins/{one.kind}"
        if any(key.shape == "secret" for key in one.keys) and not _names_its_secret(one.settings):
            yield (
                f"channel {one.kind}: a key of its configuration is a secret, and its settings do not say which field "
                f"names it: set `key_field` of {one.settings.__name__}, or write its `key_name`"
            )


def _names_its_secret(settings: type[Settings]) -> bool:
    return bool(settings.key_field) or settings.key_name is not Settings.key_name


def _is_module(name: str, folder: Path) -> bool:
    """Returns whether a folder has a module or a package of that name."""
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
