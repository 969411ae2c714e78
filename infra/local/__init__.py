"""The whole product on one machine: embedded servers, the launcher behind `make run`, throw-away servers for tests."""

from infra.local.throwaway_servers import Throwaway, throwaway

__all__ = ["Throwaway", "throwaway"]
