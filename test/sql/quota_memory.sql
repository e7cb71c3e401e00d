-- What the counters' memory holds, for its administrator.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas;
SELECT accounts AS accounts_before, counters AS counters_before FROM ideamine.get_counter_memory() \gset
SELECT ideamine.set_quotas('memory-1', max_gpus => 3);
SELECT ideamine.set_quotas('memory-2', max_gpus => 3);
SELECT accounts - :accounts_before AS accounts, counters - :counters_before AS counters
FROM ideamine.get_counter_memory();

-- who is asked for is loaded, resource by resource
SELECT ideamine.has_quota('memory-1', 'gpu', 1), ideamine.has_quota('memory-1', 'tokens', 1),
  ideamine.has_quota('memory-2', 'gpu', 1);
SELECT accounts - :accounts_before AS accounts, counters - :counters_before AS counters
FROM ideamine.get_counter_memory();

-- once
SELECT ideamine.has_quota('memory-1', 'gpu', 1);
SELECT accounts - :accounts_before AS accounts, counters - :counters_before AS counters
FROM ideamine.get_counter_memory();

SET ROLE ideamine_app;
SELECT * FROM ideamine.get_counter_memory();
RESET ROLE;
SET ROLE ideamine_admin;
SELECT accounts > 0 AS accounts FROM ideamine.get_counter_memory();
RESET ROLE;
