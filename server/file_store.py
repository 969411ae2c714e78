"""Settings of the store in which pictures and recordings lie: a folder of this machine, or one that speaks S3. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.environ import Secret, WrongSetting, seconds


class Kind(StrEnum):
    """Where files lie."""

    FOLDER = "folder"  # DATA_DIR/attachments: for one machine, or a folder that all of them share
    S3 = "s3"


@dataclass(frozen=True)
class FileStore:
    """A store. endpoint: https://host. by_host: the bucket is part of the host's name, as some demand."""

    kind: Kind = Kind.FOLDER
    endpoint: str = ""
    region: str = "us-east-1"
    bucket: str = ""
    key_id: str = ""
    key_secret: Secret = field(default_factory=Secret)
    by_host: bool = False
    timeout_seconds: float = 15.0


def read_file_store(environ: Mapping[str, str]) -> FileStore:
    """Read the settings of the store. Raises: WrongSetting."""
    try:
        kind = Kind(environ.get("ATTACHMENTS_STORE") or Kind.FOLDER)
    except ValueError:
        raise WrongSetting(f"ATTACHMENTS_STORE is one of {', '.join(Kind)}") from None
    endpoint = environ.get("S3_ENDPOINT", "").rstrip("/")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise WrongSetting("S3_ENDPOINT begins with https://")
    return FileStore(
        kind=kind,
        endpoint=endpoint,
        region=environ.get("S3_REGION") or "us-east-1",
        bucket=environ.get("S3_BUCKET", ""),
        key_id=environ.get("S3_KEY_ID", ""),
        key_secret=Secret(environ.get("S3_KEY_SECRET", "")),
        by_host=environ.get("S3_BUCKET_IN_HOST", "") == "1",
        timeout_seconds=seconds(environ, "S3_TIMEOUT_SECONDS", "15"),
    )


def store_half_set_up(store: FileStore) -> list[str]:
    """Say what is missing of a store that was chosen, or what was set for one that was not."""
    wanted = {
        "S3_ENDPOINT": store.endpoint,
        "S3_BUCKET": store.bucket,
        "S3_KEY_ID": store.key_id,
        "S3_KEY_SECRET": store.key_secret,
    }
    missing = [name for name, value in wanted.items() if not value]
    if store.kind is Kind.S3 and missing:
        return [f"{', '.join(missing)} is empty: pictures and recordings cannot be kept"]
    if store.kind is Kind.FOLDER and len(missing) < len(wanted):
        return ["S3_… is set, but ATTACHMENTS_STORE is not s3: files are kept in the folder of DATA_DIR"]
    return []
