"""The desk's reports of a day (日报): in the morning what is missing, at five who came, in the evening how it ended."""
