-- What version 1.2 adds to the tables of version 1.1.

ALTER TABLE ideamine.tenants
  ADD COLUMN weight integer NOT NULL DEFAULT 100
             CONSTRAINT tenants_weight_valid CHECK (weight BETWEEN 1 AND 1000);
COMMENT ON COLUMN ideamine.tenants.weight IS 'Its share of the workers'' time within a class, beside the weights of the other tenants: 1 to 1000';

ALTER TABLE ideamine.jobs
  ADD COLUMN needs jsonb;
COMMENT ON COLUMN ideamine.jobs.needs IS 'What it holds of its tenant''s quotas while it runs: cpu (cores), memory (GB) and gpu; NULL: nothing but its run';
