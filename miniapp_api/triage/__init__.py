"""Triage: how urgent a ticket is and what help is needed, who said so, who must know of it at once."""
