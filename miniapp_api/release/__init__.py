"""Release (放号): draws (摇号) of a session's places, and the desk's reserve that returns to the mini-app."""
