-- Whoever plans a correspondence takes it for a while. Its alarm stays as it is, so that no index is touched for that,
-- where the row's next version finds room on its page.
alter table correspondence add column taken_until timestamptz;
alter table correspondence set (fillfactor = 50);
