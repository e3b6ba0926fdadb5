"""A deployed environment, found by its stack's outputs with the credentials of the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alertrelay.aws.errors import code
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

Client = Callable[[str], Any]
"""A client of AWS by its service's name, the same one each time."""

UNREADABLE = (BotoCoreError, ClientError, ResponseParserError)
"""What a call of AWS raises; the last where something else answered, such as a proxy with a page of HTML."""
NOT_OF_AWS = "something other than AWS answered"
_NOT_REACHED = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ConnectionClosedError",
        "ProxyConnectionError",
        "SSLError",
        "HTTPClientError",
    }
)
ALIAS = "live"
"""The alias by which events reach each function: infra/functions.py."""
HASH_VARIABLE = "ALERTRELAY_CONFIG_HASH"
_PATIENT = ClientConfig(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 4, "mode": "standard"})


class CloudUnreadable(Exception):
    """AWS did not say what was asked. The text says what was asked, what it answered, and the mend."""


class CloudNotReached(CloudUnreadable):
    """AWS was not reached: no connection, or no answer on it."""


class CloudNotLoggedIn(CloudUnreadable):
    """There are no credentials, or their session has ended: no other call will be answered either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """The relay's stack. `outputs` are those of infra/stacks.py: TopicCritical, SecretArn, TableName, Function…"""

    stack: str
    status: str
    outputs: Mapping[str, str]

    def named(self, beginning: str) -> dict[str, str]:
        """The outputs whose name begins so, by the rest of their name."""
        return {n.removeprefix(beginning): v for n, v in self.outputs.items() if n.startswith(beginning)}

    @property
    def forwarders(self) -> list[str]:
        """The functions of the forwarders, by name: each has a queue of timers and three of dead letters."""
        return sorted(name for name in self.named("Function").values() if name.endswith("-forwarder"))


def clients(region: str, *, patience: int = 4) -> Client:
    """Clients with the user's own credentials (AWS_PROFILE, SSO, the environment); "" is the user's own region.

    `patience` is how often a call is tried in all, with backoff.
    """
    import botocore.session

    session = botocore.session.get_session()
    config = _PATIENT.merge(ClientConfig(retries={"total_max_attempts": patience, "mode": "standard"}))
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.create_client(service, region_name=region or None, config=config)
        return made[service]

    return client


def client_with(service: str, region: str) -> Callable[..., Any]:
    """Returns what makes a client of a service with given credentials: those of an assumed role."""
    import botocore.session

    def create(**credentials: Any) -> Any:
        session = botocore.session.get_session()
        return session.create_client(service, region_name=region, config=_PATIENT, **credentials)

    return create


def stack_of(environment: str, client: Client) -> DeployedStack | None:
    """The relay's stack of an environment, None where there is none. Raises CloudUnreadable."""
    name = f"alertrelay-{environment}"
    try:
        stack = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise unreadable(f"the stack {name}", error) from None
    except (BotoCoreError, ResponseParserError) as error:
        raise unreadable(f"the stack {name}", error) from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    return DeployedStack(stack=name, status=stack["StackStatus"], outputs=outputs)


def config_hashes(deployed: DeployedStack, client: Client) -> dict[str, str]:
    """The hash of the configuration that each forwarder runs with, by function name; "" where it names none.

    Raises CloudUnreadable.
    """
    return {function: config_hash(function, client) for function in deployed.named("Function").values()}


def config_hash(function: str, client: Client) -> str:
    """Return the hash of the configuration that the live version of a function runs with, "" where it names none.

    Raises CloudUnreadable.
    """
    try:
        answer = client("lambda").get_function_configuration(FunctionName=function, Qualifier=ALIAS)
    except UNREADABLE as error:
        raise unreadable(f"the function {function}", error) from None
    found: str = answer.get("Environment", {}).get("Variables", {}).get(HASH_VARIABLE, "")
    return found


def without_answer(errors: Iterable[str]) -> bool:
    """Returns whether AWS was never reached: the words are those of `alertrelay.aws.errors.code`."""
    return all(word in _NOT_REACHED for word in errors)


def unreadable(what: str, error: BotoCoreError | ClientError | ResponseParserError) -> CloudUnreadable:
    """Returns AWS's answer as an error, with the mend."""
    if isinstance(error, ResponseParserError):
        return CloudUnreadable(f"{what} cannot be read: {NOT_OF_AWS}: is there a proxy, or AWS_ENDPOINT_URL?")
    word = code(error)
    if word in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"):
        return CloudNotLoggedIn(f"{what}: there are no credentials for AWS ({word}): set AWS_PROFILE, or log in")
    if word == "NoRegionError":
        return CloudUnreadable(f"{what}: no region: write `region:` in the environment's file, or set AWS_REGION")
    if "ExpiredToken" in word or "Token" in word:
        return CloudNotLoggedIn(f"{what}: the session has ended ({word}): log in again")
    if word == "AuthorizationError":  # SNS's own word, of Publish above all
        return CloudUnreadable(
            f"{what}: your role may not publish there ({word}): put its ARN under `publishers:` of the environment's "
            "file, and deploy"
        )
    if "AccessDenied" in word or "Unauthorized" in word:
        operation = error.operation_name if isinstance(error, ClientError) else ""
        return CloudUnreadable(f"{what}: {operation} is not allowed ({word}): docs/deploy.md lists what is needed")
    if word in _NOT_REACHED:
        return CloudNotReached(
            f"{what}: AWS cannot be reached ({word}): check the network, a proxy, the region and AWS_ENDPOINT_URL"
        )
    if "Throttl" in word or "TooManyRequests" in word:
        return CloudUnreadable(f"{what}: AWS throttles the calls ({word}): try again in a minute")
    return CloudUnreadable(f"{what} cannot be read: {word}: try again, and look for the code in AWS's documentation")
