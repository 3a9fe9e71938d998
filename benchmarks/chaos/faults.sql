create table chaos_clock (shift interval not null);
insert into chaos_clock values ('0');
create or replace function backorder_now() returns timestamptz language sql volatile as
 'select clock_timestamp() + (select shift from chaos_clock)';
create table chaos_fault (point text primary key, chance real not null);
create function chaos_fails() returns trigger language plpgsql as $$
begin
  if random() < (select chance from chaos_fault where point = tg_argv[0]) then
    raise exception 'chaos: the write at % fails', tg_argv[0];
  end if;
  return new;
end $$;
create trigger chaos_plan before insert on mail for each row execute function chaos_fails('a mail is planned');
create trigger chaos_claim before update on mail for each row when (new.state = 'sending')
 execute function chaos_fails('a mail is claimed');
create trigger chaos_settle before update on mail for each row when (old.state = 'sending' and new.state <> 'sending')
 execute function chaos_fails('a mail is settled');
create trigger chaos_attempt before insert on attempt for each row execute function chaos_fails('a try begins');
create trigger chaos_attempt_ends before update on attempt for each row execute function chaos_fails('a try ends');
create trigger chaos_told before update on thread for each row execute function chaos_fails('told is written');
create trigger chaos_promise before insert or update on promise for each row
 execute function chaos_fails('a promise is written');
create trigger chaos_decision before insert on decision for each row execute function chaos_fails('a decision is written');
create trigger chaos_heartbeat before update on instance for each row execute function chaos_fails('a heartbeat is written');
