-- After a quiet hour the planner believes that nothing waits, and any index of what waits looks equally good to it: it
-- read everything in the order of the deadlines, three times a claim, instead of the lane's own few rows. The index of
-- deadlines therefore asks for the state in words that only EXPIRE uses.
DROP INDEX delivery_late;
CREATE INDEX delivery_late ON delivery (deadline) WHERE state || '' IN ('planned', 'held', 'ready', 'retry_wait');
