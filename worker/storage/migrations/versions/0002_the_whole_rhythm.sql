CREATE TABLE closure (
    seller_id BIGINT NOT NULL,
    order_no TEXT NOT NULL,
    cause TEXT NOT NULL,
    proposals JSONB NOT NULL,
    by TEXT NOT NULL,
    key JSONB NOT NULL,
    CONSTRAINT closure_pk PRIMARY KEY (seller_id, order_no),
    CONSTRAINT closure_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE TABLE listing (
    seller_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    listing TEXT NOT NULL,
    paid_clicks BIGINT,
    key JSONB NOT NULL,
    CONSTRAINT listing_pk PRIMARY KEY (seller_id, sku),
    CONSTRAINT listing_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE TABLE mail_hour (
    seller_id BIGINT NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    mails INTEGER NOT NULL,
    CONSTRAINT mail_hour_pk PRIMARY KEY (seller_id, hour),
    CONSTRAINT mail_hour_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE TABLE pause (
    seller_id BIGINT NOT NULL,
    order_no TEXT NOT NULL,
    sku TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    by TEXT NOT NULL,
    key JSONB NOT NULL,
    CONSTRAINT pause_pk PRIMARY KEY (seller_id, order_no, sku),
    CONSTRAINT pause_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE TABLE sku_job (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    seller_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    kind TEXT NOT NULL,
    event_id BIGINT,
    units NUMERIC(18, 3),
    cursor BIGINT DEFAULT '0' NOT NULL,
    lines INTEGER DEFAULT '0' NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sku_job_pk PRIMARY KEY (id),
    CONSTRAINT sku_job_kind_known CHECK (kind in ('deal', 'apply')),
    CONSTRAINT sku_job_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);

CREATE INDEX sku_job_open ON sku_job (id) WHERE done_at is null;

CREATE TABLE sku_pool (
    seller_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    units NUMERIC(18, 3) NOT NULL,
    CONSTRAINT sku_pool_pk PRIMARY KEY (seller_id, sku),
    CONSTRAINT sku_pool_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id),
    CONSTRAINT sku_pool_not_negative CHECK (units >= 0)
);

CREATE TABLE stock_grant (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    job_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    units NUMERIC(18, 3) NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT stock_grant_pk PRIMARY KEY (id),
    CONSTRAINT stock_grant_job_id_line_id_once UNIQUE (job_id, line_id),
    CONSTRAINT stock_grant_not_negative CHECK (units >= 0),
    CONSTRAINT stock_grant_job_id_fk FOREIGN KEY(job_id) REFERENCES sku_job (id),
    CONSTRAINT stock_grant_line_id_fk FOREIGN KEY(line_id) REFERENCES line (id)
);

CREATE INDEX stock_grant_line_id ON stock_grant (line_id);

ALTER TABLE correspondence ADD COLUMN preference_key JSONB;

ALTER TABLE correspondence ADD COLUMN unreachable TEXT;

ALTER TABLE event ADD COLUMN contact TEXT;

ALTER TABLE event ADD COLUMN ruling JSONB;

CREATE INDEX event_of_sku ON event (seller, sku) WHERE order_no is null and sku is not null;

ALTER TABLE line ADD COLUMN stated BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE mail ADD COLUMN promised BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE mail ADD COLUMN stopped BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE mail ADD COLUMN shadow BOOLEAN DEFAULT false NOT NULL;

CREATE INDEX mail_stopped ON mail (seller_id) WHERE stopped;

ALTER TABLE obligation ADD COLUMN say TEXT DEFAULT '' NOT NULL;

ALTER TABLE obligation ADD COLUMN note TEXT DEFAULT '' NOT NULL;

ALTER TABLE seller ADD COLUMN away JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE seller ADD COLUMN stopped_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE seller ADD COLUMN released_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE thread ADD COLUMN leaving BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE thread ADD COLUMN reminded_for TEXT;

ALTER TABLE thread ADD COLUMN priority INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE thread ADD COLUMN placed_at TIMESTAMP WITH TIME ZONE;

DROP INDEX mail_due;

CREATE INDEX mail_due ON mail (send_at) WHERE send_at is not null and not stopped;

ALTER TABLE event DROP CONSTRAINT event_standing_known;

ALTER TABLE event ADD CONSTRAINT event_standing_known CHECK (standing in ('applied', 'waiting', 'dropped'));

alter table sku_pool set (fillfactor = 80);
