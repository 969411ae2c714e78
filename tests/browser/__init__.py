"""Browser tests: real pages of the real server in Chromium, with what people hold in their hands."""
