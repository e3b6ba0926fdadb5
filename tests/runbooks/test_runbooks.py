"""A runbook is read at 3 a.m.: its commands have to run as they are written."""

from __future__ import annotations

import re
import subprocess

import pytest
from alertrelay.anomaly.scorer.publish import RUNBOOKS
from alertrelay.config.own_runbooks import OWN_RUNBOOKS

from compiler.alarms.metrics import PUBLISHED
from compiler.alarms.slo import RUNBOOKS as SLO_RUNBOOKS
from compiler.catalogue.rule import Rule
from compiler.catalogue.table import CATALOGUE, OF_CLUSTERS, PARENTS
from tests.runbooks import awscli, shell
from tests.runbooks.page import FOLDER, Page, pages

PAGES = pages()
SECTIONS = ["Impact", "First", "Common causes", "Resolve", "Escalate", "Prevent"]
RULES: dict[str, Rule] = {rule.runbook: rule for rules in CATALOGUE.values() for rule in rules}
ALERTNAMES = {
    **{rule.runbook: rule.alertname for rule in RULES.values()},
    **{parent.runbook: parent.alertname for parent in (*PARENTS.values(), *OF_CLUSTERS)},
    **{page: alertname for alertname, page in RUNBOOKS.items()},
    **{page: alertname for alertname, page in SLO_RUNBOOKS.items()},
    **{page: names[0] for page, names in OWN_RUNBOOKS.items()},
}
# Metrics that no alarm watches and that tell causes apart, from the metrics pages of each service.
FURTHER_METRICS = {
    "AWS/RDS": """
        ReadIOPS WriteIOPS ReadThroughput WriteThroughput NetworkReceiveThroughput NetworkTransmitThroughput
        TransactionLogsDiskUsage TransactionLogsGeneration OldestReplicationSlotLag BinLogDiskUsage CPUCreditUsage
        CPUSurplusCreditBalance CPUSurplusCreditsCharged DBLoadCPU DBLoadNonCPU VolumeReadIOPs VolumeWriteIOPs
        AuroraReplicaLag CommitThroughput DMLThroughput SelectThroughput Queries ActiveTransactions AbortedClients
        ConnectionAttempts LoginFailures StorageNetworkReceiveThroughput StorageNetworkTransmitThroughput
        TransactionAgeMaximum
    """,
    "AWS/ElastiCache": """
        BytesUsedForCache BytesUsedForCacheItems CacheHits CacheMisses CmdGet CmdSet CommandAuthorizationFailures
        CPUCreditBalance CurrItems CurrVolatileItems ElastiCacheProcessingUnits EvalBasedCmds GetHits GetMisses
        GetTypeCmds KeyBasedCmds NetworkBytesIn NetworkBytesOut NetworkConntrackAllowanceExceeded
        NetworkPacketsPerSecondAllowanceExceeded NewConnections Reclaimed ReplicationBytes SaveInProgress SetTypeCmds
        SuccessfulWriteRequestLatency TotalCmdsCount UnusedMemory
    """,
    "AWS/ECS": "HTTPCode_Target_2XX_Count HTTPCode_Target_4XX_Count NewConnectionCount RequestCount",
    "ECS/ContainerInsights": "PendingTaskCount TaskCount instance_number_of_running_tasks",
    "AWS/ApplicationELB": """
        ActiveConnectionCount ClientTLSNegotiationErrorCount ConsumedLCUs HTTPCode_ELB_4XX_Count HTTPCode_ELB_500_Count
        HTTPCode_ELB_502_Count HTTPCode_ELB_503_Count HTTPCode_ELB_504_Count HTTPCode_Target_2XX_Count
        HTTPCode_Target_3XX_Count HTTPCode_Target_4XX_Count NewConnectionCount PeakLCUs ProcessedBytes
        RequestCountPerTarget TargetTLSNegotiationErrorCount
    """,
    "AWS/SQS": """
        ApproximateNumberOfMessagesNotVisible NumberOfMessagesDeleted NumberOfMessagesReceived NumberOfMessagesSent
    """,
    "AWS/Lambda": """
        AsyncEventAge AsyncEventsDropped AsyncEventsReceived ConcurrentExecutions DeadLetterErrors
        DestinationDeliveryFailures UnreservedConcurrentExecutions
    """,
}

COMMAND = re.compile(r"(?<![\w/.-])aws(?= +[a-z][a-z0-9-]+ +[a-z])")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.file)


def test_every_alarm_of_the_catalogue_has_its_page_and_no_page_is_nobodys() -> None:
    assert {page.file for page in PAGES} == set(ALERTNAMES)


@every_page
def test_a_page_is_titled_by_its_alertname_and_has_the_sections_in_order(page: Page) -> None:
    assert page.title == ALERTNAMES.get(page.file)
    assert page.headings == SECTIONS
    assert [heading for heading in SECTIONS if not page.section(heading)] == []
    assert page.text.split("\n")[2].endswith("."), "the line below the title says what the alarm means"


@pytest.mark.parametrize(("file", "names"), OWN_RUNBOOKS.items())
def test_a_page_about_the_relay_has_a_line_for_each_alert_that_it_serves(file: str, names: tuple[str, ...]) -> None:
    (page,) = (one for one in PAGES if one.file == file)
    assert tuple(re.findall(r"^\| `(\w+)` \| \S", page.text, re.MULTILINE)) == names


