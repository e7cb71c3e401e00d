// BullMQ, with the Redis whose socket is REDIS_SOCKET.
import { Queue, Worker } from "bullmq";

const QUEUE = "load";
const connection = { path: process.env.REDIS_SOCKET, maxRetriesPerRequest: null };
// of what it offers for finished jobs this costs least
const defaultJobOptions = { removeOnComplete: true };

const open = () => new Queue(QUEUE, { connection, defaultJobOptions });

async function work(concurrency, onDone) {
  const worker = new Worker(QUEUE, async () => ({ ok: true }), { connection, concurrency });
  worker.on("completed", () => onDone(1));
  worker.on("error", (error) => console.error(error.message));
  await worker.waitUntilReady();
  return worker;
}

export default () => ({
  async reset() {
    const queue = open();
    await queue.obliterate({ force: true });
    await queue.close();
  },

  async open(connections) {
    const queues = Array.from({ length: connections }, open);
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));
    return {
      enqueue: (i, payloads) =>
        payloads.length === 1
          ? queues[i].add("page", payloads[0])
          : queues[i].addBulk(payloads.map((data) => ({ name: "page", data }))),
      close: () => Promise.all(queues.map((queue) => queue.close())),
    };
  },

  // There is no call for a batch. Instead a worker has many jobs in hand, each taken with the answer to the end of
  // another; for single jobs one worker with as many as there are connections is faster than many workers.
  async process(connections, batch, onDone) {
    const hands = batch === 1 ? [connections] : Array(connections).fill(batch);
    const workers = await Promise.all(hands.map((concurrency) => work(concurrency, onDone)));
    return () => Promise.all(workers.map((worker) => worker.close()));
  },

  async sleep(onClaimed) {
    const worker = new Worker(QUEUE, async () => onClaimed(), { connection });
    await worker.waitUntilReady();
    return () => worker.close(true);
  },

  // There is no transaction to commit: the job is there when add() is.
  async maker() {
    const queue = open();
    let job;
    return {
      begin: async (payload) => (job = payload),
      commit: () => queue.add("page", job),
      close: () => queue.close(),
    };
  },
});
