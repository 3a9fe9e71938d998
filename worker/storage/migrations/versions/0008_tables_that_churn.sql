-- Tables that change with every mail are vacuumed and counted after one or two rows in a hundred, not after twenty;
-- and have room on their pages for new versions of rows whose indexed columns stay.
alter table thread set (autovacuum_analyze_scale_factor = 0.02);
alter table line set (autovacuum_analyze_scale_factor = 0.02);
alter table promise set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01);
alter table mail_thread set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table attempt set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table obligation set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table decision set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
