-- The official account: who follows it, whose account that is, and what became of its messages.

CREATE TABLE official_follower (
    openid text PRIMARY KEY,                            -- at the official account
    unionid text,                                       -- null: not asked yet; empty: the platform does not know it
    is_following boolean NOT NULL,
    said_at timestamptz NOT NULL,                       -- the platform's moment of the latest word; an older one is late
    due_at timestamptz,                                 -- when the platform is asked who it is; null: no more
    changed_at timestamptz NOT NULL
);
CREATE INDEX official_follower_due ON official_follower (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX official_follower_unionid ON official_follower (unionid) WHERE is_following;
CREATE INDEX account_unionid ON account (unionid) WHERE unionid IS NOT NULL;
CREATE INDEX account_official ON account (official_openid) WHERE official_openid IS NOT NULL;

-- An account and a follower with one union id are one person, whichever came first. Both sides take the same turn, so
-- that two who come at once cannot overlook each other.
CREATE FUNCTION take_turn_of_person(unionid text) RETURNS void LANGUAGE sql AS $$
SELECT pg_advisory_xact_lock(hashtextextended('union:' || unionid, 0))
$$;
CREATE FUNCTION account_meets_follower() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.unionid IS NOT NULL THEN
        PERFORM take_turn_of_person(NEW.unionid);
        NEW.official_openid := (SELECT openid FROM official_follower
                                WHERE unionid = NEW.unionid AND is_following ORDER BY said_at DESC LIMIT 1);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_meets_follower BEFORE INSERT OR UPDATE OF unionid ON account
    FOR EACH ROW EXECUTE FUNCTION account_meets_follower();
CREATE FUNCTION follower_meets_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.unionid, '') <> '' THEN
        PERFORM take_turn_of_person(NEW.unionid);
        IF NEW.is_following THEN
            UPDATE account SET official_openid = NEW.openid
            WHERE unionid = NEW.unionid AND official_openid IS DISTINCT FROM NEW.openid;
        ELSE
            UPDATE account SET official_openid = NULL WHERE unionid = NEW.unionid AND official_openid = NEW.openid;
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER follower_meets_account AFTER INSERT OR UPDATE ON official_follower
    FOR EACH ROW EXECUTE FUNCTION follower_meets_account();

CREATE TABLE official_receipt (                         -- TEMPLATESENDJOBFINISH; may come before the answer to its call
    platform_event_id uuid PRIMARY KEY REFERENCES platform_event (id),
    openid text NOT NULL,
    msgid text NOT NULL,                                -- empty: the platform gave none
    is_good boolean NOT NULL,
    code text NOT NULL,
    delivery_id uuid,                                   -- null: not matched, or not yet; it may be archived
    received_at timestamptz NOT NULL
);
CREATE INDEX official_receipt_unmatched ON official_receipt (received_at) WHERE delivery_id IS NULL;
CREATE UNIQUE INDEX official_receipt_one_for_a_delivery ON official_receipt (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX delivery_official_awaiting ON delivery (address) WHERE channel = 'wechat_official' AND state = 'accepted';

-- Whether somebody has had all that they may get over a channel in this minute or hour: what was taken, or perhaps.
CREATE FUNCTION address_is_full(of_channel text, of_address text, a_minute integer, an_hour integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
SELECT count(*) FILTER (WHERE a.started_at > app_now() - interval '1 minute') >= a_minute OR count(*) >= an_hour
FROM delivery b JOIN attempt a ON a.delivery_id = b.id
WHERE b.channel = of_channel AND b.address = of_address AND b.state IN ('accepted', 'unknown')
  AND a.started_at > app_now() - interval '1 hour' AND a.outcome IN ('accepted', 'unknown')
$$;
