"""What a process counts about itself (Prometheus). Pure. Business figures are read from the database at the scrape."""

from prometheus_client import Counter, Histogram

requests = Counter("hospital_requests_total", "Requests by route, method and status", ["route", "method", "status"])
request_seconds = Histogram(
    "hospital_request_seconds",
    "Time to answer by route",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
job_runs = Counter("hospital_job_runs_total", "Looks of the workers by job and result", ["job", "result"])
job_seconds = Histogram("hospital_job_seconds", "Time of a look by job", ["job"])
