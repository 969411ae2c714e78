-- What boards show and say: the settings of each department, notices, broadcasts.

CREATE TABLE board_setting (     -- how a department's boards show; the highest version holds, none means the defaults
    department_id uuid NOT NULL REFERENCES department (id),
    version integer NOT NULL CHECK (version >= 1),
    names text NOT NULL CHECK (names IN ('numbers', 'masked')),              -- what is shown of a person
    languages text[] NOT NULL,                                               -- the large one first
    alternates boolean NOT NULL,                                             -- the large language changes by itself
    voice boolean NOT NULL,
    spoken text NOT NULL CHECK (spoken IN ('number', 'family_name')),        -- what is said of a person
    spoken_languages text[] NOT NULL,                                        -- one after the other
    at timestamptz NOT NULL,
    by_id uuid,
    PRIMARY KEY (department_id, version),
    CONSTRAINT board_setting_languages CHECK (cardinality(languages) BETWEEN 1 AND 2
        AND languages <@ ARRAY['zh-CN', 'zh-TW', 'en']),
    CONSTRAINT board_setting_spoken_languages CHECK (cardinality(spoken_languages) BETWEEN 1 AND 3
        AND spoken_languages <@ ARRAY['zh-CN', 'zh-TW', 'en']),
    -- who is shown by number alone is not called by name either
    CONSTRAINT board_setting_says_no_more CHECK (names = 'masked' OR spoken = 'number')
);

CREATE TABLE board_message (     -- a line of notice, or a broadcast that fills the screen
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('notice', 'broadcast')),
    department_id uuid REFERENCES department (id),                           -- null: the whole hospital
    texts jsonb NOT NULL,                                                    -- by language
    at timestamptz NOT NULL,
    by_id uuid NOT NULL,
    until timestamptz,
    ended_at timestamptz,
    ended_by uuid,
    CONSTRAINT board_message_is_said CHECK (texts ? 'zh-CN'),
    CONSTRAINT board_message_notice_has_end CHECK (kind = 'broadcast' OR until > at),
    CONSTRAINT board_message_notice_has_department CHECK (kind = 'broadcast' OR department_id IS NOT NULL),
    CONSTRAINT board_message_ended_by_somebody CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX board_message_one_broadcast ON board_message (coalesce(department_id, '00000000-0000-0000-0000-000000000000'))
    WHERE kind = 'broadcast' AND ended_at IS NULL;
CREATE INDEX board_message_standing ON board_message (department_id) WHERE ended_at IS NULL;
