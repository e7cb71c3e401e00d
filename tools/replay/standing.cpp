#include "replay/watch.hpp"

namespace replay {

Standing count_standing(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT status, count(*) FROM ideamine.v_jobs WHERE tenant_id = ANY($1::text[])"
        " GROUP BY status",
        {setup.tenant_array});
    Standing standing;
    for (int row = 0; row < result.rows(); ++row) {
        standing[result.text(row, 0)] = static_cast<std::size_t>(result.integer(row, 1));
    }
    return standing;
}

}  // namespace replay
