// node run.mjs QUEUE reset
// node run.mjs QUEUE fill|enqueue|process CONNECTIONS BATCH JOBS
// node run.mjs QUEUE load CONNECTIONS BATCH SECONDS
// node run.mjs QUEUE latency 1 1 ROUNDS
import { measures } from "./harness.mjs";

// Module and variant of each queue.
const queues = {
  ideamine: ["ideamine"],
  "ideamine-keys": ["ideamine", { keys: true }],
  "ideamine-exchange": ["ideamine", { exchange: true }],
  "graphile-worker": ["graphile_worker"],
  "graphile-worker-keys": ["graphile_worker", { keys: true }],
  "graphile-worker-prefetch": ["graphile_worker", { prefetch: "batch" }],
  "graphile-worker-prefetch-500": ["graphile_worker", { prefetch: 500 }],
  "pg-boss": ["pg_boss"],
  "pg-boss-keys": ["pg_boss", { keys: true }],
  "pg-boss-work": ["pg_boss", { work: true }],
  bullmq: ["bullmq"],
};

const [name, measure, ...amounts] = process.argv.slice(2);
const [module, variant = {}] = queues[name];
const queue = (await import(`./${module}.mjs`)).default(variant);
if (measure === "reset") await queue.reset();
else await measures[measure](queue, ...amounts.map(Number));
// what a library keeps open, such as timers of its maintenance, does not matter any more
process.exit(0);
