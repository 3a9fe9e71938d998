-- An item's job is split into slices that are rows, so that several processes take one each.
create table sku_slice (
  id bigint generated always as identity,
  job_id bigint not null,
  lines bigint[] not null,
  units numeric(18, 3),
  in_turn boolean not null default false,
  constraint sku_slice_pk primary key (id)
);
alter table sku_slice alter column lines set storage external;
create index sku_slice_job_id on sku_slice (job_id);
alter table sku_job add column slices integer not null default 0;
alter table sku_job add column anew boolean not null default false;
alter table sku_job drop column turn;

-- A job that cannot be done is set aside and shown; those of other items go on.
alter table sku_job add column parked text;
create index sku_job_parked on sku_job (id) where parked is not null;

-- A line that waits for more before its item's job is done gets a second grant of it; one index finds a line's grants.
alter table stock_grant drop constraint stock_grant_line_id_job_id_once;
alter table stock_grant drop constraint stock_grant_pk;
alter table stock_grant add constraint stock_grant_pk primary key (line_id, id);
