"""The whole app: the configuration of each environment, its stage, and the checks that every template passes."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
from alertrelay.config.alarm_file import AlarmFile
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig

from compiler import placeholders
from compiler.alarms.tuning import alarm_file
from compiler.config_files import environment_fault, environments
from compiler.cost.demand import demand
from compiler.cost.table import summary
from compiler.delivery import LastResort
from compiler.load import Loaded, load
from compiler.original import without_secrets
from compiler.placeholders import CODE
from compiler.reading.finding import Finding, Findings, merged
from compiler.resources.environment import Environment
from infra.assets import Asset, architecture, build_function, build_layer, lambda_interpreter
from infra.stage import EnvironmentStage
from infra.synth import ROOT

CONTEXT: Mapping[str, object] = {
    # The CDK's feature flags, also where the CDK command does not run the app, or runs another one.
    **json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"],
    # What the CDK command would pass: sam and the local stack find the code of a function by them.
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:enable-path-metadata": True,
    # A changed layer makes a new version of the functions, and so does each property that a version carries.
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
}


class ConfigurationInvalid(Exception):
    """A configuration file has an error. The text has a line for each, with file, line, key and mend."""


class TemplateRefused(Exception):
    """A template breaks a rule that is not acknowledged; the CDK has printed which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valid:
    """The configuration of one environment, without an error in it."""

    environment: Environment
    config: Config
    last_resort: LastResort | None
    anomaly: AnomalyConfig | None
    rules: Mapping[str, str]  # files of Prometheus's rules by name, where they are deployed
    original: str = ""  # alertmanager.yml without its secrets, where an intake shows it
    alarms: AlarmFile | None = None  # what the weekly audit reads, where one is sent

    def code(self) -> Asset:
        """Builds the code of its functions. Raises BuildFailed."""
        return build_function(self.config, self.anomaly, self.environment.objectives, original=self.original)

    def auditor_code(self) -> Asset | None:
        """Builds the code of the auditor where it has one of its own."""
        return build_function(self.config, None, alarms=self.alarms) if self.alarms else None


def synthesise(config: Path, environ: Mapping[str, str]) -> None:
    """Writes the assembly of the environments of `config/environments` to CDK_OUTDIR, or to cdk.out.

    `ALERTRELAY_ENVIRONMENTS` names some of them, with commas. Raises ConfigurationInvalid, ValueError,
    BuildFailed, TemplateRefused.
    """
    arch = architecture(environ)
    names = environment_names(config, environ.get("ALERTRELAY_ENVIRONMENTS", ""))
    valid = load_valid(config, names, placeholders=bool(environ.get(placeholders.VARIABLE)))
    layer = build_layer(lambda_interpreter(arch))
    app = cdk.App(outdir=environ.get("CDK_OUTDIR") or "cdk.out", analytics_reporting=False, context=dict(CONTEXT))
    for each in valid:
        EnvironmentStage(
            app,
            each.environment,
            each.config,
            each.last_resort,
            anomaly=each.anomaly,
            code=each.code(),
            auditor_code=each.auditor_code(),
            layer=layer,
            arch=arch,
            rules=each.rules,
        )
        _say_cost(each)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    _synth(app)


def _say_cost(each: Valid) -> None:
    """Prints the month of the environment, by part, to stderr."""
    counted = demand(each.environment, each.config, each.last_resort, each.anomaly, rules=each.rules)
    for line in summary(each.environment.name, counted):
        print(line, file=sys.stderr)  # noqa: T201 - synth speaks to people on stderr


def _synth(app: cdk.App) -> None:
    try:
        app.synth()
    except RuntimeError as fault:  # all that jsii passes on of node's exception is its text
        if "ValidationFailed" not in str(fault):
            raise
        raise TemplateRefused("a template breaks a rule of cdk-nag: the findings stand above") from None


def environment_names(config: Path, only: str) -> list[str]:
    """The environments that have a file, or those of them that `only` names. Raises ValueError."""
    there = list(environments(config))
    if not there:
        raise ValueError(f"{config / 'environments'}: at least one environment was expected, NAME.yml; there is none")
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for name in wanted:
        if fault := environment_fault(config, name):
            raise ValueError(str(fault))
    return wanted or there


def load_valid(config: Path, names: Sequence[str], *, placeholders: bool = False) -> list[Valid]:
    """Read and check each environment; warnings go to stderr. Raises ConfigurationInvalid with every error.

    A value that is left of the example is an error where the environment is to be retained, unless `placeholders`.
    """
    found = [load(config, name) for name in names]
    rules, on_rules = _deployed(config, found)
    findings = dict.fromkeys(
        _refused(finding) if _retained(loaded) and not placeholders else finding
        for loaded in found
        for finding in loaded.findings
    ) | dict.fromkeys(on_rules)
    warned = [finding for finding in findings if finding.severity == "warning"]
    for line in merged((one for one in warned if one.code != CODE or not placeholders), fold=True):
        print(line, file=sys.stderr)  # noqa: T201 - synth speaks to people on stderr
    if errors := [str(finding) for finding in findings if finding.severity == "error"]:
        raise ConfigurationInvalid("\n".join(errors))
    return [
        Valid(
            environment=loaded.environment,
            config=loaded.config,
            last_resort=loaded.last_resort,
            anomaly=loaded.anomaly,
            rules=rules if loaded.environment.managed_prometheus else {},
            original=_original(config) if loaded.environment.intake else "",
            alarms=_alarms(config, loaded.environment),
        )
        for loaded in found
        if loaded.environment is not None and loaded.config is not None
    ]


def _deployed(config: Path, found: Sequence[Loaded]) -> tuple[Mapping[str, str], Sequence[Finding]]:
    """The rules that some environment deploys, and what is found in them, example values left out."""
    wanted = [one.environment.name for one in found if one.environment and one.environment.managed_prometheus]
    if not wanted:
        return {}, ()
    from compiler.rules.deployed import deployed_rules

    findings = Findings()
    rules = deployed_rules(config, str(config / "environments" / f"{wanted[0]}.yml"), findings)
    return rules, [one for one in findings.sorted() if one.code != CODE]


def _alarms(config: Path, environment: Environment) -> AlarmFile | None:
    if environment.audit is None or not environment.audit.report:
        return None
    path = config / "environments" / f"{environment.name}.yml"
    return alarm_file(environment, f"config/environments/{path.name}", path.read_text(encoding="utf-8"))


def _original(config: Path) -> str:
    return without_secrets((config / "alertmanager.yml").read_text(encoding="utf-8"))


def _retained(loaded: Loaded) -> bool:
    return loaded.environment is not None and loaded.environment.retain


def _refused(finding: Finding) -> Finding:
    if finding.code != CODE:
        return finding
    mend = f"{finding.mend}; where it is really yours: {placeholders.VARIABLE}=1"
    return dataclasses.replace(finding, severity="error", mend=mend)
