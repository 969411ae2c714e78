-- The reminder of a survey has a route of its own. Where a hospital has changed that of the invitation, it begins with
-- what the hospital chose, so that nothing is sent otherwise than before.

INSERT INTO route (id, name, version, chain, author_id, at)
SELECT DISTINCT ON (name) gen_random_uuid(), 'survey_reminder', 1, chain, author_id, at
FROM route WHERE name = 'survey' ORDER BY name, version DESC;
