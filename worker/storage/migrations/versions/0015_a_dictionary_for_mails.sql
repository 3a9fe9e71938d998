-- What mails were packed by. Without its row a mail could not be read any more, so that rows stay as they are.
create table packing_dictionary (
  id bigint not null,
  content bytea not null,
  constraint packing_dictionary_pk primary key (id)
);
create function packing_dictionary_stays() returns trigger language plpgsql as $$
begin
  raise exception 'packing_dictionary: rows stay as they are, because kept mails are read by them';
end $$;
create trigger packing_dictionary_stays before update or delete or truncate on packing_dictionary
  for each statement execute function packing_dictionary_stays();

-- PostgreSQL reads 300 rows for each value that it remembers of a column as frequent, and sorts them column by column,
-- just when most is written. Our statements look rows up by their keys, whatever is frequent.
do $$
declare
  tables constant oid[] := array['correspondence'::regclass, 'thread'::regclass, 'mail'::regclass,
    'mail_thread'::regclass, 'mail_bytes'::regclass, 'attempt'::regclass, 'decision'::regclass, 'promise'::regclass];
  command text;
begin
  for command in
    select format('alter table %s alter column %I set statistics 20', attrelid::regclass, attname) from pg_attribute
    where attrelid = any(tables) and attnum > 0 and not attisdropped and coalesce(attstattarget, -1) <> 0
    union all
    select format('alter index %s alter column %s set statistics 20', indexrelid::regclass, place)
    from pg_index, unnest(indkey::int2[]) with ordinality as part (attnum, place)
    where indrelid = any(tables) and part.attnum = 0
  loop
    execute command;
  end loop;
end $$;
