// ideamine through the same driver as the other queues of node.
import { inLoops, keyMaker } from "./harness.mjs";
import { closeAll, connect, makerOf, prepared } from "./postgres.mjs";

const create = prepared("create", "SELECT created FROM ideamine.create_job(NULL, 'page', $1)");
const createWithKey = prepared(
  "create with key",
  "SELECT created FROM ideamine.create_job(NULL, 'page', $1, options => $2)",
);
const createMany = prepared("create many", "SELECT count(*) FROM ideamine.create_jobs(NULL, $1)");
const acquire = prepared("acquire", "SELECT tenant_id, job_id, epoch, payload FROM ideamine.acquire_jobs($1, $2)");
const complete = prepared("complete", "SELECT count(*) FROM ideamine.complete_jobs($1)");
const exchange = prepared(
  "exchange",
  "SELECT tenant_id, job_id, epoch, answer, payload FROM ideamine.exchange_jobs($1, $2, $3)",
);
const wait = prepared("wait", "CALL ideamine.wait_for_jobs($1, '1 minute')");

// epoch has 64 bits, and comes as text
const completions = (rows) =>
  "[" +
  rows
    .map((row) => `{"tenant_id":"${row.tenant_id}","job_id":"${row.job_id}","epoch":${row.epoch},"result":{"ok":true}}`)
    .join(",") +
  "]";

async function register(client) {
  const { rows } = await client.query("SELECT ideamine.register_worker('load') AS id");
  return rows[0].id;
}

async function claimAndComplete(client, worker, batch) {
  const { rows } = await acquire(client, [worker, batch]);
  if (rows.length > 0) await complete(client, [completions(rows)]);
  return rows.length;
}

const enqueue = (client, payloads) =>
  payloads.length === 1
    ? create(client, [payloads[0]])
    : createMany(client, [JSON.stringify(payloads.map((payload) => ({ job_type: "page", payload })))]);

function enqueueWithKeys() {
  const key = keyMaker();
  const request = (payload) => ({ job_type: "page", payload, idempotency_key: key() });
  return (client, payloads) =>
    payloads.length === 1
      ? createWithKey(client, [payloads[0], { idempotency_key: key() }])
      : createMany(client, [JSON.stringify(payloads.map(request))]);
}

export default ({ exchange: inOneCall = false, keys = false }) => ({
  async open(connections) {
    const clients = await connect(connections);
    const create = keys ? enqueueWithKeys() : enqueue;
    return {
      enqueue: (connection, payloads) => create(clients[connection], payloads),
      close: () => closeAll(clients),
    };
  },

  async process(connections, batch, onDone) {
    const clients = await connect(connections);
    const workers = await Promise.all(clients.map(register));
    const held = workers.map(() => []);
    const step = async (i) => {
      if (!inOneCall) return claimAndComplete(clients[i], workers[i], batch);
      const done = held[i].length;
      const { rows } = await exchange(clients[i], [workers[i], completions(held[i]), batch]);
      held[i] = rows.filter((row) => row.answer === null);
      return done;
    };
    const stop = inLoops(connections, step, onDone);
    return async () => {
      await stop();
      await closeAll(clients);
    };
  },

  async sleep(onClaimed) {
    const [client] = await connect(1);
    const worker = await register(client);
    let stopping = false;
    const turns = (async () => {
      while (!stopping) {
        const { rows } = await acquire(client, [worker, 1]);
        if (rows.length === 0) await wait(client, [worker]);
        else {
          onClaimed();
          await complete(client, [completions(rows)]);
        }
      }
    })().catch((error) => stopping || Promise.reject(error));
    return async () => {
      stopping = true;
      await client.end();
      await turns;
    };
  },

  maker: () => makerOf((client, payload) => create(client, [payload])),
});
