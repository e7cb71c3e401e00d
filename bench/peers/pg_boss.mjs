// pg-boss: fetch() and complete() with arrays, or work() that goes on as long as batches are full.
import { PgBoss } from "pg-boss";
import { inLoops, keyMaker } from "./harness.mjs";
import { connect, makerOf } from "./postgres.mjs";

const QUEUE = "load";
const DAY = 86400;

async function start(options) {
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = process.env;
  const boss = new PgBoss({ host, port: Number(port), user, database, ...options });
  boss.on("error", (error) => console.error(error.message));
  await boss.start();
  return boss;
}

const stop = (boss) => boss.stop({ graceful: true });

async function withLoops(boss, connections, batch, onDone) {
  const step = async () => {
    const jobs = await boss.fetch(QUEUE, { batchSize: batch });
    if (jobs.length > 0) {
      await boss.complete(
        QUEUE,
        jobs.map((job) => job.id),
      );
    }
    return jobs.length;
  };
  return inLoops(connections, step, onDone);
}

async function withWork(boss, connections, batch, onDone) {
  const options = {
    batchSize: batch,
    localConcurrency: connections,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  };
  await boss.work(QUEUE, options, async (jobs) => onDone(jobs.length));
  return () => boss.offWork(QUEUE);
}

export default ({ work = false, keys = false }) => ({
  async reset() {
    const [client] = await connect(1);
    await client.query("DROP SCHEMA IF EXISTS pgboss CASCADE");
    await client.end();
    const boss = await start();
    await boss.createQueue(QUEUE);
    await stop(boss);
  },

  async open(connections) {
    const boss = await start({ max: connections });
    const key = keyMaker();
    const options = () => (keys ? { singletonKey: key(), singletonSeconds: DAY } : {});
    return {
      enqueue: (connection, payloads) =>
        payloads.length === 1
          ? boss.send(QUEUE, payloads[0], options())
          : boss.insert(
              QUEUE,
              payloads.map((data) => ({ data, ...options() })),
            ),
      close: () => stop(boss),
    };
  },

  async process(connections, batch, onDone) {
    const boss = await start({ max: connections });
    const stopWork = await (work ? withWork : withLoops)(boss, connections, batch, onDone);
    return async () => {
      await stopWork();
      // its own end would wait for maintenance
      stop(boss).catch(() => {});
    };
  },

  async sleep(onClaimed) {
    const boss = await start({ useListenNotify: true });
    await boss.updateQueue(QUEUE, { notify: true });
    await boss.work(QUEUE, async () => onClaimed());
    return () => stop(boss);
  },

  async maker() {
    const boss = await start({ useListenNotify: true });
    const maker = await makerOf((client, payload) =>
      boss.send(QUEUE, payload, { db: { executeSql: (text, values) => client.query(text, values) } }),
    );
    return { ...maker, close: () => Promise.all([maker.close(), stop(boss)]) };
  },
});
