-- The first tables. Frozen: later versions change them by scripts of their own.

create function backorder_now() returns timestamptz language sql volatile as 'select clock_timestamp()';

CREATE TABLE beat_tick (
  name TEXT NOT NULL,
  ticked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT beat_tick_pk PRIMARY KEY (name)
);

CREATE TABLE decision (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  seller TEXT NOT NULL,
  order_no TEXT NOT NULL,
  contact TEXT NOT NULL,
  thread_id BIGINT,
  action TEXT NOT NULL,
  kind TEXT,
  rule TEXT NOT NULL,
  why TEXT NOT NULL,
  until TIMESTAMP WITH TIME ZONE,
  message_id TEXT,
  weight TEXT,
  changes JSONB NOT NULL,
  checklist JSONB,
  policy TEXT NOT NULL,
  facts_rev INTEGER NOT NULL,
  told_rev INTEGER NOT NULL,
  CONSTRAINT decision_pk PRIMARY KEY (id)
);
CREATE INDEX decision_of_order ON decision (seller, order_no, id);

CREATE TABLE event (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  source TEXT NOT NULL,
  ext_id TEXT NOT NULL,
  type TEXT NOT NULL,
  time TIMESTAMP WITH TIME ZONE NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  seller TEXT NOT NULL,
  order_no TEXT,
  line_no TEXT,
  sku TEXT,
  body TEXT NOT NULL,
  standing TEXT DEFAULT 'applied' NOT NULL,
  reason TEXT,
  CONSTRAINT event_pk PRIMARY KEY (id),
  CONSTRAINT event_standing_known CHECK (standing in ('applied', 'waiting'))
);
CREATE INDEX event_of_order ON event (seller, order_no);
CREATE INDEX event_waiting ON event (seller, order_no, line_no) WHERE standing = 'waiting';

CREATE TABLE event_key (
  source TEXT NOT NULL,
  ext_id TEXT NOT NULL,
  digest BYTEA NOT NULL,
  CONSTRAINT event_key_pk PRIMARY KEY (source, ext_id)
);

CREATE TABLE instance (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  name TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  heartbeat_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT instance_pk PRIMARY KEY (id)
);

CREATE TABLE seller (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  slug TEXT NOT NULL,
  profile JSONB NOT NULL,
  profile_key JSONB NOT NULL,
  CONSTRAINT seller_pk PRIMARY KEY (id),
  CONSTRAINT seller_slug_once UNIQUE (slug)
);

CREATE TABLE verdict (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  source TEXT NOT NULL,
  ext_id TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reasons JSONB NOT NULL,
  event_id BIGINT,
  CONSTRAINT verdict_pk PRIMARY KEY (id),
  CONSTRAINT verdict_verdict_known CHECK (verdict in ('accepted', 'repeated', 'waiting', 'rejected'))
);
CREATE INDEX verdict_of_source ON verdict (source, id);

CREATE TABLE correspondence (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  seller_id BIGINT NOT NULL,
  audience TEXT NOT NULL,
  address_key TEXT NOT NULL,
  contact JSONB NOT NULL,
  preference TEXT DEFAULT 'standard' NOT NULL,
  wake_at TIMESTAMP WITH TIME ZONE,
  last_update_at TIMESTAMP WITH TIME ZONE,
  rev BIGINT DEFAULT '0' NOT NULL,
  parked TEXT,
  CONSTRAINT correspondence_pk PRIMARY KEY (id),
  CONSTRAINT correspondence_seller_id_audience_address_key_once UNIQUE (seller_id, audience, address_key),
  CONSTRAINT correspondence_audience_known CHECK (audience in ('buyer', 'owner')),
  CONSTRAINT correspondence_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);
CREATE INDEX correspondence_due ON correspondence (wake_at) WHERE wake_at is not null;

