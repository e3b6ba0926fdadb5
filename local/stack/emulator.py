"""AWS on loopback: moto's server in this process, on the harness's clock, with faults and a record of what was sent.

One thread and no kept connections, so that nothing is left when it stops.
"""

from __future__ import annotations

import io
import json
import os
import re
import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any
from unittest import mock

import botocore.endpoint
import botocore.session
from alertrelay.channels import KINDS
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ReadTimeoutError

from local.stack.aws_sessions import OUR_CONFIG, OURSELVES, NoPause, PatientSession, models, own_session
from local.stack.expressions import quick_expressions
from local.stack.in_process import answer, header_text
from local.stack.loopback import serving
from local.stack.made_once import made_once
from local.standins import Fault, RecordedRequest, peer
from local.standins.peer import Reader

FAKE_ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "FAKEFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "no-secret-at-all",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[a-z0-9-]+/([a-z0-9-]+)/aws4_request")
_REGION = re.compile(r"(Credential=[^/]+/\d+/)[a-z0-9-]+/")
_XML_ERROR = (
    "<ErrorResponse><Error><Type>{type}</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
)
_READS = (".GetItem", ".BatchGetItem", ".Query", ".Scan")
_CODES = {429: "Throttling", 503: "ServiceUnavailable", 500: "InternalError", 403: "AuthorizationError"}


def _service(authorization: str) -> str:
    """The service that a request is signed for, "" for one without a signature."""
    found = _SERVICE.search(authorization)
    return found.group(1) if found else ""


