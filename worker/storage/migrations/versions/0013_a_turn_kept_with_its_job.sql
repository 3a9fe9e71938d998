-- Who waits for an item is read and sorted once for its stock, not once for each slice; and what it was read for.
alter table sku_job add column turn bigint[];
alter table sku_job alter column turn set storage external;
alter table sku_job add column turn_of jsonb;

-- An index that speaks of the delayed units is touched whenever they change. `waits` may stay true for a while, so that
-- stock is dealt without touching any index of a line.
alter table line add column waits boolean not null default true;
drop index line_of_sku;
update line set waits = false where delayed = 0;
create index line_of_sku on line (seller_id, sku) where waits;
alter table line add constraint line_waits_if_delayed check (waits or delayed = 0);
alter table sku_job add column to_sweep boolean not null default false;
create index sku_job_to_sweep on sku_job (id) where to_sweep;

-- Stock for an item rewrites every order and every line on a page within one transaction.
alter table thread set (fillfactor = 50);
alter table line set (fillfactor = 50);

-- One index finds a line's grants, and lets it have one of each job.
alter table stock_grant drop constraint stock_grant_job_id_line_id_once;
drop index stock_grant_line_id;
alter table stock_grant add constraint stock_grant_line_id_job_id_once unique (line_id, job_id);

-- Whoever is woken has a new entry in each index of his row: one finds an address, and lets a seller have it once.
alter table correspondence drop constraint correspondence_seller_id_audience_address_key_once;
drop index correspondence_of_address;
create unique index correspondence_of_address on correspondence (seller_id, address_key text_pattern_ops, audience);
