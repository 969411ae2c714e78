"""When the hospital wants its reports."""

from miniapp_api.decided import Decided
from miniapp_api.reports.rules import ReportSettings

HELD: Decided[ReportSettings] = Decided("report_setting", ReportSettings)
