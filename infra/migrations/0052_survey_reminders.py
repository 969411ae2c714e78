"""Runs 0052_survey_reminders.sql."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = False
    dependencies = [("hospital", "0051_text_decisions")]
    operations = [ops.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))]
