"""Functions that amtool 0.25 does not know, against what upstream documents and tests of them.

Sources: prometheus/alertmanager docs/notifications.md and template/template_test.go of 0.31 to 0.34.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.execute import render
from alertrelay.render.templates.gotime import GoTime, go_time
from alertrelay.render.templates.reading import data_of
from alertrelay.render.templates.values import Data

from compiler.templates.library import Library

NOW = datetime(2024, 1, 1, 8, 15, 30, tzinfo=UTC)
ALERT = {"status": "firing", "labels": {"alertname": "test"}, "startsAt": "2024-01-01T08:15:30Z"}
DATA = data_of({"alerts": [ALERT, {"status": "resolved"}], "commonLabels": {"severity": "critical", "job": "foo"}})


def _text(source: str, *, html: bool = False, data: Data = DATA) -> str:
    library = Library()
    return render(library.html(source) if html else library.text(source), data, now=NOW)


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ('{{ " a b c " | trimSpace }}', "a b c"),
        ('{{ trimSpace "\\t\\n\\u00a0x\\u2003" }}', "x"),
        ('{{ "search?q=test%20foo" | urlUnescape }}', "search?q=test foo"),
        ('{{ urlUnescape "a+b%2B" }}', "a b+"),
        ('{{ "test" | toJson }} {{ 42 | toJson }} {{ true | toJson }}', '"test" 42 true'),
        ('{{ toJson "<a>&\\"\\u2028" }}', '"\\u003ca\\u003e\\u0026\\"\\u2028"'),
        ("{{ toJson 1.5 }} {{ toJson 1e21 }} {{ toJson 0.0000001 }} {{ toJson nil }}", "1.5 1e+21 1e-7 null"),
        ("{{ .CommonLabels | toJson }}", '{"job":"foo","severity":"critical"}'),
        ("{{ .CommonLabels.Names | toJson }}", '["job","severity"]'),
        ("{{ .CommonLabels.SortedPairs | toJson }}",
         '[{"Name":"job","Value":"foo"},{"Name":"severity","Value":"critical"}]'),
        ("{{ .Alerts.Firing | toJson }}",
         '[{"status":"firing","labels":{"alertname":"test"},"annotations":{},"startsAt":"2024-01-01T08:15:30Z",'
         '"endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":""}]'),
        ('{{ dict "key" "value" "number" 123 | toJson }}', '{"key":"value","number":123}'),
        ('{{ list 1 "a" true | toJson }} {{ append (list "a") "b" 3 | toJson }}', '[1,"a",true] ["a","b",3]'),
        ('{{ $d := dict "k" (list 1) }}{{ $d.k }} {{ $d.no }} {{ index $d "k" | len }}', "[1] <no value> 1"),
        ('{{ (index .Alerts 0).StartsAt | date "2006-01-02" }}', "2024-01-01"),
        ('{{ (index .Alerts 0).StartsAt | tz "Europe/Paris" }}', "2024-01-01 09:15:30 +0100 CET"),
        ('{{ (index .Alerts 0).StartsAt | tz "America/New_York" | date "15:04 MST -0700" }}', "03:15 EST -0500"),
        ("{{ range list 0.0 1.0 60.0 3600.0 86400.0 90000.0 -183845.0 899.99 }}{{ humanizeDuration . }}:{{ end }}",
         "0s:1s:1m 0s:1h 0m 0s:1d 0h 0m 0s:1d 1h 0m 0s:-2d 3h 4m 5s:14m 59s:"),
        ('{{ range list "0" "1" "60" ".1" ".0001" ".12345" "60.1" "12.345" }}{{ humanizeDuration . }}:{{ end }}',
         "0s:1s:1m 0s:100ms:100us:123.5ms:1m 0s:12.35s:"),
        ("{{ humanizeDuration 3600 }}{{ range .Alerts }} {{ humanizeDuration (.StartsAt.Sub .StartsAt) }}{{ end }}",
         "1h 0m 0s 0s 0s"),
        ("{{ if .Alerts }}{{ range 3 }}{{ . }}{{ end }}{{ end }}", "012"),
        ("{{ with .Receiver }}a{{ else with .CommonLabels.job }}{{ . }}{{ else }}c{{ end }}", "foo"),
        ("{{ .CommonLabels }} {{ .GroupLabels.SortedPairs }}.", "job=foo, severity=critical ."),
    ],
)  # fmt: skip
def test_a_text_is_as_upstream_documents_it(source: str, made: str) -> None:
    assert _text(source) == made


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ('<a href="/search?{{ "q=test%20foo" }}"></a>', '<a href="/search?q%3dtest%2520foo"></a>'),
        ('<a href="/search?{{ "q=test%20foo" | safeUrl }}"></a>', '<a href="/search?q=test%20foo"></a>'),
        ('<a href="{{ safeUrl "slack://x" }}"></a>', '<a href="slack://x"></a>'),
        ("{{ dict `a` `<b>` | toJson }}", "{&#34;a&#34;:&#34;\\u003cb\\u003e&#34;}"),
    ],
)
def test_html_is_as_upstream_documents_it(source: str, made: str) -> None:
    assert _text(source, html=True) == made


def test_since_counts_to_the_time_of_the_message() -> None:
    data = data_of({"alerts": [{**ALERT, "startsAt": "2024-01-01T06:00:00.5Z"}]})
    source = "{{ range .Alerts }}{{ since .StartsAt }} {{ since .StartsAt | humanizeDuration }}{{ end }}"
    assert _text(source, data=data) == "2h15m29.5s 2h 15m 29s"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('{{ tz "Invalid/Timezone" (index .Alerts 0).StartsAt }}', "tz: 'Invalid/Timezone' is not a time zone"),
        ('{{ tz "../../etc/passwd" (index .Alerts 0).StartsAt }}', "is not a time zone"),
        ('{{ "2024" | date "2006" }}', "date takes a time.Time here, not string"),
        ('{{ humanizeDuration "one" }}', "humanizeDuration: the text is not a number"),
        ("{{ humanizeDuration .Alerts }}", "humanizeDuration takes a number or a text"),
        ('{{ dict "a" }}', "dict needs a value for each key"),
        ("{{ dict 1 2 }}", "dict has a key that is not a text"),
        ('{{ append "a" 1 }}', "append to string, which is not a list"),
        ('{{ urlUnescape "%zz" }}', "urlUnescape: the text holds a broken escape"),
        ("{{ range $i, $n := 3 }}{{ end }}", "range over a number has one variable"),
        ("{{ (index .Alerts 0).StartsAt.AddDate 99999 0 0 }}", "beyond the years 1 to 9999"),
    ],
)
def test_what_upstream_refuses_fails(source: str, says: str) -> None:
    with pytest.raises(TemplateFailure) as caught:
        _text(source)
    assert says in caught.value.text


def test_a_time_keeps_its_nanoseconds_in_any_zone() -> None:
    at = go_time("2026-03-29T00:59:59.123456789Z")
    assert str(at) == "2026-03-29 00:59:59.123456789 +0000 UTC"
    assert replace(at, nanos=0) == GoTime(at.at)
