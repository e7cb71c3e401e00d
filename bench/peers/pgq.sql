-- Fresh queues of PgQ: :queues of them, each with a consumer, whose ticks are at least :batch events apart.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pgq CASCADE;
CREATE EXTENSION pgq;
SELECT pgq.create_queue('load_' || i), pgq.register_consumer('load_' || i, 'load'),
       pgq.set_queue_config('load_' || i, 'ticker_max_count', :'batch'),
       pgq.set_queue_config('load_' || i, 'ticker_max_lag', :'lag')
FROM generate_series(0, :queues - 1) AS i;
