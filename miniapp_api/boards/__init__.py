"""The boards of the waiting rooms: what they show and say, notices, broadcasts, their stream."""
