"""Reading and writing a hospital's catalogue and schedules as a CSV or Excel file, by command and over HTTP."""
