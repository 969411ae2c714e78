"""The table of patients, and the statements on it that need more than the ORM."""

from tortoise import fields

from miniapp_api.patients.rules import Gender, Relation
from server import clock
from server.db import Row

PHONE = "patient.phone_cipher"
EMAIL = "patient.email_cipher"
ID_NUMBER = "patient.id_number_cipher"

NEXT_FILE_NUMBER = "SELECT nextval('patient_file_number') AS number"

# the table of appointments stands above this feature; whether one is open is all that is asked of it
HAS_OPEN_BOOKING = """
SELECT EXISTS (SELECT 1 FROM appointment WHERE patient_id = $1
               AND status IN ('held', 'booked', 'checked_in', 'in_service')) AS yes
"""
# a booking compares the person's version: one that has looked already does not pass a removal unseen
LOCK_TO_REMOVE = """
UPDATE person SET version = version + 1 WHERE id = (SELECT person_id FROM patient WHERE id = $1) RETURNING id
"""


class Patient(Row):
    """A person who is treated. account_id is null for a walk-in whom nobody has claimed."""

    account_id = fields.UUIDField(null=True)
    file_number = fields.TextField()
    name = fields.TextField()
    pinyin = fields.TextField(default="")
    initials = fields.TextField(default="")
    gender = fields.CharEnumField(Gender, null=True, description="")
    birth_date = fields.DateField(null=True)
    relation = fields.CharEnumField(Relation, description="")
    phone_cipher = fields.BinaryField(null=True)
    email_cipher = fields.BinaryField(null=True)
    phone_index = fields.BinaryField(null=True)
    phone_tail = fields.TextField(default="")
    id_number_cipher = fields.BinaryField(null=True)
    id_number_index = fields.BinaryField(null=True)
    id_number_tail = fields.TextField(default="")
    created_at = fields.DatetimeField(default=clock.now)
    deleted_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "patient"
