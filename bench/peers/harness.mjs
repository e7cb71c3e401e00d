// What is measured, for every queue in the same way. A queue is an object with
//   reset()                      installs it, or empties it
//   open(connections)            a producer: enqueue(pages) in one call over the next connection, close()
//   process(connections, batch, onDone)
//                                starts to claim and complete jobs, says how many it completed, and returns a
//                                function that stops it
//   sleep(onClaimed)             one sleeping worker; returns a function that stops it
//   maker()                      begin(page) and commit() of one job, close()
const FEED_BATCH = 100;
const FEEDERS = 2;
const MOST_WAITING = 20000;

// A key for each job, never the same twice in a process.
export function keyMaker() {
  let made = 0;
  return () => `${process.pid}-${++made}`;
}

const now = () => performance.now();
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Numbers from first on, as many as a call takes.
const pages = (first, count) => Array.from({ length: count }, (_, i) => ({ page: first + i }));

// As many loops as there are connections, each with its own; step() returns how many jobs it completed.
export function inLoops(connections, step, onDone) {
  let stopping = false;
  const loops = Array.from({ length: connections }, async (_, connection) => {
    while (!stopping) {
      const jobs = await step(connection);
      if (jobs > 0) onDone(jobs);
      else await pause(1);
    }
  });
  return async () => {
    stopping = true;
    await Promise.all(loops);
  };
}

// The same number of calls at a time as there are connections, until all jobs are made.
async function enqueueAll(producer, connections, batch, jobs) {
  let created = 0;
  const caller = async (connection) => {
    while (created < jobs) {
      const first = created;
      created += batch;
      await producer.enqueue(connection, pages(first, batch));
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => caller(connection)));
}

// A twentieth of the jobs goes ahead, so that the compiler of node has seen the code.
async function enqueue(queue, connections, batch, jobs) {
  const producer = await queue.open(connections);
  await enqueueAll(producer, connections, batch, Math.ceil(jobs / 20));
  const start = now();
  await enqueueAll(producer, connections, batch, jobs);
  print((1000 * jobs) / (now() - start));
  await producer.close();
}

async function fill(queue, connections, batch, jobs) {
  const producer = await queue.open(connections);
  await enqueueAll(producer, connections, batch, jobs);
  await producer.close();
}

// From the first twentieth until the last is completed, which is certain when the workers have stopped.
async function process_(queue, connections, batch, jobs) {
  const early = Math.floor(jobs / 20);
  let done = 0;
  let start;
  let ahead = 0;
  let finished;
  const all = new Promise((resolve) => (finished = resolve));
  const stop = await queue.process(connections, batch, (count) => {
    done += count;
    if (start === undefined && done >= early) {
      start = now();
      ahead = done;
    }
    if (done >= jobs) finished();
  });
  await all;
  await stop();
  print((1000 * (done - ahead)) / (now() - start));
}

// Enqueues and processes at the same time; prints how many jobs were completed in each second.
async function load(queue, connections, batch, seconds) {
  let created = 0;
  let done = 0;
  let over = false;
  const producer = await queue.open(FEEDERS);
  const feed = async (connection) => {
    while (!over) {
      if (created - done > MOST_WAITING) await pause(1);
      else {
        created += FEED_BATCH;
        await producer.enqueue(connection, pages(created, FEED_BATCH));
      }
    }
  };
  const feeders = Array.from({ length: FEEDERS }, (_, connection) => feed(connection));
  const stop = await queue.process(connections, batch, (count) => (done += count));
  await printEachSecond(seconds, () => done);
  over = true;
  await Promise.all(feeders);
  await stop();
  await producer.close();
}

async function printEachSecond(seconds, count) {
  const start = now();
  let before = count();
  for (let second = 1; second <= seconds; ++second) {
    await pause(start + 1000 * second - now());
    const current = count();
    print(current - before);
    before = current;
  }
}

// Milliseconds from sending COMMIT to the claim by a worker that slept.
async function latency(queue, connections, batch, rounds) {
  let claimed;
  const stop = await queue.sleep(() => claimed?.());
  const maker = await queue.maker();
  for (let round = -3; round < rounds; ++round) {
    await pause(20 + 40 * Math.random());
    const woken = new Promise((resolve) => (claimed = () => resolve(now())));
    await maker.begin({ page: round });
    const committed = now();
    await maker.commit();
    const taken = (await woken) - committed;
    if (round >= 0) console.log(taken.toFixed(3));
  }
  await maker.close();
  await stop();
}

const print = (rate) => console.log(rate.toFixed(0));

export const measures = { enqueue, fill, process: process_, load, latency };
