-- Rows that are written many at a time come as arrays of these, in binary form: nothing of them is parsed.
create type given_mail as (
  correspondence_id bigint, seller_id bigint, audience text, kind text, message_id text, sender text, recipient text,
  created_at timestamptz, send_at timestamptz, stale_at timestamptz, checklist json, policy text, promised boolean,
  stopped boolean, shadow boolean, state text, instance_id bigint, claim_no integer, attempts integer,
  first_try_at timestamptz
);
create type given_section as (mail bigint, thread_id bigint, facts_rev integer, told_rev integer, section json);
create type given_end as (
  id bigint, claim_no integer, state text, send_at timestamptz, accepted_at timestamptz, unknowns integer,
  server_away boolean, attempts integer, said boolean
);
create type given_attempt as (
  mail_id bigint, number integer, at timestamptz, outcome text, passed_dot boolean, phase text, reply text
);
create type given_telling as (
  thread_id bigint, told text, facts_rev integer, message_id text, quiet_updates integer, holding_notes integer,
  handed_over boolean, reminded_for text, last_verdict jsonb
);
create type given_settling as (thread_id bigint, outcome text, at timestamptz, message text, kept_by text);
create type given_promise as (
  thread_id bigint, seller_id bigint, order_no text, line_no text, contact text, made_at timestamptz, made_in text,
  due_at timestamptz, promised_as text, set_by text, shipping_step boolean, kept_until timestamptz, owner text,
  sku text, cause text
);
create type given_decision as (
  at timestamptz, seller text, order_no text, contact text, thread_id bigint, action text, kind text, rule text,
  why text, until timestamptz, message_id text, weight text, changes json, checklist json, policy text,
  facts_rev integer, told_rev integer
);
