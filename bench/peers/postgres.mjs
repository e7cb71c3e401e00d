// Connections to the server that the environment names.
import pg from "pg";

export async function connect(count) {
  const clients = Array.from({ length: count }, () => new pg.Client());
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}

export const closeAll = (clients) => Promise.all(clients.map((client) => client.end()));

// A prepared statement of the connection.
export const prepared = (name, text) => (client, values) => client.query({ name, text, values });

// One job in a transaction of its own: insert(client, payload) makes it.
export async function makerOf(insert) {
  const [client] = await connect(1);
  return {
    async begin(payload) {
      await client.query("BEGIN");
      await insert(client, payload);
    },
    commit: () => client.query("COMMIT"),
    close: () => client.end(),
  };
}
