#include "jobs/incarnation_store.hpp"

#include "ideamine/pg/database.hpp"
#include "ideamine/pg/losable_write.hpp"
#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::jobs {

namespace {

// More starts than a standby or a backup misses. Small enough for epochs to stay below 2^53, where
// JSON numbers end in many languages, for two thousand promotions.
constexpr std::int64_t leap = 1024;

// First callers queue here, so that one of them raises it for all.
constinit pg::Statement hold{
    "SELECT FROM ideamine_internal.incarnation WHERE singleton FOR NO KEY UPDATE"};

// By one where this server knows of all that were handed out before, otherwise by a leap.
constinit pg::Statement raise{
    "INSERT INTO ideamine_internal.incarnation AS i"
    "  (singleton, incarnation, raised_at $[1.1 , origin$])"
    " VALUES (true, CASE WHEN $1 = 0 THEN 1 ELSE least($1 + $4, 2147483647) END, $2 $[1.1 , $3$])"
    " ON CONFLICT (singleton) DO UPDATE"
    "  SET incarnation = least(CASE WHEN i.incarnation >= $1 $[1.1 AND i.origin = excluded.origin$]"
    "    THEN i.incarnation + 1::bigint ELSE greatest(i.incarnation, $1) + $4 END, 2147483647),"
    "   raised_at = excluded.raised_at $[1.1 , origin = excluded.origin$]"
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
    hold.execute();
    if (const auto known = shared::incarnation(installation); known != 0) {
        return known;
    }
    return raise_incarnation_above(installation, 0);
}

Incarnation raise_incarnation_above(const shared::Installation& installation, Incarnation seen) {
    const auto origin = pg::server_history() + "/" + std::to_string(installation.database) + "/" +
                        std::to_string(installation.schema);
    const auto raised =
        raise.execute(std::int64_t{seen}, pg::now(), origin, leap)[0].get<std::int32_t>(0);
    pg::forbid_loss();
    raised_in = installation;
    pg::at_commit(publish, raised);
    return raised;
}

}  // namespace ideamine::jobs