CREATE TABLE mail (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  correspondence_id BIGINT NOT NULL,
  seller_id BIGINT NOT NULL,
  audience TEXT NOT NULL,
  state TEXT DEFAULT 'pending' NOT NULL,
  kind TEXT NOT NULL,
  message_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  send_at TIMESTAMP WITH TIME ZONE,
  first_try_at TIMESTAMP WITH TIME ZONE,
  stale_at TIMESTAMP WITH TIME ZONE,
  accepted_at TIMESTAMP WITH TIME ZONE,
  attempts INTEGER DEFAULT '0' NOT NULL,
  unknowns INTEGER DEFAULT '0' NOT NULL,
  instance_id BIGINT,
  claim_no INTEGER DEFAULT '0' NOT NULL,
  statement JSONB NOT NULL,
  checklist JSONB NOT NULL,
  policy TEXT NOT NULL,
  CONSTRAINT mail_pk PRIMARY KEY (id),
  CONSTRAINT mail_state_known CHECK (state in ('pending', 'sending', 'unknown', 'sent', 'failed', 'replaced', 'unconfirmed', 'bounced')),
  CONSTRAINT mail_accepted_when_sent CHECK ((state = 'sent' or state = 'bounced') = (accepted_at is not null)),
  CONSTRAINT mail_send_at_while_open CHECK ((state in ('pending', 'unknown')) = (send_at is not null)),
  CONSTRAINT mail_claimed_while_sending CHECK ((state = 'sending') = (instance_id is not null)),
  CONSTRAINT mail_correspondence_id_fk FOREIGN KEY(correspondence_id) REFERENCES correspondence (id),
  CONSTRAINT mail_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id),
  CONSTRAINT mail_message_id_once UNIQUE (message_id)
);
CREATE INDEX mail_correspondence_id ON mail (correspondence_id);
CREATE INDEX mail_due ON mail (send_at) WHERE send_at is not null;
CREATE INDEX mail_sending ON mail (instance_id) WHERE state = 'sending';

CREATE TABLE obligation (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  correspondence_id BIGINT NOT NULL,
  thread_id BIGINT,
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_no TEXT DEFAULT '' NOT NULL,
  line_no TEXT DEFAULT '' NOT NULL,
  lacking JSONB NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE,
  event_id BIGINT,
  mail_id BIGINT,
  CONSTRAINT obligation_pk PRIMARY KEY (id),
  CONSTRAINT obligation_correspondence_id_key_once UNIQUE (correspondence_id, key),
  CONSTRAINT obligation_correspondence_id_fk FOREIGN KEY(correspondence_id) REFERENCES correspondence (id)
);
CREATE INDEX obligation_open ON obligation (correspondence_id, at) WHERE mail_id is null;

CREATE TABLE thread (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  correspondence_id BIGINT NOT NULL,
  seller_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  company TEXT DEFAULT '' NOT NULL,
  order_facts JSONB NOT NULL,
  facts_rev INTEGER DEFAULT '0' NOT NULL,
  told_rev INTEGER DEFAULT '0' NOT NULL,
  told_facts_rev INTEGER DEFAULT '0' NOT NULL,
  told JSONB,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  window_first_at TIMESTAMP WITH TIME ZONE,
  window_ends_at TIMESTAMP WITH TIME ZONE,
  root_message_id TEXT,
  last_message_id TEXT,
  quiet_updates INTEGER DEFAULT '0' NOT NULL,
  holding_notes INTEGER DEFAULT '0' NOT NULL,
  handed_over BOOLEAN DEFAULT false NOT NULL,
  replacements INTEGER DEFAULT '0' NOT NULL,
  last_verdict JSONB,
  CONSTRAINT thread_pk PRIMARY KEY (id),
  CONSTRAINT thread_seller_id_order_no_correspondence_id_once UNIQUE (seller_id, order_no, correspondence_id),
  CONSTRAINT thread_correspondence_id_fk FOREIGN KEY(correspondence_id) REFERENCES correspondence (id),
  CONSTRAINT thread_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);
CREATE INDEX thread_correspondence_id ON thread (correspondence_id);

CREATE TABLE attempt (
  mail_id BIGINT NOT NULL,
  number INTEGER NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  instance_id BIGINT NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT,
  passed_dot BOOLEAN,
  reply TEXT,
  CONSTRAINT attempt_pk PRIMARY KEY (mail_id, number),
  CONSTRAINT attempt_mail_id_fk FOREIGN KEY(mail_id) REFERENCES mail (id)
);

