SET client_min_messages = warning;
TRUNCATE ideamine.jobs, ideamine.ended_attempts, ideamine.idempotency_keys, ideamine.workers CASCADE;
