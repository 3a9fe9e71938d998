CREATE TABLE pace (
    name TEXT NOT NULL,
    free_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pace_pk PRIMARY KEY (name)
);

CREATE TABLE bounce (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    way TEXT NOT NULL,
    verdict TEXT NOT NULL,
    status TEXT NOT NULL,
    why TEXT NOT NULL,
    mail_id BIGINT,
    effect TEXT NOT NULL,
    CONSTRAINT bounce_pk PRIMARY KEY (id),
    CONSTRAINT bounce_digest_once UNIQUE (digest),
    CONSTRAINT bounce_verdict_known CHECK (verdict in ('hard', 'soft', 'complaint', 'auto-reply', 'delivered', 'not-a-bounce')),
    CONSTRAINT bounce_mail_id_fk FOREIGN KEY(mail_id) REFERENCES mail (id)
);

CREATE INDEX bounce_mail_id ON bounce (mail_id);

ALTER TABLE mail ADD COLUMN parked TEXT;

ALTER TABLE mail ADD COLUMN losses INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE mail ADD COLUMN server_away BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE mail ADD CONSTRAINT mail_parked_while_open CHECK (parked is null or send_at is not null);

ALTER TABLE attempt ADD COLUMN phase TEXT;

DROP INDEX mail_due;

CREATE INDEX mail_due ON mail (send_at, id) WHERE send_at is not null and not stopped and parked is null;

CREATE INDEX mail_due_of_seller ON mail (seller_id, send_at, id) WHERE state in ('pending', 'unknown') and not stopped and parked is null;

CREATE INDEX mail_parked ON mail (id) WHERE parked is not null;

CREATE INDEX mail_server_away ON mail (id) WHERE server_away;
