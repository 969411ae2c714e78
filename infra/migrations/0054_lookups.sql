-- Looks that had no index, or one that knows a part of the rows only: each read its whole table in an old hospital.

-- where a phone stands, also when its ticket was handed on; what speaks for somebody who did not come
CREATE INDEX ticket_of_appointment ON ticket (appointment_id, id) WHERE appointment_id IS NOT NULL;
-- the visit of a complaint
CREATE INDEX encounter_of_appointment ON encounter (appointment_id, id) WHERE appointment_id IS NOT NULL;
-- names to cover in a text, those of removed relatives too
CREATE INDEX patient_of_account ON patient (account_id) WHERE account_id IS NOT NULL;
-- every strike of a person, the forgiven ones too
CREATE INDEX strike_of_person ON strike (person_id);
-- the alerts of somebody, those that are over too
CREATE INDEX alert_of_staff ON alert (staff_id, id);
-- what is still planned in a room that is to be closed
CREATE INDEX session_of_room ON session (room_id, ends_at) WHERE room_id IS NOT NULL;
-- invitations of a month
CREATE INDEX invitation_opens ON invitation (opens_at);
