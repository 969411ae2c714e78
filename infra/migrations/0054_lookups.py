"""Runs 0054_lookups.sql."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = False
    dependencies = [("hospital", "0053_another_measure")]
    operations = [ops.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))]
