"""A spec of any size: services in a chain, each with an aggregate, a policy and a query."""

from __future__ import annotations

HEAD = """\
meshgen: 1
name: big
summary: Many services in a chain
gateway:
  auth: {issuer: "https://id.big.example", audience: big}
services:
"""

SERVICE = """\
  part{n}:
    store: postgresql
    aggregates:
      Part{n}:
        id: part{n}_id
        state: {{name: string, count: int, price: decimal, open: bool}}
        events:
          Part{n}Opened: {{name: string, count: int, price: decimal, sets: {{open: true}}}}
          Part{n}Counted: {{count: int}}
          Part{n}Closed: {{sets: {{open: false}}}}
        commands:
          OpenPart{n}:
            roles: [worker]
            input: {{part{n}_id: uuid, name: string, count: {{type: int, min: 0}}, price: decimal}}
            creates: Part{n}Opened
          CountPart{n}:
            roles: [worker]
            input: {{count: {{type: int, min: 0}}}}
            requires: {{part_is_open: open}}
            emits: Part{n}Counted
          ClosePart{n}: {{roles: [worker], requires: {{part_is_open: open}}, emits: Part{n}Closed}}
    queries:
      ListParts{n}: {{of: Part{n}, filter: [open], sort: [name], page: 20}}
"""

POLICY = """\
    policies:
      - on: part{before}.Part{before}Opened
        do: OpenPart{n}
        with: {{part{n}_id: part{before}_id}}
"""


def spec_of(services: int) -> str:
    """Return the text of a spec with that many services."""
    parts = [HEAD]
    for n in range(1, services + 1):
        parts.append(SERVICE.format(n=n))
        if n > 1:
            parts.append(POLICY.format(n=n, before=n - 1))
    return "".join(parts)
