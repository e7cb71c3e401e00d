// graphile-worker. With prefetch, a number of jobs or as many as the batch that is asked for, it uses what its
// documentation names for speed (worker.graphile.org/docs/performance): a local queue, batched completions, and several
// instances.
import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";
import pg from "pg";
import { keyMaker } from "./harness.mjs";
import { connect, makerOf } from "./postgres.mjs";

// a line for each job would be most of what it does
const logger = new Logger(() => () => {});
const CONCURRENT_JOBS = 24; // of each instance that prefetches, as in the documentation

function pool(max) {
  const made = new pg.Pool({ max });
  made.on("error", (error) => console.error(error.message));
  made.on("connect", (client) => client.on("error", (error) => console.error(error.message)));
  return made;
}

async function start(settings, connections, taskList) {
  const pgPool = pool(connections);
  const runner = await run({ pgPool, taskList, noHandleSignals: true, preset: { worker: { ...settings, logger } } });
  return async () => {
    await runner.stop();
    await pgPool.end();
  };
}

// Without prefetch one instance: a connection for each job at a time, and one to listen.
const withoutPrefetch = (connections, taskList) => [
  start({ concurrentJobs: connections }, connections + 1, taskList),
];

// With it an instance for each connection: one to fetch and complete, and one to listen.
const withPrefetch = (connections, size, taskList) =>
  Array.from({ length: connections }, () =>
    start(
      {
        concurrentJobs: CONCURRENT_JOBS,
        localQueue: { size },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
      3,
      taskList,
    ),
  );

export default ({ prefetch, keys = false }) => ({
  async reset() {
    const [client] = await connect(1);
    await client.query("DROP SCHEMA IF EXISTS graphile_worker CASCADE");
    await client.end();
    const pgPool = pool(2);
    await runMigrations({ pgPool, preset: { worker: { logger } } });
    await pgPool.end();
  },

  async open(connections) {
    const pgPool = pool(connections);
    const utils = await makeWorkerUtils({ pgPool, preset: { worker: { logger } } });
    const key = keyMaker();
    const options = () => (keys ? { jobKey: key() } : {});
    return {
      enqueue: (connection, payloads) =>
        payloads.length === 1
          ? utils.addJob("page", payloads[0], options())
          : utils.addJobs(payloads.map((payload) => ({ identifier: "page", payload, ...options() }))),
      async close() {
        await utils.release();
        await pgPool.end();
      },
    };
  },

  async process(connections, batch, onDone) {
    const taskList = { page: () => onDone(1) };
    const starts = prefetch
      ? withPrefetch(connections, prefetch === "batch" ? batch : prefetch, taskList)
      : withoutPrefetch(connections, taskList);
    const stops = await Promise.all(starts);
    return () => Promise.all(stops.map((stop) => stop()));
  },

  sleep: (onClaimed) => start({ concurrentJobs: 1 }, 2, { page: () => onClaimed() }),

  maker: () =>
    makerOf((client, payload) => client.query("SELECT graphile_worker.add_job('page', $1::json)", [payload])),
});
