"""How long the wait is: the estimate, its promises and what they were worth, who must hear while waiting."""
