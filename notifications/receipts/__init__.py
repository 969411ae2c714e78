"""What became of text messages, as their providers report: kept once, then given to the delivery it belongs to."""
