"""The examples of docs/front-ends.md are endpoints of its system, and do what the page says."""

from __future__ import annotations

import re
import textwrap

import pytest

from docs.generate import ROOT
from meshgen.spec.check import check_text
from meshgen.system.lower import resolve
from meshgen.system.model import BffView

TEXT = (ROOT / "docs" / "front-ends.md").read_text(encoding="utf-8")
HEAD, *ENDPOINTS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.M | re.S)


def front(*endpoints: str) -> BffView:
    text = HEAD + "".join(textwrap.indent(each, "      ") for each in endpoints)
    spec, findings = check_text("shop.yaml", text)
    assert spec is not None, findings
    (bff,) = resolve(spec).bffs
    return bff


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda text: text.partition(":")[0])
def test_an_example_is_an_endpoint(endpoint: str) -> None:
    (view,) = front(endpoint).endpoints
    assert f"{view.method} {view.path}" == endpoint.partition(":")[0]


def test_they_are_as_the_page_says() -> None:
    bff = front(*ENDPOINTS)
    customer, order, cancel = bff.endpoints
    assert customer.answer == "CustomersByCustomerId"
    assert customer.parts[1].call.startswith("optional(")
    assert [part.function for part in order.parts] == [None, "get_customer"]
    assert cancel.sends is not None
    assert cancel.sends.rules == ("order_is_open",)
    (body,) = (model for model in bff.models if model.base == "Body")
    assert [field.name for field in body.fields] == ["reason"]
    assert "max_length=200" in body.fields[0].annotation


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        (
            ENDPOINTS[1].replace("id=order_id)", 'id=order_id)?"').replace("order: ", 'order: "'),
            "optional, too",
        ),
        (ENDPOINTS[1].replace("order.customer_id", "order.cancelled"), "is a `bool`"),
        (ENDPOINTS[2].replace("POST", "DELETE"), "has no body"),
    ],
)
def test_what_the_page_excludes_is_an_error(endpoint: str, said: str) -> None:
    _, findings = check_text("shop.yaml", HEAD + textwrap.indent(endpoint, "      "))
    assert [said in finding.message for finding in findings] == [True], findings
