"""Who is next: one pure file for each policy, and the registry that a department chooses from."""

from collections.abc import Mapping

from miniapp_api.queue.policies.appointment import Appointment
from miniapp_api.queue.policies.arrival import Arrival
from miniapp_api.queue.policies.basis import Policy
from miniapp_api.queue.policies.head_start import HeadStart

POLICIES: Mapping[str, Policy] = {policy.name: policy for policy in (HeadStart(), Arrival(), Appointment())}
DEFAULT = HeadStart.name
