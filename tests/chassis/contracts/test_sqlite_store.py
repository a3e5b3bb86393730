from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chassis.store.port import Commit, Query, Sort, Store, equal
from chassis.store.sql.queries import find, shaped
from chassis.store.sql.tables import document_table
from chassis.store.sqlite.dialect import SqliteDialect
from chassis.store.sqlite.sql import compiled
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from hypothesis import settings

from .store_contract import COLLECTIONS, THINGS, Open, StoreContract, put
from .store_machine import StoreMachine


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "unit.db"

    @pytest.fixture
    async def store(self, path: Path) -> AsyncIterator[Store]:
        store = open_sqlite(path)
        await store.prepare(COLLECTIONS)
        yield store
        await store.close()

    @pytest.fixture
    async def open_another(self, path: Path, store: Store) -> AsyncIterator[Open]:
        opened: list[SqliteStore] = []

        async def open_another() -> Store:
            opened.append(open_sqlite(path))
            await opened[-1].prepare(COLLECTIONS)
            return opened[-1]

        yield open_another
        for another in opened:
            await another.close()

    @pytest.fixture
    def reopen(self, store: Store, open_another: Open) -> Open:
        async def reopen() -> Store:
            await store.close()
            return await open_another()

        return reopen

    async def test_preparing_again_changes_nothing(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        await store.prepare(COLLECTIONS)
        assert await store.get("things", "1") is not None

    async def test_an_index_serves_the_query_it_was_made_for(
        self, store: Store, path: Path
    ) -> None:
        query = Query(
            collection="things",
            where=(equal("owner", "o"),),
            sort=(Sort("at", descending=True),),
            limit=20,
        )
        table = document_table(THINGS, None, SqliteDialect())
        shape, values = shaped(table, query)
        statement = compiled(find(table, shape))
        with sqlite3.connect(path) as connection:
            parameters = statement.parameters(values)
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", parameters).fetchall()
        assert "USING INDEX things_by_owner_at_d (owner=?)" in str(plan)
        assert "TEMP B-TREE" not in str(plan), "the index has the order, too"

    async def test_only_declared_fields_are_searched(self, store: Store) -> None:
        for field in ("secret", "n') OR 1=1 --"):
            with pytest.raises((KeyError, ValueError)):
                await store.find(Query(collection="things", where=(equal(field, 1),), limit=1))

    async def test_many_writers_share_transactions(self, store: Store) -> None:
        await asyncio.gather(*(store.commit(Commit(puts=(put(str(n)),))) for n in range(600)))
        found = await store.find(Query(collection="things", limit=1000))
        assert len(found) == 600

    async def test_a_cancelled_waiter_disturbs_nobody(self, store: Store) -> None:
        tasks = [asyncio.create_task(store.commit(Commit(puts=(put(str(n)),)))) for n in range(9)]
        await asyncio.sleep(0)
        tasks[4].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.commit(Commit(puts=(put("last"),)))
        assert await store.get("things", "last") is not None


class SqliteMachine(StoreMachine):
    def open(self) -> Store:
        return open_sqlite(Path(self._folder.name) / "unit.db")

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()

    def teardown(self) -> None:
        super().teardown()
        self._folder.cleanup()


TestSqliteMachine = SqliteMachine.TestCase
TestSqliteMachine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
