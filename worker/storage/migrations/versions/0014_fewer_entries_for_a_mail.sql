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
alter table mail alter column checklist type json using checklist::json;
alter table decision alter column changes type json using changes::json, alter column checklist type json using checklist::json;

-- Nobody looks for these by their whole value, so that nobody needs to know which values are frequent. To find that out,
-- PostgreSQL compared them by the thousand, just when most was to be done.
alter table correspondence alter column contact set statistics 0, alter column preference_key set statistics 0;
alter table thread alter column order_facts set statistics 0, alter column last_verdict set statistics 0;
alter table line alter column facts set statistics 0;
alter table mail_bytes alter column zipped set statistics 0, alter column statement set statistics 0;
alter table event alter column body set statistics 0, alter column ruling set statistics 0;
alter table verdict alter column reasons set statistics 0;
