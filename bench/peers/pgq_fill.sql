-- :jobs events for the queues of pgq.sql, with a tick after each :batch of a queue. A tick sees what was committed.
SELECT format('SELECT pgq.insert_event(%1$L, ''page'', jsonb_build_object(''page'', i)::text)
               FROM generate_series(1, %2$s) i', queue_name, :batch),
       format('SELECT pgq.ticker(%L)', queue_name)
FROM generate_series(1, :jobs / :batch / (SELECT count(*) FROM pgq.queue)), pgq.queue
\gexec