class Emulator:
    """A context manager. Inside it `url` answers as AWS would, and the environment holds credentials that are none.

    `now` is the clock of the queues: delays, visibility and receive counts follow it. With `one_region` a request for
    any region is taken for `region`: sam gives its containers whichever the user has.
    """

    def __init__(
        self,
        *,
        region: str,
        now: Callable[[], datetime],
        host: str = "127.0.0.1",
        port: int = 0,
        one_region: bool = False,
    ) -> None:
        self.url = ""
        self._app: Any = None
        self.region = region
        self._host, self._port, self._one_region = host, port, one_region
        self.writes = 0  # requests that may have changed a table
        self.faults: dict[str, Fault] = {}  # by service: sns, ses, dynamodb, secretsmanager, sqs
        self._now = now
        self._recorded: list[RecordedRequest] = []
        self._clients: dict[str, Any] = {}
        self._entered = ExitStack()

    def __enter__(self) -> Emulator:
        with ExitStack() as entering:
            entering.enter_context(_environment(self.region))
            # The functions are three containers in one process: the services' models are read once for all.
            entering.enter_context(mock.patch.object(botocore.session, "get_session", self._session_of_a_function))
            # A pause between two tries is random, and no part of what a run shows: it takes no time at all.
            entering.enter_context(mock.patch.object(botocore.endpoint, "time", NoPause()))
            entering.enter_context(self._on_our_clock())
            entering.enter_context(made_once())
            entering.enter_context(quick_expressions())
            self._app = self._wsgi_app()
            self.url = entering.enter_context(serving(self._app, self._host, self._port))
            self._entered = entering.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.close()

    @property
    def published(self) -> tuple[RecordedRequest, ...]:
        """Returns what was published to SNS and mailed by SES, in order, also what was answered with a fault."""
        return tuple(self._recorded)

    def client(self, service: str) -> Any:
        """A client of the emulated AWS."""
        if service not in self._clients:
            session = own_session()
            session.register("before-send", self._answered_here)
            self._clients[service] = session.create_client(
                service, region_name=self.region, endpoint_url=self.url, config=OUR_CONFIG
            )
        return self._clients[service]

    def _session_of_a_function(self, env_vars: Any = None) -> botocore.session.Session:
        session = PatientSession(env_vars)
        session.register_component("data_loader", models())
        session.register("before-send", self._hang)
        session.register("before-send", self._answered_here)
        return session

    def _hang(self, **sent: Any) -> None:
        """A fault that is a hang is known at once to be one, and ends as the client's own bound would end it."""
        request: AWSPreparedRequest = sent["request"]
        fault = self.faults.get(_service(header_text(request.headers.get("Authorization", ""))))
        if fault and fault.kind in ("timeout", "trickle"):
            raise ReadTimeoutError(endpoint_url=request.url)

    def _answered_here(self, **sent: Any) -> Any:
        """The client is in this process, as the emulator is: no socket is needed between them."""
        request: AWSPreparedRequest = sent["request"]
        return answer(self._app, request) if request.url.startswith(self.url) else None

    def queued(self, queue_url: str) -> list[Any]:
        """The messages of a queue as moto holds them, also the delayed and the invisible ones."""
        from moto.sqs.models import sqs_backends

        account, name = queue_url.rsplit("/", 2)[1:]
        return list(sqs_backends[account][self.region].queues[name]._messages)

    def mend_key_policies(self) -> None:
        """moto's CloudFormation leaves a key's policy as an object, which its own KMS cannot read."""
        from moto.kms.models import kms_backends

        for regions in kms_backends.values():
            for key in regions[self.region].keys.values():
                policy: object = key.policy
                if isinstance(policy, dict):
                    key.policy = json.dumps(policy)

    def items_with(self, table: str, attribute: str) -> list[dict[str, Any]]:
        """The items of a table that have an attribute, as moto holds them, in DynamoDB's JSON. It is asked at every
        step of a day: only these are turned into JSON."""
        from moto.dynamodb.models import dynamodb_backends

        tables = (backend[self.region].tables.get(table) for backend in dynamodb_backends.values())
        return [
            item.to_json()["Attributes"]
            for found in tables
            if found
            for partition in found.items.values()
            for item in partition.values()
            if attribute in item.attrs
        ]

    @contextmanager
    def _on_our_clock(self) -> Iterator[None]:
        import moto.sqs.models
        from moto.moto_api._internal.models import moto_api_backend

        def seconds() -> float:
            return self._now().timestamp()

        def milliseconds() -> float:
            return seconds() * 1000

        with (
            mock.patch.object(moto.sqs.models, "unix_time", seconds),
            mock.patch.object(moto.sqs.models, "unix_time_millis", milliseconds),
        ):
            moto_api_backend.reset()
            yield
            moto_api_backend.reset()

    def _wsgi_app(self) -> Any:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        readers = {service: (kind, read) for kind in KINDS for service, read in peer(kind).readers.items()}
        moto_app = DomainDispatcherApplication(create_backend_app)

        def gate(environ: dict[str, Any], start_response: Any) -> Any:
            target = environ.get("HTTP_X_AMZ_TARGET", "")
            if target.startswith("DynamoDB") and not target.endswith(_READS):
                self.writes += 1
            if OURSELVES in environ.get("HTTP_USER_AGENT", ""):
                return moto_app(environ, start_response)
            if self._one_region:
                signed = environ.get("HTTP_AUTHORIZATION", "")
                environ["HTTP_AUTHORIZATION"] = _REGION.sub(rf"\g<1>{self.region}/", signed)
            service = _service(environ.get("HTTP_AUTHORIZATION", ""))
            fault = self.faults.get(service)
            if service in readers:
                self._record(environ, *readers[service], fault)
            if fault is None:
                return moto_app(environ, start_response)
            return _failed(fault, environ, start_response)

        return gate

    def _record(self, environ: dict[str, Any], channel: str, read: Reader, fault: Fault | None) -> None:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        sent = read(body, environ.get("PATH_INFO", ""))
        if sent is None:
            return
        self._recorded.append(
            RecordedRequest(
                channel=channel,
                at=self._now(),
                path="",
                headers=sent.headers,
                body=sent.body,
                request_id=sent.request_id,
                answered=str(fault) if fault else "200",
                tokens=frozenset(),
            )
        )


def _failed(fault: Fault, environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if fault.kind != "status":
        if fault.kind in ("timeout", "trickle"):
            select.select([environ["werkzeug.socket"]], [], [])  # until the client gives up
        # No answer at all: the client sees a closed connection.
        raise ConnectionError("closed on purpose")
    as_json = "json" in environ.get("CONTENT_TYPE", "")
    code = _CODES.get(fault.status, "ResourceNotFoundException" if as_json else "InvalidParameter")
    if as_json:
        text, content = json.dumps({"__type": code, "message": "failed on purpose"}), environ["CONTENT_TYPE"]
    else:
        side = "Receiver" if fault.status >= 500 else "Sender"
        text, content = _XML_ERROR.format(type=side, code=code, message="failed on purpose"), "text/xml"
    start_response(f"{fault.status} Failed", [("Content-Type", content), ("Content-Length", str(len(text)))])
    return [text.encode()]


@contextmanager
def _environment(region: str) -> Iterator[None]:
    removed = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")
    with mock.patch.dict(os.environ, {**FAKE_ENVIRONMENT, "AWS_DEFAULT_REGION": region}):
        for name in removed:
            os.environ.pop(name, None)
        yield
