-- Mails are written once and then claimed and settled; what they were made from stays where nothing is written again.
alter table mail_bytes add column statement bytea;
update mail_bytes b set statement = convert_to(m.statement :: text, 'UTF8') from mail m where m.id = b.mail_id;
alter table mail_bytes alter column statement set not null;
alter table mail_bytes alter column statement set storage external;
alter table mail drop column statement;
-- Their number is given by the statement that writes them, or locked by it.
alter table mail_bytes drop constraint mail_bytes_mail_id_fk;
alter table mail_thread drop constraint mail_thread_mail_id_fk;
alter table attempt drop constraint attempt_mail_id_fk;
