"""The time machine: any past second of a queue out of its log, the brief of a visit, and a day with other rules."""
