"""Alerts: what needs a member of staff now, on the live screen and by the robot, until somebody acts."""