@every_page
def test_a_page_fits_two_screens(page: Page) -> None:
    assert 40 <= page.text.count("\n") <= 90


@every_page
def test_a_block_is_shell_that_parses_or_sql_of_a_named_engine(page: Page) -> None:
    assert {block.language for block in page.blocks} <= {"sh", "sql"}
    assert "```" not in page.prose, "a fence that is never closed"
    script = "\n".join(page.of("sh"))
    found = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    for text in page.of("sql"):
        lines = text.strip().split("\n")
        assert re.match(r"-- (PostgreSQL|MySQL|MariaDB)", lines[0]), f"which engine? {lines[0]}"
        assert re.search(r"(;|\\G)(\s*--.*)?$", lines[-1]), f"no end of the statement: {lines[-1]}"


@every_page
def test_the_first_steps_are_numbered_and_have_commands(page: Page) -> None:
    first = page.section("First")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", first, re.MULTILINE)]
    assert len(numbers) >= 2
    assert numbers == list(range(1, len(numbers) + 1))
    assert "```sh" in first


@every_page
def test_every_aws_command_is_one_that_the_cli_takes(page: Page) -> None:
    calls = [call for text in page.of("sh") for call in shell.commands(text, "aws")]
    assert calls, "no command of the AWS CLI"
    assert [problem for call in calls for problem in awscli.problems(call)] == []


@every_page
def test_every_aws_command_in_a_sentence_is_one_that_the_cli_knows(page: Page) -> None:
    mentioned = [call for text in page.quoted("aws") for call in shell.commands(text, "aws")]
    assert [problem for call in mentioned for problem in awscli.problems(call, whole=False)] == []


def test_no_line_of_any_runbook_has_a_command_that_no_test_sees() -> None:
    for path in FOLDER.glob("*.md"):
        page = Page(path.name, path.read_text(encoding="utf-8"))
        seen = [call for text in [*page.of("sh"), *page.quoted("aws")] for call in shell.commands(text, "aws")]
        assert len(COMMAND.findall(page.text)) == len(seen), path.name


@every_page
def test_every_variable_is_set_before_it_is_used(page: Page) -> None:
    assert shell.unset_variables(page.of("sh")) == []


@every_page
def test_every_metric_that_is_asked_for_is_published_by_its_namespace(page: Page) -> None:
    script = shell.uncommented("\n".join(page.of("sh")))
    spaces = {namespace for namespace in re.findall(r"--namespace (\S+)", script) if "$" not in namespace}
    assert spaces <= set(PUBLISHED)
    known: set[str] = set().union(
        *(set(PUBLISHED[space]) | set(FURTHER_METRICS.get(space, "").split()) for space in spaces)
    )
    named = {word for call in shell.commands(script, "metric") for word in call if "$" not in word}
    named |= {name.strip("\"'") for name in re.findall(r"--metric-name (\S+)", script) if "$" not in name}
    named |= {name for names in re.findall(r"for METRIC in ([^;\n]+);", script) for name in names.split()}
    assert sorted(named - known) == []


@every_page
def test_a_page_names_the_metric_of_its_alarm_and_the_keys_of_its_thresholds(page: Page) -> None:
    rule = RULES.get(page.file)
    if rule is None:
        return
    assert [metric.name for metric in rule.metrics if metric.name not in page.text] == []
    keys = [rule.threshold_key(level.severity) for level in rule.levels]
    assert [key for key in keys if key and key not in page.section("Prevent")] == []


@every_page
def test_who_is_handed_the_trouble_is_named_by_the_alerts_labels(page: Page) -> None:
    assert re.search(r"`(team|service)`", page.section("Escalate"))


WRONG = {
    "no service": "aws rdz describe-db-instances",
    "no operation": "aws rds describe-db-instance",
    "has no --db-instance": "aws rds describe-db-instances --db-instance x",
    "needs --metric-name": "aws cloudwatch get-metric-statistics --namespace AWS/RDS --start-time a --end-time b",
    "no waiter": "aws rds wait db-instance-ready --db-instance-identifier x",
    "takes no Mean": "aws cloudwatch get-metric-statistics --statistics Mean",
    "has no Ports": "aws ec2 authorize-security-group-ingress --ip-permissions IpProtocol=tcp,Ports=80",
    "no Status in a structure": "aws rds describe-db-instances --query 'DBInstances[0].Status'",
    "no Id in a list": "aws rds describe-db-instances --query 'DBInstances.Id'",
    "no Time in a structure": "aws rds describe-events --query 'sort_by(Events,&Time)[].Message'",
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_command_is_found_out(message: str) -> None:
    (call,) = shell.commands(WRONG[message], "aws")
    assert [problem for problem in awscli.problems(call) if message in problem]


def test_a_command_is_found_inside_a_substitution_and_ends_with_its_line() -> None:
    text = "X=$(aws rds describe-db-instances \\\n  --query 'DBInstances[].[A B]' --output text) # aws no\nls | sort\n"
    found = ["rds", "describe-db-instances", "--query", "DBInstances[].[A B]", "--output", "text"]
    assert shell.commands(text, "aws") == [found]


def test_a_variable_that_only_a_later_line_sets_is_found_out() -> None:
    assert shell.unset_variables(["echo \"$DB\" '$NOT_MINE'\nDB=a\n", 'echo "$DB ${NODE}"']) == ["DB", "NODE"]
