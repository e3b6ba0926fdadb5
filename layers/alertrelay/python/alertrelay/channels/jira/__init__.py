"""Jira: an issue a group, as Alertmanager keeps one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, HttpAuth, Rate, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraSettings(Settings):
    """`url` is the API's address with its version; `api` says where issues are searched for. `reopen_seconds` is how
    long after its resolution an issue is opened anew by `reopen`. `fields` are sent with each issue."""

    url: str
    api: str
    project: str
    issue_type: str
    priority: str
    labels: tuple[str, ...]
    resolve: str
    reopen: str
    reopen_seconds: int
    wont_fix: str
    auth: HttpAuth
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key_name(self) -> str:
        """The API token or the password."""
        return " ".join(self.auth.keys)

    @property
    def resolves_by_key(self) -> bool:
        """An issue is found by its label; a resolve without one does nothing."""
        return True


CHANNEL = ChannelDescriptor(
    kind="jira",
    title="Jira",
    message="Jira issue",
    configs="jira_configs",
    keys=(
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="jira_api_url",
            missing="add `api_url: https://example.atlassian.net/rest/api/3`",
        ),
        ConfigKey(
            name="api_type",
            use="decides",
            shape="plain",
            field="api",
            default="AUTO",
            choices=("AUTO", "CLOUD", "DATACENTER"),
        ),
        ConfigKey(name="project", use="decides", field="project", missing="add `project: OPS`, the project's key"),
        ConfigKey(name="issue_type", use="decides", field="issue_type", missing="add `issue_type: Bug`"),
        ConfigKey(name="priority", use="filled", upstream="jira.default.priority", shape="plain", field="priority"),
        ConfigKey(name="labels", use="filled", shape="list", field="labels"),
        ConfigKey(name="resolve_transition", shape="plain", field="resolve"),
        ConfigKey(name="reopen_transition", shape="plain", field="reopen"),
        ConfigKey(name="reopen_duration", shape="seconds", field="reopen_seconds", default=0),
        ConfigKey(name="wont_fix_resolution", shape="plain", field="wont_fix"),
        ConfigKey(name="fields", use="filled", shape="json", field="fields"),
        ConfigKey(name="summary", use="templated", shape="any", upstream="jira.default.summary"),
        ConfigKey(name="description", use="templated", shape="any", upstream="jira.default.description"),
    ),
    auth="auth",
    auth_needed="add `http_config: {basic_auth: {username: …, password_file: /etc/alertmanager/secrets/jira_token}}`",
    auth_optional=True,
    settings=JiraSettings,
    key_text="the API token or the password",
    receipt="`issue`, its key",
    limits={"summary characters": 255, "description characters": 32_767},
    rate=Rate(people=20, counted_by=("url", "project")),
    retried=frozenset({429}),
)
