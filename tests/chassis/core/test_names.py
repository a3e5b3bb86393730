"""Collections have names that a DBA would choose, and no two of a unit have the same one."""

from __future__ import annotations

from itertools import product

import pytest
from chassis import names
from chassis.store.cassandra import layout as cassandra
from chassis.store.mongodb import schema as mongodb
from chassis.store.sql import tables as sql

OF_A_SERVICE = (names.aggregate, names.replica, names.snapshots, names.saga, names.awaited)
OF_A_VIEW = (names.read_model, names.watermarks, names.sessions)
OWN = {*cassandra.OWN, *mongodb._OWN, *sql._OWN}


@pytest.mark.parametrize(
    ("name", "expected", "former"),
    [
        (names.aggregate("Payment"), "payment", "aggregate_Payment"),
        (names.aggregate("StockItem"), "stock_item", "aggregate_StockItem"),
        (names.aggregate("HTTPRoute"), "http_route", "aggregate_HTTPRoute"),
        (names.aggregate("Order_2"), "order_2", "aggregate_Order_2"),
        (names.replica("Product"), "product_replica", "replica_Product"),
        (names.snapshots("Order"), "order_snapshot", "snapshot_Order"),
        (names.saga("checkout"), "checkout_saga", "saga_checkout"),
        (names.awaited("checkout"), "checkout_saga_awaited", "saga_checkout_awaited"),
        (names.read_model("order_history"), "order_history", "rows"),
        (names.read_model("order-history"), "order_history", "rows"),
        (names.read_model("order_history").generation(1), "order_history", "rows"),
        (names.read_model("order_history").generation(3), "order_history_3", "rows_3"),
        (names.watermarks("sales").generation(2), "sales_watermarks_2", "watermarks_2"),
        (names.sessions("sales"), "sales_sessions", "sessions"),
        (names.happened("sales"), "sales_happened", ""),
        (names.happened("sales").generation(2), "sales_happened_2", ""),
        (names.emitted("sales"), "sales_emitted", ""),
    ],
)
def test_the_word_of_the_domain(name: names.Name, expected: str, former: str) -> None:
    assert (name.now, name.former) == (expected, former)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (names.aggregate("Outbox"), "outbox_"),
        (names.aggregate("Meta"), "meta_"),
        (names.read_model("events"), "events_"),
        (names.aggregate("ProductReplica"), "product_replica_"),
        (names.aggregate("CheckoutSaga"), "checkout_saga_"),
        (names.aggregate("CheckoutSagaAwaited"), "checkout_saga_awaited_"),
        (names.aggregate("OrderSnapshot"), "order_snapshot_"),
        (names.aggregate("ChassisLeases"), "_chassis_leases"),
        (names.aggregate("SqliteThing"), "_sqlite_thing"),
        (names.replica("ChassisLeases"), "_chassis_leases_replica"),
    ],
)
def test_a_name_that_something_else_has(name: names.Name, expected: str) -> None:
    assert name.now == expected


def test_no_two_collections_of_a_unit_have_the_same_name() -> None:
    long = "Very" * 15 + "Long"
    parts = ["", "Replica", "Snapshot", "Saga", "SagaAwaited", "Saga_Awaited_2"]
    starts = ["Order", "Outbox", "Inbox", "Meta", "Chassis", "ChassisLeases", "Sqlite", long]
    identities = {start + part for start, part in product(starts, parts)} | {
        f"{long}er",
        f"{long}s",
    }
    found = [of(identity).now for of, identity in product(OF_A_SERVICE, sorted(identities))]
    assert len(found) == len(set(found))
    assert not set(found) & OWN
    assert not [name for name in found if name.startswith(("chassis_", "sqlite_"))]
    assert max(map(len, found)) <= 40
    for identity in identities:
        generations = [
            of(identity).generation(number).now
            for of, number in product(OF_A_VIEW, (1, 2, 12_345_678))
        ]
        assert len(generations) == len(set(generations))
        assert not set(generations) & OWN
        assert max(map(len, generations)) <= 48 + 1


def test_every_table_of_a_store_is_known() -> None:
    assert {names.aggregate(own.title().replace("_", "")).now for own in OWN} == {
        f"{own}_" for own in OWN
    }
