"""The import of a catalogue: good files, every kind of bad line, CSV and Excel."""
