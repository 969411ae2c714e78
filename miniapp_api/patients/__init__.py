"""People whom an account may book for (就诊人), and walk-ins."""
