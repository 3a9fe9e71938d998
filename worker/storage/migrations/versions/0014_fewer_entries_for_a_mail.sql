-- What a mail writes is looked for in fewer indexes, and is not looked up again where its statement has locked it.
alter table mail drop constraint mail_correspondence_id_fk;
alter table mail_thread drop constraint mail_thread_thread_id_fk;
alter table promise drop constraint promise_thread_id_fk;

alter table promise drop constraint promise_pk;
drop index promise_thread_id;
alter table promise add constraint promise_pk primary key (thread_id, id);

alter table decision drop constraint decision_pk;
drop index decision_of_order;
alter table decision add constraint decision_pk primary key (seller, order_no, id);

-- A mail that was sent stays the only one that says what it said. Every other one was told apart by not being live; now
-- by its number, so that one index also finds a thread's mails.
drop index mail_thread_live_once;
drop index mail_thread_of_thread;
create unique index mail_thread_live_once
  on mail_thread (thread_id, told_rev, (case when live then 0 else mail_id end));

-- What is read and written whole need not be taken apart.
alter table mail_thread alter column section type json using section::json;
alter table thread alter column told type json using told::json;
