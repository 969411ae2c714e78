"""Stopped and moved sessions (停诊, 调诊): what becomes of everybody who is booked, who is told, who is called."""
