"""Reading and writing a hospital's catalogue as a CSV or Excel file.

Departments, practitioners, rooms, weekly schedules, prices, questions and answers.
"""

from infra.catalogue.actions import export_catalogue, import_catalogue
from infra.catalogue.report import Report

__all__ = ["Report", "export_catalogue", "import_catalogue"]
