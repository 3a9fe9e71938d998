-- Files that people look at before they import them, policies they chose, proposals they decided on; and what the
-- planning review reads quickly.

CREATE TABLE upload (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    seller TEXT DEFAULT '' NOT NULL,
    mapping TEXT,
    zipped BYTEA,
    summary JSONB NOT NULL,
    plan TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    held_until TIMESTAMP WITH TIME ZONE,
    applied_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT upload_pk PRIMARY KEY (id),
    CONSTRAINT upload_user_id_fk FOREIGN KEY(user_id) REFERENCES console_user (id)
);

CREATE INDEX upload_made ON upload (made_at);

CREATE INDEX upload_user_id ON upload (user_id);

CREATE INDEX thread_opened ON thread (opened_at, seller_id, id) WHERE not leaving;

CREATE TABLE policy (
    seller_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    preset TEXT NOT NULL,
    figures JSONB NOT NULL,
    by TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    key JSONB NOT NULL,
    CONSTRAINT policy_pk PRIMARY KEY (seller_id, version),
    CONSTRAINT policy_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE TABLE proposal (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    seller_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    because TEXT NOT NULL,
    standing TEXT NOT NULL,
    by TEXT NOT NULL,
    day DATE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    numbers JSONB NOT NULL,
    CONSTRAINT proposal_pk PRIMARY KEY (id),
    CONSTRAINT proposal_seller_id_kind_subject_day_once UNIQUE (seller_id, kind, subject, day),
    CONSTRAINT proposal_kind_known CHECK (kind in ('listing', 'reorder', 'planning', 'ads', 'approval')),
    CONSTRAINT proposal_standing_known CHECK (standing in ('accepted', 'dismissed')),
    CONSTRAINT proposal_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

ALTER TABLE seller ADD COLUMN reviewed_week TEXT;
