CREATE TABLE source (
    name TEXT NOT NULL,
    seller TEXT DEFAULT '' NOT NULL,
    says TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT 'new' NOT NULL,
    problem TEXT DEFAULT '' NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    claim_no INTEGER DEFAULT '0' NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    good_at TIMESTAMP WITH TIME ZONE,
    fresh_at TIMESTAMP WITH TIME ZONE,
    as_of TIMESTAMP WITH TIME ZONE,
    rows INTEGER DEFAULT '0' NOT NULL,
    faults JSONB DEFAULT '[]' NOT NULL,
    fault_count INTEGER DEFAULT '0' NOT NULL,
    etag TEXT,
    failing_since TIMESTAMP WITH TIME ZONE,
    told_stale_of TIMESTAMP WITH TIME ZONE,
    CONSTRAINT source_pk PRIMARY KEY (name),
    CONSTRAINT source_state_known CHECK (state in ('new', 'good', 'waiting', 'failed', 'quarantined', 'rejected', 'invalid', 'removed'))
);

CREATE TABLE source_row (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BYTEA NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE,
    said JSONB NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE,
    rev INTEGER NOT NULL,
    gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT source_row_pk PRIMARY KEY (source, key)
);

CREATE TABLE source_change (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    row_no INTEGER NOT NULL,
    digest BYTEA,
    as_of TIMESTAMP WITH TIME ZONE,
    said JSONB,
    doubtful BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT source_change_pk PRIMARY KEY (source, key)
);

CREATE INDEX source_change_believed ON source_change (source) WHERE not doubtful;

CREATE TABLE source_quarantine (
    source TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reasons JSONB NOT NULL,
    comparison JSONB NOT NULL,
    samples JSONB NOT NULL,
    digest BYTEA NOT NULL,
    rejected_at TIMESTAMP WITH TIME ZONE,
    by TEXT DEFAULT '' NOT NULL,
    CONSTRAINT source_quarantine_pk PRIMARY KEY (source)
);

alter table source_row set (autovacuum_analyze_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01);
