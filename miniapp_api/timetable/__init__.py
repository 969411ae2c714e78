"""The week of a department as its planners see it: who sits where and when, how full it is; one session's room."""
