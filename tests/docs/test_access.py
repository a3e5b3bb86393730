"""The examples of docs/access.md are services of one valid spec, and say what the page says."""

from __future__ import annotations

import re
import textwrap

import pytest

from docs.generate import ROOT
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve

TEXT = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
HEAD, *SERVICES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.M | re.S)


def spec_of(*services: str) -> Spec:
    text = HEAD + "services:\n" + "".join(textwrap.indent(each, "  ") for each in services)
    spec, findings = check_text("insurance.yaml", text)
    assert spec is not None, findings
    return spec


@pytest.mark.parametrize("service", SERVICES, ids=lambda text: text.partition(":")[0])
def test_an_example_is_a_service(service: str) -> None:
    assert [each.name for each in spec_of(service).services] == [service.partition(":")[0]]


def test_routes_are_as_the_page_says() -> None:
    routes = {
        route.path: {option.name: option.value for option in route.options}
        for service in resolve(spec_of(*SERVICES)).services
        for route in service.routes
    }
    assert routes["/claims/{claim_id}/change-text"]["roles"] == '{"customer": OWN, "officer": ANY}'
    assert routes["/claims/{claim_id}/accept"]["roles"] == '{"officer": ANY}'
    assert routes["/claims/accepted"]["roles"] == "('auditor',)"
    assert routes["/claims/{claim_id}"] == {}
    assert routes["/payouts/{payout_id}"]["roles"] == '{"customer": OWN, "auditor": ANY}'
    assert routes["/payouts/{payout_id}"]["fields"] == "('payout_id', 'amount')"
    assert "/bookings/{booking_id}" not in routes
    assert "/bookings" in routes
    assert routes["/profiles/change-phone"]["caller"] == "('customer_id',)"
    assert routes["/expenses"]["caller"] == "('caller_id',)"
    assert routes["/expenses/{expense_id}/approve"]["caller"] == "('caller_id',)"
    assert routes["/offices"]["public"] == "True"


def test_a_silent_query_of_what_has_an_owner_is_an_error() -> None:
    silent = SERVICES[0].replace(", roles: [auditor]", "")
    assert silent != SERVICES[0]
    _, findings = check_text("insurance.yaml", HEAD + "services:\n" + textwrap.indent(silent, "  "))
    assert ["shows every caller" in finding.message for finding in findings] == [True]
