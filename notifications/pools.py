"""Templates that share one id of the platform share their credits. Pure."""

from collections.abc import Mapping

# Keys of templates, the most important first. A hospital with few templates gives one of the platform's ids to several
# of our keys; they share their credits, under the first of them.
POOL_ORDER = ("queue_called", "appointment_reminder", "place_offered", "appointment_cancelled", "waitlist_ended")


def pool_of(key: str, template_ids: Mapping[str, str]) -> str:
    """Give the key under which the credits of a template are kept."""
    template_id = template_ids.get(key)
    if template_id is None:
        return key
    sharing = [other for other, other_id in template_ids.items() if other_id == template_id]
    return next((first for first in POOL_ORDER if first in sharing), min(sharing))
