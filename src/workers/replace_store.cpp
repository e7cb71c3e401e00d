#include "workers/replace_store.hpp"

namespace ideamine::workers {

namespace {

constinit pg::Statement find_successor{
    "SELECT replaced_by FROM ideamine.workers WHERE worker_id = $1 AND replaced_by IS NOT NULL"};

constinit pg::Statement note_successor{
    "UPDATE ideamine.workers SET replaced_by = $2 WHERE worker_id = $1"};

constinit pg::Statement list_those_that_lived{
    "SELECT w.worker_id FROM unnest($1::uuid[]) AS n (worker_id)"
    " JOIN ideamine.workers w ON w.worker_id = n.worker_id"
    " WHERE w.last_heartbeat_at > w.registered_at"};

}  // namespace

Uuid replace(const Uuid& failed) {
    const auto worker = hold(failed, Hold::to_end);
    if (worker.status != Status::failed) {
        throw Error(Code::conflict,
                    "worker " + to_string(failed) + " is " + to_string(worker.status),
                    "Only a worker that has failed is replaced.",
                    "Register another one with ideamine.register_worker().");
    }
    if (const auto found = find_successor.execute(failed); !found.empty()) {
        return found[0].get<Uuid>(0);
    }
    const auto successor = insert(worker.registration);
    note_successor.execute(failed, successor);
    return successor;
}

void replace_those_that_lived(const std::vector<Uuid>& failed) {
    for (const pg::Row row : list_those_that_lived.execute(failed)) {
        replace(row.get<Uuid>(0));
    }
}

}  // namespace ideamine::workers
