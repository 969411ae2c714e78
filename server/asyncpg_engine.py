"""The ORM's asyncpg engine, made safe and lean. (Its name must hold "asyncpg": the migration executor looks for it.)

Safe: the stock engine loses a pooled connection when a task is cancelled in BEGIN, and the web server cancels a
handler whenever its client goes away. Lean: no session state is ever left on a connection (no SET, LISTEN or session
lock through the pool), so the reset between two uses, a round trip each, is switched off.
"""

import asyncio

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class LeanConnection(asyncpg.Connection):
    """A connection that is given back without a reset."""

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class SafeTransactionWrapper(TransactionWrapper):
    """A transaction whose savepoints are safe as well."""

    def _in_transaction(self) -> NestedTransactionContext:
        return NestedTransactionContext(SafeTransactionWrapper(self))


class SafeContext(TransactionContextPooled):
    """A transaction block that returns its connection when BEGIN is cancelled or fails."""

    async def __aenter__(self):
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await asyncio.shield(pool.release(connection))
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class SafeAsyncpgClient(AsyncpgDBClient):
    """The engine's client."""

    connection_class = LeanConnection

    def _in_transaction(self) -> SafeContext:
        return SafeContext(SafeTransactionWrapper(self), self._pool_init_lock)


client_class = SafeAsyncpgClient
