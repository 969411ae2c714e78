"""Reading a hospital's catalogue from a CSV or Excel file: departments, practitioners, rooms, weekly schedules."""

from infra.catalogue.actions import import_catalogue
from infra.catalogue.report import Report

__all__ = ["Report", "import_catalogue"]