CREATE TABLE line (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  thread_id BIGINT NOT NULL,
  seller_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  line_no TEXT NOT NULL,
  sku TEXT NOT NULL,
  ordered NUMERIC(18, 3) NOT NULL,
  available NUMERIC(18, 3) NOT NULL,
  shipped NUMERIC(18, 3) NOT NULL,
  cancelled NUMERIC(18, 3) NOT NULL,
  delayed NUMERIC(18, 3) NOT NULL,
  facts JSONB NOT NULL,
  CONSTRAINT line_pk PRIMARY KEY (id),
  CONSTRAINT line_seller_id_order_no_line_no_once UNIQUE (seller_id, order_no, line_no),
  CONSTRAINT line_not_negative CHECK (available >= 0 and shipped >= 0 and cancelled >= 0 and delayed >= 0),
  CONSTRAINT line_adds_up CHECK (available + shipped + cancelled <= ordered),
  CONSTRAINT line_thread_id_fk FOREIGN KEY(thread_id) REFERENCES thread (id),
  CONSTRAINT line_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);
CREATE INDEX line_of_sku ON line (seller_id, sku) WHERE delayed > 0;
CREATE INDEX line_thread_id ON line (thread_id);

CREATE TABLE mail_bytes (
  mail_id BIGINT NOT NULL,
  zipped BYTEA NOT NULL,
  CONSTRAINT mail_bytes_pk PRIMARY KEY (mail_id),
  CONSTRAINT mail_bytes_mail_id_fk FOREIGN KEY(mail_id) REFERENCES mail (id)
);

CREATE TABLE mail_thread (
  mail_id BIGINT NOT NULL,
  thread_id BIGINT NOT NULL,
  facts_rev INTEGER DEFAULT '0' NOT NULL,
  told_rev INTEGER DEFAULT '0' NOT NULL,
  section JSONB NOT NULL,
  live BOOLEAN DEFAULT true NOT NULL,
  CONSTRAINT mail_thread_pk PRIMARY KEY (mail_id, thread_id),
  CONSTRAINT mail_thread_mail_id_fk FOREIGN KEY(mail_id) REFERENCES mail (id),
  CONSTRAINT mail_thread_thread_id_fk FOREIGN KEY(thread_id) REFERENCES thread (id)
);
CREATE UNIQUE INDEX mail_thread_live_once ON mail_thread (thread_id, told_rev) WHERE live;
CREATE INDEX mail_thread_of_thread ON mail_thread (thread_id);

CREATE TABLE promise (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  thread_id BIGINT NOT NULL,
  seller_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  line_no TEXT NOT NULL,
  contact TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  made_in TEXT NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  promised_as TEXT NOT NULL,
  set_by TEXT NOT NULL,
  shipping_step BOOLEAN DEFAULT false NOT NULL,
  kept_until TIMESTAMP WITH TIME ZONE NOT NULL,
  outcome TEXT DEFAULT 'open' NOT NULL,
  settled_at TIMESTAMP WITH TIME ZONE,
  settled_in TEXT,
  kept_by TEXT,
  owner TEXT NOT NULL,
  sku TEXT NOT NULL,
  cause TEXT NOT NULL,
  CONSTRAINT promise_pk PRIMARY KEY (id),
  CONSTRAINT promise_outcome_known CHECK (outcome in ('open', 'kept', 'early', 'moved', 'closed', 'missed')),
  CONSTRAINT promise_settled_when_ended CHECK ((outcome = 'open') = (settled_at is null)),
  CONSTRAINT promise_thread_id_fk FOREIGN KEY(thread_id) REFERENCES thread (id),
  CONSTRAINT promise_seller_id_fk FOREIGN KEY(seller_id) REFERENCES seller (id)
);
CREATE UNIQUE INDEX promise_open_once ON promise (thread_id) WHERE outcome = 'open';
CREATE INDEX promise_thread_id ON promise (thread_id);

CREATE TABLE line_event (
  line_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL,
  CONSTRAINT line_event_pk PRIMARY KEY (line_id, event_id),
  CONSTRAINT line_event_line_id_fk FOREIGN KEY(line_id) REFERENCES line (id),
  CONSTRAINT line_event_event_id_fk FOREIGN KEY(event_id) REFERENCES event (id)
);

alter table correspondence set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01);
alter table mail set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01);
alter table thread set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
alter table line set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
