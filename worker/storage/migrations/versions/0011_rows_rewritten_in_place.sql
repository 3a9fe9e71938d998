-- A row whose indexed columns keep their values is written again without touching any index. What a thread's last
-- verdict and a line's facts say for an index stands in columns of their own, which seldom change.
drop index thread_held;
alter table thread add column held boolean not null
  generated always as (coalesce(last_verdict ->> 1 = 'held', false)) stored;
create index thread_held on thread (id) where held;
alter table thread set (fillfactor = 70);

drop index line_to_approve;
alter table line add column to_approve boolean not null
  generated always as (coalesce(facts -> 'decision' ->> 'approved' = 'false', false)) stored;
create index line_to_approve on line (id) where to_approve;
alter table line set (fillfactor = 80);

-- A mail's bytes are compressed already, and fit on a page: nothing is gained by putting them elsewhere.
alter table mail_bytes alter column zipped set storage external;
alter table mail_bytes set (toast_tuple_target = 8160);
