#include "jobs/incarnation_store.hpp"

#include "ideamine/pg/transaction.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::jobs {

namespace {

// Concurrent first callers queue on the row; each then raises it once more, which does no harm.
constinit pg::Statement raise{
    "INSERT INTO ideamine_internal.incarnation AS i (singleton, incarnation, raised_at)"
    " VALUES (true, 1, $1)"
    " ON CONFLICT (singleton) DO UPDATE"
    "  SET incarnation = i.incarnation + 1, raised_at = excluded.raised_at"
    " RETURNING incarnation"};

constinit shared::Installation raised_in{};

// Runs when the transaction has committed, where nothing may fail.
void publish(std::int64_t incarnation) {
    shared::set_incarnation(raised_in, static_cast<Incarnation>(incarnation));
}

}  // namespace

Incarnation current_incarnation(const shared::Installation& installation) {
    if (const auto known = shared::incarnation(installation); known != 0) {
        return known;
    }
    const auto raised = raise.execute(pg::now())[0].get<std::int32_t>(0);
    pg::force_synchronous_commit();
    raised_in = installation;
    pg::at_commit(publish, raised);
    return raised;
}

}  // namespace ideamine::jobs
