-- A seller's number in these rows is a copy of the one in their parent row, where it is checked: checking it again for
-- each row takes a lock on the one row of the seller, which all who write for that seller share.
alter table thread drop constraint thread_seller_id_fk;
alter table line drop constraint line_seller_id_fk;
alter table promise drop constraint promise_seller_id_fk;
alter table mail drop constraint mail_seller_id_fk;
-- An order's row is written anew with each of its events; half as much room again keeps that within its page.
alter table thread set (fillfactor = 60);
