-- Mails that are written together are packed together, because most of each is in the others too. What was kept before
-- stays in mail_bytes, and is read from there.
create table mail_pack (
  id bigint generated always as identity,
  packed bytea not null,
  constraint mail_pack_pk primary key (id)
);
alter table mail_pack alter column packed set storage external, alter column packed set statistics 0;
alter table mail_pack alter column id set statistics 20;
alter table mail_pack set (toast_tuple_target = 8160);
alter table mail add column pack_id bigint, add column place int;
alter table mail alter column pack_id set statistics 20, alter column place set statistics 20;
