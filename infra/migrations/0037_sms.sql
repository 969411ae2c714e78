-- Text messages and mail: what became of them as the providers report, and addresses that are known to take nothing.

CREATE TABLE sms_receipt (       -- one report of a provider, once; no number in it
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    provider_id text NOT NULL,                          -- the provider's own serial of the message
    key text NOT NULL DEFAULT '',                       -- ours, where the provider says it again
    is_good boolean NOT NULL,
    code text NOT NULL DEFAULT '',
    delivery_id uuid,                                   -- null: not matched, or not yet; it may be archived
    received_at timestamptz NOT NULL,
    UNIQUE (channel, provider_id)
);
CREATE INDEX sms_receipt_unmatched ON sms_receipt (received_at) WHERE delivery_id IS NULL;
CREATE UNIQUE INDEX sms_receipt_one_for_a_delivery ON sms_receipt (delivery_id) WHERE delivery_id IS NOT NULL;
-- a report finds its delivery by the serial; the few without one are those whose answer never came
CREATE INDEX delivery_text_awaiting ON delivery (channel, provider_id)
    WHERE channel IN ('sms_aliyun', 'sms_tencent') AND state IN ('accepted', 'unknown');

CREATE TABLE bad_address (       -- a provider said that this number or box takes nothing: it is not tried again
    channel text NOT NULL,
    address text NOT NULL,                              -- patient:<id> or staff:<id>
    fingerprint bytea NOT NULL,                         -- of the number that was refused: another one is tried
    code text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, address)
);
