ALTER TABLE sku_job DROP CONSTRAINT sku_job_kind_known;
ALTER TABLE sku_job ADD CONSTRAINT sku_job_kind_known CHECK (kind in ('deal', 'apply', 'wake'));
