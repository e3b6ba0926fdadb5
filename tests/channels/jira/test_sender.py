from __future__ import annotations

import pytest
from alertrelay.ports import Permanent, Retryable

from tests.channels.sending import sending

API = "/rest/api/3"
PAGE = "<html>Log in</html>"


def test_an_issue_is_made_updated_and_resolved_by_its_transition() -> None:
    with sending("jira") as service:
        first = service.send()
        service.send("group-of-four", earlier=first)
        service.send("resolved", earlier=first)
    assert first.ref == {"issue": "OPS-1"}
    assert service.asked == [
        f"POST {API}/search/jql",
        f"POST {API}/issue",
        *(f"GET {API}/issue/OPS-1?fields=status", f"PUT {API}/issue/OPS-1") * 2,
        f"GET {API}/issue/OPS-1/transitions",
        f"POST {API}/issue/OPS-1/transitions",
    ]
    assert service.last.body == {"transition": {"id": "31"}}


def test_what_fires_after_its_resolution_is_searched_for_within_the_time_to_reopen() -> None:
    with sending("jira", wont_fix="Won't do") as service:
        first = service.send()
        service.send("resolved", earlier=first)
        service.send(earlier=first)
    (query,) = [r.body["jql"] for r in service.peers.requests[1:] if r.body and "jql" in r.body]
    assert query.startswith('resolution != "Won\'t do" and (resolutiondate is EMPTY OR resolutiondate >= -60m) and ')
    assert query.endswith(" order by status ASC, resolutiondate DESC")


def test_a_resolve_without_an_issue_makes_none() -> None:
    with sending("jira") as service:
        assert service.send("resolved").ref == {}
    assert service.asked == [f"POST {API}/search/jql"]


def test_a_transition_that_the_issue_has_not_is_named() -> None:
    with sending("jira", resolve="Ship it") as service:
        first = service.send()
        with pytest.raises(Permanent, match="Jira has no transition 'Ship it' for OPS-1"):
            service.send("resolved", earlier=first)


@pytest.mark.parametrize(
    ("url", "api", "search"),
    [
        ("https://example.atlassian.net/rest/api/2", "AUTO", "/rest/api/3/search/jql"),
        ("https://example.atlassian.net/rest/api/2", "DATACENTER", "/rest/api/2/search"),
    ],
)
def test_the_cloud_is_searched_elsewhere_and_version_2_takes_wiki_markup(url: str, api: str, search: str) -> None:
    with sending("jira", url=url, api=api) as service:
        service.send()
    assert service.asked[0] == f"POST {search}"
    assert service.last.body["fields"]["description"].startswith("{noformat}\nCRITICAL RDSHighCPU")


@pytest.mark.parametrize(
    ("case", "own", "sign"),
    [
        ("group-of-four", 0, "key"),  # the issue itself is read
        ("group-of-four", 1, "204"),  # and edited
        ("resolved", 2, "transitions"),
        ("resolved", 3, "204"),
    ],
)
def test_a_page_in_place_of_an_answer_about_an_issue_is_a_failure(case: str, own: int, sign: str) -> None:
    with sending("jira") as service:
        first = service.send()
        service.fail(200, PAGE, after=own)
        with pytest.raises(Retryable, match=f"Jira answered 200 without its `{sign}`") as caught:
            service.send(case, earlier=first)
    assert caught.value.ambiguous


@pytest.mark.parametrize(("own", "sign"), [(0, "issues"), (1, "key")])
@pytest.mark.parametrize("page", [PAGE, "{}", '{"issues": null, "key": null}'])
def test_a_page_in_place_of_a_search_or_of_a_new_issue_is_a_failure(own: int, sign: str, page: str) -> None:
    with sending("jira") as service:
        service.fail(200, page, after=own)
        with pytest.raises(Retryable, match=f"Jira answered 200 without its `{sign}`"):
            service.send()


def test_a_page_in_place_of_a_search_does_not_pass_for_a_resolve_without_an_issue() -> None:
    with sending("jira") as service:
        service.fail(200, PAGE)
        with pytest.raises(Retryable):
            service.send("resolved")
