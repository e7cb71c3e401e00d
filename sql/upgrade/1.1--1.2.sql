-- What version 1.2 adds to the tables of version 1.1.

ALTER TABLE ideamine.jobs
  ADD COLUMN needs jsonb;
COMMENT ON COLUMN ideamine.jobs.needs IS 'What it holds of its tenant''s quotas while it runs: cpu (cores), memory (GB) and gpu; NULL: nothing but its run';
