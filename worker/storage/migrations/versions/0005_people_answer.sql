-- Users and sessions of the console, keys of sources, webhooks out, who did what; and what the console asks quickly.

CREATE TABLE console_user (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    sellers JSONB,
    active BOOLEAN DEFAULT true NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT console_user_pk PRIMARY KEY (id),
    CONSTRAINT console_user_role_known CHECK (role in ('viewer', 'operator')),
    CONSTRAINT console_user_name_once UNIQUE (name)
);

CREATE TABLE console_session (
    digest BYTEA NOT NULL,
    user_id BIGINT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT console_session_pk PRIMARY KEY (digest),
    CONSTRAINT console_session_user_id_fk FOREIGN KEY(user_id) REFERENCES console_user (id)
);

CREATE INDEX console_session_user_id ON console_session (user_id);

CREATE TABLE login_failure (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    key TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT login_failure_pk PRIMARY KEY (id)
);

CREATE INDEX login_failure_of_key ON login_failure (key, at);

CREATE TABLE source_key (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    seller TEXT,
    kind TEXT NOT NULL,
    digest BYTEA,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT source_key_pk PRIMARY KEY (id),
    CONSTRAINT source_key_kind_known CHECK (kind in ('bearer', 'webhook')),
    CONSTRAINT source_key_digest_once UNIQUE (digest)
);

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    seller TEXT DEFAULT '' NOT NULL,
    order_no TEXT DEFAULT '' NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (id)
);

CREATE INDEX audit_of_order ON audit (seller, order_no, id);

CREATE TABLE webhook_target (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    seller_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    active BOOLEAN DEFAULT true NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT webhook_target_pk PRIMARY KEY (id),
    CONSTRAINT webhook_target_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE INDEX webhook_target_seller_id ON webhook_target (seller_id);

CREATE TABLE webhook_call (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    target_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    send_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT '0' NOT NULL,
    reply TEXT DEFAULT '' NOT NULL,
    event_id BIGINT,
    CONSTRAINT webhook_call_pk PRIMARY KEY (id),
    CONSTRAINT webhook_call_target_id_key_once UNIQUE (target_id, key),
    CONSTRAINT webhook_call_state_known CHECK (state in ('pending', 'sent', 'failed')),
    CONSTRAINT webhook_call_target_id_fk FOREIGN KEY(target_id) REFERENCES webhook_target (id)
);

CREATE INDEX webhook_call_due ON webhook_call (send_at) WHERE state = 'pending';

CREATE INDEX thread_held ON thread (id) WHERE last_verdict ->> 1 = 'held';

CREATE INDEX thread_of_number ON thread (order_no text_pattern_ops);

CREATE INDEX thread_of_po ON thread ((order_facts -> 'po' ->> 0) text_pattern_ops);

CREATE INDEX thread_of_company ON thread (lower(company) text_pattern_ops);

CREATE INDEX correspondence_of_address ON correspondence (address_key text_pattern_ops);

CREATE INDEX correspondence_parked ON correspondence (id) WHERE parked is not null;

CREATE INDEX correspondence_unreachable ON correspondence (id) WHERE unreachable is not null;

CREATE INDEX promise_due ON promise (due_at) WHERE outcome = 'open';

CREATE INDEX promise_missed ON promise (settled_at) WHERE outcome = 'missed';

CREATE INDEX event_standing ON event (id) WHERE standing = 'waiting';

CREATE INDEX line_to_approve ON line (id) WHERE facts -> 'decision' ->> 'approved' = 'false';

CREATE INDEX promise_settled ON promise (settled_at) WHERE settled_at is not null;
